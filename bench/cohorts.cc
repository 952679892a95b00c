// Times of cohort answers on one lake: index and SQL, warm, the least of several runs; figures as one JSON document.
// Called by bench/clinical.py; `bench_cohorts LAKE [THREADS [RUNS [DEFINITIONS…]]]`.
#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "cohort/native.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <functional>

using namespace naru;

namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Time {
  double wall = 1e9;
  double cpu = 1e9;
};

/// The least of some runs; the first one warms the caches and does not count.
Time least(int runs, const std::function<void()>& work) {
  Time out;
  for (int run = 0; run <= runs; ++run) {
    const double wall = steady_seconds();
    const double cpu = cpu_seconds();
    work();
    if (run == 0 && runs > 0) continue;
    out.wall = std::min(out.wall, steady_seconds() - wall);
    out.cpu = std::min(out.cpu, cpu_seconds() - cpu);
  }
  return out;
}

Json json_of(const Time& time) { return Json{{"wall_ms", time.wall * 1e3}, {"cpu_ms", time.cpu * 1e3}}; }

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

/// Condition concepts by persons, descending.
std::vector<std::pair<std::int64_t, std::int64_t>> by_use(engine::Database& database, const std::string& file,
                                                          const std::string& column) {
  const auto rows = database.query("SELECT " + column + ", count(DISTINCT person_id) AS n FROM " +
                                   engine::parquet(file) + " WHERE " + column + " > 0 GROUP BY 1 ORDER BY n DESC, 1");
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  for (std::size_t row = 0; rows.ok() && row < rows->count; ++row) {
    out.emplace_back(rows->integer(0, row), rows->integer(1, row));
  }
  return out;
}

int fail(const Error& error) {
  std::fprintf(stderr, "%s %s\n", error.what.en.c_str(), error.where.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const fs::path lake = argv[1];
  const unsigned threads = argc > 2 ? static_cast<unsigned>(std::atoi(argv[2])) : 2;
  const int runs = argc > 3 ? std::atoi(argv[3]) : 7;
  Progress silent;
  const auto index_time = steady_seconds();
  const auto built = cohort::build_index({.folder = lake, .threads = threads}, silent);
  if (!built.ok()) return fail(built.error());
  Json out{{"index_seconds", steady_seconds() - index_time},
           {"index_bytes", built->bytes},
           {"persons", built->persons},
           {"threads", threads},
           {"index_was_there", built->fresh}};
  engine::DatabaseOptions options;
  options.allowed_folders = {lake};
  options.threads = threads;
  auto database = engine::Database::open(options);
  if (!database.ok()) return fail(database.error());
  auto cdm = cohort::open_cdm(*database, {.folder = lake, .threads = threads});
  if (!cdm.ok() || cdm->index() == nullptr) return 1;
  std::vector<Named> questions;
  for (int at = 4; at < argc; ++at) questions.push_back({fs::path(argv[at]).stem().string(), *read_file(argv[at])});
  if (questions.empty()) {
    const auto conditions = by_use(*database, (lake / "condition_occurrence.parquet").string(), "condition_concept_id");
    const auto drugs = by_use(*database, (lake / "drug_exposure.parquet").string(), "drug_concept_id");
    const auto some = [](const auto& list, std::size_t from, std::size_t count) {
      std::vector<std::int64_t> ids;
      for (auto at = from; at < std::min(from + count, list.size()); ++at) ids.push_back(list[at].first);
      return ids;
    };
    const auto d = some(drugs, 2, 8);
    const auto y = some(conditions, 60, 5);
    questions = {{"rare", question(some(conditions, conditions.size() * 3 / 4, 11), d, y)},
                 {"typical", question(some(conditions, 40, 11), d, y)},
                 {"common", question(some(conditions, 2, 11), d, y)},
                 {"43 rules", many_rules(some(conditions, 40, 11), some(conditions, 0, conditions.size()), 43)}};
  }
  Json cohorts = Json::array();
  for (const auto& [name, text] : questions) {
    const auto compile = least(runs, [&, &text = text] { (void)cohort::parse(text, "q"); });
    const auto expression = cohort::parse(text, name);
    if (!expression.ok()) return fail(expression.error());
    Result<cohort::NativeAnswer> native = internal_error(say("", ""));
    const cohort::NativeOptions one{.threads = threads};
    const auto by_index = least(runs, [&] { native = cohort::run_native(*cdm->index(), *expression, one); });
    if (!native.ok()) return fail(native.error());
    Json row{{"name", name},
             {"persons", native->count.persons},
             {"entries", native->count.entries},
             {"entry_persons", native->count.attrition.front().persons},
             {"rules", expression->rules.size()},
             {"compile", json_of(compile)},
             {"index", json_of(by_index)}};
    if (runs > 0) {
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
