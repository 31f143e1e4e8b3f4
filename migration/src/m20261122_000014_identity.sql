-- Wrong guesses are counted by what was guessed at, known or not, so that a lock tells nobody whether a phone has an account.
ALTER TABLE account DROP COLUMN failed_logins;
ALTER TABLE account DROP COLUMN locked_until;

-- Who came in by WeChat has no phone until one is bound; `phone_index` is then a hash that no phone has, and `phone_sealed` is empty.
ALTER TABLE account ADD COLUMN phone_bound BOOLEAN NOT NULL DEFAULT TRUE;

-- What kind of client it is, when a second factor was shown, and who acts for the account's owner.
ALTER TABLE login_session ADD COLUMN client TEXT NOT NULL DEFAULT 'APP' CHECK (client IN ('APP','MINI_PROGRAM','PANEL'));
ALTER TABLE login_session ADD COLUMN second_factor_at BIGINT;
ALTER TABLE login_session ADD COLUMN acted_by UUID;
ALTER TABLE login_session ADD COLUMN relation_id UUID;
CREATE INDEX login_session_relation ON login_session(relation_id) WHERE relation_id IS NOT NULL;

-- A role may begin later and end by itself; who ended it stays on the row.
ALTER TABLE role_grant ADD COLUMN starts_at BIGINT;
ALTER TABLE role_grant ADD COLUMN ends_at BIGINT;
ALTER TABLE role_grant ADD COLUMN ended_by UUID;

-- Wrong guesses in a row at a password or a second factor.
CREATE TABLE guess (
  subject BYTES PRIMARY KEY,
  wrong INTEGER NOT NULL,
  locked_until BIGINT,
  last_at BIGINT NOT NULL
);
CREATE INDEX guess_last ON guess(last_at);

-- The one-time code last sent to a phone, as a keyed hash.
CREATE TABLE phone_code (
  phone_index BYTES PRIMARY KEY,
  code_hash BYTES NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  tries INTEGER NOT NULL,
  used_at BIGINT
);
CREATE INDEX phone_code_end ON phone_code(expires_at);

-- The second factor of an account (TOTP), in force once it was confirmed. A step is taken once.
CREATE TABLE second_factor (
  account_id UUID PRIMARY KEY REFERENCES account(id),
  secret_sealed BYTES NOT NULL,
  created_at BIGINT NOT NULL,
  confirmed_at BIGINT,
  last_step BIGINT NOT NULL
);
CREATE TABLE recovery_code (
  account_id UUID NOT NULL REFERENCES account(id),
  code_hash BYTES NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (account_id, code_hash)
);

-- Which numbered key signs access tokens from when. The keys themselves are derived from the master secret.
CREATE TABLE token_key (
  number INTEGER PRIMARY KEY,
  signs_from BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

-- A person as one mini-program or application of WeChat knows them.
CREATE TABLE wechat_identity (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account(id),
  app_id TEXT NOT NULL,
  openid_index BYTES NOT NULL,
  openid_sealed BYTES NOT NULL,
  unionid_index BYTES,
  unionid_sealed BYTES,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  CONSTRAINT wechat_openid UNIQUE (app_id, openid_index)
);
CREATE INDEX wechat_account ON wechat_identity(account_id);
CREATE INDEX wechat_unionid ON wechat_identity(unionid_index);

-- Codes of wx.login that were exchanged, so that one whose answer was lost may be sent again for a minute.
CREATE TABLE wechat_login (
  code_hash BYTES PRIMARY KEY,
  identity_id UUID NOT NULL REFERENCES wechat_identity(id) ON DELETE CASCADE,
  used_at BIGINT NOT NULL
);
CREATE INDEX wechat_login_identity ON wechat_login(identity_id);

-- The access token to WeChat, one for all processes, and who is fetching the next.
CREATE TABLE wechat_token (
  app_id TEXT PRIMARY KEY,
  token_sealed BYTES,
  version BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  forced_at BIGINT NOT NULL,
  lease_until BIGINT NOT NULL
);

-- Messages a person has agreed to receive, each once.
CREATE TABLE wechat_credit (
  identity_id UUID NOT NULL REFERENCES wechat_identity(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  credits INTEGER NOT NULL CONSTRAINT wechat_credits CHECK (credits BETWEEN 0 AND 100),
  PRIMARY KEY (identity_id, kind)
);

-- Messages to be sent through WeChat; each has cost a credit.
CREATE TABLE wechat_message (
  id UUID PRIMARY KEY,
  identity_id UUID NOT NULL REFERENCES wechat_identity(id) ON DELETE CASCADE,
  notification_id UUID NOT NULL,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  happened_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('PENDING','SENT','REFUSED','FAILED')),
  tries INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  settled_at BIGINT,
  error_code BIGINT,
  CONSTRAINT wechat_message_once UNIQUE (identity_id, notification_id)
);
CREATE INDEX wechat_message_due ON wechat_message(next_at) WHERE state = 'PENDING';

-- Pictures that WeChat was asked to look at; the answer comes later, by its trace id.
CREATE TABLE wechat_check (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account(id),
  subject TEXT NOT NULL,
  trace_id TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('PENDING','PASS','REVIEW','RISKY')),
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  CONSTRAINT wechat_trace UNIQUE (trace_id)
);
CREATE INDEX wechat_check_subject ON wechat_check(subject);

-- Codes that open a page of the mini-program; they are permanent, so each is fetched once.
CREATE TABLE wechat_page_code (
  app_id TEXT NOT NULL,
  page TEXT NOT NULL,
  scene TEXT NOT NULL,
  media_type TEXT NOT NULL,
  image BYTES NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (app_id, page, scene)
);

-- Somebody who acts for somebody else, with that person's consent.
CREATE TABLE acting_relation (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  principal_id UUID NOT NULL REFERENCES account(id),
  helper_id UUID NOT NULL REFERENCES account(id),
  kind TEXT NOT NULL CHECK (kind IN ('ELDER','CHILD','OTHER')),
  consent TEXT NOT NULL CHECK (consent IN ('OWN','WITNESSED')),
  consent_note TEXT NOT NULL,
  recorded_by UUID NOT NULL REFERENCES account(id),
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by UUID REFERENCES account(id),
  CONSTRAINT acting_for_another CHECK (principal_id <> helper_id)
);
CREATE UNIQUE INDEX acting_once ON acting_relation(principal_id, helper_id) WHERE ended_at IS NULL;
CREATE INDEX acting_helper ON acting_relation(helper_id);

-- An invitation to act for whoever made it, as a keyed hash of its code.
CREATE TABLE acting_invitation (
  code_hash BYTES PRIMARY KEY,
  principal_id UUID NOT NULL REFERENCES account(id),
  kind TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);

-- What was done for somebody else: by whom, for whom, and in which request.
CREATE TABLE acting_step (
  id UUID PRIMARY KEY,
  relation_id UUID NOT NULL REFERENCES acting_relation(id),
  principal_id UUID NOT NULL REFERENCES account(id),
  helper_id UUID NOT NULL REFERENCES account(id),
  operation TEXT NOT NULL,
  request_id TEXT NOT NULL,
  happened_at BIGINT NOT NULL
);
CREATE INDEX acting_step_principal ON acting_step(principal_id, id);
