SELECT q.*, o.observation_period_start_date AS op_start_date, o.observation_period_end_date AS op_end_date
FROM {events} q
JOIN {observation_period} o ON o.person_id = q.person_id
  AND o.observation_period_start_date <= q.start_date AND o.observation_period_end_date >= q.start_date
