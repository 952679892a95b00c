// NHIS national sample cohort in: eligibility (JK), claim headers (20T), treatments (30T), diagnoses (40T),
// prescriptions (60T) and health examinations (GJ), in one file per table or one per table and year.
#include "ingest/batch.h"
#include "ingest/claims.h"
#include "ingest/codes.h"
#include "ingest/nhis_examination.h"
#include "ingest/shared_steps.h"
#include "ingest_sql.h"

#include <map>

namespace naru::ingest {
namespace {

struct SourceTable {
  StageSpec spec;
  std::vector<std::string> words;  ///< in file names
  bool needed = false;
};

std::vector<SourceTable> source_tables() {
  const auto number = [](std::string_view name) { return claim_column(name, "DOUBLE"); };
  const auto whole = [](std::string_view name) { return claim_column(name, "INTEGER"); };
  StageSpec examination{.table = "gj", .columns = {needed_column("hchk_year", "INTEGER"), needed_column("person_id")}};
  examination.columns.push_back(claim_column("hme_dt", "DATE"));
  examination.columns.back().null_if_unreadable = true;
  for (const auto& item : examination_items()) examination.columns.push_back(claim_column(item.column));
  return {
      {{.table = "jk",
        .columns = {needed_column("stnd_y", "INTEGER"), needed_column("person_id"), claim_column("sex"),
                    whole("age_group"), whole("age"), whole("byear"), claim_column("dth_ym"), claim_column("dth_mdy"),
                    claim_column("dth_code1"), claim_column("sgg"), claim_column("sido"),
                    claim_column("ipsn_type_cd")}},
       {"jk"},
       true},
      {{.table = "20t",
        .columns = {needed_column("person_id"), needed_column("key_seq"), needed_column("recu_fr_dt", "DATE"),
                    claim_column("form_cd"), claim_column("in_pat_cors_type"), whole("vscn"), claim_column("main_sick"),
                    claim_column("sub_sick"), claim_column("ykiho_id"), claim_column("dsbjt_cd")}},
       {"20t", "gy20", "t20"},
       false},
      {{.table = "40t",
        .columns = {needed_column("key_seq"), needed_column("sick_sym"), claim_column("seq_no"),
                    claim_column("dsbjt_cd")}},
       {"40t", "gy40", "t40"},
       false},
      {{.table = "30t",
        .columns = {needed_column("key_seq"), needed_column("div_cd"), claim_column("seq_no"), claim_column("gnl_cd"),
                    claim_column("clause_cd"), claim_column("item_cd"), number("dd_mqty_exec_freq"),
                    number("mdcn_exec_freq"), number("dd_mqty_freq")}},
       {"30t", "gy30", "t30"},
       false},
      {{.table = "60t",
        .columns = {needed_column("key_seq"), needed_column("div_cd"), claim_column("seq_no"), claim_column("gnl_cd"),
                    number("dd_mqty_freq"), number("dd_exec_freq"), number("mdcn_exec_freq")}},
       {"60t", "gy60", "t60"},
       false},
      {std::move(examination), {"gj"}, false},
  };
}

Done stage_tables(Work& work) {
  for (const auto& table : source_tables()) {
    const auto files = members_named(work, table.words);
    if (files.empty() && table.needed) {
      return rejected(say("the source has no eligibility table (JK)", "원천에 자격 및 보험료(JK) 표가 없습니다"), "jk",
                      say("give JK with 20T, 30T, 40T, 60T and GJ; persons come from JK",
                          "JK 를 20T, 30T, 40T, 60T, GJ 와 함께 지정하세요. 사람은 JK 에서 옵니다"));
    }
    NARU_ASSIGN(const auto staged, stage(work, table.spec, files, "stage_" + table.spec.table));
    if (files.empty()) work.receipt.tables.erase(table.spec.table);
  }
  return {};
}

/// Eligibility: persons, their periods, deaths, regions and insurance.
Done store_persons(Work& work) {
  NARU_CHECK(work.database.run(sql::text("nhis_eligibility")));
  NARU_CHECK(refuse_rows(work, "nhis_jk", "year NOT BETWEEN 1900 AND 2200", "implausible_year:STND_Y", "'jk'"));
  NARU_CHECK(refuse_rows(work, "nhis_jk", "sex IS NOT NULL AND sex NOT IN ('1', '2')", "unknown_code:SEX", "'jk'"));
  NARU_CHECK(refuse_repeated(work, "nhis_jk", "row_id", "'jk'", "duplicate_key"));
  NARU_CHECK(work.database.run(sql::text("nhis_birth")));
  NARU_CHECK(refuse_rows(work, "nhis_jk", "person_id NOT IN (SELECT person_id FROM nhis_birth)",
                         "person_without_birth_year", "'jk'"));
  for (const std::string_view name : {"location", "death", "observation_period", "payer_plan_period"})
    NARU_CHECK(work.open_part(*model::table_named(name)));
  NARU_CHECK(work.database.run(sql::text("nhis_persons")));
  NARU_ASSIGN(const auto guessed, work.database.integer("SELECT count(*) FROM nhis_birth WHERE earliest <> latest"));
  if (guessed > 0) work.receipt.notes["birth_year_from_age_group"] = guessed;
  work.has_own_periods = true;
  return {};
}

/// Causes of death are KCD codes, looked up like diagnoses.
Done store_deaths(Work& work) {
  NARU_CHECK(work.database.run(sql::text("nhis_deaths")));
  NARU_ASSIGN(const auto imputed, work.database.integer("SELECT count(*) FROM nhis_death WHERE imputed"));
  if (imputed > 0) work.receipt.notes["death_day_imputed"] = imputed;
  NARU_ASSIGN(const auto codes, work.database.query("SELECT DISTINCT code FROM nhis_death WHERE code IS NOT NULL "
                                                    "ORDER BY code"));
  CodeSets sets;
  NARU_CHECK(work.database.run("CREATE TABLE nhis_cause (code VARCHAR, set_id BIGINT)"));
  Batch batch("nhis_cause", {{"code", engine::Kind::text}, {"set_id", engine::Kind::integer}});
  for (std::size_t row = 0; row < codes.count; ++row) {
    const Coding coding{"vocabulary:KCD8", codes.text(0, row)};
    batch.put(std::string_view(codes.text(0, row)));
    batch.put(sets.number_of({&coding, 1}));
    batch.end_row();
  }
  NARU_CHECK(batch.flush(work.database));
  NARU_CHECK(sets.resolve(work, "nhis_cause_code"));
  return work.database.run(
      "INSERT INTO part_death BY NAME SELECT d.person_id, d.day AS death_date, 32815 AS death_type_concept_id, "
      "coalesce(m.concept_id, 0) AS cause_concept_id, d.code AS cause_source_value, coalesce(m.source_concept_id, 0) "
      "AS "
      "cause_source_concept_id FROM nhis_death d LEFT JOIN nhis_cause c ON c.code = d.code LEFT JOIN nhis_cause_code m "
      "ON m.set_id = c.set_id");
}

Done store_claims(Work& work) {
  NARU_CHECK(work.database.run(sql::text("nhis_headers")));
  NARU_CHECK(refuse_repeated(work, "nhis_t20", "visit_id", "'20t'", "duplicate_key"));
  NARU_CHECK(
      refuse_rows(work, "nhis_t20", "person_id NOT IN (SELECT person_id FROM part_person)", "person_absent", "'20t'"));
  NARU_CHECK(work.database.run(sql::text("nhis_visits")));
  NARU_CHECK(store_places(work));
  NARU_CHECK(work.database.run(sql::text("nhis_lines")));
  const std::vector<ClaimLines> lines = {{"40t", "nhis_t40", "condition_occurrence", {"KCD8"}},
                                         {"20t", "claim_header", "condition_occurrence", {"KCD8"}, true},
                                         {"30t", "nhis_t30", "procedure_occurrence", {"EDI", "KPIS"}},
                                         {"60t", "nhis_t60", "drug_exposure", {"KPIS", "EDI"}}};
  NARU_CHECK(refuse_lines(work, lines));
  NARU_CHECK(make_claim_header(work, lines));
  return store_lines(work, lines);
}

}  // namespace

Done ingest_nhis(Work& work) {
  NARU_CHECK(stage_tables(work));
  NARU_CHECK(open_claim_parts(work));
  NARU_CHECK(store_persons(work));
  NARU_CHECK(store_deaths(work));
  NARU_CHECK(store_claims(work));
  NARU_CHECK(store_examinations(work));
  settle_counts(work, {"jk", "20t", "30t", "40t", "60t", "gj"});
  const auto member = identity_member(work);
  if (member < 0) return {};
  return ingest_identity(work, static_cast<std::size_t>(member));
}

}  // namespace naru::ingest
