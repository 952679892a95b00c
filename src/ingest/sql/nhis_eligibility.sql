-- One row per person and year of eligibility. Age group 0 is below one year, 1 is one to four, n is 5(n-1) to 5(n-1)+4.
CREATE TABLE nhis_jk AS
SELECT _file, _line, person_id AS source_id,
       (md5_number('nhis/person/' || person_id) & 9223372036854775807)::BIGINT AS person_id,
       (md5_number('nhis/jk/' || person_id || '/' || stnd_y) & 9223372036854775807)::BIGINT AS row_id,
       stnd_y AS year, sex, dth_ym, dth_mdy, dth_code1, coalesce(sgg, sido) AS region, ipsn_type_cd AS insurance,
       CASE WHEN byear BETWEEN 1800 AND stnd_y THEN byear
            WHEN age BETWEEN 0 AND 130 THEN stnd_y - age
            WHEN age_group = 0 THEN stnd_y
            WHEN age_group = 1 THEN stnd_y - 4
            WHEN age_group BETWEEN 2 AND 30 THEN stnd_y - (5 * (age_group - 1) + 4) END AS earliest,
       CASE WHEN byear BETWEEN 1800 AND stnd_y THEN byear
            WHEN age BETWEEN 0 AND 130 THEN stnd_y - age
            WHEN age_group = 0 THEN stnd_y
            WHEN age_group = 1 THEN stnd_y - 1
            WHEN age_group BETWEEN 2 AND 30 THEN stnd_y - 5 * (age_group - 1) END AS latest
FROM stage_jk
