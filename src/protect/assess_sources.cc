// Where an assessment's persons and events come from: a plain table, or an OMOP folder.
#include "base/files.h"
#include "engine/table_source.h"
#include "model/omop.h"
#include "protect/attackers.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace naru::protect {
namespace {

std::string relation_of(const fs::path& file) {
  if (file.extension() == ".parquet") return engine::parquet(file);
  // Every cell as text: a class is the same text, whatever it might be a number of.
  return "read_csv(" + engine::file_literal(file) + ", header=true, all_varchar=true)";
}

using Columns = std::vector<std::pair<std::string, std::string>>;
bool has(const Columns& columns, std::string_view name) {
  return std::ranges::any_of(columns, [&](const auto& column) { return column.first == name; });
}

Done require(const Columns& columns, const std::vector<std::string>& wanted, const fs::path& file) {
  for (const auto& name : wanted) {
    if (has(columns, name)) continue;
    std::string known;
    for (const auto& [column, type] : columns) known += (known.empty() ? "" : ", ") + column;
    return not_found(say("the table has no column {}", "표에 {} 열이 없습니다", name), file.filename().string(),
                     say("columns: {}", "열: {}", known));
  }
  return {};
}

Result<engine::Database> opened(const std::vector<fs::path>& files) {
  engine::DatabaseOptions options;
  for (const auto& file : files) {
    if (file.empty()) continue;
    if (!fs::exists(file)) return not_found(say("no such table", "표가 없습니다"), file.string());
    options.allowed_folders.push_back(fs::absolute(file).parent_path());
  }
  return engine::Database::open(options);
}

std::string list_of(const std::vector<std::string>& columns) {
  std::string out;
  for (const auto& column : columns) out += (out.empty() ? "" : ", ") + engine::quoted(column);
  return out;
}

// The population says how many people each class has: exact figures instead of expected ones.
Done use_population(engine::Database& database, const std::vector<std::string>& quasi, const fs::path& population,
                    const Assumptions& assumptions, AttackerRisk& out) {
  std::string same;
  for (const auto& column : quasi) {
    same += fmt::format("{}s.{} IS NOT DISTINCT FROM p.{}", same.empty() ? "" : " AND ", engine::quoted(column),
                        engine::quoted(column));
  }
  const auto list = list_of(quasi);
  NARU_ASSIGN(
      const auto rows,
      database.query(fmt::format(
          "SELECT s.f, coalesce(p.f, 0), count(*) FROM (SELECT {0}, count(*) AS f FROM assessed GROUP BY {0}) AS "
          "s LEFT JOIN (SELECT {0}, count(*) AS f FROM {1} GROUP BY {0}) AS p ON {2} GROUP BY ALL ORDER BY ALL",
          list, relation_of(population), same)));
  double most = 0;
  double sum = 0;
  std::int64_t above = 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    const auto sample = rows.integer(0, i);
    const auto whole = rows.integer(1, i);
    const auto classes = rows.integer(2, i);
    if (whole < sample) {
      return rejected(
          say("the population does not hold everybody of the table", "모집단에 표의 사람이 모두 있지 않습니다"),
          population.filename().string(),
          say("give the table of the whole population, with the same codes",
              "같은 코드를 쓰는 전체 모집단 표를 지정하세요"));
    }
    const double one = 1 / static_cast<double>(whole);
    most = std::max(most, one);
    sum += static_cast<double>(sample * classes) * one;
    if (assumptions.high_risk_above && one > *assumptions.high_risk_above) above += sample * classes;
  }
  if (out.persons == 0) return {};
  const auto persons = static_cast<double>(out.persons);
  out.journalist = {.most = most, .average = sum / persons, .at_risk = {}};
  if (assumptions.high_risk_above) out.journalist.at_risk = static_cast<double>(above) / persons;
  out.marketer = out.journalist.average;
  return {};
}

// A table of an OMOP folder, whatever way it is kept; empty when it is not there.
fs::path file_of(const fs::path& folder, const std::string& table) {
  for (const auto* ending : {".parquet", ".csv"}) {
    if (fs::exists(folder / (table + ending))) return folder / (table + ending);
  }
  return {};
}

// Events as (person_id, site, day[, concept_id]) in a temporary table or view; empty when the folder has none.
Result<std::string> take_events(engine::Database& database, const fs::path& folder, const model::Table& table,
                                std::string_view name, bool& shifted) {
  const auto file = file_of(folder, table.name);
  if (file.empty()) return std::string();
  NARU_ASSIGN(const auto columns, database.describe(relation_of(file)));
  NARU_CHECK(require(columns, {"person_id", table.start_date, table.concept_column}, file));
  shifted = shifted || has(columns, "age_at_event");
  const bool parquet = file.extension() == ".parquet";
  NARU_CHECK(database.run(
      fmt::format("CREATE TEMP {} {} AS SELECT CAST(person_id AS BIGINT) AS person_id, {} AS site, CAST({} AS DATE) AS "
                  "day, CAST({} "
                  "AS BIGINT) AS concept_id FROM {}",
                  parquet ? "VIEW" : "TABLE", name, has(columns, "source_site") ? "source_site" : "''",
                  engine::quoted(table.start_date), engine::quoted(table.concept_column), relation_of(file))));
  return std::string(name);
}

// assessed(person_id, columns that differ between persons); returns these columns.
Result<std::vector<std::string>> take_persons(engine::Database& database, const fs::path& folder) {
  const auto file = file_of(folder, "person");
  NARU_ASSIGN(const auto columns, database.describe(relation_of(file)));
  NARU_CHECK(require(columns, {"person_id"}, file));
  std::vector<std::string> wanted;
  std::string list = "CAST(p.person_id AS BIGINT) AS person_id";
  for (const auto* name : {"year_of_birth", "month_of_birth", "day_of_birth", "gender_concept_id", "race_concept_id",
                           "ethnicity_concept_id"}) {
    if (!has(columns, name)) continue;
    wanted.emplace_back(name);
    list += fmt::format(", CAST(p.{} AS VARCHAR) AS {}", engine::quoted(name), engine::quoted(name));
  }
  std::string join;
  const auto places = file_of(folder, "location");
  if (!places.empty() && has(columns, "location_id")) {
    NARU_ASSIGN(const auto parts, database.describe(relation_of(places)));
    for (const auto* name : {"state", "county", "city", "zip"}) {
      if (!has(parts, name)) continue;
      wanted.emplace_back(name);
      list += fmt::format(", CAST(l.{} AS VARCHAR) AS {}", engine::quoted(name), engine::quoted(name));
    }
    join =
        " LEFT JOIN " + relation_of(places) + " AS l ON CAST(l.location_id AS BIGINT) = CAST(p.location_id AS BIGINT)";
  }
  NARU_CHECK(
      database.run("CREATE TEMP TABLE assessed AS SELECT " + list + " FROM " + relation_of(file) + " AS p" + join));
  std::vector<std::string> out;
  for (const auto& name : wanted) {
    NARU_ASSIGN(const auto values, database.integer(fmt::format("SELECT count(DISTINCT coalesce({}, '')) FROM assessed",
                                                                engine::quoted(name))));
    if (values > 1) out.push_back(name);
  }
  return out;
}

}  // namespace

Result<Assessment> assess_table(const std::filesystem::path& table, const std::vector<std::string>& quasi_identifiers,
                                const std::string& sensitive, const std::filesystem::path& population,
                                const Assumptions& assumptions) {
  if (quasi_identifiers.empty()) {
    return usage_error(say("name at least one quasi-identifier", "준식별자를 하나 이상 지정하세요"), "--quasi");
  }
  NARU_ASSIGN(auto database, opened({table, population}));
  const auto relation = relation_of(fs::absolute(table));
  NARU_ASSIGN(const auto columns, database.describe(relation));
  auto wanted = quasi_identifiers;
  if (!sensitive.empty()) wanted.push_back(sensitive);
  NARU_CHECK(require(columns, wanted, table));
  NARU_CHECK(database.run(
      fmt::format("CREATE TEMP TABLE assessed AS SELECT row_number() OVER () AS person_id, {}{} FROM {}",
                  list_of(quasi_identifiers),
                  sensitive.empty() ? "" : ", " + engine::quoted(sensitive) + " AS sensitive_value", relation)));
  const PersonData data{.persons = "assessed", .quasi = quasi_identifiers};
  NARU_ASSIGN(auto out, assess_persons(database, data, assumptions));
  if (!population.empty()) {
    NARU_ASSIGN(const auto there, database.describe(relation_of(fs::absolute(population))));
    NARU_CHECK(require(there, quasi_identifiers, population));
    NARU_CHECK(
        use_population(database, quasi_identifiers, fs::absolute(population), assumptions, out.attackers.front()));
  }
  if (!sensitive.empty() && out.persons > 0) {
    NARU_ASSIGN(out.diversity,
                diversity_of(database, data,
                             "(SELECT person_id, coalesce(CAST(sensitive_value AS VARCHAR), '') AS value "
                             "FROM assessed)",
                             sensitive));
  }
  return out;
}

Result<Assessment> assess_omop(const std::filesystem::path& folder, const Assumptions& assumptions) {
  const bool release = fs::exists(folder / "data");
  const auto tables = fs::absolute(release ? folder / "data" : folder);
  if (file_of(tables, "person").empty()) {
    return not_found(say("no person table", "person 표가 없습니다"), folder.string(),
                     say("give a folder of OMOP tables (TABLE.parquet or TABLE.csv) or a release",
                         "OMOP 표(TABLE.parquet 또는 TABLE.csv) 폴더나 공개본을 지정하세요"));
  }
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {tables}}));
  PersonData data{.persons = "assessed", .quasi = {}, .shifted = release};
  NARU_ASSIGN(data.quasi, take_persons(database, tables));
  NARU_ASSIGN(data.visits,
              take_events(database, tables, *model::table_named("visit_occurrence"), "assessed_visit", data.shifted));
  NARU_ASSIGN(data.codes, take_events(database, tables, *model::table_named("condition_occurrence"), "assessed_code",
                                      data.shifted));
  return assess_persons(database, data, assumptions);
}

}  // namespace naru::protect
