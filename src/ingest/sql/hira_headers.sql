-- Claim headers with the ids that everything else refers to.
CREATE TABLE hira_t20 AS
SELECT _file, _line, mid, jid,
       (md5_number('hira/claim/' || mid) & 9223372036854775807)::BIGINT AS visit_id,
       (md5_number('hira/person/' || jid) & 9223372036854775807)::BIGINT AS person_id,
       sex_tp_cd AS sex, age, recu_fr_dd AS start, recu_to_dd AS finish, fom_tp_cd AS form, msick_cd AS main_code,
       ssick_cd AS second_code, yno AS institution,
       CASE WHEN length(dgsbjt_cd) = 1 THEN '0' || dgsbjt_cd ELSE dgsbjt_cd END AS department
FROM stage_t20
