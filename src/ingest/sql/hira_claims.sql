-- What the steps that claims share read of a header.
CREATE TEMP VIEW claim_head AS
SELECT 'hira' AS agency, 'hira/t20/' || mid AS claim, 'second' AS second, visit_id, person_id, start, main_code,
       second_code, institution, department FROM hira_t20;
CREATE TEMP VIEW claim_diagnosis AS
SELECT (md5_number('hira/claim/' || mid) & 9223372036854775807)::BIGINT AS visit_id, sick_cd AS code,
       (md5_number('hira/t40/' || mid || '/' || coalesce(sno, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       CASE WHEN length(dgsbjt_cd) = 1 THEN '0' || dgsbjt_cd ELSE dgsbjt_cd END AS department, _file, _line
FROM stage_t40;

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
       (md5_number('hira/department/' || coalesce(institution, '') || '/' || department) & 9223372036854775807)::BIGINT
         AS provider_id,
       form AS visit_source_value, 0 AS visit_source_concept_id
FROM hira_t20
