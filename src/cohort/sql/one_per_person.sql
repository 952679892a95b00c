SELECT * EXCLUDE (ordinal) FROM (
  SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY start_date {direction}, event_id) AS ordinal
  FROM {events}
) ordered
WHERE ordinal = 1
