-- The last measured value in the window; several on one day: the latest time, then the highest row number.
SELECT person_id, value
FROM (
  SELECT i.person_id, e.value_as_number::DOUBLE AS value,
         row_number() OVER (PARTITION BY i.person_id
                            ORDER BY e.measurement_date DESC, e.measurement_datetime DESC NULLS LAST,
                                     e.measurement_id DESC, e.value_as_number DESC) AS place
  FROM study_index AS i JOIN cdm.measurement AS e ON e.person_id = i.person_id
  WHERE e.measurement_concept_id IN (SELECT concept_id FROM study_concepts)
    AND e.value_as_number IS NOT NULL
    AND datediff('day', e.measurement_date, i.index_date) BETWEEN 0 AND ?)
WHERE place = 1
ORDER BY person_id
