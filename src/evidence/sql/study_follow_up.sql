-- One row per person of the target cohort, in person order: sex, age, days to the first outcome after the index day,
-- whether there was one before, the days of observation after the index day, and that day.
SELECT i.person_id,
       coalesce(any_sex.sex, 0) AS sex,
       i.age,
       coalesce(o.before, false) AS before,
       o.after_days,
       f.covered_days,
       datediff('day', DATE '1970-01-01', i.index_date) AS index_day
FROM study_index AS i
LEFT JOIN (SELECT person_id, max(gender_concept_id) AS sex FROM cdm.person GROUP BY person_id) AS any_sex
  ON any_sex.person_id = i.person_id
LEFT JOIN (
  SELECT x.person_id,
         bool_or(y.start_date <= x.index_date) AS before,
         min(CASE WHEN y.start_date > x.index_date THEN datediff('day', x.index_date, y.start_date) END) AS after_days
  FROM study_index AS x JOIN study_outcome AS y ON y.person_id = x.person_id
  GROUP BY x.person_id) AS o
  ON o.person_id = i.person_id
LEFT JOIN (
  SELECT x.person_id, max(datediff('day', x.index_date, p.observation_period_end_date)) AS covered_days
  FROM study_index AS x JOIN cdm.observation_period AS p ON p.person_id = x.person_id
  WHERE p.observation_period_start_date <= x.index_date AND p.observation_period_end_date >= x.index_date
  GROUP BY x.person_id) AS f
  ON f.person_id = i.person_id
ORDER BY i.person_id
