-- A plan of matches (撮合方案) for a community: a dry run, kept so that what was shown is what is proposed. Scores are millionths of a point, shares and
-- gaps parts in a million.
CREATE TABLE match_plan (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  drawn_by UUID NOT NULL REFERENCES account(id),
  drawn_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  needs INTEGER NOT NULL,
  helpers INTEGER NOT NULL,
  left_out INTEGER NOT NULL,
  open_needs INTEGER NOT NULL,
  open_places BIGINT NOT NULL,
  lines INTEGER NOT NULL,
  candidates BIGINT NOT NULL,
  score BIGINT NOT NULL,
  bound BIGINT NOT NULL,
  gap_ppm INTEGER NOT NULL,
  asked INTEGER NOT NULL,
  busiest_ppm INTEGER NOT NULL,
  gini_ppm INTEGER NOT NULL,
  unrotated_asked INTEGER,
  unrotated_busiest_ppm INTEGER,
  unrotated_gini_ppm INTEGER,
  proposed_by UUID REFERENCES account(id),
  proposed_at BIGINT,
  CONSTRAINT plan_proposed CHECK ((proposed_by IS NULL) = (proposed_at IS NULL)),
  CONSTRAINT plan_bound CHECK (score <= bound)
) HOT;
CREATE INDEX match_plan_community ON match_plan(community_id, id);
CREATE INDEX match_plan_due ON match_plan(proposed_at) WHERE proposed_at IS NOT NULL;

-- One pair of a plan, and what became of it.
CREATE TABLE match_plan_line (
  plan_id UUID NOT NULL REFERENCES match_plan(id),
  position INTEGER NOT NULL,
  need_id UUID NOT NULL REFERENCES listing(id),
  volunteer_id UUID REFERENCES volunteer(id),
  team_id UUID REFERENCES team(id),
  offering_id UUID REFERENCES listing(id),
  slot_id UUID REFERENCES listing_slot(id),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  starts_at BIGINT,
  ends_at BIGINT,
  score BIGINT NOT NULL,
  reasons TEXT NOT NULL,
  passed_over INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('PLANNED','PROPOSED','SKIPPED')),
  refusal TEXT,
  PRIMARY KEY (plan_id, position),
  CONSTRAINT plan_line_refusal CHECK ((state = 'SKIPPED') = (refusal IS NOT NULL)),
  CONSTRAINT plan_line_helper CHECK ((CASE WHEN volunteer_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END)
    + (CASE WHEN offering_id IS NULL THEN 0 ELSE 1 END) = 1)
) HOT;
CREATE INDEX match_plan_line_planned ON match_plan_line(plan_id, position) WHERE state = 'PLANNED';
