-- What each code of each kind of line stands for; `target` is the table of its standard concept's domain.
CREATE OR REPLACE TABLE claim_meaning AS
SELECT p.relation, coalesce(p.code, '') AS code, coalesce(p.general, '') AS general, c.concept_id, c.source_concept_id,
       coalesce(c.vocabulary_id, '') AS vocabulary_id, coalesce(p.code, p.general) AS source_value,
       CASE c.domain_id WHEN 'Condition' THEN 'condition_occurrence' WHEN 'Drug' THEN 'drug_exposure'
            WHEN 'Procedure' THEN 'procedure_occurrence' WHEN 'Measurement' THEN 'measurement'
            WHEN 'Observation' THEN 'observation' WHEN 'Device' THEN 'device_exposure' END AS target
FROM claim_pair p JOIN claim_code c ON c.set_id = p.set_id
