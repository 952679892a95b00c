-- A record belongs to the person it names by the site's number or by the source's; a source value of two persons names
-- nobody.
CREATE TABLE lifelog_row AS
SELECT s.* EXCLUDE (person_id), coalesce(s.datetime::DATE, s.date) AS day, s.datetime AS time,
       coalesce(p.person_id, q.person_id) AS person_id
FROM stage_lifelog s
LEFT JOIN site_person p ON p.person_id = s.person_id
LEFT JOIN (SELECT person_source_value, min(person_id) AS person_id FROM site_person
           WHERE person_source_value IS NOT NULL GROUP BY person_source_value HAVING count(*) = 1) q
  ON s.person_id IS NULL AND q.person_source_value = s.person_source_value
