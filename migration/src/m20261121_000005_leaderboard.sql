-- One ranking: a period, a scope (a region's subtree, or one colour within a community) and a kind of subject. period_key is 0 (all), yyyy,
-- yyyyq, yyyymm or the ISO week yyyyww.
CREATE TABLE leaderboard_board (
  id IDENTITY,
  period TEXT NOT NULL CHECK (period IN ('WEEK','MONTH','QUARTER','YEAR','ALL')),
  period_key INTEGER NOT NULL,
  scope_id UUID NOT NULL,
  colour TEXT NOT NULL,
  subject TEXT NOT NULL CHECK (subject IN ('VOLUNTEER','TEAM','UNIT','GRID')),
  CONSTRAINT leaderboard_board_once UNIQUE (scope_id, colour, subject, period, period_key)
);

-- The total of one member on one board. A score packs the total and the moment it was reached, so that one integer orders the board:
-- higher total first, then whoever got there earlier. It fits a Redis double exactly (below 2^53).
CREATE TABLE leaderboard_score (
  board_id BIGINT NOT NULL REFERENCES leaderboard_board(id),
  member_id UUID NOT NULL,
  points BIGINT NOT NULL CONSTRAINT leaderboard_points CHECK (points >= 0),
  minutes BIGINT NOT NULL CONSTRAINT leaderboard_minutes CHECK (minutes >= 0),
  points_score BIGINT NOT NULL,
  minutes_score BIGINT NOT NULL,
  PRIMARY KEY (board_id, member_id)
) HOT;
CREATE INDEX leaderboard_by_points ON leaderboard_score(board_id, points_score DESC, member_id DESC) WHERE points > 0;
CREATE INDEX leaderboard_by_minutes ON leaderboard_score(board_id, minutes_score DESC, member_id DESC) WHERE minutes > 0;

-- How many members stand at each total: a rank is a sum over the totals above, not a count over members. Kept at two steps, so that the sum stays
-- short however many totals there are: step 1 counts each total, step 1024 all totals from `total` on within 1024.
CREATE TABLE leaderboard_histogram (
  board_id BIGINT NOT NULL REFERENCES leaderboard_board(id),
  metric TEXT NOT NULL CHECK (metric IN ('POINTS','MINUTES')),
  step BIGINT NOT NULL CHECK (step IN (1, 1024)),
  total BIGINT NOT NULL,
  members BIGINT NOT NULL CHECK (members >= 0),
  PRIMARY KEY (board_id, metric, step, total)
) HOT;

-- Members whose order in Redis is older than their total here.
CREATE TABLE leaderboard_dirty (
  board_id BIGINT NOT NULL,
  member_id UUID NOT NULL,
  PRIMARY KEY (board_id, member_id)
);
