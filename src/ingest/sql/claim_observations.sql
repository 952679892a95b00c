INSERT INTO part_observation BY NAME
SELECT record_id AS observation_id, person_id, concept_id AS observation_concept_id, start AS observation_date,
       32810 AS observation_type_concept_id, visit_id AS visit_occurrence_id,
       source_value AS observation_source_value, source_concept_id AS observation_source_concept_id
FROM claim_row
