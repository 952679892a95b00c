INSERT INTO part_drug_exposure BY NAME
SELECT record_id AS drug_exposure_id, person_id, concept_id AS drug_concept_id, start AS drug_exposure_start_date,
       start + (greatest(coalesce(days, 1), 1) - 1)::INTEGER AS drug_exposure_end_date, 32810 AS drug_type_concept_id,
       quantity, days AS days_supply, visit_id AS visit_occurrence_id, source_value AS drug_source_value,
       source_concept_id AS drug_source_concept_id, route AS route_source_value
FROM claim_row
