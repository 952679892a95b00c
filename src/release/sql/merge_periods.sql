-- Observation periods of one person that overlap or touch become one, whoever observed; `source_site` names all of them.
CREATE TEMP TABLE merged_observation_period AS
WITH ordered AS (
  SELECT *, max(observation_period_end_date) OVER (
    PARTITION BY person_id ORDER BY observation_period_start_date, observation_period_end_date, source_site
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_end
  FROM linked_observation_period
), marked AS (
  SELECT *, CASE WHEN before_end IS NULL OR observation_period_start_date > before_end + 1 THEN 1 ELSE 0 END AS fresh
  FROM ordered
), islands AS (
  SELECT *, sum(fresh) OVER (
    PARTITION BY person_id ORDER BY observation_period_start_date, observation_period_end_date, source_site
    ROWS UNBOUNDED PRECEDING) AS island
  FROM marked
)
SELECT CAST(row_number() OVER (ORDER BY person_id, min(observation_period_start_date)) AS BIGINT) AS
    observation_period_id,
  person_id,
  min(observation_period_start_date) AS observation_period_start_date,
  max(observation_period_end_date) AS observation_period_end_date,
  min(period_type_concept_id) AS period_type_concept_id,
  min(age_at_event) AS age_at_event,
  string_agg(DISTINCT source_site, ',' ORDER BY source_site) AS source_site
FROM islands
GROUP BY person_id, island
