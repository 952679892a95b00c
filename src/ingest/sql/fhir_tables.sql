CREATE TABLE fhir_patient (
  _file BIGINT, _line BIGINT, person_id BIGINT, source_id VARCHAR, gender VARCHAR, year BIGINT, month BIGINT,
  day BIGINT, birth DATE, name VARCHAR, phone VARCHAR, address VARCHAR, death DATE, death_time TIMESTAMP
);
CREATE TABLE fhir_visit (
  _file BIGINT, _line BIGINT, visit_id BIGINT, person_id BIGINT, concept_id BIGINT, type_concept_id BIGINT,
  class VARCHAR, start DATE, start_time TIMESTAMP, finish DATE, finish_time TIMESTAMP
);
-- `rule` is the place of the resource type in the table of rules, `home` that of the table its type belongs to:
-- 0 condition_occurrence, 1 drug_exposure, 2 procedure_occurrence, 3 device_exposure, 4 measurement, 5 observation.
CREATE TABLE fhir_event (
  _file INTEGER, _line BIGINT, rule TINYINT, resource_id BIGINT, record_id BIGINT, person_id BIGINT,
  visit_id BIGINT, start DATE, start_time TIMESTAMP, finish DATE, finish_time TIMESTAMP, type_concept_id INTEGER,
  codes INTEGER, medication BIGINT, home TINYINT, as_observation TINYINT, status VARCHAR, value DOUBLE,
  value_codes INTEGER, value_text VARCHAR, operator_concept_id INTEGER, unit_codes INTEGER, unit_text VARCHAR,
  range_low DOUBLE, range_high DOUBLE, quantity DOUBLE, days BIGINT, refills BIGINT
);
CREATE TABLE fhir_medication (medication BIGINT, codes BIGINT)
