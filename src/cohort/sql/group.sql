SELECT i.person_id, i.event_id
FROM (SELECT DISTINCT person_id, event_id FROM {index}) i
LEFT JOIN ({members}) m ON m.person_id = i.person_id AND m.event_id = i.event_id
GROUP BY i.person_id, i.event_id
HAVING count(m.member) {compare} {number}
