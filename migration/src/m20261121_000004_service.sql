-- What is offered to volunteers. The law asks for true information and risks (Volunteer Service Regulations art. 12, 13), fitting age and
-- qualifications (15, 16) and insurance before a risky task (17); the last is a constraint here.
CREATE TABLE activity (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  team_id UUID NOT NULL REFERENCES team(id),
  region_id UUID NOT NULL REFERENCES region(id),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  service_type TEXT NOT NULL,
  occasion TEXT,
  place TEXT NOT NULL,
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW','MEDIUM','HIGH')),
  risk_note TEXT NOT NULL,
  insurance_ref TEXT,
  min_age INTEGER NOT NULL CHECK (min_age BETWEEN 0 AND 120),
  qualifications TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('DRAFT','PUBLISHED','CANCELLED')),
  monthly_on INTEGER CHECK (monthly_on BETWEEN 1 AND 28),
  monthly_start INTEGER CHECK (monthly_start BETWEEN 0 AND 1439),
  monthly_minutes INTEGER CHECK (monthly_minutes BETWEEN 15 AND 1440),
  monthly_capacity INTEGER CHECK (monthly_capacity > 0),
  created_by UUID NOT NULL REFERENCES account(id),
  created_at BIGINT NOT NULL,
  published_at BIGINT,
  CONSTRAINT insurance_required CHECK (risk_level <> 'HIGH' OR insurance_ref IS NOT NULL OR state = 'DRAFT'),
  CONSTRAINT monthly_complete CHECK ((monthly_on IS NULL) = (monthly_start IS NULL) AND (monthly_on IS NULL) = (monthly_minutes IS NULL)
    AND (monthly_on IS NULL) = (monthly_capacity IS NULL))
);
CREATE INDEX activity_community ON activity(community_id, state, id);
CREATE INDEX activity_team ON activity(team_id);

-- One occurrence of an activity (场次). seats_taken counts confirmed sign-ups and open offers of the waitlist.
CREATE TABLE activity_session (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  activity_id UUID NOT NULL REFERENCES activity(id),
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  business_date INTEGER NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity > 0),
  seats_taken INTEGER NOT NULL DEFAULT 0,
  waitlisted INTEGER NOT NULL DEFAULT 0 CHECK (waitlisted >= 0),
  state TEXT NOT NULL CHECK (state IN ('OPEN','CANCELLED','CLOSED')),
  created_at BIGINT NOT NULL,
  closed_at BIGINT,
  CONSTRAINT session_full CHECK (seats_taken BETWEEN 0 AND capacity),
  CONSTRAINT session_length CHECK (ends_at > starts_at AND ends_at - starts_at <= 86400000000),
  CONSTRAINT session_once UNIQUE (activity_id, starts_at)
) HOT;
CREATE INDEX activity_session_community ON activity_session(community_id, starts_at, id);
CREATE INDEX activity_session_open ON activity_session(ends_at) WHERE state = 'OPEN';

CREATE TABLE sign_up (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  session_id UUID NOT NULL REFERENCES activity_session(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  state TEXT NOT NULL CHECK (state IN ('CONFIRMED','WAITLISTED','OFFERED','WITHDRAWN','LAPSED','NO_SHOW','ATTENDED','CANCELLED')),
  queued_at BIGINT NOT NULL,
  offer_until BIGINT,
  withdraw_reason TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
-- A person stands at most once in a session; someone who withdrew may come back as a new row.
CREATE UNIQUE INDEX sign_up_once ON sign_up(session_id, volunteer_id) WHERE state NOT IN ('WITHDRAWN','LAPSED','CANCELLED');
CREATE INDEX sign_up_volunteer ON sign_up(volunteer_id, id);
CREATE INDEX sign_up_queue ON sign_up(session_id, state, queued_at, id);
CREATE INDEX sign_up_offers ON sign_up(offer_until) WHERE state = 'OFFERED';

-- Presence at a session, by the server's clock. A missing check-out stays missing until a leader states the end.
CREATE TABLE attendance (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  session_id UUID NOT NULL REFERENCES activity_session(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  checked_in_at BIGINT NOT NULL,
  in_method TEXT NOT NULL CHECK (in_method IN ('CODE','ROLL_CALL','OFFLINE')),
  in_by UUID NOT NULL REFERENCES account(id),
  checked_out_at BIGINT,
  out_method TEXT CHECK (out_method IN ('CODE','ROLL_CALL','OFFLINE')),
  out_by UUID REFERENCES account(id),
  CONSTRAINT checked_in_once UNIQUE (session_id, volunteer_id),
  CONSTRAINT attendance_order CHECK (checked_out_at IS NULL OR checked_out_at >= checked_in_at)
);
CREATE INDEX attendance_volunteer ON attendance(volunteer_id);

-- A check-in signed by a leader's device without network: kept whether it was applied or set aside as a conflict; replayed once.
CREATE TABLE offline_check_in (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  device_key_id UUID NOT NULL REFERENCES device_key(id),
  counter BIGINT NOT NULL CHECK (counter >= 0),
  session_id UUID NOT NULL REFERENCES activity_session(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  phase TEXT NOT NULL CHECK (phase IN ('IN','OUT')),
  device_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('APPLIED','CONFLICT','ACCEPTED','DISMISSED')),
  conflict TEXT,
  received_at BIGINT NOT NULL,
  decided_by UUID REFERENCES account(id),
  decided_at BIGINT,
  CONSTRAINT replayed_once UNIQUE (device_key_id, counter)
);
CREATE INDEX offline_check_in_conflicts ON offline_check_in(community_id, state, id);

-- A certified piece of service: permanent minutes, evidence class, and where it counts (team, colour and place as they were on the day).
CREATE TABLE service_record (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  session_id UUID REFERENCES activity_session(id),
  team_id UUID NOT NULL REFERENCES team(id),
  unit_id UUID REFERENCES unit(id),
  region_id UUID NOT NULL REFERENCES region(id),
  colour TEXT,
  service_type TEXT NOT NULL,
  content TEXT NOT NULL,
  business_date INTEGER NOT NULL,
  started_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  minutes BIGINT NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
  source TEXT NOT NULL CHECK (source IN ('SCAN','LEADER_CONFIRMED','OFFLINE','BACKFILL')),
  evidence TEXT NOT NULL CHECK (evidence IN ('A','B','C')),
  state TEXT NOT NULL CHECK (state IN ('PENDING','CERTIFIED','REJECTED','REVOKED')),
  recorder_id UUID NOT NULL REFERENCES account(id),
  decider_id UUID REFERENCES account(id),
  reason TEXT,
  created_at BIGINT NOT NULL,
  certified_at BIGINT,
  revoked_at BIGINT,
  CONSTRAINT record_order CHECK (ended_at > started_at),
  CONSTRAINT backfill_second_person CHECK (source <> 'BACKFILL' OR decider_id IS NULL OR decider_id <> recorder_id),
  CONSTRAINT record_attendance UNIQUE (session_id, volunteer_id)
);
CREATE INDEX service_record_volunteer ON service_record(volunteer_id, started_at);
CREATE INDEX service_record_community ON service_record(community_id, state, id);

-- Minutes per person and business date: certified ones decide what still certifies at once.
CREATE TABLE service_day (
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  business_date INTEGER NOT NULL,
  minutes BIGINT NOT NULL CONSTRAINT service_day_minutes CHECK (minutes BETWEEN 0 AND 1440),
  PRIMARY KEY (volunteer_id, business_date)
);
