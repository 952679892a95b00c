-- Claim form (서식코드) and route of admission (입원도착경로): 11, 21, 31 came through the emergency room.
INSERT INTO part_visit_occurrence BY NAME
SELECT visit_id AS visit_occurrence_id, person_id,
       CASE WHEN inpatient AND emergency THEN 262
            WHEN inpatient THEN 9201
            WHEN form IN ('20', '21') THEN 581458
            WHEN outpatient AND emergency THEN 9203
            WHEN outpatient THEN 9202
            ELSE 0 END AS visit_concept_id,
       start AS visit_start_date,
       CASE WHEN (inpatient OR emergency) AND days BETWEEN 1 AND 366 THEN start + (days - 1)::INTEGER ELSE start END
         AS visit_end_date,
       32810 AS visit_type_concept_id,
       (md5_number('nhis/institution/' || institution) & 9223372036854775807)::BIGINT AS care_site_id,
       form AS visit_source_value, 0 AS visit_source_concept_id
FROM (SELECT *, form IN ('02', '04', '06', '07', '10', '12') AS inpatient,
             form IN ('03', '05', '08', '09', '11', '13', '20', '21', 'ZZ') AS outpatient,
             coalesce(route IN ('11', '21', '31'), false) AS emergency FROM nhis_t20);

INSERT INTO part_care_site BY NAME
SELECT DISTINCT (md5_number('nhis/institution/' || institution) & 9223372036854775807)::BIGINT
         AS care_site_id,
       0 AS place_of_service_concept_id, institution AS care_site_source_value
FROM nhis_t20 WHERE institution IS NOT NULL;

CREATE TEMP TABLE claim_visit AS SELECT visit_id, person_id, start FROM nhis_t20
