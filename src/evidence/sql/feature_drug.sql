-- Persons with a drug exposure that started in the window before the index day, the index day included.
SELECT DISTINCT i.person_id, 1.0::DOUBLE AS value
FROM study_index AS i JOIN cdm.drug_exposure AS e ON e.person_id = i.person_id
WHERE e.drug_concept_id IN (SELECT concept_id FROM study_concepts)
  AND datediff('day', e.drug_exposure_start_date, i.index_date) BETWEEN 0 AND ?
ORDER BY i.person_id
