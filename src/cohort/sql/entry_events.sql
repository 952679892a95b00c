SELECT * FROM (
  SELECT e.person_id,
    row_number() OVER (PARTITION BY e.person_id
      ORDER BY e.sort_date {direction}, e.event_id, e.source, e.start_date, e.end_date, e.concept_id,
        o.observation_period_start_date, o.observation_period_end_date) AS event_id,
    e.start_date, e.end_date, e.visit_id, e.age,
    o.observation_period_start_date AS op_start_date, o.observation_period_end_date AS op_end_date
  FROM ({events}) e
  JOIN {observation_period} o ON o.person_id = e.person_id
    AND e.start_date >= o.observation_period_start_date AND e.start_date <= o.observation_period_end_date
  WHERE o.observation_period_start_date + {prior} <= e.start_date
    AND e.start_date + {post} <= o.observation_period_end_date
) ordered
{limit}
