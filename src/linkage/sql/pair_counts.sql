-- Distinct unordered pairs found, true and both, and the records that stand in them.
WITH found AS (
  SELECT DISTINCT least(l, r) AS l, greatest(l, r) AS r FROM found_pairs
), truth AS (
  SELECT DISTINCT least(l, r) AS l, greatest(l, r) AS r FROM true_pairs
), found_records AS (
  SELECT l AS record FROM found UNION SELECT r FROM found
), true_records AS (
  SELECT l AS record FROM truth UNION SELECT r FROM truth
)
SELECT (SELECT count(*) FROM truth),
  (SELECT count(*) FROM found),
  (SELECT count(*) FROM truth JOIN found USING (l, r)),
  (SELECT count(*) FROM found_records),
  (SELECT count(*) FROM true_records)
