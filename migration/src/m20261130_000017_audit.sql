-- What was about to be done, and by whom: one row before each audited act, written without looking at any other row. Append-only; see the triggers.
-- objects: ids found in the input, apart by a space. community_id, account_id: none for a sign-in that was refused.
CREATE TABLE audit_line (
  id UUID PRIMARY KEY,
  community_id UUID REFERENCES community(id),
  account_id UUID,
  helper_id UUID,
  login_session_id UUID,
  operation TEXT NOT NULL,
  objects TEXT NOT NULL,
  objects_left_out INTEGER NOT NULL CHECK (objects_left_out >= 0),
  reason TEXT,
  request_id TEXT NOT NULL,
  begun_at BIGINT NOT NULL,
  CONSTRAINT audit_line_who CHECK ((community_id IS NULL) = (account_id IS NULL))
);
CREATE INDEX audit_line_place ON audit_line(community_id, begun_at, id);
CREATE INDEX audit_line_account ON audit_line(account_id, begun_at, id);

-- What became of it: OK, or the code of the refusal. A line without one was cut off. Append-only.
CREATE TABLE audit_outcome (
  line_id UUID PRIMARY KEY REFERENCES audit_line(id),
  community_id UUID,
  result TEXT NOT NULL,
  ended_at BIGINT NOT NULL
);

-- The chains that lines and outcomes are put into after the commit; what has no row here is not chained yet. Append-only.
-- chain: the community, or 16 zero bytes for what belongs to none.
CREATE TABLE audit_link (
  chain UUID NOT NULL,
  number BIGINT NOT NULL CHECK (number >= 1),
  line_id UUID NOT NULL,
  part TEXT NOT NULL CHECK (part IN ('BEGUN','ENDED')),
  hash BYTES NOT NULL,
  PRIMARY KEY (chain, number),
  CONSTRAINT audit_link_once UNIQUE (line_id, part)
);

-- Where the kept part of a chain begins: everything up to this number was old enough to go. Append-only.
CREATE TABLE audit_checkpoint (
  chain UUID NOT NULL,
  number BIGINT NOT NULL CHECK (number >= 1),
  hash BYTES NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (chain, number)
);

-- How many days a community keeps its lines, where that is longer than the law asks; the largest number is in force. Append-only.
CREATE TABLE audit_policy (
  community_id UUID NOT NULL REFERENCES community(id),
  days INTEGER NOT NULL CONSTRAINT audit_days CHECK (days BETWEEN 184 AND 3660),
  published_by UUID NOT NULL REFERENCES account(id),
  published_at BIGINT NOT NULL,
  PRIMARY KEY (community_id, days)
);
