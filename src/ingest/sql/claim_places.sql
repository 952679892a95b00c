-- Claims by the id that their lines name; institutions.
CREATE TABLE claim_visit AS SELECT visit_id, person_id, start FROM claim_head;

INSERT INTO part_care_site BY NAME
SELECT (md5_number(agency || '/institution/' || institution) & 9223372036854775807)::BIGINT AS care_site_id,
       0 AS place_of_service_concept_id, institution AS care_site_source_value
FROM (SELECT DISTINCT agency, institution FROM claim_head WHERE institution IS NOT NULL);

CREATE TABLE claim_line_department (record_id BIGINT, agency VARCHAR, institution VARCHAR, department VARCHAR)
