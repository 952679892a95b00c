-- The standard concept's domain decides the table; what is unmapped goes where its resource type belongs.
CREATE TEMP TABLE fhir_resolved AS
SELECT e.*, coalesce(c.concept_id, 0) AS concept_id, coalesce(c.source_concept_id, 0) AS source_concept_id,
       c.source_value, v.concept_id AS value_concept_id, coalesce(e.value_text, v.source_value) AS value_source,
       u.concept_id AS unit_concept_id, coalesce(u.source_value, e.unit_text) AS unit_source,
       u.source_concept_id AS unit_source_concept_id,
       CASE WHEN e.as_observation = 1 THEN 'observation'
            WHEN c.domain_id = 'Condition' THEN 'condition_occurrence'
            WHEN c.domain_id = 'Drug' THEN 'drug_exposure'
            WHEN c.domain_id = 'Procedure' THEN 'procedure_occurrence'
            WHEN c.domain_id = 'Measurement' THEN 'measurement'
            WHEN c.domain_id = 'Observation' THEN 'observation'
            WHEN c.domain_id = 'Device' THEN 'device_exposure'
            ELSE e.home END AS target
FROM fhir_event e
LEFT JOIN fhir_code c ON c.set_id = e.codes
LEFT JOIN fhir_code v ON v.set_id = e.value_codes
LEFT JOIN fhir_code u ON u.set_id = e.unit_codes
