CREATE TABLE queue (
  name TEXT PRIMARY KEY,
  last_number INTEGER NOT NULL
);
CREATE TABLE queued (
  queue TEXT NOT NULL,
  number INTEGER NOT NULL,
  payload TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  PRIMARY KEY (queue, number)
);
