CREATE TEMP TABLE fhir_patient (
  _file BIGINT, _line BIGINT, person_id BIGINT, source_id VARCHAR, gender VARCHAR, year BIGINT, month BIGINT,
  day BIGINT, birth DATE, name VARCHAR, phone VARCHAR, address VARCHAR, death DATE, death_time TIMESTAMP
);
CREATE TEMP TABLE fhir_visit (
  _file BIGINT, _line BIGINT, visit_id BIGINT, person_id BIGINT, concept_id BIGINT, class VARCHAR, start DATE,
  start_time TIMESTAMP, finish DATE, finish_time TIMESTAMP
);
CREATE TEMP TABLE fhir_event (
  _file BIGINT, _line BIGINT, resource_type VARCHAR, resource_id BIGINT, record_id BIGINT, person_id BIGINT,
  visit_id BIGINT, start DATE, start_time TIMESTAMP, finish DATE, finish_time TIMESTAMP, type_concept_id BIGINT,
  codes BIGINT, medication BIGINT, home VARCHAR, as_observation BIGINT, status VARCHAR, value DOUBLE,
  value_codes BIGINT, value_text VARCHAR, operator_concept_id BIGINT, unit_codes BIGINT, unit_text VARCHAR,
  range_low DOUBLE, range_high DOUBLE, quantity DOUBLE, days BIGINT, refills BIGINT
);
CREATE TEMP TABLE fhir_medication (medication BIGINT, codes BIGINT)
