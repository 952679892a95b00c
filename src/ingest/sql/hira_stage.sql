-- Claim headers, diagnoses, procedures and drugs with their faults marked. try_strptime refuses 31 February.
CREATE TEMP TABLE hira_t20 AS
SELECT _file, _line, mid, jid, sex_tp_cd AS sex, try_cast(age AS INTEGER) AS age,
       try_strptime(replace(recu_fr_dd, '-', ''), '%Y%m%d')::DATE AS start,
       try_strptime(replace(recu_to_dd, '-', ''), '%Y%m%d')::DATE AS finish,
       fom_tp_cd AS form, msick_cd AS main_code, ssick_cd AS second_code, yno AS institution,
       CASE WHEN _fault IS NOT NULL THEN _fault
            WHEN mid IS NULL THEN 'missing_required:MID'
            WHEN jid IS NULL THEN 'missing_required:JID'
            WHEN recu_fr_dd IS NULL THEN 'missing_required:RECU_FR_DD'
            WHEN try_strptime(replace(recu_fr_dd, '-', ''), '%Y%m%d') IS NULL THEN 'impossible_date:RECU_FR_DD'
            WHEN recu_to_dd IS NOT NULL AND try_strptime(replace(recu_to_dd, '-', ''), '%Y%m%d') IS NULL
              THEN 'impossible_date:RECU_TO_DD'
            END AS _reason
FROM raw_t20;

CREATE TEMP TABLE hira_t40 AS
SELECT _file, _line, mid, sno, sick_cd AS code, sick_tp_cd AS rank,
       CASE WHEN _fault IS NOT NULL THEN _fault
            WHEN mid IS NULL THEN 'missing_required:MID'
            WHEN sick_cd IS NULL THEN 'missing_required:SICK_CD' END AS _reason
FROM raw_t40;

CREATE TEMP TABLE hira_t30 AS
SELECT _file, _line, mid, lno, div_cd AS code, gnl_cd AS general, try_cast(fq AS DOUBLE) AS times,
       CASE WHEN _fault IS NOT NULL THEN _fault
            WHEN mid IS NULL THEN 'missing_required:MID'
            WHEN div_cd IS NULL AND gnl_cd IS NULL THEN 'missing_required:DIV_CD' END AS _reason
FROM raw_t30;

CREATE TEMP TABLE hira_t53 AS
SELECT _file, _line, mid, lno, div_cd AS code, gnl_cd AS general, try_cast(fq AS DOUBLE) AS times,
       try_cast(ddcnt AS INTEGER) AS days,
       CASE WHEN _fault IS NOT NULL THEN _fault
            WHEN mid IS NULL THEN 'missing_required:MID'
            WHEN div_cd IS NULL AND gnl_cd IS NULL THEN 'missing_required:DIV_CD'
            WHEN ddcnt IS NOT NULL AND try_cast(ddcnt AS INTEGER) IS NULL THEN 'not_a_number:DDCNT'
            END AS _reason
FROM raw_t53
