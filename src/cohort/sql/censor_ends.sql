SELECT i.person_id, i.event_id, min(c.start_date) AS end_date
FROM {included} i JOIN {events} c ON c.person_id = i.person_id
  AND c.start_date >= i.start_date AND c.start_date <= i.op_end_date
GROUP BY i.person_id, i.event_id
