#include "ingest/nhis_examination.h"

#include "ingest/batch.h"
#include "ingest/claims.h"
#include "ingest/codes.h"
#include "ingest/shared_steps.h"
#include "ingest_sql.h"

namespace naru::ingest {
namespace {

/// Tables nhis_item (item, is_measurement, unit), nhis_item_code and nhis_unit_code: what each column stands for.
Done resolve_items(Work& work) {
  NARU_CHECK(
      work.database.run("CREATE TABLE nhis_item (item VARCHAR, loinc VARCHAR, unit VARCHAR, set_id BIGINT, unit_set "
                        "BIGINT)"));
  CodeSets items, units;
  Batch batch("nhis_item", {{"item", engine::Kind::text},
                            {"loinc", engine::Kind::text},
                            {"unit", engine::Kind::text},
                            {"set_id", engine::Kind::integer},
                            {"unit_set", engine::Kind::integer}});
  for (const auto& item : examination_items()) {
    const auto label = claim_column(item.column).label;
    std::vector<Coding> codes = {{"vocabulary:NHIS", label}};
    if (!item.loinc.empty()) codes.push_back({"vocabulary:LOINC", item.loinc});
    const Coding unit{"vocabulary:UCUM", item.unit};
    batch.put(std::string_view(label));
    batch.put(item.loinc);
    batch.put(item.unit);
    batch.put(items.number_of(codes));
    batch.put(item.unit.empty() ? std::int64_t{0} : units.number_of({&unit, 1}));
    batch.end_row();
  }
  NARU_CHECK(batch.flush(work.database));
  NARU_CHECK(items.resolve(work, "nhis_item_code"));
  return units.resolve(work, "nhis_unit_code");
}

/// Rows (person, visit, day, item, answer), one for every item that is not blank.
std::string long_form() {
  std::string cells;
  for (const auto& item : examination_items()) {
    cells += fmt::format("{}{{'item': '{}', 'answer': {}}}", cells.empty() ? "" : ", ", claim_column(item.column).label,
                         engine::quoted(item.column));
  }
  return fmt::format(
      "CREATE TABLE nhis_answer AS SELECT person_id, visit_id, day, cell.item AS item, cell.answer AS answer FROM "
      "(SELECT person_id, visit_id, day, unnest([{}]) AS cell FROM nhis_gj) WHERE cell.answer IS NOT NULL",
      cells);
}

}  // namespace

const std::vector<ExaminationItem>& examination_items() {
  static const std::vector<ExaminationItem> all = {
      {"height", "8302-2", "cm"},        {"weight", "29463-7", "kg"},
      {"waist", "8280-0", "cm"},         {"bp_high", "8480-6", "mm[Hg]"},
      {"bp_lwst", "8462-4", "mm[Hg]"},   {"blds", "1558-6", "mg/dL"},
      {"tot_chole", "2093-3", "mg/dL"},  {"triglyceride", "2571-8", "mg/dL"},
      {"hdl_chole", "2085-9", "mg/dL"},  {"ldl_chole", "13457-7", "mg/dL"},
      {"hmg", "718-7", "g/dL"},          {"olig_ph", "5803-2", "[pH]"},
      {"creatinine", "2160-0", "mg/dL"}, {"sgot_ast", "1920-8", "U/L"},
      {"sgpt_alt", "1742-6", "U/L"},     {"gamma_gtp", "2324-2", "U/L"},
      {"gly_cd", "25428-4", ""},         {"olig_occu_cd", "5794-3", ""},
      {"olig_prote_cd", "20454-5", ""},  {"hchk_pmh_cd1", "", ""},
      {"hchk_pmh_cd2", "", ""},          {"hchk_pmh_cd3", "", ""},
      {"hchk_apop_pmh_yn", "", ""},      {"hchk_hdise_pmh_yn", "", ""},
      {"hchk_hprts_pmh_yn", "", ""},     {"hchk_diabml_pmh_yn", "", ""},
      {"hchk_hplpdm_pmh_yn", "", ""},    {"hchk_phss_pmh_yn", "", ""},
      {"hchk_etcdse_pmh_yn", "", ""},    {"fmly_liver_dise_patien_yn", "", ""},
      {"fmly_hprts_patien_yn", "", ""},  {"fmly_apop_patien_yn", "", ""},
      {"fmly_hdise_patien_yn", "", ""},  {"fmly_diabml_patien_yn", "", ""},
      {"fmly_cancer_patien_yn", "", ""}, {"smk_stat_type_rsps_cd", "", ""},
      {"smk_term_rsps_cd", "", ""},      {"dsqty_rsps_cd", "", ""},
      {"drnk_habit_rsps_cd", "", ""},    {"tm1_drkqty_rsps_cd", "", ""},
      {"exerci_freq_rsps_cd", "", ""},   {"mov20_wek_freq_id", "", ""},
      {"mov30_wek_freq_id", "", ""},     {"wlk30_wek_freq_id", "", ""},
  };
  return all;
}

Done store_examinations(Work& work) {
  NARU_CHECK(work.database.run(sql::text("nhis_examinations")));
  NARU_CHECK(refuse_rows(work, "nhis_gj", "day IS NULL", "implausible_year:HCHK_YEAR", "'gj'"));
  NARU_CHECK(refuse_repeated(work, "nhis_gj", "visit_id", "'gj'", "duplicate_key"));
  NARU_CHECK(
      refuse_rows(work, "nhis_gj", "person_id NOT IN (SELECT person_id FROM part_person)", "person_absent", "'gj'"));
  NARU_ASSIGN(const auto imputed, work.database.integer("SELECT count(*) FROM nhis_gj WHERE imputed"));
  if (imputed > 0) work.receipt.notes["date_imputed:gj"] = imputed;
  NARU_CHECK(resolve_items(work));
  NARU_CHECK(work.database.run(long_form()));
  return work.database.run(sql::text("nhis_answers"));
}

}  // namespace naru::ingest
