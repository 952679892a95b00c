-- A diagnosis line may name a department of its own; only where it differs from the header's is it kept.
INSERT INTO claim_line_department BY NAME
SELECT d.record_id, any_value(h.agency) AS agency, any_value(h.institution) AS institution,
       arg_min(d.department, (d._file, d._line)) AS department
FROM claim_part_diagnosis d JOIN claim_part_head h ON h.visit_id = d.visit_id
WHERE d.department IS NOT NULL AND d.department IS DISTINCT FROM h.department
GROUP BY d.record_id
