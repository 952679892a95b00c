-- The same quantity of the same person at the same time, said again, is one measurement. Type: reported by the person.
CREATE TABLE lifelog_result AS
SELECT v.person_id, v.day, v.time, v.item, v.value, coalesce(c.concept_id, 0) AS concept_id,
       coalesce(c.source_concept_id, 0) AS source_concept_id, u.concept_id AS unit_concept_id,
       coalesce(v.unit, u.source_value) AS unit,
       (md5_number('lifelog/' || v.person_id || '/' || coalesce(v.time::VARCHAR, v.day::VARCHAR) || '/' || v.item)
          & 9223372036854775807)::BIGINT AS record_id
FROM lifelog_value v JOIN lifelog_item i ON i.item = v.item AND i.unit IS NOT DISTINCT FROM v.unit
LEFT JOIN lifelog_item_code c ON c.set_id = i.set_id LEFT JOIN lifelog_unit_code u ON u.set_id = i.unit_set
QUALIFY row_number() OVER (PARTITION BY record_id ORDER BY v.value DESC) = 1;

INSERT INTO part_measurement BY NAME
SELECT record_id AS measurement_id, person_id, concept_id AS measurement_concept_id, day AS measurement_date,
       time AS measurement_datetime, 32865 AS measurement_type_concept_id, value AS value_as_number, unit_concept_id,
       item AS measurement_source_value, source_concept_id AS measurement_source_concept_id, unit AS unit_source_value
FROM lifelog_result;

INSERT INTO part_codes
SELECT 'measurement', 'lifelog', item, source_concept_id, concept_id, count(*) FROM lifelog_result GROUP BY ALL
