-- Institutions, and their departments (진료과목): a provider row stands for a department, never for a doctor.
CREATE TABLE claim_visit AS SELECT visit_id, person_id, start FROM claim_head;

INSERT INTO part_care_site BY NAME
SELECT (md5_number(agency || '/institution/' || institution) & 9223372036854775807)::BIGINT AS care_site_id,
       0 AS place_of_service_concept_id, institution AS care_site_source_value
FROM (SELECT DISTINCT agency, institution FROM claim_head WHERE institution IS NOT NULL);

-- A diagnosis line may name a department of its own; only where it differs from the header's is it kept.
CREATE TABLE claim_line_department AS
SELECT d.record_id, any_value(h.agency) AS agency, any_value(h.institution) AS institution,
       arg_min(d.department, (d._file, d._line)) AS department
FROM claim_diagnosis d JOIN claim_head h ON h.visit_id = d.visit_id
WHERE d.department IS NOT NULL AND d.department IS DISTINCT FROM h.department
GROUP BY d.record_id;

INSERT INTO part_provider BY NAME
SELECT (md5_number(agency || '/department/' || coalesce(institution, '') || '/' || department) & 9223372036854775807)
         ::BIGINT AS provider_id,
       (md5_number(agency || '/institution/' || institution) & 9223372036854775807)::BIGINT AS care_site_id,
       0 AS specialty_concept_id, department AS specialty_source_value, 0 AS specialty_source_concept_id
FROM (SELECT agency, institution, department FROM claim_head WHERE department IS NOT NULL
      UNION SELECT agency, institution, department FROM claim_line_department)
