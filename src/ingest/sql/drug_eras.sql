-- Exposures by ingredient. An exposure ends at its end date, else after its days of supply, else the day after it began.
-- Overlapping exposures are first one stretch; stretches at most 30 days apart are one era, and the days of the era
-- outside its stretches are its gap.
WITH exposure AS (
  SELECT d.person_id, a.ancestor_concept_id AS concept_id, d.drug_exposure_start_date AS start,
         greatest(coalesce(d.drug_exposure_end_date,
                           CASE WHEN d.days_supply > 0 THEN d.drug_exposure_start_date + d.days_supply::INTEGER END,
                           d.drug_exposure_start_date + 1), d.drug_exposure_start_date) AS finish
  FROM era_drug d JOIN era_ingredient a ON a.descendant_concept_id = d.drug_concept_id
), marked AS (
  SELECT *, CASE WHEN start <= max(finish) OVER (PARTITION BY person_id, concept_id ORDER BY start, finish
                                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
                 THEN 0 ELSE 1 END AS opens
  FROM exposure
), stretch AS (
  SELECT person_id, concept_id, min(start) AS start, max(finish) AS finish, count(*) AS exposures
  FROM (SELECT *, sum(opens) OVER (PARTITION BY person_id, concept_id ORDER BY start, finish ROWS UNBOUNDED PRECEDING)
                    AS number FROM marked)
  GROUP BY person_id, concept_id, number
), grouped AS (
  SELECT *, sum(opens) OVER (PARTITION BY person_id, concept_id ORDER BY start ROWS UNBOUNDED PRECEDING) AS era
  FROM (SELECT *, CASE WHEN start <= lag(finish) OVER (PARTITION BY person_id, concept_id ORDER BY start) + 30
                       THEN 0 ELSE 1 END AS opens FROM stretch)
)
SELECT (md5_number('drug_era/' || person_id || '/' || concept_id || '/' || min(start)) & 9223372036854775807)::BIGINT
         AS drug_era_id,
       person_id, concept_id AS drug_concept_id, min(start) AS drug_era_start_date, max(finish) AS drug_era_end_date,
       sum(exposures)::INTEGER AS drug_exposure_count,
       (max(finish) - min(start) - sum(finish - start))::INTEGER AS gap_days
FROM grouped GROUP BY person_id, concept_id, era
