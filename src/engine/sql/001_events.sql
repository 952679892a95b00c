CREATE TABLE event (
  position BIGINT PRIMARY KEY,
  kind TEXT NOT NULL,
  stream TEXT NOT NULL,
  version BIGINT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  actor TEXT NOT NULL,
  at_ms BIGINT NOT NULL,
  UNIQUE (stream, version)
);
CREATE INDEX event_of_kind ON event (kind, position);
