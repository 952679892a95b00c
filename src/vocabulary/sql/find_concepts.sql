-- ?1 words as given (small letters), ?2 domain or '', ?3 standard concepts only, ?4 how many.
-- Every word has to occur in the name, or the whole is a code or an id. The order is total: same words, same answer.
WITH asked AS (SELECT ?::VARCHAR AS words, ?::VARCHAR AS domain_id, ?::BOOLEAN AS standard_only),
found AS (
  SELECT c.concept_id, c.concept_name, c.concept_code, c.vocabulary_id, c.domain_id, c.concept_class_id,
    coalesce(c.standard_concept = 'S', false) AS standard,
    CASE WHEN lower(c.concept_code) = a.words OR c.concept_id::VARCHAR = a.words THEN 0
      WHEN starts_with(lower(c.concept_name), a.words) THEN 1 ELSE 2 END AS place
  FROM concept c, asked a
  WHERE (a.domain_id = '' OR c.domain_id = a.domain_id)
    AND (NOT a.standard_only OR c.standard_concept = 'S')
    AND (lower(c.concept_code) = a.words OR c.concept_id::VARCHAR = a.words
      OR len(list_filter(string_split(a.words, ' '), lambda w: w <> '' AND NOT contains(lower(c.concept_name), w))) = 0)
  ORDER BY place, length(c.concept_name), c.concept_id
  LIMIT {limit})
SELECT f.concept_id, f.concept_name, f.concept_code, f.vocabulary_id, f.domain_id, f.concept_class_id, f.standard,
  (SELECT count(*) FROM concept_ancestor x WHERE x.ancestor_concept_id = f.concept_id
    AND x.descendant_concept_id <> f.concept_id) AS descendants
FROM found f ORDER BY f.place, length(f.concept_name), f.concept_id
