-- Every coded line of a claim happened at the claim's start. Main and second diagnosis of the header are added where
-- the diagnosis table does not repeat them.
CREATE TEMP TABLE hira_event AS
SELECT 't40' AS home, 'hira/t40/' || t.mid || '/' || coalesce(t.sno, t._line::VARCHAR) AS key, t.mid, t.code,
       NULL::VARCHAR AS general, NULL::INTEGER AS days, NULL::DOUBLE AS times,
       CASE t.rank WHEN '1' THEN 32902 WHEN '2' THEN 32908 END AS status, 'condition_occurrence' AS usual
FROM hira_t40 t
UNION ALL
SELECT 't20', 'hira/t20/' || c.mid || '/main', c.mid, c.main_code, NULL, NULL, NULL, 32902, 'condition_occurrence'
FROM hira_claim c
WHERE c.main_code IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM hira_t40 t WHERE t.mid = c.mid AND t.code = c.main_code)
UNION ALL
SELECT 't20', 'hira/t20/' || c.mid || '/second', c.mid, c.second_code, NULL, NULL, NULL, 32908, 'condition_occurrence'
FROM hira_claim c
WHERE c.second_code IS NOT NULL AND c.second_code IS DISTINCT FROM c.main_code
  AND NOT EXISTS (SELECT 1 FROM hira_t40 t WHERE t.mid = c.mid AND t.code = c.second_code)
UNION ALL
SELECT 't30', 'hira/t30/' || t.mid || '/' || coalesce(t.lno, t._line::VARCHAR), t.mid, t.code, t.general, NULL, t.times,
       NULL, 'procedure_occurrence'
FROM hira_t30 t
UNION ALL
SELECT 't53', 'hira/t53/' || t.mid || '/' || coalesce(t.lno, t._line::VARCHAR), t.mid, t.code, t.general, t.days,
       t.times, NULL, 'drug_exposure'
FROM hira_t53 t
