-- Departments (진료과목) of institutions: a provider row stands for a department, never for a doctor.
INSERT INTO part_provider BY NAME
SELECT (md5_number(agency || '/department/' || coalesce(institution, '') || '/' || department) & 9223372036854775807)
         ::BIGINT AS provider_id,
       (md5_number(agency || '/institution/' || institution) & 9223372036854775807)::BIGINT AS care_site_id,
       0 AS specialty_concept_id, department AS specialty_source_value, 0 AS specialty_source_concept_id
FROM (SELECT agency, institution, department FROM claim_head WHERE department IS NOT NULL
      UNION SELECT agency, institution, department FROM claim_line_department)
