-- The texts that people agree to, by purpose and version. Version 1 is the program's own and has no row; a community publishes from 2 on. What is material
-- is asked for anew: an older consent no longer suffices.
CREATE TABLE consent_text (
  community_id UUID NOT NULL REFERENCES community(id),
  purpose TEXT NOT NULL CHECK (purpose IN ('PRIVACY_NOTICE','NAME_PUBLICITY','IDENTITY_DOCUMENT','HEALTH_NOTE','PARTY_MEMBERSHIP','MINOR_SERVICE')),
  version INTEGER NOT NULL CHECK (version >= 2),
  text TEXT NOT NULL,
  material BOOLEAN NOT NULL,
  published_by UUID NOT NULL REFERENCES account(id),
  published_at BIGINT NOT NULL,
  CONSTRAINT consent_text_version PRIMARY KEY (community_id, purpose, version)
);

-- Who agreed to what, in which version, and until when. A row is written once and ended once. That somebody agreed about their Party membership would tell
-- of it: that consent stands sealed in party_member, and this table does not take it.
CREATE TABLE consent (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  account_id UUID NOT NULL REFERENCES account(id),
  purpose TEXT NOT NULL CHECK (purpose IN ('PRIVACY_NOTICE','NAME_PUBLICITY','IDENTITY_DOCUMENT','HEALTH_NOTE','MINOR_SERVICE')),
  version INTEGER NOT NULL,
  given_by UUID NOT NULL REFERENCES account(id),
  relation_id UUID REFERENCES acting_relation(id),
  given_at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by UUID REFERENCES account(id),
  ending TEXT CHECK (ending IN ('WITHDRAWN','REPLACED','RELATION_ENDED')),
  CONSTRAINT consent_ending CHECK ((ended_at IS NULL) = (ending IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL)),
  CONSTRAINT consent_of_minor CHECK (purpose <> 'MINOR_SERVICE' OR (relation_id IS NOT NULL AND given_by <> account_id))
);
CREATE UNIQUE INDEX consent_once ON consent(account_id, purpose) WHERE ended_at IS NULL;
CREATE INDEX consent_relation ON consent(relation_id) WHERE relation_id IS NOT NULL AND ended_at IS NULL;

-- Who is named in public lists by now agreed to it; since when was not kept, so it counts from the registration. A volunteer has one such row at most, so
-- that its id serves once more.
UPDATE volunteer SET publishes_name = FALSE WHERE account_id IS NULL;
INSERT INTO consent (id, community_id, account_id, purpose, version, given_by, given_at)
  SELECT id, community_id, account_id, 'NAME_PUBLICITY', 1, account_id, created_at FROM volunteer WHERE publishes_name;

-- Every time that somebody's name and telephone were shown whole to another, and whether the health note was; never changed.
CREATE TABLE unmasking (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  account_id UUID NOT NULL REFERENCES account(id),
  reason TEXT NOT NULL,
  health_note BOOLEAN NOT NULL,
  looked_at BIGINT NOT NULL
);
CREATE INDEX unmasking_volunteer ON unmasking(volunteer_id, id);

-- What is sensitive beyond a telephone (PIPL art. 28), each field sealed and each with a consent of its own. The index is a keyed hash, so that one number
-- stands once in a community.
CREATE TABLE volunteer_sensitive (
  volunteer_id UUID PRIMARY KEY REFERENCES volunteer(id),
  community_id UUID NOT NULL REFERENCES community(id),
  identity_index BYTES,
  identity_sealed BYTES,
  identity_set_at BIGINT,
  health_sealed BYTES,
  health_set_at BIGINT,
  CONSTRAINT identity_once UNIQUE (identity_index),
  CONSTRAINT identity_whole CHECK ((identity_index IS NULL) = (identity_sealed IS NULL))
);

-- Members who checked in (双报到): who it is and which grid they serve are sealed now. A step cannot seal, so the clear rows wait aside until the program,
-- which has the keys, moves them when it next starts.
ALTER TABLE member_check_in RENAME TO member_check_in_clear;
CREATE TABLE member_check_in (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_check_in_id UUID NOT NULL REFERENCES unit_check_in(id),
  unit_id UUID NOT NULL REFERENCES unit(id),
  subject_index BYTES NOT NULL,
  sealed BYTES NOT NULL,
  consented_at BIGINT NOT NULL,
  CONSTRAINT member_check_in_subject UNIQUE (subject_index)
);
CREATE INDEX member_check_in_of_unit ON member_check_in(unit_id, id);

-- A telephone whose hash must be made anew under another key has to be readable.
ALTER TABLE recipient ADD COLUMN phone_sealed BYTES;

-- Which numbered secrets sealed something here, each with a value by which the same secret is known again. None of them tells the secret.
CREATE TABLE sealing_secret (
  number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 255),
  check_value BYTES NOT NULL,
  first_used_at BIGINT NOT NULL,
  retired_at BIGINT
)
