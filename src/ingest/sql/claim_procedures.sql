INSERT INTO part_procedure_occurrence BY NAME
SELECT record_id AS procedure_occurrence_id, person_id, concept_id AS procedure_concept_id, start AS procedure_date,
       32810 AS procedure_type_concept_id, try_cast(quantity AS INTEGER) AS quantity, visit_id AS visit_occurrence_id,
       source_value AS procedure_source_value, source_concept_id AS procedure_source_concept_id
FROM claim_row
