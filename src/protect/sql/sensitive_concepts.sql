-- Concepts of the sensitive groups: those the policy names, those of its code systems whose code begins as it says, the
-- standard concepts these map to, the descendants of all of them, and the source codes that map to any of those. The
-- first group wins.
CREATE TEMP TABLE sensitive_concept AS
WITH coded AS (
  SELECT c.concept_id, p.grp
  FROM vocabulary_concept AS c
  JOIN sensitive_system AS s ON s.vocabulary_id = c.vocabulary_id
  JOIN sensitive_prefix AS p ON p.kind = s.kind AND starts_with(upper(replace(c.concept_code, '.', '')), p.prefix)
), mapped AS (
  SELECT r.concept_id_2 AS concept_id, coded.grp
  FROM coded
  JOIN vocabulary_relationship AS r ON r.concept_id_1 = coded.concept_id AND r.relationship_id = 'Maps to'
), named AS (
  SELECT concept_id, grp FROM coded
  UNION ALL SELECT concept_id, grp FROM mapped
  UNION ALL SELECT concept_id, grp FROM sensitive_named
), below AS (
  SELECT a.descendant_concept_id AS concept_id, named.grp
  FROM named
  JOIN vocabulary_ancestor AS a ON a.ancestor_concept_id = named.concept_id
), inside AS (
  SELECT * FROM named UNION ALL SELECT * FROM below
), sources AS (
  SELECT r.concept_id_1 AS concept_id, inside.grp
  FROM inside
  JOIN vocabulary_relationship AS r ON r.concept_id_2 = inside.concept_id AND r.relationship_id = 'Maps to'
)
SELECT concept_id, min(grp) AS grp
FROM (SELECT * FROM inside UNION ALL SELECT * FROM sources)
WHERE concept_id > 0
GROUP BY concept_id
