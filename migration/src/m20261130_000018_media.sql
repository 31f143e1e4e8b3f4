-- Pictures that people sent. The files lie in a store under the id; no name, place or other metadata of what was sent is kept.
-- A row is written before its files: `purge_at` says when what a process that died has left is swept.
CREATE TABLE media (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  region_id UUID NOT NULL REFERENCES region(id),
  account_id UUID NOT NULL REFERENCES account(id),
  sha256 BYTES NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('JPEG','PNG')),
  bytes BIGINT NOT NULL CHECK (bytes > 0),
  width INTEGER NOT NULL CHECK (width > 0),
  height INTEGER NOT NULL CHECK (height > 0),
  state TEXT NOT NULL CHECK (state IN ('STORING','PENDING','APPROVED','REJECTED','DELETED')),
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  decided_by UUID REFERENCES account(id),
  reason TEXT,
  check_at BIGINT,
  check_tries INTEGER NOT NULL,
  purge_at BIGINT,
  CONSTRAINT media_own_decision CHECK (decided_by IS NULL OR decided_by <> account_id),
  CONSTRAINT media_storing_ends CHECK (state <> 'STORING' OR purge_at IS NOT NULL)
);
CREATE UNIQUE INDEX media_once ON media(account_id, sha256) WHERE state <> 'DELETED';
CREATE INDEX media_own ON media(account_id, id);
CREATE INDEX media_review ON media(region_id, id) WHERE state = 'PENDING';
CREATE INDEX media_check ON media(check_at) WHERE check_at IS NOT NULL;
CREATE INDEX media_purge ON media(purge_at) WHERE purge_at IS NOT NULL;
