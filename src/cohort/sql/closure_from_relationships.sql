link AS (
  SELECT concept_id_2 AS parent, concept_id_1 AS child FROM {relationship}
  WHERE relationship_id = 'Is a' AND invalid_reason IS NULL
  UNION
  SELECT concept_id_1, concept_id_2 FROM {relationship}
  WHERE relationship_id = 'Subsumes' AND invalid_reason IS NULL
),
closure(ancestor, descendant) AS (
  SELECT DISTINCT concept_id, concept_id FROM {items} WHERE descendants
  UNION
  SELECT c.ancestor, l.child FROM closure c JOIN link l ON l.parent = c.descendant
)
