-- Public keys that blocks were signed with. A key stays when the deployment goes over to another. Append-only.
CREATE TABLE proof_key (
  key_id TEXT PRIMARY KEY,
  public_key BYTES NOT NULL,
  created_at BIGINT NOT NULL
);

-- Sealed blocks of a community's operations: a chain without forks, since no number and no predecessor is used twice. Append-only.
CREATE TABLE proof_block (
  id IDENTITY,
  community_id UUID NOT NULL REFERENCES community(id),
  number BIGINT NOT NULL CHECK (number >= 1),
  previous_hash BYTES NOT NULL,
  root BYTES NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 1),
  sealed_at BIGINT NOT NULL,
  key_id TEXT NOT NULL REFERENCES proof_key(key_id),
  signature BYTES NOT NULL,
  CONSTRAINT proof_block_number UNIQUE (community_id, number),
  CONSTRAINT proof_block_fork UNIQUE (community_id, previous_hash)
);

-- Which operation is which leaf of which block; an operation without a row here is not sealed yet. Append-only.
-- salt: 16 random bytes within the leaf. path: the audit path, hashes of 32 bytes one after another, from the leaf up.
CREATE TABLE proof_leaf (
  operation_id BIGINT PRIMARY KEY REFERENCES operation(id),
  block_id BIGINT NOT NULL REFERENCES proof_block(id),
  leaf_index INTEGER NOT NULL CHECK (leaf_index >= 0),
  salt BYTES NOT NULL,
  path BYTES NOT NULL,
  CONSTRAINT proof_leaf_place UNIQUE (block_id, leaf_index)
);
