#include "cohort/extract.h"

#include "base/clock.h"
#include "base/files.h"
#include "model/omop.h"

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

std::string order_of(const model::Table& table) {
  std::string out = "person_id";
  if (!table.start_date.empty()) out += ", " + engine::quoted(table.start_date);
  if (!table.primary_key.empty() && table.primary_key != "person_id") out += ", " + engine::quoted(table.primary_key);
  return out;
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
    std::string columns;
    for (const auto& column : table->columns)
      columns += (columns.empty() ? "" : ", ") + ("t." + engine::quoted(column.name));
    std::string select = "SELECT " + columns + " FROM " + cdm.relation(table->name) +
                         " t WHERE t.person_id IN (SELECT person_id FROM " + engine::quoted(entries) + ")";
    if (request.inside_entries && !table->start_date.empty()) {
      select += " AND EXISTS (SELECT 1 FROM " + engine::quoted(entries) + " i WHERE i.person_id = t.person_id AND t." +
                engine::quoted(table->start_date) + " BETWEEN i.start_date AND i.end_date)";
    }
    NARU_ASSIGN(const auto rows,
                database.copy_to_parquet(select, order_of(*table), request.out / (table->name + ".parquet")));
    out.rows[table->name] = rows;
  }
  out.seconds = steady_seconds() - began;
  return out;
}

}  // namespace naru::cohort
