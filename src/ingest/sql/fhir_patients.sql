INSERT INTO part_person BY NAME
SELECT person_id, CASE gender WHEN 'male' THEN 8507 WHEN 'female' THEN 8532 ELSE 0 END AS gender_concept_id,
       year AS year_of_birth, month AS month_of_birth, day AS day_of_birth, birth::TIMESTAMP AS birth_datetime,
       0 AS race_concept_id, 0 AS ethnicity_concept_id, source_id AS person_source_value,
       gender AS gender_source_value, 0 AS gender_source_concept_id
FROM fhir_patient;

INSERT INTO part_death BY NAME
SELECT person_id, death AS death_date, death_time AS death_datetime, 32817 AS death_type_concept_id
FROM fhir_patient WHERE death IS NOT NULL;

INSERT INTO part_identity BY NAME
SELECT person_id, name, birth AS birth_date, CASE gender WHEN 'male' THEN 'M' WHEN 'female' THEN 'F' END AS sex, phone,
       address
FROM fhir_patient
