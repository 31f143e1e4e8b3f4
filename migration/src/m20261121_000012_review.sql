-- Three more word lists of each community: categories of projects, the five ways of co-building (共建方式) and its six fields (联建内容). The program knows
-- the kinds of lists; a check of them here had to be made anew, with the table, for each.
CREATE TABLE taxonomy_kept AS SELECT * FROM taxonomy_term;
DROP TABLE taxonomy_term;
CREATE TABLE taxonomy_term (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  kind TEXT NOT NULL CHECK (kind = UPPER(kind)),
  code TEXT NOT NULL,
  label TEXT NOT NULL,
  coefficient_bps INTEGER NOT NULL CHECK (coefficient_bps BETWEEN 0 AND 100000),
  position INTEGER NOT NULL,
  retired_at BIGINT,
  created_at BIGINT NOT NULL,
  CONSTRAINT taxonomy_code UNIQUE (community_id, kind, code)
);
INSERT INTO taxonomy_term (id, community_id, kind, code, label, coefficient_bps, position, retired_at, created_at)
  SELECT id, community_id, kind, code, label, coefficient_bps, position, retired_at, created_at FROM taxonomy_kept;
DROP TABLE taxonomy_kept;
-- Communities that were opened before get the words that a new one starts with.
INSERT INTO taxonomy_term (id, community_id, kind, code, label, coefficient_bps, position, created_at)
  SELECT RANDOM_ID, c.id, w.column1, w.column2, w.column3, 10000, w.column4, c.created_at FROM community c CROSS JOIN (VALUES
  ('PROJECT_CATEGORY','YOUTH','花季护航',0), ('PROJECT_CATEGORY','HEALTH','健康护航',1), ('PROJECT_CATEGORY','EDUCATION','教育护航',2),
  ('PROJECT_CATEGORY','HARDSHIP','解难救困',3),
  ('CO_BUILD_MODE','REGION','区域共建',0), ('CO_BUILD_MODE','AFFAIRS','事务共商',1), ('CO_BUILD_MODE','PAIRING','结对共建',2),
  ('CO_BUILD_MODE','SHARING','资源共享',3), ('CO_BUILD_MODE','VOLUNTEERING','志愿服务',4),
  ('CO_BUILD_CONTENT','ORGANISATION','组织联网',0), ('CO_BUILD_CONTENT','VENUE','阵地联享',1), ('CO_BUILD_CONTENT','THOUGHT','思想联做',2),
  ('CO_BUILD_CONTENT','SECURITY','治安联防',3), ('CO_BUILD_CONTENT','HYGIENE','卫生联搞',4), ('CO_BUILD_CONTENT','SERVICE','服务联办',5)) AS w;

-- Two people of one family, as far as it is on record, so that neither judges the other. The smaller id stands first.
CREATE TABLE kinship (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  first_id UUID NOT NULL REFERENCES account(id),
  second_id UUID NOT NULL REFERENCES account(id),
  relation TEXT NOT NULL CHECK (relation IN ('SPOUSE','PARENT_CHILD','SIBLING','OTHER_RELATIVE')),
  recorded_by UUID NOT NULL REFERENCES account(id),
  recorded_at BIGINT NOT NULL,
  ended_at BIGINT,
  CONSTRAINT kinship_order CHECK (first_id < second_id)
);
CREATE UNIQUE INDEX kinship_once ON kinship(first_id, second_id) WHERE ended_at IS NULL;
CREATE INDEX kinship_second ON kinship(second_id) WHERE ended_at IS NULL;
CREATE INDEX kinship_community ON kinship(community_id, id);
CREATE INDEX role_grant_reviewer ON role_grant(region_id) WHERE role = 'REVIEWER' AND ended_at IS NULL;

-- How a community reviews, for each kind of subject, one row a version. Criteria are a JSON list of code, label and weight.
CREATE TABLE review_policy (
  community_id UUID NOT NULL REFERENCES community(id),
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('PROJECT','LISTING','NOMINATION','APPEAL')),
  version INTEGER NOT NULL CHECK (version > 0),
  votes_needed INTEGER NOT NULL CHECK (votes_needed BETWEEN 1 AND 50),
  panel_size INTEGER NOT NULL CHECK (panel_size BETWEEN 1 AND 50),
  days INTEGER NOT NULL CHECK (days BETWEEN 1 AND 90),
  remind_days INTEGER NOT NULL CHECK (remind_days BETWEEN 0 AND 89),
  spread_bps INTEGER NOT NULL CHECK (spread_bps BETWEEN 0 AND 10000),
  criteria TEXT NOT NULL,
  published_by UUID NOT NULL REFERENCES account(id),
  published_at BIGINT NOT NULL,
  CONSTRAINT review_policy_version PRIMARY KEY (community_id, subject_kind, version),
  CONSTRAINT review_policy_panel CHECK (votes_needed <= panel_size),
  CONSTRAINT review_policy_days CHECK (remind_days < days)
);

-- Evidence (评审材料包) as it stood at a submission: numbered items with their hashes. `sha256` is the hash of the list of hashes. Never changed.
CREATE TABLE evidence_pack (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('PROJECT','LISTING','NOMINATION','APPEAL')),
  subject_id UUID NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  sha256 BYTES NOT NULL,
  frozen_by UUID NOT NULL REFERENCES account(id),
  frozen_at BIGINT NOT NULL,
  CONSTRAINT evidence_pack_number UNIQUE (subject_kind, subject_id, number)
);
CREATE TABLE evidence_item (
  pack_id UUID NOT NULL REFERENCES evidence_pack(id),
  position INTEGER NOT NULL CHECK (position > 0),
  name TEXT NOT NULL,
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL CHECK (size >= 0),
  sha256 BYTES NOT NULL,
  content BYTES NOT NULL,
  PRIMARY KEY (pack_id, position)
);

-- A round of review (评审): who judges what until when, and what came of it. Scores are 0 to 10000 hundredths of a point.
CREATE TABLE review_round (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  region_id UUID NOT NULL REFERENCES region(id),
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('PROJECT','LISTING','NOMINATION','APPEAL')),
  subject_id UUID NOT NULL,
  subject_ref TEXT NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  title TEXT NOT NULL,
  pack_id UUID NOT NULL REFERENCES evidence_pack(id),
  policy_version INTEGER NOT NULL,
  votes_needed INTEGER NOT NULL CHECK (votes_needed BETWEEN 1 AND 50),
  panel_size INTEGER NOT NULL CHECK (panel_size BETWEEN 1 AND 50),
  spread_limit_bps INTEGER NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('SCORING','CLOSED','PUBLISHED','CANCELLED')),
  votes INTEGER NOT NULL DEFAULT 0,
  due_at BIGINT NOT NULL,
  remind_at BIGINT,
  publish_at BIGINT,
  opened_by UUID NOT NULL REFERENCES account(id),
  opened_at BIGINT NOT NULL,
  closed_at BIGINT,
  mean_bps INTEGER,
  spread_bps INTEGER,
  verdict TEXT CHECK (verdict IN ('APPROVE','RETURN','REJECT')),
  consensus_note TEXT,
  consensus_by UUID REFERENCES account(id),
  published_at BIGINT,
  cancelled_at BIGINT,
  cancel_reason TEXT,
  CONSTRAINT review_votes CHECK (votes BETWEEN 0 AND votes_needed),
  CONSTRAINT review_closed CHECK ((phase NOT IN ('CLOSED','PUBLISHED') OR closed_at IS NOT NULL) AND (closed_at IS NULL) = (verdict IS NULL)
    AND (closed_at IS NULL) = (mean_bps IS NULL) AND (closed_at IS NULL) = (spread_bps IS NULL) AND (closed_at IS NULL OR votes = votes_needed)),
  CONSTRAINT review_published CHECK ((phase = 'PUBLISHED') = (published_at IS NOT NULL)),
  CONSTRAINT review_cancelled CHECK ((phase = 'CANCELLED') = (cancelled_at IS NOT NULL) AND (cancelled_at IS NULL) = (cancel_reason IS NULL)),
  CONSTRAINT review_consensus CHECK ((consensus_note IS NULL) = (consensus_by IS NULL)),
  CONSTRAINT review_round_number UNIQUE (subject_kind, subject_id, number)
) HOT;
CREATE UNIQUE INDEX review_round_open ON review_round(subject_kind, subject_id) WHERE phase IN ('SCORING','CLOSED');
CREATE INDEX review_round_community ON review_round(community_id, id);
CREATE INDEX review_round_remind ON review_round(remind_at) WHERE remind_at IS NOT NULL;
CREATE INDEX review_round_publish ON review_round(publish_at) WHERE phase = 'CLOSED' AND publish_at IS NOT NULL;

-- What a round judges by.
CREATE TABLE review_criterion (
  round_id UUID NOT NULL REFERENCES review_round(id),
  position INTEGER NOT NULL,
  code TEXT NOT NULL,
  label TEXT NOT NULL,
  weight INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 1000),
  PRIMARY KEY (round_id, position)
);

-- Who has a stake in a round: an account, a unit or a team, or a rival who competes with the subject. Whoever is tied to one of them does not judge.
CREATE TABLE review_stake (
  round_id UUID NOT NULL REFERENCES review_round(id),
  holder TEXT NOT NULL CHECK (holder IN ('ACCOUNT','UNIT','TEAM','RIVAL')),
  holder_id UUID NOT NULL,
  PRIMARY KEY (round_id, holder, holder_id)
);

-- A reviewer's seat on the panel of a round. A recused reviewer keeps the row, with the tie.
CREATE TABLE review_seat (
  round_id UUID NOT NULL REFERENCES review_round(id),
  account_id UUID NOT NULL REFERENCES account(id),
  state TEXT NOT NULL CHECK (state IN ('ACTIVE','SCORED','RECUSED','RELEASED')),
  tie TEXT CHECK (tie IN ('APPLICANT','OWN_UNIT','OWN_TEAM','FAMILY','DECLARED')),
  tie_note TEXT,
  replaces UUID REFERENCES account(id),
  seated_at BIGINT NOT NULL,
  settled_at BIGINT,
  CONSTRAINT review_seat_once PRIMARY KEY (round_id, account_id),
  CONSTRAINT review_seat_tie CHECK ((state = 'RECUSED') = (tie IS NOT NULL)),
  CONSTRAINT review_seat_settled CHECK ((state = 'ACTIVE') = (settled_at IS NULL))
);
CREATE INDEX review_seat_queue ON review_seat(account_id, state, round_id);

-- What a reviewer found, and the points for each criterion. Never changed.
CREATE TABLE review_vote (
  round_id UUID NOT NULL REFERENCES review_round(id),
  account_id UUID NOT NULL REFERENCES account(id),
  verdict TEXT NOT NULL CHECK (verdict IN ('APPROVE','RETURN','REJECT')),
  reason TEXT,
  total_bps INTEGER NOT NULL CHECK (total_bps BETWEEN 0 AND 10000),
  voted_at BIGINT NOT NULL,
  CONSTRAINT vote_once PRIMARY KEY (round_id, account_id),
  CONSTRAINT vote_reason CHECK (verdict = 'APPROVE' OR reason IS NOT NULL)
);
CREATE TABLE review_score (
  round_id UUID NOT NULL REFERENCES review_round(id),
  account_id UUID NOT NULL REFERENCES account(id),
  position INTEGER NOT NULL,
  points INTEGER NOT NULL CHECK (points BETWEEN 0 AND 100),
  PRIMARY KEY (round_id, account_id, position)
);

-- A co-building project (共建项目). Money is text; nothing is paid here.
CREATE TABLE project (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  region_id UUID NOT NULL REFERENCES region(id),
  owner_team_id UUID REFERENCES team(id),
  owner_unit_id UUID REFERENCES unit(id),
  applicant_id UUID NOT NULL REFERENCES account(id),
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  category TEXT NOT NULL,
  mode TEXT NOT NULL,
  contents TEXT NOT NULL,
  beneficiaries INTEGER NOT NULL CHECK (beneficiaries BETWEEN 1 AND 1000000),
  budget TEXT NOT NULL,
  funding_source TEXT NOT NULL,
  starts_on INTEGER NOT NULL,
  ends_on INTEGER NOT NULL,
  minutes_goal BIGINT NOT NULL CHECK (minutes_goal BETWEEN 0 AND 100000000),
  yearly BOOLEAN NOT NULL,
  repeats_id UUID REFERENCES project(id),
  agreement_ref TEXT,
  agreement_signed_on INTEGER,
  agreement_valid_to INTEGER,
  insurance_ref TEXT,
  insurance_from INTEGER,
  insurance_to INTEGER,
  state TEXT NOT NULL CHECK (state IN ('DRAFT','SUBMITTED','UNDER_REVIEW','RETURNED','APPROVED','PUBLISHED','MATCHED','IN_PROGRESS','COMPLETED',
    'EVALUATED','REJECTED','CANCELLED')),
  surveyed INTEGER,
  satisfied INTEGER,
  reached INTEGER,
  evaluation TEXT,
  created_at BIGINT NOT NULL,
  CONSTRAINT project_owner CHECK ((owner_team_id IS NULL) <> (owner_unit_id IS NULL)),
  CONSTRAINT project_dates CHECK (ends_on >= starts_on),
  CONSTRAINT project_agreement CHECK ((agreement_ref IS NULL) = (agreement_signed_on IS NULL) AND (agreement_ref IS NULL) = (agreement_valid_to IS NULL)
    AND (agreement_ref IS NULL OR agreement_valid_to >= agreement_signed_on)),
  CONSTRAINT project_insurance CHECK ((insurance_ref IS NULL) = (insurance_from IS NULL) AND (insurance_ref IS NULL) = (insurance_to IS NULL)
    AND (insurance_ref IS NULL OR insurance_to >= insurance_from)),
  CONSTRAINT project_evaluated CHECK ((state = 'EVALUATED') = (evaluation IS NOT NULL) AND (evaluation IS NULL) = (surveyed IS NULL)
    AND (evaluation IS NULL) = (satisfied IS NULL) AND (evaluation IS NULL) = (reached IS NULL)
    AND (evaluation IS NULL OR satisfied BETWEEN 0 AND surveyed))
) HOT;
CREATE INDEX project_community ON project(community_id, id);
CREATE INDEX project_state ON project(community_id, state, id);
CREATE INDEX project_owner_unit ON project(owner_unit_id, id) WHERE owner_unit_id IS NOT NULL;
CREATE INDEX project_owner_team ON project(owner_team_id, id) WHERE owner_team_id IS NOT NULL;
CREATE UNIQUE INDEX project_repeated_once ON project(repeats_id) WHERE repeats_id IS NOT NULL;
CREATE INDEX project_yearly ON project(starts_on) WHERE yearly AND state IN ('COMPLETED','EVALUATED');

-- What happened to a project, and when; never changed.
CREATE TABLE project_step (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  project_id UUID NOT NULL REFERENCES project(id),
  kind TEXT NOT NULL CHECK (kind IN ('DRAFT','SUBMIT','OPEN_REVIEW','RECALL','RETURN','APPROVE','REJECT','PUBLISH','MATCH','START','COMPLETE','EVALUATE',
    'CANCEL')),
  happened_at BIGINT NOT NULL,
  account_id UUID REFERENCES account(id),
  note TEXT
);
CREATE INDEX project_step_project ON project_step(project_id, id);

-- A stage on the way, with its weight in the whole and how much of it is done, in hundredths.
CREATE TABLE project_milestone (
  project_id UUID NOT NULL REFERENCES project(id),
  position INTEGER NOT NULL,
  title TEXT NOT NULL,
  weight INTEGER NOT NULL CHECK (weight BETWEEN 1 AND 100),
  due_on INTEGER NOT NULL,
  progress INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
  reported_at BIGINT,
  PRIMARY KEY (project_id, position)
);

-- What a partner promises a project: people, goods, a space, or funds as text; with the line of the three lists it comes from.
CREATE TABLE project_commitment (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  project_id UUID NOT NULL REFERENCES project(id),
  unit_id UUID REFERENCES unit(id),
  team_id UUID REFERENCES team(id),
  kind TEXT NOT NULL CHECK (kind IN ('PEOPLE','GOODS','SPACE','FUNDS')),
  quantity INTEGER CHECK (quantity BETWEEN 1 AND 1000000),
  measure TEXT,
  note TEXT NOT NULL,
  listing_id UUID REFERENCES listing(id),
  state TEXT NOT NULL CHECK (state IN ('PROMISED','CONFIRMED','WITHDRAWN')),
  promised_by UUID NOT NULL REFERENCES account(id),
  promised_at BIGINT NOT NULL,
  settled_by UUID REFERENCES account(id),
  settled_at BIGINT,
  CONSTRAINT commitment_partner CHECK ((unit_id IS NULL) <> (team_id IS NULL)),
  CONSTRAINT commitment_counted CHECK ((quantity IS NULL) = (measure IS NULL) AND (kind = 'FUNDS') = (quantity IS NULL)),
  CONSTRAINT commitment_settled CHECK ((state = 'PROMISED') = (settled_at IS NULL)),
  CONSTRAINT commitment_four_eyes CHECK (state <> 'CONFIRMED' OR settled_by <> promised_by)
);
CREATE INDEX project_commitment_project ON project_commitment(project_id, id);

-- The lines of the three lists that a project answers or draws on, and the activities whose minutes count for it.
CREATE TABLE project_listing (
  project_id UUID NOT NULL REFERENCES project(id),
  listing_id UUID NOT NULL REFERENCES listing(id),
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (project_id, listing_id)
);
CREATE TABLE project_activity (
  project_id UUID NOT NULL REFERENCES project(id),
  activity_id UUID NOT NULL REFERENCES activity(id),
  linked_at BIGINT NOT NULL,
  PRIMARY KEY (project_id, activity_id)
);
CREATE UNIQUE INDEX project_activity_once ON project_activity(activity_id);

-- Leave to pass a gate whose facts are not there: one person says why, another agrees.
CREATE TABLE gate_override (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  project_id UUID NOT NULL REFERENCES project(id),
  step TEXT NOT NULL CHECK (step IN ('MATCH','START','COMPLETE')),
  reason TEXT NOT NULL,
  proposed_by UUID NOT NULL REFERENCES account(id),
  proposed_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('PROPOSED','APPROVED','REJECTED','USED')),
  decided_by UUID REFERENCES account(id),
  decided_at BIGINT,
  CONSTRAINT gate_four_eyes CHECK (decided_by <> proposed_by),
  CONSTRAINT gate_decided CHECK ((state = 'PROPOSED') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL))
);
CREATE UNIQUE INDEX gate_override_once ON gate_override(project_id, step) WHERE state IN ('PROPOSED','APPROVED');
CREATE INDEX gate_override_project ON gate_override(project_id, id);
