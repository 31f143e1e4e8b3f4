-- Changes that people follow, for 24 hours. Written by the holder of the relay's lease alone, in the transaction that applies the events, so ids
-- stand in the order of their commits and a reader who asks for what came after an id never misses one.
CREATE TABLE change (
  id IDENTITY,
  channel TEXT NOT NULL,
  payload TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX change_channel ON change(channel, id);
CREATE INDEX change_age ON change(created_at);

-- Channels that changed so soon after their last change that the next one waits.
CREATE TABLE change_due (
  channel TEXT PRIMARY KEY
);
