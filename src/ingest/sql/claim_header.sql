-- Main and second diagnosis of the header, where the diagnosis table does not repeat them.
INSERT INTO claim_header BY NAME
SELECT (md5_number(c.claim || '/' || c.place) & 9223372036854775807)::BIGINT AS record_id,
       c.visit_id, c.code, NULL::VARCHAR AS general, NULL::VARCHAR AS route, NULL::INTEGER AS days,
       NULL::DOUBLE AS quantity, c.status
FROM (SELECT claim, visit_id, main_code AS code, 'main' AS place, 32902::BIGINT AS status FROM claim_part_head
      WHERE main_code IS NOT NULL
      UNION ALL
      SELECT claim, visit_id, second_code, second, 32908 FROM claim_part_head
      WHERE second_code IS NOT NULL AND second_code IS DISTINCT FROM main_code) c
WHERE NOT EXISTS (SELECT 1 FROM claim_part_line t WHERE t.visit_id = c.visit_id AND t.code = c.code)
