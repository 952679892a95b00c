#include "cohort/extract.h"

#include "base/clock.h"
#include "base/files.h"
#include "model/omop.h"

#include <set>

namespace naru::cohort {
namespace {

Result<std::vector<const model::Table*>> chosen(const Cdm& cdm, const std::vector<std::string>& names) {
  std::vector<const model::Table*> out;
  for (const auto& name : names) {
    const auto* table = model::table_named(name);
    if (table == nullptr || !table->has_person()) {
      return rejected(say("{} is not a table of persons' rows", "{}은(는) 사람별 행이 있는 표가 아닙니다", name), name);
    }
    out.push_back(table);
  }
  if (!names.empty()) return out;
  for (const auto& table : model::tables()) {
    if (table.has_person() && cdm.has_file(table.name)) out.push_back(&table);
  }
  return out;
}

/// Columns in which the table's file holds nothing but NULL, or which it has not; by OMOP 5.4 name. OMOP tables have
/// many: what is known to be NULL need not be sorted. Of Parquet only, from its statistics; nothing when there are
/// none.
Result<std::set<std::string>> empty_columns(engine::Database& database, const Cdm& cdm, const model::Table& table) {
  std::set<std::string> out;
  const auto file = cdm.files().find(table.name);
  if (file == cdm.files().end() || file->second.extension() != ".parquet") return out;
  for (const auto& column : table.columns) out.insert(column.name);
  NARU_ASSIGN(const auto rows,
              database.query("SELECT lower(path_in_schema), coalesce(sum(stats_null_count) = sum(num_values) AND "
                             "count(stats_null_count) = count(*), false) FROM parquet_metadata(" +
                             engine::literal(file->second.string()) + ") GROUP BY path_in_schema"));
  for (std::size_t row = 0; row < rows.count; ++row) {
    if (rows.integer(1, row) == 0) out.erase(std::string(model::name_in_54(table.name, rows.text(0, row))));
  }
  return out;
}

std::string order_of(const model::Table& table) {
  std::string out = "person_id";
  if (!table.start_date.empty()) out += ", " + engine::quoted(table.start_date);
  if (!table.primary_key.empty() && table.primary_key != "person_id") out += ", " + engine::quoted(table.primary_key);
  return out;
}

/// The cohort's rows in order: what may hold something is sorted, the rest is added afterwards (the engine keeps the
/// order of a sorted subquery).
std::string rows_in_order(const Cdm& cdm, const model::Table& table, const std::set<std::string>& empty,
                          std::string_view entries, bool inside_entries) {
  std::string all;
  std::string sorted;
  for (const auto& column : table.columns) {
    const auto name = engine::quoted(column.name);
    const bool known = empty.count(column.name) != 0;
    all += (all.empty() ? "" : ", ") + (known ? "CAST(NULL AS " + column.sql_type + ") AS " + name : name);
    if (!known) sorted += (sorted.empty() ? "t." : ", t.") + name;
  }
  std::string select = "SELECT " + all + " FROM (SELECT " + sorted + " FROM " + cdm.relation(table.name) +
                       " t WHERE t.person_id IN (SELECT person_id FROM " + engine::quoted(entries) + ")";
  if (inside_entries && !table.start_date.empty()) {
    select += " AND EXISTS (SELECT 1 FROM " + engine::quoted(entries) + " i WHERE i.person_id = t.person_id AND t." +
              engine::quoted(table.start_date) + " BETWEEN i.start_date AND i.end_date)";
  }
  return select + " ORDER BY " + order_of(table) + ")";
}

}  // namespace

Result<ExtractReceipt> extract(engine::Database& database, Cdm& cdm, std::string_view entries,
                               const ExtractRequest& request, Progress& progress) {
  const double began = steady_seconds();
  NARU_ASSIGN(const auto tables, chosen(cdm, request.tables));
  NARU_CHECK(make_folder(request.out, 0700));
  ExtractReceipt out;
  std::uint64_t done = 0;
  for (const auto* table : tables) {
    progress.at(say("extracting {}", "{} 추출 중", table->name), done++, tables.size());
    if (progress.stop_requested()) return interrupted();
    NARU_CHECK(cdm.require(database, {table->name}));
    NARU_ASSIGN(auto empty, empty_columns(database, cdm, *table));
    for (const auto& key : {std::string("person_id"), table->start_date, table->primary_key}) empty.erase(key);
    NARU_ASSIGN(const auto rows,
                database.copy_to_parquet(rows_in_order(cdm, *table, empty, entries, request.inside_entries), "",
                                         request.out / (table->name + ".parquet")));
    out.rows[table->name] = rows;
  }
  out.seconds = steady_seconds() - began;
  return out;
}

}  // namespace naru::cohort
