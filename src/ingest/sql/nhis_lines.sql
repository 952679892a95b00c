CREATE TABLE nhis_t40 AS
SELECT _file, _line, (md5_number('nhis/claim/' || key_seq) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('nhis/40t/' || key_seq || '/' || coalesce(seq_no, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       sick_sym AS code, NULL::VARCHAR AS general, NULL::VARCHAR AS route, NULL::INTEGER AS days,
       NULL::DOUBLE AS quantity,
       (CASE try_cast(seq_no AS DOUBLE) WHEN 1 THEN 32902 WHEN 2 THEN 32908 END)::BIGINT AS status
FROM stage_40t;

-- Amount = dose each time * times a day * days; what is missing or not positive counts as one.
CREATE TABLE nhis_t30 AS
SELECT _file, _line, (md5_number('nhis/claim/' || key_seq) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('nhis/30t/' || key_seq || '/' || coalesce(seq_no, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       div_cd AS code, gnl_cd AS general, nullif(concat_ws('/', clause_cd, item_cd), '') AS route,
       CASE WHEN mdcn_exec_freq BETWEEN 1 AND 3660 THEN mdcn_exec_freq::INTEGER ELSE 1 END AS days,
       CASE WHEN dd_mqty_freq > 0 THEN dd_mqty_freq ELSE 1 END * CASE WHEN dd_mqty_exec_freq > 0 THEN dd_mqty_exec_freq
         ELSE 1 END * CASE WHEN mdcn_exec_freq > 0 THEN mdcn_exec_freq ELSE 1 END AS quantity,
       NULL::BIGINT AS status
FROM stage_30t;

CREATE TABLE nhis_t60 AS
SELECT _file, _line, (md5_number('nhis/claim/' || key_seq) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('nhis/60t/' || key_seq || '/' || coalesce(seq_no, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       div_cd AS code, gnl_cd AS general, NULL::VARCHAR AS route,
       CASE WHEN mdcn_exec_freq BETWEEN 1 AND 3660 THEN mdcn_exec_freq::INTEGER ELSE 1 END AS days,
       CASE WHEN dd_mqty_freq > 0 THEN dd_mqty_freq ELSE 1 END * CASE WHEN dd_exec_freq > 0 THEN dd_exec_freq
         ELSE 1 END * CASE WHEN mdcn_exec_freq > 0 THEN mdcn_exec_freq ELSE 1 END AS quantity,
       NULL::BIGINT AS status
FROM stage_60t
