-- Per resource type: rows and distinct codes, with and without a standard concept.
SELECT rule, sum(n)::BIGINT, coalesce(sum(n) FILTER (WHERE concept_id <> 0), 0)::BIGINT, count(DISTINCT source_value),
       count(DISTINCT source_value) FILTER (WHERE concept_id <> 0)
FROM (SELECT rule, codes, count(*) AS n FROM fhir_event GROUP BY rule, codes) e
JOIN fhir_meaning c ON c.set_id = e.codes GROUP BY rule ORDER BY rule
