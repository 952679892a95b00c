-- Codes that the vocabulary can read, as written and without dots: what may be kept as a source code (`known_code`),
-- and what can be screened (`readable_code`), with the first sensitive group of any of its concepts.
CREATE TEMP TABLE known_code AS
SELECT DISTINCT concept_code AS code FROM vocabulary_concept JOIN code_system USING (vocabulary_id)
UNION
SELECT DISTINCT replace(concept_code, '.', '') FROM vocabulary_concept JOIN code_system USING (vocabulary_id);
CREATE TEMP TABLE readable_code AS
WITH systems AS (
  SELECT vocabulary_id FROM code_system UNION SELECT vocabulary_id FROM sensitive_system
), coded AS (
  SELECT upper(replace(c.concept_code, '.', '')) AS code, s.grp
  FROM vocabulary_concept AS c
  JOIN systems USING (vocabulary_id)
  LEFT JOIN sensitive_concept AS s ON s.concept_id = c.concept_id
)
SELECT code, min(grp) AS grp FROM coded GROUP BY code
