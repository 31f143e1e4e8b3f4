-- A verdict of WeChat may come before it is written what its trace id is about. Whichever comes first writes the row, the other fills it in, and the unique
-- trace id makes the two wait for each other; a verdict whose subject never comes is dropped within hours. SQLite cannot take NOT NULL away, so the table is
-- made anew.
DROP INDEX wechat_check_subject;
ALTER TABLE wechat_check RENAME TO wechat_check_before;
CREATE TABLE wechat_check (
  id UUID PRIMARY KEY,
  account_id UUID REFERENCES account(id),
  subject TEXT,
  trace_id TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('PENDING','PASS','REVIEW','RISKY')),
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  CONSTRAINT wechat_check_trace UNIQUE (trace_id),
  CONSTRAINT wechat_check_whose CHECK ((account_id IS NULL) = (subject IS NULL)),
  CONSTRAINT wechat_check_decided CHECK ((verdict = 'PENDING') = (decided_at IS NULL) AND (account_id IS NOT NULL OR verdict <> 'PENDING'))
);
INSERT INTO wechat_check (id, account_id, subject, trace_id, verdict, created_at, decided_at)
  SELECT id, account_id, subject, trace_id, verdict, created_at, decided_at FROM wechat_check_before;
DROP TABLE wechat_check_before;
CREATE INDEX wechat_check_subject ON wechat_check(subject);
CREATE INDEX wechat_check_early ON wechat_check(decided_at) WHERE subject IS NULL
