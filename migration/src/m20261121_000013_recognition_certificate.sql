-- From how many hours of certified service on a volunteer has how many stars; one row per version. settled: everybody's stars follow it.
CREATE TABLE star_policy (
  community_id UUID NOT NULL REFERENCES community(id),
  version INTEGER NOT NULL CHECK (version >= 1),
  effective_from INTEGER NOT NULL,
  hours_1 BIGINT NOT NULL CHECK (hours_1 >= 1),
  hours_2 BIGINT NOT NULL,
  hours_3 BIGINT NOT NULL,
  hours_4 BIGINT NOT NULL,
  hours_5 BIGINT NOT NULL CHECK (hours_5 <= 100000),
  settled BOOLEAN NOT NULL DEFAULT FALSE,
  published_by UUID NOT NULL REFERENCES account(id),
  published_at BIGINT NOT NULL,
  PRIMARY KEY (community_id, version),
  CONSTRAINT star_order CHECK (hours_1 < hours_2 AND hours_2 < hours_3 AND hours_3 < hours_4 AND hours_4 < hours_5)
);

-- The stars a volunteer has been told of; nobody without a star has a row until they lose one.
CREATE TABLE volunteer_star (
  volunteer_id UUID PRIMARY KEY REFERENCES volunteer(id),
  stars INTEGER NOT NULL CHECK (stars BETWEEN 0 AND 5),
  since BIGINT NOT NULL
);

-- Stars earned and lost. Append-only.
CREATE TABLE star_change (
  id IDENTITY,
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  stars_before INTEGER NOT NULL,
  stars INTEGER NOT NULL CHECK (stars <> stars_before),
  minutes BIGINT NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX star_change_volunteer ON star_change(volunteer_id, id);

-- What the law wants recorded of a volunteer beside basic data and service: training, commendation, evaluation (MCA order 67).
CREATE TABLE dossier_entry (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  kind TEXT NOT NULL CHECK (kind IN ('TRAINING','COMMENDATION','EVALUATION')),
  title TEXT NOT NULL,
  given_by TEXT NOT NULL,
  given_on INTEGER NOT NULL,
  minutes BIGINT CHECK (minutes BETWEEN 1 AND 100000),
  grade INTEGER CHECK (grade BETWEEN 1 AND 5),
  recorder_id UUID NOT NULL REFERENCES account(id),
  created_at BIGINT NOT NULL,
  withdrawn_by UUID REFERENCES account(id),
  withdrawn_at BIGINT,
  withdraw_reason TEXT,
  CONSTRAINT dossier_shape CHECK ((kind = 'TRAINING') = (minutes IS NOT NULL) AND (kind = 'EVALUATION') = (grade IS NOT NULL)),
  CONSTRAINT dossier_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL) AND (withdrawn_at IS NULL) = (withdraw_reason IS NULL))
);
CREATE INDEX dossier_entry_volunteer ON dossier_entry(volunteer_id, id);

-- Numbers of certificates, per community and year, without a gap.
CREATE TABLE certificate_number (
  community_id UUID NOT NULL REFERENCES community(id),
  year INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (community_id, year)
);

-- A certificate of service: what it says is frozen in `snapshot`, and `digest` is the SHA-256 of that text.
CREATE TABLE certificate (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  number TEXT NOT NULL,
  period_from INTEGER NOT NULL,
  period_to INTEGER NOT NULL,
  minutes BIGINT NOT NULL CHECK (minutes > 0),
  records INTEGER NOT NULL CHECK (records > 0),
  snapshot TEXT NOT NULL,
  digest BYTES NOT NULL,
  issued_by UUID NOT NULL REFERENCES account(id),
  issued_at BIGINT NOT NULL,
  revoked_by UUID REFERENCES account(id),
  revoked_at BIGINT,
  revoke_reason TEXT,
  CONSTRAINT certificate_number_once UNIQUE (number),
  CONSTRAINT certificate_period CHECK (period_from <= period_to),
  CONSTRAINT certificate_revoked CHECK ((revoked_at IS NULL) = (revoked_by IS NULL) AND (revoked_at IS NULL) = (revoke_reason IS NULL))
);
CREATE INDEX certificate_volunteer ON certificate(volunteer_id, id);
CREATE INDEX certificate_community ON certificate(community_id, id);
CREATE INDEX certificate_revocations ON certificate(community_id, revoked_at, id) WHERE revoked_at IS NOT NULL;

-- The records a certificate names: when one of them is taken back later, the certificate no longer holds.
CREATE TABLE certificate_record (
  certificate_id UUID NOT NULL REFERENCES certificate(id),
  record_id UUID NOT NULL REFERENCES service_record(id),
  PRIMARY KEY (certificate_id, record_id)
);
CREATE INDEX certificate_record_record ON certificate_record(record_id);
