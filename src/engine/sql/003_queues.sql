CREATE TABLE queue (
  name TEXT PRIMARY KEY,
  last_number BIGINT NOT NULL
);
CREATE TABLE queued (
  queue TEXT NOT NULL,
  number BIGINT NOT NULL,
  payload TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  PRIMARY KEY (queue, number)
);
