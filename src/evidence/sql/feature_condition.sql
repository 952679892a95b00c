-- Persons with a condition that started in the window before the index day, the index day included.
SELECT DISTINCT i.person_id, 1.0::DOUBLE AS value
FROM study_index AS i JOIN cdm.condition_occurrence AS e ON e.person_id = i.person_id
WHERE e.condition_concept_id IN (SELECT concept_id FROM study_concepts)
  AND datediff('day', e.condition_start_date, i.index_date) BETWEEN 0 AND ?
ORDER BY i.person_id
