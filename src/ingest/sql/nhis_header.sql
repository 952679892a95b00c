-- Main and second diagnosis of the header, where the diagnosis table does not repeat them.
CREATE TEMP TABLE nhis_header AS
SELECT (md5_number('nhis/20t/' || c.key_seq || '/' || c.place) & 9223372036854775807)::BIGINT AS record_id,
       c.visit_id, c.code, NULL::VARCHAR AS general, NULL::VARCHAR AS route, NULL::INTEGER AS days,
       NULL::DOUBLE AS quantity, c.status
FROM (SELECT key_seq, visit_id, main_sick AS code, 'main' AS place, 32902::BIGINT AS status FROM nhis_t20
      WHERE main_sick IS NOT NULL
      UNION ALL
      SELECT key_seq, visit_id, sub_sick, 'sub', 32908 FROM nhis_t20
      WHERE sub_sick IS NOT NULL AND sub_sick IS DISTINCT FROM main_sick) c
WHERE NOT EXISTS (SELECT 1 FROM nhis_t40 t WHERE t.visit_id = c.visit_id AND t.code = c.code)
