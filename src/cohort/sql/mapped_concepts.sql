UNION
  SELECT n.set_id, n.excluded, r.concept_id_1
  FROM named n JOIN {relationship} r ON r.concept_id_2 = n.concept_id
  WHERE n.mapped AND r.relationship_id = 'Maps to' AND r.invalid_reason IS NULL
