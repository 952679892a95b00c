-- The standard concept's domain decides the table (`target`, numbered as fhir_event.home); what is unmapped goes where
-- its resource type belongs.
CREATE OR REPLACE TABLE fhir_meaning AS
SELECT set_id::INTEGER AS set_id, concept_id, source_concept_id, source_value, vocabulary_id,
       (CASE domain_id WHEN 'Condition' THEN 0 WHEN 'Drug' THEN 1 WHEN 'Procedure' THEN 2 WHEN 'Device' THEN 3
                       WHEN 'Measurement' THEN 4 WHEN 'Observation' THEN 5 END)::TINYINT AS target
FROM fhir_code;

CREATE OR REPLACE TEMP VIEW fhir_resolved AS
SELECT e.*, c.concept_id, c.source_concept_id, c.source_value, c.vocabulary_id,
       CASE WHEN e.as_observation = 1 THEN 5 ELSE coalesce(c.target, e.home) END AS target
FROM fhir_event e JOIN fhir_meaning c ON c.set_id = e.codes
