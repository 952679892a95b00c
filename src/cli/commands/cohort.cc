// Cohorts on any OMOP data; no site needed.
#include "base/json.h"
#include "cli/commands/cohort_desk.h"
#include "model/site_layout.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace naru::cli {
namespace {

Text in_words(const std::string& file, const cohort::Count& count) {
  auto out = say("{}: {} persons, {} entries, {:.3f} s\n", "{}: {}명, 진입 {}건, {:.3f}초\n", file, count.persons,
                 count.entries, count.seconds);
  for (const auto& step : count.attrition) {
    const auto line = say("  {:>12}  {}\n", "  {:>12}  {}\n", step.persons, step.rule);
    out.en += line.en;
    out.ko += line.ko;
  }
  return out;
}

/// Tables that the definition reads and the folder has no file of: they count as empty, and a person should know.
std::vector<std::string> absent_tables(const fs::path& folder, const cohort::Expression& expression) {
  const auto files = list_files(folder, true);
  if (!files.ok()) return {};  // the answer itself would have said so
  std::set<std::string> there;
  for (const auto& file : *files) {
    auto name = file.filename().string();
    name.resize(std::min(name.find('.'), name.size()));
    for (auto& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    there.insert(std::move(name));
  }
  std::vector<std::string> out;
  for (const auto& table : cohort::tables_used(expression)) {
    if (!there.contains(table)) out.push_back(table);
  }
  return out;
}

Result<Json> as_json(const CohortDesk& desk, const cohort::Expression& expression, const cohort::Count& count,
                     const std::string& file) {
  NARU_ASSIGN(auto json, parse_json(cohort::count_json(count), file));
  const bool by_index = desk.index() != nullptr && cohort::is_native(expression);
  json["executor"] = by_index ? "index" : "sql";
  if (!by_index) {
    json["why"] = desk.index() == nullptr ? cohort::explain(desk.index_state()).en
                                          : "the index keeps no texts and the definition has a condition on one";
  }
  json["definition_hash"] = cohort::definition_hash(expression);
  json["algorithm"] = cohort::algorithm_version;
  if (by_index) json["lake"] = desk.index()->lake();
  return json;
}

/// Answers every definition of the call. `use` gets each answer and adds to what is said of it.
template <typename Use>
Result<Answer> answer_each(const Call& call, const Context& context, Use&& use) {
  NARU_ASSIGN(auto desk, CohortDesk::open(call));
  const auto files = call.texts("--definition");
  Answer out;
  Json list = Json::array();
  for (const auto& file : files) {
    context.progress.at(say("answering {}", "{} 답하는 중", file), list.size(), files.size());
    if (context.progress.stop_requested()) return interrupted();
    NARU_ASSIGN(const auto expression, desk.definition(file));
    NARU_ASSIGN(const auto answer, desk.answer(expression));
    NARU_ASSIGN(auto json, as_json(desk, expression, answer.count, file));
    NARU_CHECK(use(file, answer, json));
    if (files.size() > 1) json["definition"] = file;
    list.push_back(std::move(json));
    auto words = in_words(file, answer.count);
    const auto absent = absent_tables(desk.folder(), expression);
    list.back()["absent_tables"] = absent;
    if (!absent.empty()) {
      const auto line =
          say("  no file, counted as empty: {}\n", "  파일이 없어 빈 표로 셈: {}\n", fmt::join(absent, ", "));
      words.en += line.en;
      words.ko += line.ko;
    }
    out.text.en += words.en;
    out.text.ko += words.ko;
  }
  out.json = canonical(files.size() == 1 ? list[0] : list);
  return out;
}

Result<Answer> count(const Call& call, const Context& context) {
  return answer_each(call, context, [](const std::string&, const cohort::NativeAnswer&, Json&) { return Done{}; });
}

Result<Answer> build(const Call& call, const Context& context) {
  // One definition: a file. Several: a folder with one file for each.
  const fs::path target = call.text("--out");
  const bool several = call.texts("--definition").size() > 1;
  if (several) NARU_CHECK(make_folder(target, 0700));
  return answer_each(call, context,
                     [&](const std::string& file, const cohort::NativeAnswer& answer, Json& json) -> Done {
                       const auto path = several ? target / (fs::path(file).stem().string() + ".csv") : target;
                       json["out"] = path.string();
                       return write_file_atomic(path, cohort::entries_csv(answer.entries), 0600);
                     });
}

Result<Answer> index(const Call& call, const Context& context) {
  cohort::IndexOptions options;
  options.folder = call.text("DIR");
  options.vocabulary = call.text("--vocabulary");
  options.target = call.text("--index");
  if (call.has("--site") == call.has("DIR")) {
    return usage_error(say("either a folder of tables or --site", "표 폴더와 --site 중 하나만 주세요"), "DIR");
  }
  if (call.has("--site")) {
    const model::SiteLayout layout(call.text("--site"));
    options.folder = layout.lake();
    options.vocabulary = layout.vocabulary();
    options.target = cohort::site_index(layout.root(), layout.lake());
    NARU_CHECK(make_folder(options.target.parent_path(), 0700));
  }
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  options.threads = static_cast<unsigned>(threads);
  NARU_ASSIGN(const auto memory, call.integer("--memory-mb", 256, 1 << 20));
  options.memory_mb = static_cast<std::uint64_t>(memory);
  NARU_ASSIGN(const auto receipt, cohort::build_index(options, context.progress));
  Json rows = Json::object();
  std::int64_t sum = 0;
  for (const auto& [table, number] : receipt.rows) {
    rows[table] = number;
    sum += number;
  }
  Answer out;
  out.json = canonical(Json{{"lake", receipt.lake},
                            {"persons", receipt.persons},
                            {"rows", rows},
                            {"bytes", receipt.bytes},
                            {"unchanged", receipt.fresh},
                            {"seconds", receipt.seconds}});
  out.text = receipt.fresh ? say("the index is of these very tables: {} persons, {} rows\n",
                                 "이 표들의 색인이 이미 있습니다: {}명, {}행\n", receipt.persons, sum)
                           : say("indexed {} persons and {} rows in {:.1f} s, {} bytes\n",
                                 "{}명, {}행을 {:.1f}초에 색인했습니다. {}바이트\n", receipt.persons, sum,
                                 receipt.seconds, receipt.bytes);
  return out;
}

Result<Answer> profile(const Call& call, const Context&) {
  NARU_ASSIGN(auto desk, CohortDesk::open(call));
  if (desk.index() == nullptr) {
    return not_found(cohort::explain(desk.index_state()), desk.folder().string(),
                     say("build it: naru cohort index {}", "색인을 만드세요: naru cohort index {}",
                         call.has("--site") ? "--site " + call.text("--site") : desk.folder().string()));
  }
  const double began = steady_seconds();
  NARU_ASSIGN(const auto cells,
              cohort::persons_by_concept(*desk.index(), call.text("--table"), {.threads = desk.threads()}));
  const double seconds = steady_seconds() - began;
  const auto names = cohort::empty_strata();
  std::string rows = "concept_id,sex,age_band,persons\n";
  for (const auto& cell : cells) {
    rows +=
        fmt::format("{},{},{},{}\n", cell.concept_id, names.sexes[cell.sex], names.age_bands[cell.band], cell.persons);
  }
  NARU_CHECK(write_file_atomic(call.text("--out"), rows, 0600));
  return Answer{canonical(Json{{"cells", cells.size()}, {"out", call.text("--out")}, {"seconds", seconds}}),
                say("{} cells in {:.3f} s\n", "{}칸, {:.3f}초\n", cells.size(), seconds)};
}

}  // namespace

std::vector<Command> cohort_commands() {
  auto count_options = cohort_source_options();
  count_options.insert(count_options.begin() + 1, cohort_definition_option(true));
  count_options.push_back(cohort_rules_option());
  auto build_options = count_options;
  build_options.push_back({"--out", "ROWS.csv",
                           say("where the entries go: a file, or a folder when there are several definitions",
                               "진입 기록을 쓸 파일. 정의가 여럿이면 폴더"),
                           true});
  const std::vector<Option> index_options{
      {"DIR", "", say("folder of the OMOP tables", "OMOP 표가 있는 폴더")},
      {"--site", "DIR", say("a site, whose lake is indexed", "레이크를 색인할 사이트")},
      {"--vocabulary", "DIR", say("vocabulary tables, when they are elsewhere", "용어집 표가 다른 곳에 있을 때")},
      {"--index", "DIR", say("where the index goes (DIR/.naru-index)", "색인을 둘 곳(DIR/.naru-index)")},
      {"--memory-mb", "N", say("memory of the engine while building", "작성 중 엔진 메모리"), false, false, "2048"},
      {"--threads", "N", say("processors to use", "사용할 프로세서 수"), false, false, "0"}};
  auto profile_options = cohort_source_options();
  profile_options.push_back(
      {"--table", "NAME", say("the OMOP table", "OMOP 표"), false, false, "condition_occurrence"});
  profile_options.push_back({"--out", "CELLS.csv", say("where the cells go", "표를 쓸 파일"), true});
  std::vector<Command> out{
      {"cohort index",
       say("index OMOP tables, so that cohorts are answered in milliseconds",
           "코호트를 밀리초에 답하도록 OMOP 표를 색인"),
       index_options, index},
      {"cohort count", say("how many persons a cohort definition selects", "코호트 정의에 해당하는 사람 수"),
       count_options, count},
      {"cohort build", say("the entries of a cohort as CSV", "코호트의 진입 기록을 CSV로"), build_options, build},
      {"cohort profile",
       say("persons of every concept by sex and age decade, from the index", "개념별·성별·연령대별 사람 수(색인에서)"),
       profile_options, profile}};
  for (auto& command : cohort_table_commands()) out.push_back(std::move(command));
  return out;
}

}  // namespace naru::cli
