-- An examination without its day is dated to the first of its year.
CREATE TABLE nhis_gj AS
SELECT * REPLACE ((md5_number('nhis/person/' || person_id) & 9223372036854775807)::BIGINT AS person_id),
       (md5_number('nhis/gj/' || person_id || '/' || hchk_year) & 9223372036854775807)::BIGINT AS visit_id,
       coalesce(hme_dt, CASE WHEN hchk_year BETWEEN 1900 AND 2200 THEN make_date(hchk_year, 1, 1) END) AS day,
       hme_dt IS NULL AS imputed
FROM stage_gj
