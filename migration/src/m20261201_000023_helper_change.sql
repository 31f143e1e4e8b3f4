-- Who can be asked for something else than a little while ago. Rows of the last half hour alone: small enough to be at hand in the database's memory, where
-- the tables that they tell of are not. Written and never changed, under ids of their own, so that nobody waits for anybody.
CREATE TABLE helper_change (
  id IDENTITY,
  helper_id UUID NOT NULL,
  changed_at BIGINT NOT NULL
);
CREATE INDEX helper_change_helper ON helper_change(helper_id, changed_at);
CREATE INDEX helper_change_age ON helper_change(changed_at)
