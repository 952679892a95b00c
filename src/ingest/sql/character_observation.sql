-- Years between the first and the last day of each person's observation, in bands.
SELECT * FROM (
  SELECT CASE WHEN days IS NULL THEN NULL WHEN days < 365 THEN '0-1' WHEN days < 1826 THEN '1-5'
              WHEN days < 3652 THEN '5-10' ELSE '10+' END AS years,
         count(*) AS persons
  FROM person p
  LEFT JOIN (SELECT person_id, max(observation_period_end_date) - min(observation_period_start_date) AS days
             FROM period GROUP BY person_id) o ON o.person_id = p.person_id
  GROUP BY ALL)
ORDER BY try_cast(regexp_extract(years, '^[0-9]+') AS INTEGER) NULLS LAST
