-- Who can be asked for something else than a little while ago. Rows of the last minutes alone: small enough to be at hand in the database's memory, where the
-- tables that they tell of are not. Written and never changed, so that nobody waits for anybody.
CREATE TABLE helper_change (
  helper_id UUID NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (helper_id, changed_at)
)
