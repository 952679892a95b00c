-- The day of death when it is given; of a month its last day, of a year (a cause without a date) the last of December.
CREATE TABLE nhis_death AS
SELECT person_id, day, code, exact IS NULL AS imputed
FROM (SELECT person_id, dth_code1 AS code, try_strptime(dth_mdy, '%Y%m%d')::DATE AS exact,
             coalesce(try_strptime(dth_mdy, '%Y%m%d')::DATE, last_day(try_strptime(dth_ym || '01', '%Y%m%d')::DATE),
                      CASE WHEN dth_code1 IS NOT NULL THEN make_date(year, 12, 31) END) AS day
      FROM nhis_jk)
WHERE day IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY person_id ORDER BY day, code NULLS LAST) = 1;

-- Eligible years run from the first to the last of the year, not beyond death; years that touch are one period.
INSERT INTO part_observation_period BY NAME
SELECT (md5_number('nhis/period/' || person_id || '/' || min(first)) & 9223372036854775807)::BIGINT
         AS observation_period_id,
       person_id, min(first) AS observation_period_start_date, max(last) AS observation_period_end_date,
       32813 AS period_type_concept_id
FROM (SELECT person_id, first, last, year - row_number() OVER (PARTITION BY person_id ORDER BY year) AS run
      FROM (SELECT j.person_id, j.year, greatest(make_date(j.year, 1, 1), make_date(p.year_of_birth, 1, 1)) AS first,
                   least(make_date(j.year, 12, 31), coalesce(d.day, DATE '9999-12-31')) AS last
            FROM nhis_jk j JOIN part_person p ON p.person_id = j.person_id
            LEFT JOIN nhis_death d ON d.person_id = j.person_id)
      WHERE first <= last)
GROUP BY person_id, run
