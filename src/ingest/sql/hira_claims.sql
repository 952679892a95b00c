-- Claim form (서식코드): inpatient, outpatient and pharmacy forms; others stay unmapped with their code.
INSERT INTO part_visit_occurrence BY NAME
SELECT visit_id AS visit_occurrence_id, person_id,
       CASE WHEN form IN ('02', '021', '041', '061', '071', '091', '111') THEN 9201
            WHEN form IN ('03', '031', '051', '081', '101', '121') THEN 9202
            WHEN form IN ('131', '201', '211') THEN 581458
            ELSE 0 END AS visit_concept_id,
       start AS visit_start_date, greatest(coalesce(finish, start), start) AS visit_end_date,
       32810 AS visit_type_concept_id,
       (md5_number('hira/institution/' || institution) & 9223372036854775807)::BIGINT AS care_site_id,
       form AS visit_source_value, 0 AS visit_source_concept_id
FROM hira_t20;

INSERT INTO part_care_site BY NAME
SELECT DISTINCT (md5_number('hira/institution/' || institution) & 9223372036854775807)::BIGINT
         AS care_site_id,
       0 AS place_of_service_concept_id, institution AS care_site_source_value
FROM hira_t20 WHERE institution IS NOT NULL;

CREATE TEMP TABLE claim_visit AS SELECT visit_id, person_id, start FROM hira_t20
