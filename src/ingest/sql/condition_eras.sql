-- Occurrences of one person and concept that lie at most 30 days apart are one era. An occurrence without an end ends
-- when it starts; an end before the start counts as the start.
SELECT (md5_number('condition_era/' || person_id || '/' || concept_id || '/' || min(start)) & 9223372036854775807)::BIGINT
         AS condition_era_id,
       person_id, concept_id AS condition_concept_id, min(start) AS condition_era_start_date,
       max(finish) AS condition_era_end_date, count(*)::INTEGER AS condition_occurrence_count
FROM (SELECT *, sum(opens) OVER (PARTITION BY person_id, concept_id ORDER BY start, finish ROWS UNBOUNDED PRECEDING) AS era
      FROM (SELECT person_id, concept_id, start, finish,
                   CASE WHEN start <= max(finish) OVER (PARTITION BY person_id, concept_id ORDER BY start, finish
                                                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) + 30
                        THEN 0 ELSE 1 END AS opens
            FROM (SELECT person_id, condition_concept_id AS concept_id, condition_start_date AS start,
                         greatest(coalesce(condition_end_date, condition_start_date), condition_start_date) AS finish
                  FROM era_condition WHERE condition_concept_id <> 0)))
GROUP BY person_id, concept_id, era
