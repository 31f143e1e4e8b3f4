-- Who can sign in. The phone is kept twice: a keyed hash to look it up, and sealed with a key that the database does not hold.
CREATE TABLE account (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  phone_index BYTES NOT NULL,
  phone_sealed BYTES NOT NULL,
  password_hash TEXT,
  failed_logins INTEGER NOT NULL DEFAULT 0,
  locked_until BIGINT,
  created_at BIGINT NOT NULL,
  closed_at BIGINT,
  CONSTRAINT account_phone UNIQUE (phone_index)
);
CREATE INDEX account_community ON account(community_id);

-- One signed-in device. Revoking it ends every token of its family.
CREATE TABLE login_session (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account(id),
  device TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  revoked_at BIGINT,
  revoked_reason TEXT
);
CREATE INDEX login_session_account ON login_session(account_id);

-- Refresh tokens, by SHA-256 of the token; used once, then followed by a successor of the same session.
-- The successor is kept sealed for the few seconds in which a lost answer may be asked for again.
CREATE TABLE refresh_token (
  token_hash BYTES PRIMARY KEY,
  login_session_id UUID NOT NULL REFERENCES login_session(id),
  issued_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  rotated_at BIGINT,
  successor_sealed BYTES
);
CREATE INDEX refresh_token_session ON refresh_token(login_session_id);

-- A volunteer. `number` is the public volunteer number, used instead of any identity number.
CREATE TABLE volunteer (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  account_id UUID REFERENCES account(id),
  number TEXT NOT NULL,
  name TEXT NOT NULL,
  birth_date INTEGER NOT NULL,
  region_id UUID NOT NULL REFERENCES region(id),
  publishes_name BOOLEAN NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('ACTIVE','SUSPENDED')),
  state_reason TEXT,
  minutes BIGINT NOT NULL DEFAULT 0 CONSTRAINT volunteer_minutes CHECK (minutes >= 0),
  no_shows INTEGER NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  CONSTRAINT volunteer_number_once UNIQUE (number),
  CONSTRAINT volunteer_account UNIQUE (account_id)
) HOT;
CREATE INDEX volunteer_community ON volunteer(community_id, id);

-- Numbers are handed out per community and year without a gap that a refused registration would leave.
CREATE TABLE volunteer_number (
  community_id UUID NOT NULL REFERENCES community(id),
  year INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (community_id, year)
);

-- A licence or proof that the community has seen; a code of the QUALIFICATION word list.
CREATE TABLE volunteer_qualification (
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  code TEXT NOT NULL,
  verified_by UUID NOT NULL REFERENCES account(id),
  verified_at BIGINT NOT NULL,
  valid_until INTEGER,
  PRIMARY KEY (volunteer_id, code)
);

CREATE TABLE team (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  unit_id UUID REFERENCES unit(id),
  region_id UUID NOT NULL REFERENCES region(id),
  name TEXT NOT NULL,
  colour TEXT CHECK (colour IN ('RED','ORANGE','YELLOW','GREEN','CYAN','BLUE','PURPLE')),
  description TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  dissolved_at BIGINT,
  CONSTRAINT team_name UNIQUE (community_id, name)
);

CREATE TABLE team_member (
  team_id UUID NOT NULL REFERENCES team(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  joined_at BIGINT NOT NULL,
  PRIMARY KEY (team_id, volunteer_id)
);
CREATE INDEX team_member_volunteer ON team_member(volunteer_id);

-- Who may do what, where: a role over a region's subtree, over one team or for one unit.
CREATE TABLE role_grant (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account(id),
  role TEXT NOT NULL CHECK (role IN ('RESIDENT','VOLUNTEER','TEAM_LEADER','GRID_WORKER','REDEMPTION_DESK','REVIEWER','UNIT_LIAISON','PARTY_WORKER','ADMIN')),
  region_id UUID REFERENCES region(id),
  team_id UUID REFERENCES team(id),
  unit_id UUID REFERENCES unit(id),
  granted_by UUID REFERENCES account(id),
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  CONSTRAINT grant_scope CHECK ((CASE WHEN region_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END)
    + (CASE WHEN unit_id IS NULL THEN 0 ELSE 1 END) = 1),
  CONSTRAINT grant_liaison CHECK ((role = 'UNIT_LIAISON') = (unit_id IS NOT NULL))
);
CREATE INDEX role_grant_account ON role_grant(account_id);
CREATE UNIQUE INDEX role_grant_region_once ON role_grant(account_id, role, region_id) WHERE ended_at IS NULL AND region_id IS NOT NULL;
CREATE UNIQUE INDEX role_grant_team_once ON role_grant(account_id, role, team_id) WHERE ended_at IS NULL AND team_id IS NOT NULL;
CREATE UNIQUE INDEX role_grant_unit_once ON role_grant(account_id, role, unit_id) WHERE ended_at IS NULL AND unit_id IS NOT NULL;
CREATE INDEX role_grant_unit ON role_grant(unit_id) WHERE ended_at IS NULL AND unit_id IS NOT NULL;

-- A leader's telephone that may sign check-ins without network.
CREATE TABLE device_key (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  public_key BYTES NOT NULL,
  created_at BIGINT NOT NULL,
  revoked_at BIGINT,
  CONSTRAINT device_public_key UNIQUE (public_key)
);
CREATE INDEX device_key_account ON device_key(account_id);
