INSERT INTO part_visit_occurrence BY NAME
SELECT visit_id AS visit_occurrence_id, person_id, 9202 AS visit_concept_id, day AS visit_start_date,
       day AS visit_end_date, 32810 AS visit_type_concept_id, 'GJ' AS visit_source_value, 0 AS visit_source_concept_id
FROM nhis_gj;

CREATE TABLE nhis_result AS
SELECT a.*, i.loinc, i.unit, coalesce(c.concept_id, 0) AS concept_id,
       coalesce(c.source_concept_id, 0) AS source_concept_id, u.concept_id AS unit_concept_id,
       (md5_number('nhis/gj/' || a.visit_id || '/' || a.item) & 9223372036854775807)::BIGINT AS record_id
FROM nhis_answer a JOIN nhis_item i ON i.item = a.item
LEFT JOIN nhis_item_code c ON c.set_id = i.set_id LEFT JOIN nhis_unit_code u ON u.set_id = i.unit_set;

INSERT INTO part_measurement BY NAME
SELECT record_id AS measurement_id, person_id, concept_id AS measurement_concept_id, day AS measurement_date,
       32810 AS measurement_type_concept_id,
       CASE WHEN unit IS NOT NULL AND isfinite(try_cast(answer AS DOUBLE)) THEN try_cast(answer AS DOUBLE) END
         AS value_as_number,
       unit_concept_id, visit_id AS visit_occurrence_id, item AS measurement_source_value,
       source_concept_id AS measurement_source_concept_id, unit AS unit_source_value, answer AS value_source_value
FROM nhis_result WHERE loinc IS NOT NULL;

INSERT INTO part_observation BY NAME
SELECT record_id AS observation_id, person_id, concept_id AS observation_concept_id, day AS observation_date,
       32865 AS observation_type_concept_id, visit_id AS visit_occurrence_id, item AS observation_source_value,
       source_concept_id AS observation_source_concept_id, answer AS value_source_value
FROM nhis_result WHERE loinc IS NULL;

INSERT INTO part_codes
SELECT CASE WHEN loinc IS NULL THEN 'observation' ELSE 'measurement' END, 'NHIS', item, source_concept_id, concept_id,
       count(*)
FROM nhis_result GROUP BY ALL
