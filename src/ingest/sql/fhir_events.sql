INSERT INTO part_condition_occurrence BY NAME
SELECT record_id AS condition_occurrence_id, person_id, concept_id AS condition_concept_id,
       start AS condition_start_date, start_time AS condition_start_datetime, finish AS condition_end_date,
       finish_time AS condition_end_datetime, type_concept_id AS condition_type_concept_id,
       CASE status WHEN 'confirmed' THEN 32893 WHEN 'provisional' THEN 32899 WHEN 'differential' THEN 32899 END
         AS condition_status_concept_id,
       visit_id AS visit_occurrence_id, source_value AS condition_source_value,
       source_concept_id AS condition_source_concept_id, status AS condition_status_source_value
FROM fhir_resolved WHERE target = 0;

INSERT INTO part_drug_exposure BY NAME
SELECT record_id AS drug_exposure_id, person_id, concept_id AS drug_concept_id, start AS drug_exposure_start_date,
       start_time AS drug_exposure_start_datetime,
       CASE WHEN days > 0 THEN start + (days - 1)::INTEGER WHEN finish >= start THEN finish ELSE start END
         AS drug_exposure_end_date,
       finish AS verbatim_end_date, type_concept_id AS drug_type_concept_id,
       CASE WHEN home = 1 AND status <> 'active' THEN left(status, 20) END AS stop_reason, refills, quantity, days AS days_supply,
       visit_id AS visit_occurrence_id, source_value AS drug_source_value,
       source_concept_id AS drug_source_concept_id
FROM fhir_resolved WHERE target = 1;

INSERT INTO part_procedure_occurrence BY NAME
SELECT record_id AS procedure_occurrence_id, person_id, concept_id AS procedure_concept_id, start AS procedure_date,
       start_time AS procedure_datetime, finish AS procedure_end_date, finish_time AS procedure_end_datetime,
       type_concept_id AS procedure_type_concept_id, visit_id AS visit_occurrence_id,
       source_value AS procedure_source_value, source_concept_id AS procedure_source_concept_id
FROM fhir_resolved WHERE target = 2;

INSERT INTO part_device_exposure BY NAME
SELECT record_id AS device_exposure_id, person_id, concept_id AS device_concept_id,
       start AS device_exposure_start_date, start_time AS device_exposure_start_datetime,
       finish AS device_exposure_end_date, type_concept_id AS device_type_concept_id,
       visit_id AS visit_occurrence_id, source_value AS device_source_value,
       source_concept_id AS device_source_concept_id
FROM fhir_resolved WHERE target = 3;

INSERT INTO part_measurement BY NAME
SELECT record_id AS measurement_id, person_id, r.concept_id AS measurement_concept_id, start AS measurement_date,
       start_time AS measurement_datetime, type_concept_id AS measurement_type_concept_id,
       nullif(operator_concept_id, 0) AS operator_concept_id, value AS value_as_number,
       v.concept_id AS value_as_concept_id, u.concept_id AS unit_concept_id, range_low, range_high,
       visit_id AS visit_occurrence_id, r.source_value AS measurement_source_value,
       r.source_concept_id AS measurement_source_concept_id,
       coalesce(u.source_value, unit_text) AS unit_source_value, u.source_concept_id AS unit_source_concept_id,
       coalesce(value_text, v.source_value) AS value_source_value
FROM fhir_resolved r LEFT JOIN fhir_meaning v ON v.set_id = r.value_codes
LEFT JOIN fhir_meaning u ON u.set_id = r.unit_codes WHERE r.target = 4;

INSERT INTO part_observation BY NAME
SELECT record_id AS observation_id, person_id, r.concept_id AS observation_concept_id, start AS observation_date,
       start_time AS observation_datetime, type_concept_id AS observation_type_concept_id, value AS value_as_number,
       value_text AS value_as_string, v.concept_id AS value_as_concept_id, u.concept_id AS unit_concept_id,
       visit_id AS visit_occurrence_id, r.source_value AS observation_source_value,
       r.source_concept_id AS observation_source_concept_id,
       coalesce(u.source_value, unit_text) AS unit_source_value,
       CASE WHEN as_observation = 1 THEN status END AS qualifier_source_value,
       coalesce(value_text, v.source_value) AS value_source_value
FROM fhir_resolved r LEFT JOIN fhir_meaning v ON v.set_id = r.value_codes
LEFT JOIN fhir_meaning u ON u.set_id = r.unit_codes WHERE r.target = 5
