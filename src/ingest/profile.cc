#include "ingest/profile.h"

#include "base/files.h"
#include "ingest_sql.h"
#include "model/omop.h"

#include <algorithm>
#include <array>
#include <optional>

namespace naru::ingest {
namespace {

using model::Role;

constexpr std::array<std::string_view, 6> events = {"condition_occurrence", "drug_exposure", "procedure_occurrence",
                                                    "measurement",          "observation",   "device_exposure"};

bool concept_like(const model::Column& column) {
  return column.role == Role::concept_id || column.role == Role::source_concept;
}

// Rows that count: those of persons who are not left out.
std::string rows_of(const model::Table& table, const fs::path& file, const ProfileRequest& request) {
  auto from = engine::parquet(file);
  if (!request.without.empty() && table.has_person()) from += " WHERE person_id NOT IN (SELECT person_id FROM absent)";
  return "(SELECT * FROM " + from + ")";
}

std::string filled_when(const model::Column& column) {
  if (concept_like(column)) return fmt::format("{0} IS NOT NULL AND {0} <> 0", column.name);
  if (column.sql_type == "VARCHAR") return fmt::format("{0} IS NOT NULL AND trim({0}) <> ''", column.name);
  return column.name + " IS NOT NULL";
}

// One pass over the table for all its columns.
Result<TableProfile> table_of(engine::Database& database, const model::Table& table, const std::string& rows) {
  NARU_ASSIGN(const auto there, database.describe("(SELECT * FROM " + rows + ")"));
  TableProfile out{.name = table.name};
  std::string wanted = "SELECT count(*)";
  for (const auto& [name, type] : there) {
    const auto* column = table.column(name);
    out.columns.push_back({name, column == nullptr ? type : column->sql_type});
    wanted += fmt::format(", count(*) FILTER (WHERE {})",
                          column == nullptr ? engine::quoted(name) + " IS NOT NULL" : filled_when(*column));
  }
  NARU_ASSIGN(const auto counted, database.query(wanted + " FROM " + rows));
  out.rows = counted.integer(0, 0);
  for (std::size_t i = 0; i < out.columns.size(); ++i) out.columns[i].filled = counted.integer(i + 1, 0);
  return out;
}

Done add_systems(engine::Database& database, const model::Table& table, const std::string& rows, TableProfile& out) {
  for (auto& one : out.columns) {
    const auto* column = table.column(one.name);
    if (column == nullptr || !concept_like(*column) || one.filled == 0) continue;
    NARU_ASSIGN(const auto used,
                database.query(fmt::format("SELECT c.vocabulary_id, sum(u.records)::BIGINT FROM (SELECT {0} AS "
                                           "concept_id, count(*) AS records FROM {1} WHERE {0} <> 0 GROUP BY ALL) u "
                                           "JOIN concept c ON c.concept_id = u.concept_id GROUP BY ALL ORDER BY ALL",
                                           one.name, rows)));
    for (std::size_t row = 0; row < used.count; ++row) one.systems[used.text(0, row)] = used.integer(1, row);
  }
  return {};
}

Done add_concepts(engine::Database& database, const model::Table& table, const std::string& rows,
                  const ProfileRequest& request, TableProfile& out) {
  if (std::ranges::find(events, table.name) == events.end()) return {};
  NARU_ASSIGN(const auto used,
              database.query(fmt::format("SELECT t.concept_id, c.concept_name, t.persons FROM (SELECT {0} AS "
                                         "concept_id, count(DISTINCT person_id) AS persons FROM {1} WHERE {0} <> 0 "
                                         "GROUP BY ALL HAVING count(DISTINCT person_id) >= ?) t LEFT JOIN concept c ON "
                                         "c.concept_id = t.concept_id ORDER BY t.persons DESC, t.concept_id LIMIT ?",
                                         table.concept_column, rows),
                             {request.least_persons, static_cast<std::int64_t>(request.concepts)}));
  for (std::size_t row = 0; row < used.count; ++row) {
    out.concepts.push_back(
        {used.integer(0, row), used.is_null(1, row) ? std::string() : used.text(1, row), used.integer(2, row)});
  }
  return {};
}

Result<std::vector<PeopleCell>> partition(engine::Database& database, std::string_view query, std::size_t names) {
  NARU_ASSIGN(const auto rows, database.query(sql::text(query)));
  std::vector<PeopleCell> out;
  for (std::size_t row = 0; row < rows.count; ++row) {
    PeopleCell cell{{}, rows.integer(names, row)};
    for (std::size_t i = 0; i < names; ++i)
      cell.names.push_back(rows.is_null(i, row) ? std::string() : rows.text(i, row));
    out.push_back(std::move(cell));
  }
  return out;
}

// What the sources' own codes were, and how many the vocabulary understood.
Done add_coverage(engine::Database& database, const ProfileRequest& request, DataProfile& out) {
  std::vector<fs::path> files;
  for (const auto& file : request.codes)
    if (fs::exists(file)) files.push_back(file);
  if (files.empty()) return {};
  NARU_ASSIGN(const auto rows, database.query(fmt::format(
                                   "SELECT table_name, coalesce(vocabulary_id, ''), count(*), count(*) FILTER (WHERE "
                                   "concept_id <> 0), sum(records)::BIGINT, coalesce(sum(records) FILTER (WHERE "
                                   "concept_id <> 0), 0)::BIGINT FROM (SELECT table_name, vocabulary_id, code, "
                                   "max(concept_id) AS concept_id, sum(records) AS records FROM {} WHERE code IS NOT "
                                   "NULL GROUP BY ALL) GROUP BY ALL ORDER BY ALL",
                                   engine::parquet(files))));
  const auto add = [&](CodesProfile& sum, std::size_t row) {
    sum.codes += rows.integer(2, row);
    sum.codes_mapped += rows.integer(3, row);
    sum.records += rows.integer(4, row);
    sum.records_mapped += rows.integer(5, row);
  };
  for (std::size_t row = 0; row < rows.count; ++row) {
    const auto system = rows.text(1, row);
    add(out.vocabularies[system], row);
    const auto table = std::ranges::find(out.tables, rows.text(0, row), &TableProfile::name);
    if (table == out.tables.end()) continue;
    add(table->coverage, row);
    const auto* known = model::table_named(table->name);
    const auto column = std::ranges::find(table->columns, known->source_value, &ColumnProfile::name);
    if (column != table->columns.end()) column->systems[system] += rows.integer(4, row);
  }
  return {};
}

Done prepare(engine::Database& database, const ProfileRequest& request) {
  const auto concepts = request.vocabulary / "concept.parquet";
  const bool known = !request.vocabulary.empty() && fs::exists(concepts);
  NARU_CHECK(database.run(
      "CREATE TEMP VIEW concept AS " +
      (known ? "SELECT concept_id, concept_name, vocabulary_id FROM " + engine::parquet(concepts)
             : std::string("SELECT NULL::BIGINT AS concept_id, NULL::VARCHAR AS concept_name, NULL::VARCHAR AS "
                           "vocabulary_id WHERE false"))));
  std::string absent;
  for (const auto person : request.without) absent += fmt::format("{}({})", absent.empty() ? "" : ", ", person);
  NARU_CHECK(database.run("CREATE TABLE absent (person_id BIGINT)"));
  if (!absent.empty()) NARU_CHECK(database.run("INSERT INTO absent VALUES " + absent));
  const auto view = [&](std::string_view name, std::string_view table, std::string_view otherwise) {
    const auto file = request.tables / (std::string(table) + ".parquet");
    const auto body = fs::exists(file) ? "SELECT * FROM " + rows_of(*model::table_named(table), file, request)
                                       : std::string(otherwise);
    return database.run(fmt::format("CREATE TEMP VIEW {} AS {}", name, body));
  };
  NARU_CHECK(view("person", "person", ""));
  return view("period", "observation_period",
              "SELECT NULL::BIGINT AS person_id, NULL::DATE AS observation_period_start_date, NULL::DATE AS "
              "observation_period_end_date WHERE false");
}

}  // namespace

Result<DataProfile> profile_data(const ProfileRequest& request) {
  if (!fs::exists(request.tables / "person.parquet")) {
    return not_found(say("there is no table of persons yet", "아직 사람 표가 없습니다"), "person.parquet",
                     say("load a source first: naru ingest", "먼저 원천을 적재하세요: naru ingest"));
  }
  std::vector<fs::path> folders = {request.tables};
  if (fs::exists(request.vocabulary)) folders.push_back(request.vocabulary);
  for (const auto& file : request.codes) folders.push_back(file.parent_path());
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = folders}));
  NARU_CHECK(prepare(database, request));
  DataProfile out;
  NARU_ASSIGN(out.persons, database.integer("SELECT count(*) FROM person"));
  NARU_ASSIGN(out.age_sex, partition(database, "character_age_sex", 2));
  NARU_ASSIGN(out.observation, partition(database, "character_observation", 1));
  for (const auto& table : model::tables()) {
    const auto file = request.tables / (table.name + ".parquet");
    if (!fs::exists(file)) continue;
    const auto rows = rows_of(table, file, request);
    NARU_ASSIGN(auto one, table_of(database, table, rows));
    NARU_CHECK(add_systems(database, table, rows, one));
    NARU_CHECK(add_concepts(database, table, rows, request, one));
    out.tables.push_back(std::move(one));
  }
  NARU_CHECK(add_coverage(database, request, out));
  return out;
}

}  // namespace naru::ingest
