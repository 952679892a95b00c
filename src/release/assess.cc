#include "release/assess.h"

#include "base/files.h"
#include "protect/attackers.h"
#include "release/persons.h"

#include <algorithm>

namespace naru::release::detail {
namespace {

// Columns of the quasi-identifiers that differ between persons: one value for all tells nothing.
Result<std::vector<std::string>> telling_columns(engine::Database& database, const protect::Policy& policy,
                                                 const std::string& persons) {
  std::vector<std::string> out;
  for (const auto& rule : policy.anonymity.quasi_identifiers) {
    std::vector<std::string> columns{rule.column};
    if (rule.kind == protect::QuasiKind::place) columns = {"state", "county", "zip"};
    for (const auto& column : columns) {
      NARU_ASSIGN(const auto values,
                  database.integer(fmt::format("SELECT count(DISTINCT coalesce(CAST({} AS VARCHAR), '')) FROM {}",
                                               engine::quoted(column), persons)));
      if (values > 1) out.push_back(column);
    }
  }
  return out;
}

// What holders sent about persons of the release, before anybody was left out.
std::string sent(const std::vector<Incoming>& tables, std::string_view name) {
  const auto found =
      std::ranges::find(tables, name, [](const Incoming& in) { return std::string_view(in.table->name); });
  if (found == tables.end()) return {};
  std::string all;
  for (const auto& [holder, file] : found->files) {
    all +=
        fmt::format("{}SELECT {} AS site, person_id AS row_id, {} AS day, {} AS concept_id FROM {}",
                    all.empty() ? "" : " UNION ALL ", engine::literal(holder), engine::quoted(found->table->start_date),
                    engine::quoted(found->table->concept_column), engine::parquet(file));
  }
  return fmt::format(
      "(SELECT r.person_id, t.site, t.day, t.concept_id FROM ({}) AS t JOIN released AS r ON r.holder = t.site AND "
      "r.row_id = t.row_id JOIN merged_person AS m ON m.person_id = r.person_id)",
      all);
}

std::string written(const fs::path& data, const model::Table& table) {
  const auto file = data / (table.name + ".parquet");
  if (!fs::exists(file)) return {};
  return fmt::format("(SELECT person_id, source_site AS site, {} AS day, {} AS concept_id FROM {})",
                     engine::quoted(table.start_date), engine::quoted(table.concept_column), engine::parquet(file));
}

}  // namespace

Result<protect::Assessment> assess_before(engine::Database& database, const std::vector<Incoming>& tables,
                                          const protect::Policy& policy) {
  protect::PersonData data{.persons = "merged_person", .quasi = {}, .shifted = true};
  NARU_ASSIGN(data.quasi, telling_columns(database, policy, data.persons));
  data.visits = sent(tables, "visit_occurrence");
  data.codes = sent(tables, "condition_occurrence");
  return protect::assess_persons(database, data, protect::assumptions_of(policy.risk));
}

Result<protect::Assessment> assess_after(engine::Database& database, const protect::Policy& policy,
                                         const std::filesystem::path& folder) {
  protect::PersonData data{.persons = "shown_person", .quasi = {}, .shifted = true};
  NARU_ASSIGN(data.quasi, telling_columns(database, policy, data.persons));
  data.visits = written(folder, *model::table_named("visit_occurrence"));
  data.codes = written(folder, *model::table_named("condition_occurrence"));
  return protect::assess_persons(database, data, protect::assumptions_of(policy.risk));
}

}  // namespace naru::release::detail
