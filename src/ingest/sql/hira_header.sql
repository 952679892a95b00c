-- Main and second diagnosis of the header, where the diagnosis table does not repeat them.
CREATE TEMP TABLE hira_header AS
SELECT (md5_number('hira/t20/' || c.mid || '/' || c.place) & 9223372036854775807)::BIGINT AS record_id,
       c.visit_id, c.code, NULL::VARCHAR AS general, NULL::VARCHAR AS route, NULL::INTEGER AS days,
       NULL::DOUBLE AS quantity, c.status
FROM (SELECT mid, visit_id, main_code AS code, 'main' AS place, 32902::BIGINT AS status FROM hira_t20
      WHERE main_code IS NOT NULL
      UNION ALL
      SELECT mid, visit_id, second_code, 'second', 32908 FROM hira_t20
      WHERE second_code IS NOT NULL AND second_code IS DISTINCT FROM main_code) c
WHERE NOT EXISTS (SELECT 1 FROM hira_t40 t WHERE t.visit_id = c.visit_id AND t.code = c.code)
