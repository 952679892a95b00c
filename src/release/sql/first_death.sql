-- One death per person: the earliest date any holder wrote, ties by holder.
CREATE TEMP TABLE merged_death AS
SELECT * EXCLUDE (place)
FROM (SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY death_date, source_site) AS place FROM linked_death)
WHERE place = 1
