-- The rules of earning, one row per version; an award names the version it followed. Rates are integers: points per hour of service,
-- multipliers in basis points (10000 is 1.0).
CREATE TABLE points_policy (
  community_id UUID NOT NULL REFERENCES community(id),
  version INTEGER NOT NULL CHECK (version >= 1),
  effective_from INTEGER NOT NULL,
  points_per_hour BIGINT NOT NULL CHECK (points_per_hour BETWEEN 0 AND 10000),
  service_day INTEGER NOT NULL CHECK (service_day BETWEEN 1 AND 28),
  service_day_bps INTEGER NOT NULL CHECK (service_day_bps BETWEEN 0 AND 100000),
  service_month INTEGER NOT NULL CHECK (service_month BETWEEN 1 AND 12),
  service_month_bps INTEGER NOT NULL CHECK (service_month_bps BETWEEN 0 AND 100000),
  backfill_bps INTEGER NOT NULL CHECK (backfill_bps BETWEEN 0 AND 10000),
  daily_points_max BIGINT CHECK (daily_points_max >= 0),
  monthly_points_max BIGINT CHECK (monthly_points_max >= 0),
  daily_minutes_auto BIGINT NOT NULL CHECK (daily_minutes_auto BETWEEN 0 AND 1440),
  expiry TEXT NOT NULL CHECK (expiry IN ('END_OF_NEXT_YEAR','END_OF_MONTH_AFTER','NEVER')),
  expiry_months INTEGER NOT NULL CHECK (expiry_months BETWEEN 0 AND 120),
  pickup_days INTEGER NOT NULL CHECK (pickup_days BETWEEN 1 AND 90),
  offer_hours INTEGER NOT NULL CHECK (offer_hours BETWEEN 1 AND 168),
  published_by UUID REFERENCES account(id),
  published_at BIGINT NOT NULL,
  PRIMARY KEY (community_id, version)
);

-- Counters of one volunteer's points. Made with the volunteer, never lazily. debt: what a claw-back could not take yet.
CREATE TABLE wallet (
  id IDENTITY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  credits BIGINT NOT NULL DEFAULT 0,
  debits BIGINT NOT NULL DEFAULT 0,
  debt BIGINT NOT NULL DEFAULT 0,
  version BIGINT NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'ACTIVE' CHECK (state IN ('ACTIVE','FROZEN','CLOSED')),
  CONSTRAINT points_insufficient CHECK (credits - debits >= 0),
  CONSTRAINT wallet_counters CHECK (credits >= 0 AND debits >= 0 AND debt >= 0),
  CONSTRAINT wallet_volunteer UNIQUE (volunteer_id)
) HOT;

-- One row per business operation, which is also its idempotency record. Append-only.
CREATE TABLE operation (
  id IDENTITY,
  community_id UUID NOT NULL,
  idem_key TEXT NOT NULL,
  request_hash BYTES NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('AWARD','REVERSE_AWARD','REDEEM','REFUND','EXPIRE','ADJUST')),
  cause_id UUID NOT NULL,
  reverses BIGINT REFERENCES operation(id),
  actor_id UUID,
  approver_id UUID,
  reason TEXT,
  policy_version INTEGER,
  business_date INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  CONSTRAINT operation_key UNIQUE (community_id, idem_key),
  CONSTRAINT reversed_once UNIQUE (reverses),
  CONSTRAINT four_eyes CHECK (kind <> 'ADJUST' OR (actor_id IS NOT NULL AND approver_id IS NOT NULL AND approver_id <> actor_id))
);
CREATE UNIQUE INDEX awarded_once ON operation(cause_id) WHERE kind = 'AWARD';

-- One wallet side of an operation; the other side is the code in `contra`, so an unbalanced entry cannot be written. Append-only.
-- debt_change: points that paid an old claw-back (negative) or could not be clawed back (positive).
-- lapsed: points that had expired unused before their award was reversed, so nothing is owed for them.
CREATE TABLE entry (
  id IDENTITY,
  operation_id BIGINT NOT NULL REFERENCES operation(id),
  wallet_id BIGINT NOT NULL REFERENCES wallet(id),
  wallet_version BIGINT NOT NULL,
  delta BIGINT NOT NULL,
  balance_after BIGINT NOT NULL CHECK (balance_after >= 0),
  debt_change BIGINT NOT NULL DEFAULT 0,
  debt_after BIGINT NOT NULL DEFAULT 0 CHECK (debt_after >= 0),
  lapsed BIGINT NOT NULL DEFAULT 0 CHECK (lapsed >= 0),
  contra TEXT NOT NULL CHECK (contra IN ('ISSUANCE','SHOP','EXPIRY','ADJUSTMENT')),
  expires_on INTEGER,
  created_at BIGINT NOT NULL,
  CONSTRAINT entry_moves CHECK (delta <> 0 OR debt_change <> 0 OR lapsed <> 0),
  CONSTRAINT entry_version UNIQUE (wallet_id, wallet_version)
);
CREATE INDEX entry_operation ON entry(operation_id);

-- What a wallet earned per expiry date (not what remains: that is arithmetic over `debits`), and how much of it expired unused.
-- closed: the expiry run is done with it (a refund opens it again). warned: the last warning sent, in days before the date.
CREATE TABLE bucket (
  wallet_id BIGINT NOT NULL REFERENCES wallet(id),
  expires_on INTEGER NOT NULL,
  earned BIGINT NOT NULL CONSTRAINT bucket_earned CHECK (earned >= 0),
  expired BIGINT NOT NULL DEFAULT 0 CONSTRAINT bucket_expired CHECK (expired BETWEEN 0 AND earned),
  closed BOOLEAN NOT NULL DEFAULT FALSE,
  warned INTEGER,
  PRIMARY KEY (wallet_id, expires_on)
);
CREATE INDEX bucket_due ON bucket(expires_on, wallet_id) WHERE NOT closed;

-- Why a record brought the points it brought: every number of the sum, kept as it was on the day.
CREATE TABLE award (
  record_id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  volunteer_id UUID NOT NULL,
  operation_id BIGINT REFERENCES operation(id),
  business_date INTEGER NOT NULL,
  minutes BIGINT NOT NULL CHECK (minutes >= 0),
  points_per_hour BIGINT NOT NULL,
  type_bps INTEGER NOT NULL,
  calendar_bps INTEGER NOT NULL,
  calendar_rule TEXT NOT NULL CHECK (calendar_rule IN ('ORDINARY','SERVICE_DAY','SERVICE_MONTH')),
  evidence_bps INTEGER NOT NULL,
  uncapped_points BIGINT NOT NULL,
  points BIGINT NOT NULL CHECK (points >= 0 AND points <= uncapped_points),
  cap TEXT CHECK (cap IN ('DAY','MONTH')),
  policy_version INTEGER NOT NULL,
  expires_on INTEGER NOT NULL,
  reversed_at BIGINT,
  created_at BIGINT NOT NULL
);
CREATE INDEX award_volunteer_date ON award(volunteer_id, business_date);

-- A correction by hand: proposed by one person, posted by another.
CREATE TABLE adjustment (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  delta BIGINT NOT NULL CHECK (delta <> 0),
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('PROPOSED','POSTED','REJECTED','LAPSED')),
  proposer_id UUID NOT NULL REFERENCES account(id),
  decider_id UUID REFERENCES account(id),
  decision_reason TEXT,
  operation_id BIGINT REFERENCES operation(id),
  created_at BIGINT NOT NULL,
  lapses_at BIGINT NOT NULL,
  decided_at BIGINT,
  CONSTRAINT adjustment_four_eyes CHECK (decider_id IS NULL OR decider_id <> proposer_id OR state = 'REJECTED')
);
CREATE INDEX adjustment_community ON adjustment(community_id, state, id);

-- The catalogue. stock + what live redemptions hold = loaded.
CREATE TABLE reward (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL REFERENCES community(id),
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  category TEXT NOT NULL,
  pickup_place TEXT NOT NULL,
  price BIGINT NOT NULL CHECK (price > 0),
  stock BIGINT NOT NULL,
  loaded BIGINT NOT NULL CHECK (loaded >= 0),
  per_person_max BIGINT CHECK (per_person_max > 0),
  per_month_max BIGINT CHECK (per_month_max > 0),
  state TEXT NOT NULL CHECK (state IN ('ACTIVE','WITHDRAWN')),
  created_at BIGINT NOT NULL,
  CONSTRAINT out_of_stock CHECK (stock >= 0)
) HOT;
CREATE INDEX reward_community ON reward(community_id, state, id);

-- How many of a reward a wallet took: period 0 is ever, yyyymm a month.
CREATE TABLE reward_quota (
  reward_id UUID NOT NULL REFERENCES reward(id),
  wallet_id BIGINT NOT NULL REFERENCES wallet(id),
  period INTEGER NOT NULL,
  taken BIGINT NOT NULL CHECK (taken >= 0),
  allowed BIGINT NOT NULL,
  PRIMARY KEY (reward_id, wallet_id, period),
  CONSTRAINT quota_exceeded CHECK (taken <= allowed)
);

CREATE TABLE redemption (
  id UUID PRIMARY KEY,
  community_id UUID NOT NULL,
  volunteer_id UUID NOT NULL REFERENCES volunteer(id),
  wallet_id BIGINT NOT NULL REFERENCES wallet(id),
  reward_id UUID NOT NULL REFERENCES reward(id),
  operation_id BIGINT NOT NULL REFERENCES operation(id),
  quantity BIGINT NOT NULL CHECK (quantity > 0),
  cost BIGINT NOT NULL CHECK (cost > 0),
  quota_month INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('RESERVED','FULFILLED','CANCELLED','EXPIRED')),
  pickup_hash BYTES NOT NULL,
  expires_at BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  closed_at BIGINT,
  closed_by UUID,
  close_reason TEXT,
  CONSTRAINT redemption_operation UNIQUE (operation_id),
  CONSTRAINT redemption_pickup UNIQUE (pickup_hash)
);
CREATE INDEX redemption_volunteer ON redemption(volunteer_id, id);
CREATE INDEX redemption_community ON redemption(community_id, state, id);
CREATE INDEX redemption_due ON redemption(expires_at) WHERE state = 'RESERVED';
CREATE INDEX redemption_reward ON redemption(reward_id);
