CREATE TEMP TABLE hira_resolved AS
SELECT e.*, (md5_number_lower(e.key) & 9223372036854775807::UBIGINT)::BIGINT AS record_id, c.person_id, c.start,
       (md5_number_lower('hira/claim/' || e.mid) & 9223372036854775807::UBIGINT)::BIGINT AS visit_id,
       coalesce(m.concept_id, 0) AS concept_id, coalesce(m.source_concept_id, 0) AS source_concept_id,
       coalesce(e.code, e.general) AS source_value,
       CASE m.domain_id WHEN 'Condition' THEN 'condition_occurrence' WHEN 'Drug' THEN 'drug_exposure'
            WHEN 'Procedure' THEN 'procedure_occurrence' WHEN 'Measurement' THEN 'measurement'
            WHEN 'Observation' THEN 'observation' WHEN 'Device' THEN 'device_exposure' ELSE e.usual END AS target
FROM hira_event e
JOIN hira_claim c ON c.mid = e.mid
LEFT JOIN hira_pair p ON p.usual = e.usual AND p.code IS NOT DISTINCT FROM e.code
                     AND p.general IS NOT DISTINCT FROM e.general
LEFT JOIN hira_code m ON m.set_id = p.set_id;

INSERT INTO part_condition_occurrence BY NAME
SELECT record_id AS condition_occurrence_id, person_id, concept_id AS condition_concept_id,
       start AS condition_start_date, 32810 AS condition_type_concept_id, status AS condition_status_concept_id,
       visit_id AS visit_occurrence_id, source_value AS condition_source_value,
       source_concept_id AS condition_source_concept_id
FROM hira_resolved WHERE target = 'condition_occurrence';

INSERT INTO part_drug_exposure BY NAME
SELECT record_id AS drug_exposure_id, person_id, concept_id AS drug_concept_id, start AS drug_exposure_start_date,
       start + (greatest(coalesce(days, 1), 1) - 1)::INTEGER AS drug_exposure_end_date, 32810 AS drug_type_concept_id,
       CASE WHEN days > 0 THEN times * days ELSE times END AS quantity, days AS days_supply,
       visit_id AS visit_occurrence_id, source_value AS drug_source_value,
       source_concept_id AS drug_source_concept_id
FROM hira_resolved WHERE target = 'drug_exposure';

INSERT INTO part_procedure_occurrence BY NAME
SELECT record_id AS procedure_occurrence_id, person_id, concept_id AS procedure_concept_id, start AS procedure_date,
       32810 AS procedure_type_concept_id, try_cast(times AS INTEGER) AS quantity, visit_id AS visit_occurrence_id,
       source_value AS procedure_source_value, source_concept_id AS procedure_source_concept_id
FROM hira_resolved WHERE target = 'procedure_occurrence';

INSERT INTO part_measurement BY NAME
SELECT record_id AS measurement_id, person_id, concept_id AS measurement_concept_id, start AS measurement_date,
       32810 AS measurement_type_concept_id, visit_id AS visit_occurrence_id,
       source_value AS measurement_source_value, source_concept_id AS measurement_source_concept_id
FROM hira_resolved WHERE target = 'measurement';

INSERT INTO part_observation BY NAME
SELECT record_id AS observation_id, person_id, concept_id AS observation_concept_id, start AS observation_date,
       32810 AS observation_type_concept_id, visit_id AS visit_occurrence_id,
       source_value AS observation_source_value, source_concept_id AS observation_source_concept_id
FROM hira_resolved WHERE target = 'observation';

INSERT INTO part_device_exposure BY NAME
SELECT record_id AS device_exposure_id, person_id, concept_id AS device_concept_id, start AS device_exposure_start_date,
       32810 AS device_type_concept_id, visit_id AS visit_occurrence_id, source_value AS device_source_value,
       source_concept_id AS device_source_concept_id
FROM hira_resolved WHERE target = 'device_exposure'
