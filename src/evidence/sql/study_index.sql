-- First entry of every person, with the age the cohort room gave it.
CREATE OR REPLACE TEMP TABLE study_index AS
SELECT t.person_id, t.start_date AS index_date, min(t.age) AS age
FROM study_target AS t
JOIN (SELECT person_id, min(start_date) AS first_date FROM study_target GROUP BY person_id) AS f
  ON f.person_id = t.person_id AND f.first_date = t.start_date
GROUP BY t.person_id, t.start_date
