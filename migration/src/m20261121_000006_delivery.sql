-- Facts of committed transactions, waiting for the relay. A row is deleted in the transaction that brings the derived tables up to date, so
-- nothing is skipped for having committed late. A row the relay cannot read, as one of a newer program, is set aside until a newer relay comes.
CREATE TABLE outbox (
  id IDENTITY,
  topic TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  set_aside_at BIGINT
);

-- Which process runs the relay and the due work. The epoch grows with each change of holder and fences off a holder that woke up late.
CREATE TABLE lease (
  name TEXT PRIMARY KEY,
  holder UUID NOT NULL,
  epoch BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);

-- First answers of mutations that take an idempotency key and are not ledger operations.
CREATE TABLE idempotency (
  account_id UUID NOT NULL REFERENCES account(id),
  idem_key TEXT NOT NULL,
  mutation TEXT NOT NULL,
  request_hash BYTES NOT NULL,
  result_id UUID NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT idempotency_key PRIMARY KEY (account_id, idem_key)
);
CREATE INDEX idempotency_age ON idempotency(created_at);

-- In-app messages; the dedupe key makes a repeated sending one message.
CREATE TABLE notification (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account(id),
  kind TEXT NOT NULL,
  params TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  read_at BIGINT,
  CONSTRAINT notification_once UNIQUE (account_id, dedupe_key)
);
CREATE INDEX notification_account ON notification(account_id, id);
