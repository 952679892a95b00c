-- Every coded line of a claim happened at the claim's start.
CREATE TABLE hira_t40 AS
SELECT _file, _line, (md5_number('hira/claim/' || mid) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('hira/t40/' || mid || '/' || coalesce(sno, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       sick_cd AS code, NULL::VARCHAR AS general, NULL::VARCHAR AS route, NULL::INTEGER AS days,
       NULL::DOUBLE AS quantity, (CASE sick_tp_cd WHEN '1' THEN 32902 WHEN '2' THEN 32908 END)::BIGINT AS status
FROM stage_t40;

CREATE TABLE hira_t30 AS
SELECT _file, _line, (md5_number('hira/claim/' || mid) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('hira/t30/' || mid || '/' || coalesce(lno, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       div_cd AS code, gnl_cd AS general, NULL::VARCHAR AS route, NULL::INTEGER AS days, fq AS quantity,
       NULL::BIGINT AS status
FROM stage_t30;

CREATE TABLE hira_t53 AS
SELECT _file, _line, (md5_number('hira/claim/' || mid) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('hira/t53/' || mid || '/' || coalesce(lno, _line::VARCHAR)) & 9223372036854775807)::BIGINT
         AS record_id,
       div_cd AS code, gnl_cd AS general, NULL::VARCHAR AS route, ddcnt AS days,
       CASE WHEN ddcnt > 0 THEN fq * ddcnt ELSE fq END AS quantity, NULL::BIGINT AS status
FROM stage_t53
