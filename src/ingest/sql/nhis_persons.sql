INSERT INTO part_person BY NAME
SELECT b.person_id,
       CASE j.sex WHEN '1' THEN 8507 WHEN '2' THEN 8532 ELSE 0 END AS gender_concept_id,
       ((b.earliest + b.latest) // 2)::INTEGER AS year_of_birth, 0 AS race_concept_id, 0 AS ethnicity_concept_id,
       (md5_number('nhis/region/' || j.region) & 9223372036854775807)::BIGINT AS location_id,
       j.source_id AS person_source_value, j.sex AS gender_source_value, 0 AS gender_source_concept_id
FROM nhis_birth b
JOIN (SELECT person_id, arg_max(sex, year) AS sex, arg_max(region, year) AS region, min(source_id) AS source_id
      FROM nhis_jk GROUP BY person_id) j ON j.person_id = b.person_id;

INSERT INTO part_location BY NAME
SELECT DISTINCT (md5_number('nhis/region/' || region) & 9223372036854775807)::BIGINT AS location_id,
       region AS location_source_value
FROM nhis_jk WHERE region IS NOT NULL;

INSERT INTO part_payer_plan_period BY NAME
SELECT row_id AS payer_plan_period_id, person_id, make_date(year, 1, 1) AS payer_plan_period_start_date,
       make_date(year, 12, 31) AS payer_plan_period_end_date, 0 AS payer_concept_id, insurance AS plan_source_value,
       0 AS plan_concept_id
FROM nhis_jk WHERE insurance IS NOT NULL
