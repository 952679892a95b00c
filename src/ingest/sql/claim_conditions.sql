INSERT INTO part_condition_occurrence BY NAME
SELECT record_id AS condition_occurrence_id, person_id, concept_id AS condition_concept_id,
       start AS condition_start_date, 32810 AS condition_type_concept_id, status AS condition_status_concept_id,
       visit_id AS visit_occurrence_id, source_value AS condition_source_value,
       source_concept_id AS condition_source_concept_id
FROM claim_row
