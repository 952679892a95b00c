SELECT f.person_id, CASE p.gender_concept_id WHEN 8532 THEN 0 WHEN 8507 THEN 1 ELSE 2 END AS sex,
  CASE WHEN f.age IS NULL OR f.age < 0 THEN 10 WHEN f.age >= 90 THEN 9 ELSE CAST(floor(f.age / 10) AS INTEGER) END AS band
FROM (SELECT person_id, arg_min(age, start_date) AS age FROM {entries} GROUP BY person_id) f
LEFT JOIN (SELECT person_id, min(gender_concept_id) AS gender_concept_id FROM {person} GROUP BY person_id) p
  ON p.person_id = f.person_id
ORDER BY f.person_id
