INSERT INTO part_measurement BY NAME
SELECT record_id AS measurement_id, person_id, concept_id AS measurement_concept_id, start AS measurement_date,
       32810 AS measurement_type_concept_id, visit_id AS visit_occurrence_id,
       source_value AS measurement_source_value, source_concept_id AS measurement_source_concept_id
FROM claim_row
