INSERT INTO part_device_exposure BY NAME
SELECT record_id AS device_exposure_id, person_id, concept_id AS device_concept_id, start AS device_exposure_start_date,
       32810 AS device_type_concept_id, visit_id AS visit_occurrence_id, source_value AS device_source_value,
       source_concept_id AS device_source_concept_id
FROM claim_row
