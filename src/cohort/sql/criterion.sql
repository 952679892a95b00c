SELECT c.person_id, c.event_id, {start_date} AS start_date, {end_date} AS end_date, c.visit_id,
  c.event_start AS sort_date, c.domain_concept AS concept_id, c.age_at_event AS age
FROM (
  SELECT e.*, e.{id} AS event_id, {event_start} AS event_start, {event_end} AS event_end, {visit} AS visit_id,
    {concept} AS domain_concept{ordinal}
  FROM {table} e
  {sets}
) c
{joins}
{where}
