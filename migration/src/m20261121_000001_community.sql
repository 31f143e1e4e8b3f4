-- A place: official division (province .. community) or a level a community defined below itself (area, grid, building).
-- `path` is the chain of ids from the root, each followed by '/', so a subtree is a prefix.
CREATE TABLE region (
  id UUID PRIMARY KEY,
  parent_id UUID REFERENCES region(id),
  community_id UUID,
  code TEXT,
  edition INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CONSTRAINT region_kind CHECK (kind IN ('PROVINCE','CITY','COUNTY','SUBDISTRICT','COMMUNITY','LEVEL')),
  depth INTEGER NOT NULL CHECK (depth >= 0),
  path TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT region_code UNIQUE (code),
  CONSTRAINT region_level_has_community CHECK (kind <> 'LEVEL' OR community_id IS NOT NULL)
);
CREATE INDEX region_parent ON region(parent_id);
CREATE INDEX region_path ON region(path);
CREATE INDEX region_community ON region(community_id);

-- A tenant. Every other row of the program hangs on one.
CREATE TABLE community (
  id UUID PRIMARY KEY,
  region_id UUID NOT NULL REFERENCES region(id),
  name TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT community_region UNIQUE (region_id)
);

-- What this community calls its levels; position 0 is the street or town above it, 1 the community, 2 and on the levels below.
CREATE TABLE region_level (
  community_id UUID NOT NULL REFERENCES community(id),
  position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 7),
  label TEXT NOT NULL,
  PRIMARY KEY (community_id, position)
);

-- The community's own word lists (service types, qualifications, occasions, unit kinds, reward categories).
-- `coefficient_bps` weighs the points of a service type: 10000 is 1.0.
CREATE TABLE taxonomy_term (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  kind TEXT NOT NULL CHECK (kind IN ('SERVICE_TYPE','QUALIFICATION','OCCASION','UNIT_KIND','REWARD_CATEGORY')),
  code TEXT NOT NULL,
  label TEXT NOT NULL,
  coefficient_bps INTEGER NOT NULL CHECK (coefficient_bps BETWEEN 0 AND 100000),
  position INTEGER NOT NULL,
  retired_at BIGINT,
  created_at BIGINT NOT NULL,
  CONSTRAINT taxonomy_code UNIQUE (community_id, kind, code)
);

-- A local unit (company, school, property firm, Party organisation) that may sponsor teams.
CREATE TABLE unit (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT unit_name UNIQUE (community_id, name)
);
