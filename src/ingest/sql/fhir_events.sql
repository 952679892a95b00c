INSERT INTO part_condition_occurrence BY NAME
SELECT record_id AS condition_occurrence_id, person_id, concept_id AS condition_concept_id,
       start AS condition_start_date, start_time AS condition_start_datetime, finish AS condition_end_date,
       finish_time AS condition_end_datetime, type_concept_id AS condition_type_concept_id,
       CASE status WHEN 'confirmed' THEN 32893 WHEN 'provisional' THEN 32899 WHEN 'differential' THEN 32899 END
         AS condition_status_concept_id,
       visit_id AS visit_occurrence_id, source_value AS condition_source_value,
       source_concept_id AS condition_source_concept_id, status AS condition_status_source_value
FROM fhir_resolved WHERE target = 'condition_occurrence';

INSERT INTO part_drug_exposure BY NAME
SELECT record_id AS drug_exposure_id, person_id, concept_id AS drug_concept_id, start AS drug_exposure_start_date,
       start_time AS drug_exposure_start_datetime,
       CASE WHEN days > 0 THEN start + (days - 1)::INTEGER WHEN finish >= start THEN finish ELSE start END
         AS drug_exposure_end_date,
       finish AS verbatim_end_date, type_concept_id AS drug_type_concept_id, refills, quantity, days AS days_supply,
       visit_id AS visit_occurrence_id, source_value AS drug_source_value,
       source_concept_id AS drug_source_concept_id
FROM fhir_resolved WHERE target = 'drug_exposure';

INSERT INTO part_procedure_occurrence BY NAME
SELECT record_id AS procedure_occurrence_id, person_id, concept_id AS procedure_concept_id, start AS procedure_date,
       start_time AS procedure_datetime, finish AS procedure_end_date, finish_time AS procedure_end_datetime,
       type_concept_id AS procedure_type_concept_id, visit_id AS visit_occurrence_id,
       source_value AS procedure_source_value, source_concept_id AS procedure_source_concept_id
FROM fhir_resolved WHERE target = 'procedure_occurrence';

INSERT INTO part_device_exposure BY NAME
SELECT record_id AS device_exposure_id, person_id, concept_id AS device_concept_id,
       start AS device_exposure_start_date, start_time AS device_exposure_start_datetime,
       finish AS device_exposure_end_date, type_concept_id AS device_type_concept_id,
       visit_id AS visit_occurrence_id, source_value AS device_source_value,
       source_concept_id AS device_source_concept_id
FROM fhir_resolved WHERE target = 'device_exposure';

INSERT INTO part_measurement BY NAME
SELECT record_id AS measurement_id, person_id, concept_id AS measurement_concept_id, start AS measurement_date,
       start_time AS measurement_datetime, type_concept_id AS measurement_type_concept_id,
       nullif(operator_concept_id, 0) AS operator_concept_id, value AS value_as_number,
       value_concept_id AS value_as_concept_id, unit_concept_id, range_low, range_high,
       visit_id AS visit_occurrence_id, source_value AS measurement_source_value,
       source_concept_id AS measurement_source_concept_id, unit_source AS unit_source_value,
       unit_source_concept_id, value_source AS value_source_value
FROM fhir_resolved WHERE target = 'measurement';

INSERT INTO part_observation BY NAME
SELECT record_id AS observation_id, person_id, concept_id AS observation_concept_id, start AS observation_date,
       start_time AS observation_datetime, type_concept_id AS observation_type_concept_id, value AS value_as_number,
       value_text AS value_as_string, value_concept_id AS value_as_concept_id, unit_concept_id,
       visit_id AS visit_occurrence_id, source_value AS observation_source_value,
       source_concept_id AS observation_source_concept_id, unit_source AS unit_source_value,
       CASE WHEN as_observation = 1 THEN status END AS qualifier_source_value, value_source AS value_source_value
FROM fhir_resolved WHERE target = 'observation'
