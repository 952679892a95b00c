-- The earliest exit of each event, overlapping stays of a person joined, then cut by the calendar window.
CREATE TEMP TABLE {into} AS
WITH exits AS (
  {exits}
),
stays AS (
  SELECT i.person_id, i.event_id, i.start_date, i.age, min(x.end_date) + {pad} AS end_date
  FROM {included} i JOIN exits x ON x.person_id = i.person_id AND x.event_id = i.event_id AND x.end_date >= i.start_date
  GROUP BY i.person_id, i.event_id, i.start_date, i.age
),
marked AS (
  SELECT *, CASE WHEN max(end_date) OVER (PARTITION BY person_id ORDER BY start_date, end_date, event_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) >= start_date THEN 0 ELSE 1 END AS is_start
  FROM stays
),
numbered AS (
  SELECT *, sum(is_start) OVER (PARTITION BY person_id ORDER BY start_date, end_date, event_id
      ROWS UNBOUNDED PRECEDING) AS stay
  FROM marked
),
joined AS (
  SELECT person_id, min(start_date) AS start_date, max(end_date) - {pad} AS end_date, min(age) AS age
  FROM numbered GROUP BY person_id, stay
),
cut AS (
  SELECT person_id, {cut_start} AS start_date, {cut_end} AS end_date, age FROM joined
)
SELECT c.person_id, c.start_date, c.end_date,
  CAST(coalesce(c.age, year(c.start_date) - p.year_of_birth) AS INTEGER) AS age
FROM cut c
LEFT JOIN (SELECT person_id, min(year_of_birth) AS year_of_birth FROM {person} GROUP BY person_id) p
  ON p.person_id = c.person_id
WHERE c.start_date <= c.end_date
