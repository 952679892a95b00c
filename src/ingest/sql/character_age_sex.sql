-- Age in decades at the end of the person's last observation; without a period it is not known.
SELECT * FROM (
  SELECT CASE gender_concept_id WHEN 8507 THEN 'male' WHEN 8532 THEN 'female' ELSE 'other' END AS sex,
         CASE WHEN years_old < 0 OR years_old IS NULL THEN NULL WHEN years_old >= 90 THEN '90+'
              ELSE (years_old // 10 * 10)::INTEGER || '-' || (years_old // 10 * 10 + 9)::INTEGER END AS band,
         count(*) AS persons
  FROM (SELECT p.gender_concept_id, year(o.last) - p.year_of_birth AS years_old
        FROM person p
        LEFT JOIN (SELECT person_id, max(observation_period_end_date) AS last FROM period GROUP BY person_id) o
          ON o.person_id = p.person_id)
  GROUP BY ALL)
ORDER BY sex, try_cast(regexp_extract(band, '^[0-9]+') AS INTEGER) NULLS LAST
