-- One row per asked code. `rank` orders the vocabularies a code may be looked up in; an exact code beats one that
-- matches only without its dot.
WITH hit AS (
  SELECT asked.place, c.concept_id, c.standard_concept, c.domain_id, c.invalid_reason, asked.rank AS rank, 0 AS loose
  FROM asked JOIN concept c ON c.vocabulary_id = asked.vocabulary_id AND c.concept_code = asked.code
  UNION ALL
  SELECT asked.place, c.concept_id, c.standard_concept, c.domain_id, c.invalid_reason, asked.rank, 1
  FROM asked JOIN concept c ON c.vocabulary_id = asked.vocabulary_id AND replace(c.concept_code, '.', '') = asked.bare
  WHERE asked.bare IS NOT NULL
), source AS (
  SELECT * FROM hit
  QUALIFY row_number() OVER (PARTITION BY place ORDER BY rank, loose, invalid_reason IS NOT NULL, concept_id) = 1
), target AS (
  SELECT source.place, t.concept_id, t.domain_id,
         row_number() OVER (PARTITION BY source.place ORDER BY t.concept_id) AS nth,
         count(*) OVER (PARTITION BY source.place) AS total
  FROM source
  JOIN concept_relationship r ON r.concept_id_1 = source.concept_id AND r.relationship_id = 'Maps to'
   AND r.invalid_reason IS NULL
  JOIN concept t ON t.concept_id = r.concept_id_2 AND t.standard_concept = 'S' AND t.invalid_reason IS NULL
  WHERE source.standard_concept IS DISTINCT FROM 'S' OR source.invalid_reason IS NOT NULL
)
SELECT source.place, source.concept_id AS source_concept_id,
       CASE WHEN source.standard_concept = 'S' AND source.invalid_reason IS NULL THEN source.concept_id
            ELSE coalesce(target.concept_id, 0) END AS concept_id,
       coalesce(target.domain_id, source.domain_id, '') AS domain_id,
       coalesce(target.total - 1, 0) AS alternatives
FROM source LEFT JOIN target ON target.place = source.place AND target.nth = 1
ORDER BY source.place
