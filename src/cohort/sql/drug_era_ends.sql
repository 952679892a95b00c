-- Exposures closer than the gap are one era; the era of the index event says when it ends.
WITH exposure AS (
  SELECT e.person_id, e.drug_exposure_start_date AS start_date, {exposure_end} AS end_date
  FROM {drug_exposure} e
  WHERE e.person_id IN (SELECT person_id FROM {included})
    AND (e.drug_concept_id IN ({set}) OR e.drug_source_concept_id IN ({set}))
),
marked AS (
  SELECT *, CASE WHEN max(end_date) OVER (PARTITION BY person_id ORDER BY start_date, end_date
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + {gap} >= start_date THEN 0 ELSE 1 END AS is_start
  FROM exposure
),
numbered AS (
  SELECT *, sum(is_start) OVER (PARTITION BY person_id ORDER BY start_date, end_date
      ROWS UNBOUNDED PRECEDING) AS era
  FROM marked
),
eras AS (
  SELECT person_id, min(start_date) AS start_date, max(end_date) + {offset} AS end_date
  FROM numbered GROUP BY person_id, era
)
SELECT i.person_id, i.event_id, r.end_date
FROM {included} i JOIN eras r ON r.person_id = i.person_id AND i.start_date BETWEEN r.start_date AND r.end_date
