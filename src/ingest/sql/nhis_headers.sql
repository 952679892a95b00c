CREATE TABLE nhis_t20 AS
SELECT _file, _line, key_seq,
       (md5_number('nhis/claim/' || key_seq) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('nhis/person/' || person_id) & 9223372036854775807)::BIGINT AS person_id,
       recu_fr_dt AS start, lpad(form_cd, 2, '0') AS form, in_pat_cors_type AS route, vscn AS days, main_sick, sub_sick,
       ykiho_id AS institution,
       CASE WHEN length(dsbjt_cd) = 1 THEN '0' || dsbjt_cd ELSE dsbjt_cd END AS department
FROM stage_20t
