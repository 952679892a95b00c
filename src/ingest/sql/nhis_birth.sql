-- Each year says in which years the person can have been born; together they narrow it down, to one year when an age
-- group changes or is seen in all its five years. Years that contradict each other leave the later bound.
CREATE TABLE nhis_birth AS
SELECT person_id, least(max(earliest), min(latest)) AS earliest, min(latest) AS latest
FROM nhis_jk WHERE latest IS NOT NULL GROUP BY person_id
