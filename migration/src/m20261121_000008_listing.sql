-- Three more word lists of each community: skills (特长), kinds of relief (四解) and categories of resources. The check on the kind is a part of the
-- table, so the table is made anew.
CREATE TABLE taxonomy_kept AS SELECT * FROM taxonomy_term;
DROP TABLE taxonomy_term;
CREATE TABLE taxonomy_term (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  kind TEXT NOT NULL CHECK (kind IN ('SERVICE_TYPE','QUALIFICATION','OCCASION','UNIT_KIND','REWARD_CATEGORY','SKILL','RELIEF_KIND','RESOURCE_CATEGORY')),
  code TEXT NOT NULL,
  label TEXT NOT NULL,
  coefficient_bps INTEGER NOT NULL CHECK (coefficient_bps BETWEEN 0 AND 100000),
  position INTEGER NOT NULL,
  retired_at BIGINT,
  created_at BIGINT NOT NULL,
  CONSTRAINT taxonomy_code UNIQUE (community_id, kind, code)
);
INSERT INTO taxonomy_term (id, community_id, kind, code, label, coefficient_bps, position, retired_at, created_at)
  SELECT id, community_id, kind, code, label, coefficient_bps, position, retired_at, created_at FROM taxonomy_kept;
DROP TABLE taxonomy_kept;
-- Communities that were opened before get the words that a new one starts with.
INSERT INTO taxonomy_term (id, community_id, kind, code, label, coefficient_bps, position, created_at)
  SELECT RANDOM_ID, c.id, w.column1, w.column2, w.column3, 10000, w.column4, c.created_at FROM community c CROSS JOIN (VALUES
  ('SKILL','HAIRDRESSING','理发',0), ('SKILL','PLUMBING','水电维修',1), ('SKILL','ESCORT','陪诊陪护',2), ('SKILL','COUNSELLING','心理疏导',3),
  ('SKILL','TUTORING','课业辅导',4), ('SKILL','LEGAL','法律咨询',5), ('SKILL','DRIVING','驾驶',6), ('SKILL','COOKING','烹饪',7),
  ('SKILL','SMARTPHONE','智能手机教学',8), ('SKILL','ARTS','书画文艺',9), ('SKILL','MEDIATING','调解劝和',10), ('SKILL','HEAVY_LIFTING','搬运',11),
  ('RELIEF_KIND','WORRY','解民忧',0), ('RELIEF_KIND','HARDSHIP','解民难',1), ('RELIEF_KIND','WANT','解民需',2), ('RELIEF_KIND','LONGING','解民思',3),
  ('RESOURCE_CATEGORY','VENUE','场地',0), ('RESOURCE_CATEGORY','SUPPLIES','物资',1), ('RESOURCE_CATEGORY','AIDS','康复辅具',2),
  ('RESOURCE_CATEGORY','TOOLS','工具设备',3), ('RESOURCE_CATEGORY','VEHICLE','车辆',4), ('RESOURCE_CATEGORY','BOOKS','图书文体',5)) AS w;

-- A person served. There may be no account and no telephone; then the row is all that ties the needs of one person together.
CREATE TABLE recipient (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  account_id UUID REFERENCES account(id),
  phone_index BYTES,
  created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX recipient_account ON recipient(account_id) WHERE account_id IS NOT NULL;
CREATE UNIQUE INDEX recipient_phone ON recipient(community_id, phone_index) WHERE phone_index IS NOT NULL;

-- A listing: one line of the three lists (三张清单). What is particular to its kind stands in need, resource or service_offer under the same id.
-- `reserved` counts what is promised, `done` what of it has been given. Latitude and longitude are millionths of a degree, rounded to a cell of some
-- two hundred metres; the exact place is inside `contact_sealed`, with name and telephone.
CREATE TABLE listing (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  kind TEXT NOT NULL CHECK (kind IN ('NEED','RESOURCE','SERVICE_OFFER')),
  region_id UUID NOT NULL REFERENCES region(id),
  owner_account_id UUID REFERENCES account(id),
  owner_team_id UUID REFERENCES team(id),
  owner_unit_id UUID REFERENCES unit(id),
  filed_by UUID NOT NULL REFERENCES account(id),
  channel TEXT NOT NULL CHECK (channel IN ('MINI_PROGRAM','PHONE','PAPER')),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  category TEXT NOT NULL,
  colour TEXT CHECK (colour IN ('RED','ORANGE','YELLOW','GREEN','CYAN','BLUE','PURPLE')),
  place TEXT NOT NULL,
  latitude BIGINT,
  longitude BIGINT,
  contact_sealed BYTES,
  measure TEXT NOT NULL,
  quantity BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 1000000),
  reserved BIGINT NOT NULL DEFAULT 0,
  done BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('DRAFT','VERIFIED','PUBLISHED','PARTLY_MATCHED','MATCHED','FULFILLED','CLOSED','WITHDRAWN','EXPIRED')),
  valid_from BIGINT NOT NULL,
  valid_until BIGINT NOT NULL,
  filed_at BIGINT NOT NULL,
  CONSTRAINT quantity_insufficient CHECK (reserved BETWEEN 0 AND quantity),
  CONSTRAINT listing_done CHECK (done BETWEEN 0 AND reserved),
  CONSTRAINT listing_validity CHECK (valid_until > valid_from),
  CONSTRAINT listing_point CHECK ((latitude IS NULL) = (longitude IS NULL)),
  CONSTRAINT listing_need_of_one CHECK (kind <> 'NEED' OR (owner_team_id IS NULL AND owner_unit_id IS NULL)),
  CONSTRAINT listing_owner CHECK ((owner_team_id IS NULL OR owner_unit_id IS NULL)
    AND (owner_account_id IS NULL OR (owner_team_id IS NULL AND owner_unit_id IS NULL))
    AND (kind = 'NEED' OR owner_account_id IS NOT NULL OR owner_team_id IS NOT NULL OR owner_unit_id IS NOT NULL))
) HOT;
CREATE INDEX listing_community ON listing(community_id, kind, state, id);
CREATE INDEX listing_owner_account ON listing(owner_account_id, id);
CREATE INDEX listing_due ON listing(valid_until) WHERE state IN ('DRAFT','VERIFIED','PUBLISHED','PARTLY_MATCHED');

-- What happened to a listing, and when: never changed, so that the rates (三率) come from times nobody can touch up. Only replies repeat.
CREATE TABLE listing_step (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  listing_id UUID NOT NULL REFERENCES listing(id),
  kind TEXT NOT NULL CHECK (kind IN ('FILED','VERIFIED','PUBLISHED','REPLIED','RESOLVED','RATED','CLOSED','WITHDRAWN','EXPIRED')),
  happened_at BIGINT NOT NULL,
  account_id UUID REFERENCES account(id),
  note TEXT,
  stars INTEGER CHECK (stars BETWEEN 1 AND 5),
  CONSTRAINT step_stars CHECK ((kind = 'RATED') = (stars IS NOT NULL)),
  CONSTRAINT step_reply CHECK (kind <> 'REPLIED' OR note IS NOT NULL)
);
CREATE UNIQUE INDEX listing_step_once ON listing_step(listing_id, kind) WHERE kind <> 'REPLIED';
CREATE INDEX listing_step_listing ON listing_step(listing_id, id);
CREATE INDEX listing_step_time ON listing_step(community_id, kind, happened_at);

-- A need (需求). A need filed for somebody else carries the consent that was given; the person served is never charged.
CREATE TABLE need (
  id UUID PRIMARY KEY REFERENCES listing(id),
  recipient_id UUID NOT NULL REFERENCES recipient(id),
  relief_kind TEXT NOT NULL,
  urgency TEXT NOT NULL CHECK (urgency IN ('URGENT','DIFFICULT','WORRYING','LONGED_FOR')),
  minutes INTEGER NOT NULL CHECK (minutes BETWEEN 15 AND 1440),
  skills TEXT NOT NULL,
  qualifications TEXT NOT NULL,
  min_age INTEGER NOT NULL CHECK (min_age BETWEEN 0 AND 120),
  risk_level TEXT NOT NULL CHECK (risk_level IN ('LOW','MEDIUM','HIGH')),
  risk_note TEXT NOT NULL,
  insurance_ref TEXT,
  consent TEXT CHECK (consent IN ('SPOKEN','WRITTEN','FAMILY')),
  consent_note TEXT,
  consent_at BIGINT,
  CONSTRAINT need_consent CHECK ((consent IS NULL) = (consent_at IS NULL))
);
CREATE INDEX need_recipient ON need(recipient_id);

-- When a need may be met.
CREATE TABLE need_window (
  need_id UUID NOT NULL REFERENCES need(id),
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  PRIMARY KEY (need_id, starts_at),
  CONSTRAINT need_window_length CHECK (ends_at > starts_at)
);

-- A resource (资源): goods are counted, a space has slots, equipment is lent and comes back.
CREATE TABLE resource (
  id UUID PRIMARY KEY REFERENCES listing(id),
  form TEXT NOT NULL CHECK (form IN ('GOODS','SPACE','EQUIPMENT')),
  loan_days_max INTEGER CHECK (loan_days_max BETWEEN 1 AND 365),
  CONSTRAINT resource_loan CHECK ((form = 'EQUIPMENT') = (loan_days_max IS NOT NULL))
);

-- A service offer (服务): a standing one is there whenever it is asked for, up to its capacity at a time; a bookable one has slots.
CREATE TABLE service_offer (
  id UUID PRIMARY KEY REFERENCES listing(id),
  mode TEXT NOT NULL CHECK (mode IN ('STANDING','BOOKABLE')),
  hours TEXT NOT NULL
);

-- A time of a space or a bookable service, with so many places.
CREATE TABLE listing_slot (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  listing_id UUID NOT NULL REFERENCES listing(id),
  starts_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  capacity INTEGER NOT NULL CHECK (capacity BETWEEN 1 AND 100000),
  taken INTEGER NOT NULL DEFAULT 0,
  closed_at BIGINT,
  CONSTRAINT slot_full CHECK (taken BETWEEN 0 AND capacity),
  CONSTRAINT slot_length CHECK (ends_at > starts_at AND ends_at - starts_at <= 86400000000),
  CONSTRAINT slot_once UNIQUE (listing_id, starts_at)
) HOT;

-- What of a listing is promised to whom: one row for each key, whatever becomes of it. `cause_id` is the match it was promised for.
CREATE TABLE reservation (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  listing_id UUID NOT NULL REFERENCES listing(id),
  slot_id UUID REFERENCES listing_slot(id),
  cause_id UUID NOT NULL,
  idem_key TEXT NOT NULL,
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  state TEXT NOT NULL CHECK (state IN ('HELD','DONE','RELEASED')),
  created_at BIGINT NOT NULL,
  settled_at BIGINT,
  CONSTRAINT reservation_key UNIQUE (community_id, idem_key),
  CONSTRAINT reservation_settled CHECK ((state = 'HELD') = (settled_at IS NULL))
);
CREATE INDEX reservation_listing ON reservation(listing_id, state);
CREATE INDEX reservation_cause ON reservation(cause_id);

-- Who may know the exact place and the telephone because of having accepted.
CREATE TABLE listing_party (
  listing_id UUID NOT NULL REFERENCES listing(id),
  account_id UUID NOT NULL REFERENCES account(id),
  cause_id UUID NOT NULL,
  admitted_at BIGINT NOT NULL,
  dismissed_at BIGINT,
  PRIMARY KEY (listing_id, account_id, cause_id)
);
CREATE INDEX listing_party_account ON listing_party(account_id);

-- Every look at a sealed contact; never changed.
CREATE TABLE contact_look (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  listing_id UUID NOT NULL REFERENCES listing(id),
  account_id UUID NOT NULL REFERENCES account(id),
  standing TEXT NOT NULL CHECK (standing IN ('OWNER','PARTY','GRID_WORKER')),
  reason TEXT NOT NULL,
  looked_at BIGINT NOT NULL
);
CREATE INDEX contact_look_listing ON contact_look(listing_id, id);

-- The words of a listing, for full-text search: single characters and pairs of Chinese text, whole words of other scripts.
CREATE TABLE listing_token (
  community_id UUID NOT NULL,
  token TEXT NOT NULL,
  listing_id UUID NOT NULL REFERENCES listing(id),
  weight INTEGER NOT NULL,
  PRIMARY KEY (community_id, token, listing_id)
);
CREATE INDEX listing_token_listing ON listing_token(listing_id);

-- What a volunteer can do for others: how far they come, how much at most, and whether they pause. Without a row the defaults of the program hold.
CREATE TABLE volunteer_supply (
  volunteer_id UUID PRIMARY KEY REFERENCES volunteer(id),
  community_id UUID NOT NULL,
  reach TEXT NOT NULL CHECK (reach IN ('GRID','AREA','COMMUNITY')),
  weekly_tasks_max INTEGER NOT NULL CHECK (weekly_tasks_max BETWEEN 1 AND 50),
  weekly_minutes_max INTEGER NOT NULL CHECK (weekly_minutes_max BETWEEN 15 AND 10080),
  latitude BIGINT,
  longitude BIGINT,
  paused_until INTEGER,
  updated_at BIGINT NOT NULL,
  CONSTRAINT supply_point CHECK ((latitude IS NULL) = (longitude IS NULL))
) HOT;
CREATE INDEX volunteer_supply_community ON volunteer_supply(community_id);

CREATE TABLE volunteer_skill (
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  code TEXT NOT NULL,
  PRIMARY KEY (volunteer_id, code)
);

-- Hours of the week, Monday being 1; minutes of the day.
CREATE TABLE volunteer_hours (
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  weekday INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
  starts INTEGER NOT NULL,
  ends INTEGER NOT NULL,
  PRIMARY KEY (volunteer_id, weekday, starts),
  CONSTRAINT volunteer_hours_order CHECK (starts >= 0 AND ends > starts AND ends <= 1440)
);

-- A day that is unlike the others: away for these minutes, or there beyond the usual hours.
CREATE TABLE volunteer_exception (
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  date INTEGER NOT NULL,
  starts INTEGER NOT NULL,
  ends INTEGER NOT NULL,
  available BOOLEAN NOT NULL,
  PRIMARY KEY (volunteer_id, date, starts),
  CONSTRAINT volunteer_exception_order CHECK (starts >= 0 AND ends > starts AND ends <= 1440)
);
