SELECT i.person_id, i.event_id
FROM {index} i
{join} JOIN {events} a ON a.person_id = i.person_id{conditions}
GROUP BY i.person_id, i.event_id
HAVING {count} {compare} {number}
