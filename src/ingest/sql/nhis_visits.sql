CREATE TEMP VIEW claim_head AS
SELECT 'nhis' AS agency, 'nhis/20t/' || key_seq AS claim, 'sub' AS second, visit_id, person_id, start,
       main_sick AS main_code, sub_sick AS second_code, institution, department FROM nhis_t20;
CREATE TEMP VIEW claim_diagnosis AS
SELECT (md5_number('nhis/claim/' || key_seq) & 9223372036854775807)::BIGINT AS visit_id, sick_sym AS code,
       (md5_number('nhis/40t/' || key_seq || '/' || coalesce(seq_no, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       CASE WHEN length(dsbjt_cd) = 1 THEN '0' || dsbjt_cd ELSE dsbjt_cd END AS department, _file, _line
FROM stage_40t;

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
       (md5_number('nhis/department/' || coalesce(institution, '') || '/' || department) & 9223372036854775807)::BIGINT
         AS provider_id,
       form AS visit_source_value, 0 AS visit_source_concept_id
FROM (SELECT *, form IN ('02', '04', '06', '07', '10', '12') AS inpatient,
             form IN ('03', '05', '08', '09', '11', '13', '20', '21', 'ZZ') AS outpatient,
             coalesce(route IN ('11', '21', '31'), false) AS emergency FROM nhis_t20)
