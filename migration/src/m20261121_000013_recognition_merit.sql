-- A Party member (sensitive, PIPL art. 28). Nothing here names a person in clear: subject_index is a keyed hash of the account, sealed holds account, class
-- and branch under a key that the database does not have. A withdrawn consent leaves neither.
CREATE TABLE party_member (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  subject_index BYTES NOT NULL,
  sealed BYTES,
  state TEXT NOT NULL CHECK (state IN ('DECLARED','CONFIRMED','WITHDRAWN')),
  consent_version INTEGER NOT NULL CHECK (consent_version >= 1),
  declared_at BIGINT NOT NULL,
  confirmed_by UUID REFERENCES account(id),
  confirmed_at BIGINT,
  withdrawn_at BIGINT,
  CONSTRAINT party_member_once UNIQUE (subject_index),
  CONSTRAINT party_member_sealed CHECK ((state = 'WITHDRAWN') = (sealed IS NULL))
);
CREATE INDEX party_member_community ON party_member(community_id, state, id);

-- The rules of a year, one row per version. grades: from how many points on a year is called what, as JSON.
CREATE TABLE merit_scheme (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  year INTEGER NOT NULL CHECK (year BETWEEN 2020 AND 2100),
  version INTEGER NOT NULL CHECK (version >= 1),
  annual_max BIGINT NOT NULL CHECK (annual_max BETWEEN 1 AND 100000),
  grades TEXT NOT NULL,
  published_by UUID NOT NULL REFERENCES account(id),
  published_at BIGINT NOT NULL,
  CONSTRAINT merit_scheme_once UNIQUE (community_id, year, version)
);

-- What brings or costs points, for whom, how much a year at most, and who may record it.
CREATE TABLE merit_item (
  scheme_id UUID NOT NULL REFERENCES merit_scheme(id),
  code TEXT NOT NULL,
  label TEXT NOT NULL,
  points BIGINT NOT NULL CHECK (points <> 0 AND points BETWEEN -10000 AND 10000),
  annual_max BIGINT NOT NULL CHECK (annual_max BETWEEN 1 AND 100000),
  member_classes TEXT NOT NULL,
  recorder TEXT NOT NULL CHECK (recorder IN ('MEMBER','BRANCH','COMMITTEE')),
  PRIMARY KEY (scheme_id, code)
);

-- A member's merit of a year. It is no wallet: no table of the points store, of the ledger or of a leaderboard points here, nor this at them.
CREATE TABLE merit_account (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  member_id UUID NOT NULL REFERENCES party_member(id),
  year INTEGER NOT NULL,
  points BIGINT NOT NULL DEFAULT 0 CONSTRAINT merit_floor CHECK (points >= 0),
  version BIGINT NOT NULL DEFAULT 0,
  grade TEXT,
  closed_at BIGINT,
  CONSTRAINT merit_account_once UNIQUE (member_id, year),
  CONSTRAINT merit_closed CHECK ((closed_at IS NULL) = (grade IS NULL))
);
CREATE INDEX merit_account_year ON merit_account(community_id, year);

-- recorder_id is null where the member claims it: the account would name the member. corrects: the entry that an upheld appeal put right.
CREATE TABLE merit_entry (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES merit_account(id),
  scheme_id UUID NOT NULL REFERENCES merit_scheme(id),
  item_code TEXT NOT NULL,
  granted BIGINT NOT NULL,
  occurred_on INTEGER NOT NULL,
  note TEXT,
  state TEXT NOT NULL CHECK (state IN ('PENDING','POSTED','REJECTED')),
  recorder_id UUID REFERENCES account(id),
  corrects UUID REFERENCES merit_entry(id),
  decider_id UUID REFERENCES account(id),
  reason TEXT,
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  CONSTRAINT merit_pending CHECK (state = 'POSTED' OR granted = 0)
);
CREATE INDEX merit_entry_account ON merit_entry(account_id, id);
CREATE INDEX merit_entry_pending ON merit_entry(account_id) WHERE state = 'PENDING';

CREATE TABLE merit_appeal (
  id UUID PRIMARY KEY,
  entry_id UUID NOT NULL REFERENCES merit_entry(id),
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('OPEN','UPHELD','DISMISSED')),
  decider_id UUID REFERENCES account(id),
  decision TEXT,
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  CONSTRAINT merit_appeal_once UNIQUE (entry_id),
  CONSTRAINT merit_appeal_decided CHECK ((state = 'OPEN') = (decider_id IS NULL))
);
