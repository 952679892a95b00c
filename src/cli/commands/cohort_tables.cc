// Tables about a cohort's persons: feature matrices and person-ordered extracts.
#include "base/json.h"
#include "cli/commands/cohort_desk.h"
#include "cohort/extract.h"
#include "cohort/features.h"

namespace naru::cli {
namespace {

Result<Answer> features(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto text, read_file(call.text("--features")));
  NARU_ASSIGN(const auto specs, cohort::parse_features(text, call.text("--features")));
  NARU_ASSIGN(auto desk, CohortDesk::open(call));
  if (desk.index() == nullptr) {
    return not_found(cohort::explain(desk.index_state()), desk.folder().string(),
                     say("build it: naru cohort index {}", "색인을 만드세요: naru cohort index {}",
                         call.has("--site") ? "--site " + call.text("--site") : desk.folder().string()));
  }
  NARU_ASSIGN(const auto expression, desk.definition(call.text("--definition")));
  NARU_ASSIGN(const auto answer, desk.answer(expression));
  const cohort::NativeOptions options{.rebuild_ancestors = call.has("--rebuild-ancestors"), .threads = desk.threads()};
  NARU_ASSIGN(const auto receipt, cohort::write_features(*desk.index(), answer.entries, specs, options,
                                                         call.text("--out"), context.progress));
  Json columns = Json::array();
  for (std::size_t at = 0; at < specs.size(); ++at) {
    columns.push_back({{"name", specs[at].name}, {"filled", receipt.filled[at]}});
  }
  return Answer{canonical(Json{{"rows", receipt.rows},
                               {"persons", answer.count.persons},
                               {"features", std::move(columns)},
                               {"definition_hash", cohort::definition_hash(expression)},
                               {"lake", desk.index()->lake()},
                               {"out", call.text("--out")},
                               {"seconds", receipt.seconds}}),
                say("{} rows of {} features in {:.2f} s\n", "{}행, 특성 {}개, {:.2f}초\n", receipt.rows, specs.size(),
                    receipt.seconds)};
}

Result<Answer> extract(const Call& call, const Context& context) {
  NARU_ASSIGN(auto desk, CohortDesk::open(call));
  const fs::path target = fs::absolute(call.text("--out"));
  NARU_CHECK(make_folder(target, 0700));
  desk.output_folder = target;
  NARU_ASSIGN(const auto expression, desk.definition(call.text("--definition")));
  NARU_ASSIGN(const auto count, desk.answer_in_engine(expression));
  cohort::ExtractRequest request;
  request.out = target;
  request.tables = call.texts("--table");
  request.inside_entries = call.has("--inside-entries");
  NARU_ASSIGN(const auto receipt, cohort::extract(desk.database(), desk.cdm(), "answer", request, context.progress));
  Json rows = Json::object();
  std::int64_t sum = 0;
  for (const auto& [table, number] : receipt.rows) {
    rows[table] = number;
    sum += number;
  }
  return Answer{
      canonical(Json{{"persons", count.persons},
                     {"rows", std::move(rows)},
                     {"out", target.string()},
                     {"seconds", receipt.seconds}}),
      say("{} rows of {} persons in {:.2f} s\n", "{1}명의 {0}행, {2:.2f}초\n", sum, count.persons, receipt.seconds)};
}

}  // namespace

std::vector<Command> cohort_table_commands() {
  auto feature_options = cohort_source_options();
  feature_options.insert(feature_options.begin() + 1, cohort_definition_option(false));
  auto extract_options = feature_options;
  feature_options.push_back({"--features", "FILE", say("the features wanted (JSON)", "특성 목록(JSON)"), true});
  feature_options.push_back(
      {"--out", "FILE", say("where the matrix goes: .parquet, or .csv", "행렬을 쓸 파일: .parquet 또는 .csv"), true});
  extract_options.push_back({"--table", "NAME",
                             say("an OMOP table; all tables of persons otherwise", "OMOP 표. 없으면 모든 표"), false,
                             true});
  extract_options.push_back(
      {"--inside-entries", "", say("only rows that start within an entry", "진입 기간 안에서 시작한 행만")});
  extract_options.push_back({"--out", "DIR", say("where the tables go", "표를 쓸 폴더"), true});
  return {{"cohort features",
           say("what was known of a cohort's persons around entry, as a matrix (Parquet)",
               "코호트 사람의 진입 시점 특성 행렬(Parquet)"),
           feature_options, features},
          {"cohort extract",
           say("all rows of a cohort's persons, ordered by person (Parquet)",
               "코호트 사람의 모든 행을 사람 순서로(Parquet)"),
           extract_options, extract}};
}

}  // namespace naru::cli
