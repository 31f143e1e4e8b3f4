-- How long a proposal waits for an answer, how long a pair that was declined is not proposed again, how long a confirmed match may be disputed.
ALTER TABLE points_policy ADD COLUMN match_answer_hours INTEGER NOT NULL DEFAULT 48 CHECK (match_answer_hours BETWEEN 1 AND 336);
ALTER TABLE points_policy ADD COLUMN match_dismissal_days INTEGER NOT NULL DEFAULT 30 CHECK (match_dismissal_days BETWEEN 0 AND 365);
ALTER TABLE points_policy ADD COLUMN match_dispute_days INTEGER NOT NULL DEFAULT 30 CHECK (match_dispute_days BETWEEN 1 AND 365);

-- A match (供需对接): one helper for one need. The helper is a volunteer, a team, or a resource or service offer; nobody is assigned, `awaits` says whose
-- word is missing while it is PROPOSED. `expires_at` is until when the answer, or after an acceptance the start, is waited for.
CREATE TABLE need_match (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  need_id UUID NOT NULL REFERENCES listing(id),
  volunteer_id UUID REFERENCES volunteer(id),
  team_id UUID REFERENCES team(id),
  offering_id UUID REFERENCES listing(id),
  slot_id UUID REFERENCES listing_slot(id),
  quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
  starts_at BIGINT,
  ends_at BIGINT,
  state TEXT NOT NULL CHECK (state IN ('PROPOSED','ACCEPTED','IN_PROGRESS','DONE','CONFIRMED','DECLINED','EXPIRED','WITHDRAWN','DISPUTED','VOIDED')),
  awaits TEXT NOT NULL CHECK (awaits IN ('HELPER','NEED')),
  score BIGINT,
  reasons TEXT,
  plan_id UUID,
  proposed_by UUID REFERENCES account(id),
  need_reservation_id UUID REFERENCES reservation(id),
  offering_reservation_id UUID REFERENCES reservation(id),
  guardian_consent TEXT,
  proposed_at BIGINT NOT NULL,
  expires_at BIGINT,
  started_at BIGINT,
  finished_at BIGINT,
  rating INTEGER CHECK (rating BETWEEN 1 AND 5),
  channel TEXT CHECK (channel IN ('APP','SPOKEN','CARD','WITNESS')),
  disputed_side TEXT CHECK (disputed_side IN ('HELPER','NEED')),
  outcome TEXT CHECK (outcome IN ('UPHELD','REJECTED')),
  CONSTRAINT match_helper CHECK ((CASE WHEN volunteer_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END)
    + (CASE WHEN offering_id IS NULL THEN 0 ELSE 1 END) = 1),
  CONSTRAINT match_slot CHECK (slot_id IS NULL OR offering_id IS NOT NULL),
  CONSTRAINT match_one_volunteer CHECK (volunteer_id IS NULL OR quantity = 1),
  CONSTRAINT match_span CHECK ((starts_at IS NULL) = (ends_at IS NULL) AND (ends_at IS NULL OR ends_at > starts_at)),
  CONSTRAINT match_times CHECK (finished_at IS NULL OR (started_at IS NOT NULL AND finished_at >= started_at)),
  CONSTRAINT match_reasons CHECK ((score IS NULL) = (reasons IS NULL)),
  CONSTRAINT match_rating CHECK ((rating IS NULL) = (channel IS NULL)),
  CONSTRAINT match_promised CHECK (state NOT IN ('ACCEPTED','IN_PROGRESS','DONE','CONFIRMED') OR need_reservation_id IS NOT NULL),
  CONSTRAINT match_waits CHECK (expires_at IS NOT NULL OR state NOT IN ('PROPOSED','ACCEPTED')),
  CONSTRAINT match_outcome CHECK (outcome IS NULL OR disputed_side IS NOT NULL)
) HOT;
-- At most one live match of a pair; one that came to nothing may be proposed again.
CREATE UNIQUE INDEX match_volunteer_once ON need_match(need_id, volunteer_id)
  WHERE volunteer_id IS NOT NULL AND state IN ('PROPOSED','ACCEPTED','IN_PROGRESS','DONE','DISPUTED');
CREATE UNIQUE INDEX match_team_once ON need_match(need_id, team_id)
  WHERE team_id IS NOT NULL AND state IN ('PROPOSED','ACCEPTED','IN_PROGRESS','DONE','DISPUTED');
CREATE UNIQUE INDEX match_offering_once ON need_match(need_id, offering_id)
  WHERE offering_id IS NOT NULL AND state IN ('PROPOSED','ACCEPTED','IN_PROGRESS','DONE','DISPUTED');
CREATE INDEX need_match_community ON need_match(community_id, state, id);
CREATE INDEX need_match_need ON need_match(need_id, id);
CREATE INDEX need_match_volunteer ON need_match(volunteer_id, id) WHERE volunteer_id IS NOT NULL;
CREATE INDEX need_match_team ON need_match(team_id, id) WHERE team_id IS NOT NULL;
CREATE INDEX need_match_offering ON need_match(offering_id, id) WHERE offering_id IS NOT NULL;
CREATE INDEX need_match_plan ON need_match(plan_id) WHERE plan_id IS NOT NULL;
CREATE INDEX need_match_due ON need_match(expires_at) WHERE state IN ('PROPOSED','ACCEPTED');

-- Who serves in a match: the volunteer from the acceptance on, of a team those who came. The record is what came of it.
CREATE TABLE match_person (
  match_id UUID NOT NULL REFERENCES need_match(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  record_id UUID,
  PRIMARY KEY (match_id, volunteer_id)
);
CREATE INDEX match_person_volunteer ON match_person(volunteer_id);
CREATE UNIQUE INDEX match_person_record ON match_person(record_id) WHERE record_id IS NOT NULL;

-- What happened to a match, when, by whom, and what was said: never changed. Each thing happens once.
CREATE TABLE match_step (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  match_id UUID NOT NULL REFERENCES need_match(id),
  kind TEXT NOT NULL
    CHECK (kind IN ('PROPOSED','ACCEPTED','STARTED','FINISHED','CONFIRMED','DECLINED','EXPIRED','WITHDRAWN','DISPUTED','RESOLVED')),
  happened_at BIGINT NOT NULL,
  account_id UUID REFERENCES account(id),
  note TEXT,
  CONSTRAINT match_step_once UNIQUE (match_id, kind),
  CONSTRAINT match_step_reason CHECK (kind NOT IN ('DECLINED','WITHDRAWN','DISPUTED','RESOLVED') OR note IS NOT NULL)
);

-- A pair that is not to be proposed before a day.
CREATE TABLE match_dismissal (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  need_id UUID NOT NULL REFERENCES listing(id),
  volunteer_id UUID REFERENCES volunteer(id),
  team_id UUID REFERENCES team(id),
  offering_id UUID REFERENCES listing(id),
  dismissed_by UUID NOT NULL REFERENCES account(id),
  reason TEXT NOT NULL,
  until INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT dismissal_helper CHECK ((CASE WHEN volunteer_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END)
    + (CASE WHEN offering_id IS NULL THEN 0 ELSE 1 END) = 1)
);
CREATE INDEX match_dismissal_community ON match_dismissal(community_id, until);
CREATE INDEX match_dismissal_need ON match_dismissal(need_id);

-- Service that came of a match: confirmed by the person served, and not always with a team. The checks are a part of the table, so the table is made
-- anew; nothing refers to it.
CREATE TABLE record_kept AS SELECT * FROM service_record;
DROP TABLE service_record;
CREATE TABLE service_record (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  session_id UUID REFERENCES activity_session(id),
  team_id UUID REFERENCES team(id),
  unit_id UUID REFERENCES unit(id),
  region_id UUID NOT NULL REFERENCES region(id),
  colour TEXT,
  service_type TEXT NOT NULL,
  content TEXT NOT NULL,
  business_date INTEGER NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  minutes BIGINT NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
  source TEXT NOT NULL CHECK (source IN ('SCAN','LEADER_CONFIRMED','OFFLINE','BACKFILL','MATCH')),
  evidence TEXT NOT NULL CHECK (evidence IN ('A','B','C')),
  state TEXT NOT NULL CHECK (state IN ('PENDING','CERTIFIED','REJECTED','REVOKED')),
  recorder_id UUID NOT NULL REFERENCES account(id),
  decider_id UUID REFERENCES account(id),
  reason TEXT,
  created_at BIGINT NOT NULL,
  certified_at BIGINT,
  revoked_at BIGINT,
  CONSTRAINT record_order CHECK (ended_at > started_at),
  CONSTRAINT record_team CHECK (source = 'MATCH' OR team_id IS NOT NULL),
  CONSTRAINT backfill_second_person CHECK (source <> 'BACKFILL' OR decider_id IS NULL OR decider_id <> recorder_id),
  CONSTRAINT record_attendance UNIQUE (session_id, volunteer_id)
);
INSERT INTO service_record (id, community_id, volunteer_id, session_id, team_id, unit_id, region_id, colour, service_type, content, business_date,
  started_at, ended_at, minutes, source, evidence, state, recorder_id, decider_id, reason, created_at, certified_at, revoked_at)
  SELECT id, community_id, volunteer_id, session_id, team_id, unit_id, region_id, colour, service_type, content, business_date,
  started_at, ended_at, minutes, source, evidence, state, recorder_id, decider_id, reason, created_at, certified_at, revoked_at FROM record_kept;
DROP TABLE record_kept;
CREATE INDEX service_record_volunteer ON service_record(volunteer_id, started_at);
CREATE INDEX service_record_community ON service_record(community_id, state, id);
