-- Accounts that their owners deleted (注销). `swept_at`: everything was gone through once more, for what was under way at that moment.
CREATE TABLE account_deletion (
  account_id UUID PRIMARY KEY REFERENCES account(id),
  community_id UUID NOT NULL REFERENCES community(id),
  deleted_at BIGINT NOT NULL,
  points_lapsed BIGINT NOT NULL CHECK (points_lapsed >= 0),
  redemptions INTEGER NOT NULL,
  sign_ups INTEGER NOT NULL,
  listings INTEGER NOT NULL,
  swept_at BIGINT
);
CREATE INDEX account_deletion_due ON account_deletion(deleted_at) WHERE swept_at IS NULL;

-- Something a volunteer asks to have put right (更正). What is wanted and why is sealed, and goes some time after the decision.
CREATE TABLE correction (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  field TEXT NOT NULL CHECK (field IN ('NAME','BIRTH_DATE','REGION','RECORD_CONTENT','RECORD_MINUTES')),
  record_id UUID REFERENCES service_record(id),
  request_sealed BYTES,
  state TEXT NOT NULL CHECK (state IN ('OPEN','GRANTED','REFUSED','WITHDRAWN')),
  decider_id UUID REFERENCES account(id),
  decision TEXT,
  created_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  reminded_at BIGINT,
  decided_at BIGINT,
  CONSTRAINT correction_record CHECK ((field IN ('RECORD_CONTENT','RECORD_MINUTES')) = (record_id IS NOT NULL)),
  CONSTRAINT correction_decided CHECK ((state = 'OPEN') = (decided_at IS NULL) AND (state IN ('GRANTED','REFUSED')) = (decider_id IS NOT NULL)
    AND (decider_id IS NULL) = (decision IS NULL))
);
CREATE UNIQUE INDEX correction_profile_once ON correction(volunteer_id, field) WHERE state = 'OPEN' AND record_id IS NULL;
CREATE UNIQUE INDEX correction_record_once ON correction(record_id, field) WHERE state = 'OPEN' AND record_id IS NOT NULL;
CREATE INDEX correction_volunteer ON correction(volunteer_id, id);
CREATE INDEX correction_community ON correction(community_id, state, id);
CREATE INDEX correction_due ON correction(due_at) WHERE state = 'OPEN' AND reminded_at IS NULL;
CREATE INDEX correction_kept ON correction(decided_at) WHERE request_sealed IS NOT NULL AND state <> 'OPEN';

-- How long what is kept of people is kept (保存期限), in days; `correction_days` are the working days in which a correction is decided. A community without a
-- row keeps the defaults of the program.
CREATE TABLE retention_policy (
  community_id UUID NOT NULL REFERENCES community(id),
  version INTEGER NOT NULL CHECK (version >= 1),
  effective_from INTEGER NOT NULL,
  sign_in_days INTEGER NOT NULL CHECK (sign_in_days BETWEEN 180 AND 1095),
  message_days INTEGER NOT NULL CHECK (message_days BETWEEN 30 AND 1095),
  key_days INTEGER NOT NULL CHECK (key_days BETWEEN 7 AND 365),
  contact_days INTEGER NOT NULL CHECK (contact_days BETWEEN 1 AND 365),
  look_days INTEGER NOT NULL CHECK (look_days BETWEEN 180 AND 3650),
  request_days INTEGER NOT NULL CHECK (request_days BETWEEN 30 AND 1095),
  correction_days INTEGER NOT NULL CHECK (correction_days BETWEEN 1 AND 15),
  published_by UUID NOT NULL REFERENCES account(id),
  published_at BIGINT NOT NULL,
  CONSTRAINT retention_policy_version PRIMARY KEY (community_id, version)
);

-- What retention looks for.
CREATE INDEX login_session_end ON login_session(expires_at);
CREATE INDEX login_session_revoked ON login_session(revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX notification_age ON notification(created_at);
CREATE INDEX listing_contact ON listing(valid_until) WHERE contact_sealed IS NOT NULL;
CREATE INDEX contact_look_age ON contact_look(looked_at) WHERE reason <> '';
