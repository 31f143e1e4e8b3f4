-- Which days of a year are worked, where they differ from Monday to Friday: the yearly notice of the State Council, as a community entered it. A year of which
-- nothing is known has no row in work_calendar_year.
CREATE TABLE work_calendar_year (
  community_id UUID NOT NULL REFERENCES community(id),
  year INTEGER NOT NULL CHECK (year BETWEEN 2020 AND 2100),
  set_by UUID NOT NULL REFERENCES account(id),
  set_at BIGINT NOT NULL,
  PRIMARY KEY (community_id, year)
);
CREATE TABLE work_calendar_day (
  community_id UUID NOT NULL REFERENCES community(id),
  day INTEGER NOT NULL,
  works BOOLEAN NOT NULL,
  PRIMARY KEY (community_id, day)
);

-- A year's selection of vanguards. Weights are basis points; a public notice is never shorter than five working days.
CREATE TABLE selection_round (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  year INTEGER NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('NOMINATING','VOTING','NOTICE','ANNOUNCED','CANCELLED')),
  seats INTEGER NOT NULL CHECK (seats BETWEEN 1 AND 50),
  min_minutes BIGINT NOT NULL CHECK (min_minutes >= 0),
  panel_bps INTEGER NOT NULL CHECK (panel_bps BETWEEN 0 AND 10000),
  vote_bps INTEGER NOT NULL CHECK (vote_bps BETWEEN 0 AND 10000),
  record_bps INTEGER NOT NULL CHECK (record_bps BETWEEN 0 AND 10000),
  notice_days INTEGER NOT NULL CONSTRAINT notice_length CHECK (notice_days BETWEEN 5 AND 60),
  opened_by UUID NOT NULL REFERENCES account(id),
  opened_at BIGINT NOT NULL,
  voting_until BIGINT,
  ballots INTEGER,
  notice_from BIGINT,
  notice_until BIGINT,
  ended_at BIGINT,
  cancel_reason TEXT,
  CONSTRAINT selection_weights CHECK (panel_bps + vote_bps + record_bps = 10000),
  CONSTRAINT selection_dates CHECK (notice_until IS NULL OR notice_until > notice_from)
);
CREATE UNIQUE INDEX selection_once ON selection_round(community_id, year) WHERE state <> 'CANCELLED';

-- The year's leaderboard of certified minutes as it stood when the round was opened. Append-only.
CREATE TABLE selection_standing (
  round_id UUID NOT NULL REFERENCES selection_round(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  minutes BIGINT NOT NULL CHECK (minutes > 0),
  records BIGINT NOT NULL CHECK (records > 0),
  place BIGINT NOT NULL,
  PRIMARY KEY (round_id, volunteer_id)
);

-- Somebody nominated. panel, votes, total and place are written when the voting is over; what the panel finds stands in review_round until then.
CREATE TABLE selection_nominee (
  id UUID PRIMARY KEY,
  round_id UUID NOT NULL REFERENCES selection_round(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  source TEXT NOT NULL CHECK (source IN ('OWN','TEAM','UNIT','AUTOMATIC')),
  nominated_by UUID REFERENCES account(id),
  statement TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('NOMINATED','ACCEPTED','DECLINED','EXCLUDED')),
  minutes BIGINT NOT NULL,
  panel BIGINT,
  votes BIGINT,
  total BIGINT,
  place INTEGER,
  created_at BIGINT NOT NULL,
  CONSTRAINT nominee_once UNIQUE (round_id, volunteer_id)
);

-- Who voted, and apart from it what was voted: sealed under a key that the database does not have, with a random id and without a time. No column joins the two,
-- and the ballots are destroyed with the end of the selection.
CREATE TABLE selection_voter (
  round_id UUID NOT NULL REFERENCES selection_round(id),
  account_id UUID NOT NULL REFERENCES account(id),
  PRIMARY KEY (round_id, account_id)
);
CREATE TABLE selection_ballot (
  id UUID PRIMARY KEY,
  round_id UUID NOT NULL REFERENCES selection_round(id),
  sealed BYTES NOT NULL
);
CREATE INDEX selection_ballot_round ON selection_ballot(round_id);

CREATE TABLE selection_objection (
  id UUID PRIMARY KEY,
  nominee_id UUID NOT NULL REFERENCES selection_nominee(id),
  account_id UUID NOT NULL REFERENCES account(id),
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('OPEN','UPHELD','DISMISSED')),
  decider_id UUID REFERENCES account(id),
  decision TEXT,
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  CONSTRAINT objection_once UNIQUE (nominee_id, account_id),
  CONSTRAINT objection_decided CHECK ((state = 'OPEN') = (decider_id IS NULL))
);

-- An honour on a profile, shown to others only while the holder agrees.
CREATE TABLE honour (
  id UUID PRIMARY KEY,
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  round_id UUID NOT NULL REFERENCES selection_round(id),
  title TEXT NOT NULL,
  given_on INTEGER NOT NULL,
  shown BOOLEAN NOT NULL,
  CONSTRAINT honour_once UNIQUE (round_id, volunteer_id)
);
CREATE INDEX honour_volunteer ON honour(volunteer_id, id);
