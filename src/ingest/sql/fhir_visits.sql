INSERT INTO part_visit_occurrence BY NAME
SELECT visit_id AS visit_occurrence_id, person_id, concept_id AS visit_concept_id, start AS visit_start_date,
       start_time AS visit_start_datetime, greatest(coalesce(finish, start), start) AS visit_end_date,
       CASE WHEN finish >= start THEN finish_time END AS visit_end_datetime, type_concept_id AS visit_type_concept_id,
       class AS visit_source_value, 0 AS visit_source_concept_id
FROM fhir_visit
