CREATE TABLE role_grant_anew (
  id UUID PRIMARY KEY,
  account_id UUID NOT NULL REFERENCES account(id),
  role TEXT NOT NULL CONSTRAINT role_grant_role CHECK (role IN ('RESIDENT','VOLUNTEER','TEAM_LEADER','GRID_WORKER','REDEMPTION_DESK','REVIEWER','UNIT_LIAISON','PARTY_WORKER','AUDITOR','ADMIN')),
  region_id UUID REFERENCES region(id),
  team_id UUID REFERENCES team(id),
  unit_id UUID REFERENCES unit(id),
  granted_by UUID REFERENCES account(id),
  created_at BIGINT NOT NULL,
  ended_at BIGINT,
  starts_at BIGINT,
  ends_at BIGINT,
  ended_by UUID,
  CONSTRAINT grant_scope CHECK ((CASE WHEN region_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN team_id IS NULL THEN 0 ELSE 1 END)
    + (CASE WHEN unit_id IS NULL THEN 0 ELSE 1 END) = 1),
  CONSTRAINT grant_liaison CHECK ((role = 'UNIT_LIAISON') = (unit_id IS NOT NULL))
);
INSERT INTO role_grant_anew (id, account_id, role, region_id, team_id, unit_id, granted_by, created_at, ended_at, starts_at, ends_at, ended_by)
  SELECT id, account_id, role, region_id, team_id, unit_id, granted_by, created_at, ended_at, starts_at, ends_at, ended_by FROM role_grant;
DROP TABLE role_grant;
ALTER TABLE role_grant_anew RENAME TO role_grant;
CREATE INDEX role_grant_account ON role_grant(account_id);
CREATE UNIQUE INDEX role_grant_region_once ON role_grant(account_id, role, region_id) WHERE ended_at IS NULL AND region_id IS NOT NULL;
CREATE UNIQUE INDEX role_grant_team_once ON role_grant(account_id, role, team_id) WHERE ended_at IS NULL AND team_id IS NOT NULL;
CREATE UNIQUE INDEX role_grant_unit_once ON role_grant(account_id, role, unit_id) WHERE ended_at IS NULL AND unit_id IS NOT NULL;
CREATE INDEX role_grant_unit ON role_grant(unit_id) WHERE ended_at IS NULL AND unit_id IS NOT NULL;
CREATE INDEX role_grant_reviewer ON role_grant(region_id) WHERE role = 'REVIEWER' AND ended_at IS NULL;
