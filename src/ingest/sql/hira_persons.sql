-- A person is known from the master file, else from the claims. The smallest (year - age) over a person's claims is the
-- birth year as soon as one claim falls after the birthday.
CREATE TABLE hira_person AS
SELECT person_id, min(jid) AS jid, arg_min(sex, (start, mid)) FILTER (WHERE sex IN ('1', '2')) AS sex,
       min(year(start) - age) AS year
FROM hira_t20 GROUP BY person_id;

INSERT INTO part_person BY NAME
SELECT coalesce(p.person_id, m.person_id) AS person_id,
       CASE coalesce(m.sex, p.sex) WHEN '1' THEN 8507 WHEN '2' THEN 8532 ELSE 0 END AS gender_concept_id,
       coalesce(year(m.birth), p.year)::INTEGER AS year_of_birth, month(m.birth)::INTEGER AS month_of_birth,
       day(m.birth)::INTEGER AS day_of_birth, m.birth::TIMESTAMP AS birth_datetime,
       0 AS race_concept_id, 0 AS ethnicity_concept_id, coalesce(p.jid, m.jid) AS person_source_value,
       coalesce(p.sex, m.sex) AS gender_source_value, 0 AS gender_source_concept_id
FROM hira_person p FULL JOIN hira_master m ON m.person_id = p.person_id
WHERE coalesce(year(m.birth), p.year) BETWEEN 1800 AND 2200
