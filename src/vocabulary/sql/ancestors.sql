-- Transitive closure of valid 'Is a' / 'Subsumes' links with the shortest and the longest path. UNION (not ALL) keeps
-- one row per (ancestor, descendant, length), so the recursion ends; the length limit stops a cycle, which the caller
-- reports. Several statements, because a UNION of three inside WITH RECURSIVE keeps duplicates (DuckDB 1.4.4).
CREATE TEMP TABLE link AS
SELECT concept_id_2 AS parent, concept_id_1 AS child FROM concept_relationship
WHERE relationship_id = 'Is a' AND invalid_reason IS NULL AND concept_id_1 <> concept_id_2
UNION
SELECT concept_id_1, concept_id_2 FROM concept_relationship
WHERE relationship_id = 'Subsumes' AND invalid_reason IS NULL AND concept_id_1 <> concept_id_2;

CREATE TEMP TABLE own AS
SELECT concept_id FROM concept WHERE standard_concept IS NOT NULL
UNION SELECT parent FROM link UNION SELECT child FROM link;

CREATE TEMP TABLE concept_ancestor AS
WITH RECURSIVE path(ancestor, descendant, level) AS (
  SELECT parent, child, 1 FROM link
  UNION
  SELECT path.ancestor, link.child, path.level + 1 FROM path JOIN link ON link.parent = path.descendant
  WHERE path.level < 100
)
SELECT ancestor AS ancestor_concept_id, descendant AS descendant_concept_id,
       min(level)::INTEGER AS min_levels_of_separation, max(level)::INTEGER AS max_levels_of_separation
FROM path WHERE ancestor <> descendant GROUP BY ancestor, descendant
UNION ALL SELECT concept_id, concept_id, 0, 0 FROM own;

DROP TABLE link;
DROP TABLE own
