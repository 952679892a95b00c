SELECT DISTINCT c.person_id, c.event_id
FROM (SELECT *, start_date AS event_start, end_date AS event_end, age AS age_at_event FROM {index}) c
{joins}
{where}
