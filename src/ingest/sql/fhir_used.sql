-- Codes as they were used, for the coverage report.
INSERT INTO part_codes
SELECT ['condition_occurrence', 'drug_exposure', 'procedure_occurrence', 'device_exposure', 'measurement',
        'observation'][target + 1] AS table_name,
       vocabulary_id, source_value, source_concept_id, concept_id, count(*)
FROM fhir_resolved GROUP BY ALL
