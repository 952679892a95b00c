-- Concepts of each set: the named ones, valid descendants, what maps to them; excluded ones taken away at the end.
CREATE TEMP TABLE {into} AS
WITH RECURSIVE
{ancestors},
named AS (
  SELECT i.set_id, i.excluded, i.mapped, c.concept_id
  FROM {items} i JOIN {concept} c ON c.concept_id = i.concept_id
  UNION
  SELECT i.set_id, i.excluded, i.mapped, c.concept_id
  FROM {items} i
  JOIN closure a ON a.ancestor = i.concept_id
  JOIN {concept} c ON c.concept_id = a.descendant
  WHERE i.descendants AND c.invalid_reason IS NULL
),
whole AS (
  SELECT set_id, excluded, concept_id FROM named
  {mapped}
)
SELECT DISTINCT set_id, concept_id FROM whole WHERE NOT excluded
EXCEPT
SELECT set_id, concept_id FROM whole WHERE excluded
