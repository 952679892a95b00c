-- Descendants of the listed concepts join them.
INSERT INTO study_concepts
SELECT DISTINCT a.descendant_concept_id
FROM cdm.concept_ancestor AS a JOIN study_concepts AS c ON a.ancestor_concept_id = c.concept_id
WHERE a.descendant_concept_id NOT IN (SELECT concept_id FROM study_concepts)
