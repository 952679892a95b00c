#include "ingest/work.h"

#include "base/limits.h"

namespace naru::ingest {
namespace {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

void Refusals::add(std::string_view file, std::int64_t line, std::string_view table, std::string_view reason) {
  if (lines_.size() >= limits::refusals_kept) {
    ++unlisted_;
    return;
  }
  lines_.push_back(fmt::format("{},{},{},{}\n", csv_field(file), line, csv_field(table), csv_field(reason)));
}

std::string Refusals::csv() const {
  std::string out = "file,line,table,reason\n";
  for (const auto& line : lines_) out += line;
  if (unlisted_ > 0) out += fmt::format(",,,{} more are counted in the receipt\n", unlisted_);
  return out;
}

std::string part_name(std::string_view table) { return engine::quoted("part_" + std::string(table)); }

Done Work::open_part(const model::Table& table) {
  if (staged.contains(table.name)) return {};
  std::string columns;
  for (const auto& column : table.columns) {
    columns += (columns.empty() ? "" : ", ") + engine::quoted(column.name) + " " + column.sql_type;
  }
  NARU_CHECK(database.run(fmt::format("CREATE TABLE {} ({})", part_name(table.name), columns)));
  staged.insert(table.name);
  return {};
}

Done Work::show_part(const model::Table& table, std::string_view select) {
  views.insert(table.name);
  staged.insert(table.name);
  return database.run(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}", part_name(table.name), select));
}

Done Work::change_part(const model::Table& table, const std::vector<std::pair<std::string, std::string>>& changes,
                       std::string_view where) {
  const auto part = part_name(table.name);
  files.erase(table.name);
  for (const auto& [column, expression] : changes) blank[table.name].erase(column);
  std::string list;
  if (!views.contains(table.name)) {
    for (const auto& [column, expression] : changes)
      list += fmt::format("{}{} = {}", list.empty() ? "" : ", ", engine::quoted(column), expression);
    return database.run(fmt::format("UPDATE {} SET {} WHERE {}", part, list, where));
  }
  for (const auto& [column, expression] : changes) {
    list += fmt::format("{0}CASE WHEN {3} THEN {2} ELSE {1} END AS {1}", list.empty() ? "" : ", ",
                        engine::quoted(column), expression, where);
  }
  // The part is read under its own name, so that conditions written for a table hold for a view too.
  const auto before = engine::quoted(fmt::format("before_{}_{}", view_number++, table.name));
  NARU_CHECK(database.run(fmt::format("ALTER VIEW {} RENAME TO {}", part, before)));
  return show_part(table, fmt::format("SELECT * REPLACE ({}) FROM {} AS {}", list, before, part));
}

Done Work::open_identity() {
  if (has_identity) return {};
  NARU_CHECK(
      database.run("CREATE TABLE part_identity (person_id BIGINT, name VARCHAR, birth_date DATE, sex VARCHAR, "
                   "phone VARCHAR, address VARCHAR)"));
  has_identity = true;
  return {};
}

Done Work::open_codes() {
  if (has_codes) return {};
  NARU_CHECK(
      database.run("CREATE TABLE part_codes (table_name VARCHAR, vocabulary_id VARCHAR, code VARCHAR, "
                   "source_concept_id BIGINT, concept_id BIGINT, records BIGINT)"));
  has_codes = true;
  return {};
}

void Work::refuse(std::string_view file, std::int64_t line, std::string_view table, std::string_view reason) {
  auto& count = receipt.tables[std::string(table)];
  ++count.refused;
  ++count.reasons[std::string(reason)];
  refusals.add(file, line, table, reason);
}

std::string sql_integer(std::string_view text, std::string_view type) {
  return fmt::format("CASE WHEN try_cast({0} AS DOUBLE) = try_cast({0} AS {1}) THEN try_cast({0} AS {1}) END", text,
                     type);
}

std::string sql_date(std::string_view text) {
  return fmt::format(
      "CASE WHEN length({0}) = 8 AND strpos({0}, '-') = 0 THEN try_strptime({0}, '%Y%m%d')::DATE "
      "ELSE try_cast({0} AS DATE) END",
      text);
}

std::string sql_timestamp(std::string_view text) { return fmt::format("try_cast({} AS TIMESTAMP)", text); }

}  // namespace naru::ingest
