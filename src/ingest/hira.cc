// HIRA claims in: header (t20), procedures (t30), diagnoses (t40), outpatient drugs (t53), and the person master file.
// Each table may come in several files, for example one per year.
#include "ingest/claims.h"
#include "ingest/shared_steps.h"
#include "ingest_sql.h"

namespace naru::ingest {
namespace {

std::vector<StageSpec> claim_tables() {
  auto days = claim_column("ddcnt", "INTEGER");
  days.null_if_unreadable = false;
  auto code = claim_column("div_cd");
  code.must_exist = true;
  return {
      {.table = "t20",
       .columns = {needed_column("mid"), needed_column("jid"), needed_column("recu_fr_dd", "DATE"),
                   claim_column("recu_to_dd", "DATE"), claim_column("sex_tp_cd"), claim_column("age", "INTEGER"),
                   claim_column("fom_tp_cd"), claim_column("msick_cd"), claim_column("ssick_cd"), claim_column("yno"),
                   claim_column("dgsbjt_cd")}},
      {.table = "t40",
       .columns = {needed_column("mid"), needed_column("sick_cd"), claim_column("sno"), claim_column("sick_tp_cd"),
                   claim_column("dgsbjt_cd")}},
      {.table = "t30",
       .columns = {needed_column("mid"), code, claim_column("lno"), claim_column("gnl_cd"),
                   claim_column("fq", "DOUBLE")}},
      {.table = "t53",
       .columns = {needed_column("mid"), code, claim_column("lno"), claim_column("gnl_cd"),
                   claim_column("fq", "DOUBLE"), days}},
  };
}

Done stage_master(Work& work) {
  NARU_CHECK(work.database.run("CREATE TABLE hira_master (person_id BIGINT, jid VARCHAR, birth DATE, sex VARCHAR)"));
  const auto member = identity_member(work);
  if (member < 0) return {};
  StageSpec spec{.table = "identity"};
  for (const auto* name : {"person_source_value", "sex", "birth_date"}) {
    spec.columns.push_back({.name = name, .sql_type = "VARCHAR"});
    spec.columns.back().must_exist = true;
  }
  spec.columns.back().sql_type = "DATE";
  spec.columns.back().null_if_unreadable = true;
  // Its rows are counted when the identities are stored.
  const auto counts = work.receipt.tables;
  const auto notes = work.receipt.notes;
  const auto refusals = work.refusals;
  NARU_ASSIGN(const auto staged, stage(work, spec, {static_cast<std::size_t>(member)}, "stage_master"));
  work.receipt.tables = counts;
  work.receipt.notes = notes;
  work.refusals = refusals;
  if (staged.rows == 0) return {};
  return work.database.run(fmt::format(
      "INSERT INTO hira_master SELECT {}, person_source_value, birth_date, CASE upper(left(sex, 1)) WHEN 'M' THEN '1' "
      "WHEN 'F' THEN '2' ELSE sex END FROM stage_master WHERE person_source_value IS NOT NULL QUALIFY row_number() "
      "OVER "
      "(PARTITION BY person_source_value ORDER BY _line) = 1",
      sql_id("'hira/person/' || person_source_value")));
}

Done stage_tables(Work& work) {
  for (const auto& spec : claim_tables()) {
    const auto files = members_named(work, {spec.table});
    if (files.empty() && spec.table == "t20") {
      return rejected(say("the source has no claim header table (t20)", "원천에 명세서 일반내역(t20) 표가 없습니다"),
                      "t20",
                      say("give t20, t30, t40 and t53 as CSV files", "t20, t30, t40, t53 를 CSV 파일로 지정하세요"));
    }
    NARU_ASSIGN(const auto staged, stage(work, spec, files, "stage_" + spec.table));
    if (files.empty()) work.receipt.tables.erase(spec.table);
  }
  return {};
}

/// A line may name its product or its general code, but not nothing.
Done refuse_codeless(Work& work, std::string_view table) {
  return refuse_rows(work, fmt::format("hira_{}", table), "code IS NULL AND general IS NULL", "missing_required:DIV_CD",
                     fmt::format("'{}'", table));
}

}  // namespace

Done ingest_hira(Work& work) {
  NARU_CHECK(stage_tables(work));
  NARU_CHECK(stage_master(work));
  NARU_CHECK(open_claim_parts(work));
  NARU_CHECK(work.database.run(sql::text("hira_headers")));
  NARU_CHECK(refuse_repeated(work, "hira_t20", "visit_id", "'t20'", "duplicate_key"));
  NARU_CHECK(work.database.run(sql::text("hira_persons")));
  NARU_CHECK(refuse_rows(work, "hira_t20", "person_id NOT IN (SELECT person_id FROM part_person)",
                         "person_without_birth_year", "'t20'"));
  NARU_CHECK(work.database.run(sql::text("hira_claims")));
  NARU_CHECK(store_places(work));
  NARU_CHECK(work.database.run(sql::text("hira_lines")));
  for (const auto* table : {"t30", "t53"}) NARU_CHECK(refuse_codeless(work, table));
  const std::vector<ClaimLines> lines = {{"t40", "hira_t40", "condition_occurrence", {"KCD8"}},
                                         {"t20", "claim_header", "condition_occurrence", {"KCD8"}, true},
                                         {"t30", "hira_t30", "procedure_occurrence", {"EDI", "KPIS"}},
                                         {"t53", "hira_t53", "drug_exposure", {"KPIS", "EDI"}}};
  NARU_CHECK(refuse_lines(work, lines));
  NARU_CHECK(make_claim_header(work, lines));
  NARU_CHECK(work.database.run("DROP TABLE hira_t20"));
  NARU_CHECK(store_lines(work, lines));
  settle_counts(work, {"t20", "t30", "t40", "t53"});
  const auto member = identity_member(work);
  if (member < 0) return {};
  return ingest_identity(work, static_cast<std::size_t>(member));
}

}  // namespace naru::ingest
