// Times of cohort answers on one lake: index and SQL, warm, the least of several runs; figures as one JSON document.
// Called by bench/cohorts.py; `bench_cohorts LAKE|SITE [THREADS [RUNS [DEFINITIONS…]]]`. RUNS 0: the index once, no
// SQL.
#include "base/files.h"
#include "cohort/native.h"
#include "cohort_questions.h"
#include "model/site_layout.h"

#include <fmt/format.h>

using namespace naru;
using namespace naru::bench;

namespace {

Json concept_set(int id, const std::vector<std::int64_t>& concepts) {
  Json items = Json::array();
  for (const auto concept_id : concepts) {
    items.push_back(Json{{"concept", {{"CONCEPT_ID", concept_id}}}, {"includeDescendants", true}});
  }
  return Json{{"id", id}, {"name", "set"}, {"expression", {{"items", items}}}};
}

/// First X with a year before it, at least two of D in 0–30 days, no earlier Y.
std::string question(const std::vector<std::int64_t>& x, const std::vector<std::int64_t>& d,
                     const std::vector<std::int64_t>& y) {
  const auto around = [](std::string_view domain, int set, int from, Json to, int type, int count) {
    Json criteria = Json::object();
    criteria[std::string(domain)] = Json{{"CodesetId", set}};
    Json start = from < 0 ? Json{{"Coeff", -1}} : Json{{"Days", from}, {"Coeff", 1}};
    return Json{{"Criteria", criteria},
                {"StartWindow", {{"Start", start}, {"End", to}}},
                {"Occurrence", {{"Type", type}, {"Count", count}}}};
  };
  const Json drugs = around("DrugExposure", 1, 0, Json{{"Days", 30}, {"Coeff", 1}}, 2, 2);
  const Json never = around("ConditionOccurrence", 2, -1, Json{{"Days", 1}, {"Coeff", -1}}, 0, 0);
  const auto rule = [](const char* name, const Json& criterion) {
    return Json{{"name", name}, {"expression", {{"Type", "ALL"}, {"CriteriaList", Json::array({criterion})}}}};
  };
  return canonical(
      Json{{"ConceptSets", Json::array({concept_set(0, x), concept_set(1, d), concept_set(2, y)})},
           {"PrimaryCriteria",
            {{"CriteriaList", Json::array({Json{{"ConditionOccurrence", {{"CodesetId", 0}, {"First", true}}}}})},
             {"ObservationWindow", {{"PriorDays", 365}, {"PostDays", 0}}},
             {"PrimaryCriteriaLimit", {{"Type", "First"}}}}},
           {"InclusionRules", Json::array({rule("two of D", drugs), rule("no earlier Y", never)})}});
}

/// X with as many inclusion rules as the library's longest definition has: no condition of the i-th group in the year
/// before.
std::string many_rules(const std::vector<std::int64_t>& x, const std::vector<std::int64_t>& others, int rules) {
  Json sets = Json::array({concept_set(0, x)});
  Json list = Json::array();
  for (int rule = 0; rule < rules; ++rule) {
    const auto at = static_cast<std::size_t>(rule) * 3 % others.size();
    sets.push_back(concept_set(rule + 1, {others[at]}));
    Json criteria = Json::object();
    criteria["ConditionOccurrence"] = Json{{"CodesetId", rule + 1}};
    const Json never{
        {"Criteria", criteria},
        {"StartWindow", {{"Start", {{"Days", 365}, {"Coeff", -1}}}, {"End", {{"Days", 1}, {"Coeff", -1}}}}},
        {"Occurrence", {{"Type", 0}, {"Count", 0}}}};
    list.push_back(Json{{"name", "rule " + std::to_string(rule)},
                        {"expression", {{"Type", "ALL"}, {"CriteriaList", Json::array({never})}}}});
  }
  return canonical(
      Json{{"ConceptSets", sets},
           {"PrimaryCriteria",
            {{"CriteriaList", Json::array({Json{{"ConditionOccurrence", {{"CodesetId", 0}, {"First", true}}}}})},
             {"ObservationWindow", {{"PriorDays", 365}, {"PostDays", 0}}},
             {"PrimaryCriteriaLimit", {{"Type", "First"}}}}},
           {"InclusionRules", list}});
}

struct Named {
  std::string name;
  std::string definition;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const model::SiteLayout site(argv[1]);
  const bool is_site = fs::exists(site.lake());
  const fs::path lake = is_site ? site.lake() : fs::path(argv[1]);
  const fs::path vocabulary = is_site ? site.vocabulary() : fs::path();
  const fs::path target = is_site ? cohort::site_index(site.root(), lake) : fs::path();
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 2;
  const int runs = argc > 3 ? std::atoi(argv[3]) : 7;
  Progress silent;
  const auto index_time = steady_seconds();
  const auto built =
      cohort::build_index({.folder = lake, .vocabulary = vocabulary, .target = target, .threads = threads}, silent);
  if (!built.ok()) return fail(built.error());
  Json out{{"index_seconds", steady_seconds() - index_time},
           {"index_bytes", built->bytes},
           {"persons", built->persons},
           {"threads", threads},
           {"index_was_there", built->fresh}};
  engine::DatabaseOptions options;
  options.allowed_folders = {lake};
  if (is_site) options.allowed_folders.push_back(vocabulary);
  options.threads = threads;
  auto database = engine::Database::open(options);
  if (!database.ok()) return fail(database.error());
  auto cdm =
      cohort::open_cdm(*database, {.folder = lake, .vocabulary = vocabulary, .index = target, .threads = threads});
  if (!cdm.ok() || cdm->index() == nullptr) return 1;
  std::vector<Named> questions;
  for (int at = 4; at < argc; ++at) questions.push_back({fs::path(argv[at]).stem().string(), *read_file(argv[at])});
  if (questions.empty()) {
    const auto concepts = concepts_of(*database, lake);
    for (const auto& [name, x] : concepts.x) questions.push_back({name, question(x, concepts.d, concepts.y)});
    questions.push_back({"43 rules", many_rules(concepts.x[1].second, concepts.conditions, 43)});
  }
  Json cohorts = Json::array();
  for (const auto& [name, text] : questions) {
    const auto compile = least(runs, [&, &text = text] { (void)cohort::parse(text, "q"); });
    const auto expression = cohort::parse(text, name);
    if (!expression.ok()) return fail(expression.error());
    Result<cohort::NativeAnswer> native = internal_error(say("", ""));
    const cohort::NativeOptions one{.threads = threads};
    if (!cohort::is_native(*expression)) {
      cohorts.push_back(Json{{"name", name}, {"compile", json_of(compile)}, {"left_to_sql", true}});
      continue;
    }
    const auto by_index = least(runs, [&] { native = cohort::run_native(*cdm->index(), *expression, one); });
    if (!native.ok()) return fail(native.error());
    Json row{{"name", name},
             {"persons", native->count.persons},
             {"entries", native->count.entries},
             {"entry_persons", native->count.attrition.front().persons},
             {"rules", expression->rules.size()},
             {"compile", json_of(compile)},
             {"index", json_of(by_index)}};
    if (runs > 0 && std::getenv("NARU_BENCH_NO_SQL") == nullptr) {
      Result<cohort::Count> sql = internal_error(say("", ""));
      const auto by_sql =
          least(argc > 4 ? 0 : 1, [&] { sql = cohort::run_sql(*database, *cdm, *expression, "answer"); });
      if (!sql.ok()) return fail(sql.error());
      row["sql"] = json_of(by_sql);
      row["equal"] = sql->persons == native->count.persons && sql->entries == native->count.entries;
    }
    cohorts.push_back(std::move(row));
  }
  out["cohorts"] = std::move(cohorts);
  std::size_t cells = 0;
  const auto profile = least(std::min(runs, 3), [&] {
    cells = cohort::persons_by_concept(*cdm->index(), "condition_occurrence", {.threads = threads})->size();
  });
  out["profile"] = json_of(profile);
  out["profile_cells"] = cells;
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  out["max_rss_mb"] = usage.ru_maxrss / 1024;
  std::printf("%s\n", canonical(out).c_str());
  return 0;
}
