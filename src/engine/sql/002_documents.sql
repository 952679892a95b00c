CREATE TABLE document (
  collection TEXT NOT NULL,
  name TEXT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (collection, name)
);
CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  amount BIGINT NOT NULL
);
