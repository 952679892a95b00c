-- Visits to departments that reveal a group: by the doctor's or the place's specialty, as a code, a name or a concept.
CREATE TEMP TABLE department_provider AS
SELECT provider_id AS id, min(grp) AS grp
FROM (
  SELECT p.provider_id, d.grp FROM lake_provider AS p
  JOIN sensitive_department AS d ON d.code = upper(replace(replace(p.specialty_source_value, '.', ''), ' ', ''))
  UNION ALL
  SELECT p.provider_id, s.grp FROM lake_provider AS p JOIN sensitive_concept AS s ON s.concept_id = p.specialty_concept_id
)
GROUP BY provider_id;
CREATE TEMP TABLE department_care_site AS
SELECT care_site_id AS id, min(grp) AS grp
FROM (
  SELECT c.care_site_id, d.grp FROM lake_care_site AS c
  JOIN sensitive_department AS d
    ON d.code IN (upper(replace(replace(c.care_site_source_value, '.', ''), ' ', '')),
                  upper(replace(replace(c.place_of_service_source_value, '.', ''), ' ', '')),
                  upper(replace(replace(c.care_site_name, '.', ''), ' ', '')))
  UNION ALL
  SELECT c.care_site_id, s.grp FROM lake_care_site AS c
  JOIN sensitive_concept AS s ON s.concept_id = c.place_of_service_concept_id
)
GROUP BY care_site_id;
CREATE TEMP TABLE department_visit AS
SELECT visit_occurrence_id AS id, min(coalesce(p.grp, c.grp)) AS grp
FROM lake_visit AS v
LEFT JOIN department_provider AS p ON p.id = v.provider_id
LEFT JOIN department_care_site AS c ON c.id = v.care_site_id
WHERE p.grp IS NOT NULL OR c.grp IS NOT NULL
GROUP BY visit_occurrence_id
