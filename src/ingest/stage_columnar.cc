// Parquet sources: typed by expressions over the file where it stands. One pass counts what cannot stand; only when
// there is any is the file read again for its places.
#include "ingest/stage.h"

#include <algorithm>

namespace naru::ingest {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

bool is_whole(std::string_view type) {
  return type == "BIGINT" || type == "INTEGER" || type == "SMALLINT" || type == "TINYINT" || type == "UINTEGER" ||
         type == "USMALLINT" || type == "UTINYINT";
}

/// What a cell is (`value`), when it is blank, and when it is there but cannot be read; an empty condition: never.
struct Cell {
  std::string value, blank, unreadable;
};

Cell cell_of(const StageColumn& column, const std::string& name, const std::string& type) {
  const auto& wanted = column.sql_type;
  const auto blank = name + " IS NULL";
  if (type == wanted && wanted != "VARCHAR") {
    if (wanted == "DOUBLE") return {name, blank, fmt::format("NOT isfinite({})", name)};
    return {name, blank, {}};
  }
  if (is_whole(type) && wanted == "BIGINT") return {name + "::BIGINT", blank, {}};
  if (is_whole(type) && wanted == "DOUBLE") return {name + "::DOUBLE", blank, {}};
  if (type.starts_with("TIMESTAMP") && wanted == "DATE") return {name + "::DATE", blank, {}};
  if (type == "DATE" && wanted == "TIMESTAMP") return {name + "::TIMESTAMP", blank, {}};
  const auto text = fmt::format("nullif(trim({}::VARCHAR), '')", name);
  if (wanted == "VARCHAR") return {text, text + " IS NULL", {}};
  auto value = text;
  if (wanted == "BIGINT" || wanted == "INTEGER") value = sql_integer(text, wanted);
  if (wanted == "DOUBLE") value = fmt::format("try_cast({} AS DOUBLE)", text);
  if (wanted == "DATE") value = sql_date(text);
  if (wanted == "TIMESTAMP") value = sql_timestamp(text);
  return {value, text + " IS NULL", fmt::format("{} IS NOT NULL AND ({}) IS NULL", text, value)};
}

struct Typed {
  std::string select;                                      ///< ", value AS name" of every column
  std::string reasons;                                     ///< WHEN … THEN … of a CASE
  std::vector<std::pair<std::string, std::string>> notes;  ///< condition, note code
};

Typed typed_columns(const StageSpec& spec, const std::vector<std::ptrdiff_t>& places,
                    const std::vector<std::pair<std::string, std::string>>& file) {
  Typed typed;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& column = spec.columns[i];
    const auto name = engine::quoted(column.name);
    if (places[i] < 0) {
      typed.select += fmt::format(", NULL::{} AS {}", column.sql_type, name);
      continue;
    }
    const auto& [own, type] = file[static_cast<std::size_t>(places[i])];
    auto cell = cell_of(column, "f." + engine::quoted(own), type);
    const auto label = label_of(column);
    const auto note = [&](std::string_view code, const std::string& when) {
      typed.notes.emplace_back(when, fmt::format("{}:{}.{}", code, spec.table, label));
    };
    if (column.zero_if_blank) {
      note("blank_concept_as_0", cell.blank);
      cell.value = fmt::format("coalesce({}, CASE WHEN {} THEN 0 END)", cell.value, cell.blank);
    } else if (column.required) {
      typed.reasons += fmt::format(" WHEN {} THEN 'missing_required:{}'", cell.blank, label);
    }
    if (!cell.unreadable.empty() && column.null_if_unreadable) {
      note("unreadable_as_null", cell.unreadable);
      if (column.sql_type == "DOUBLE")
        cell.value = fmt::format("CASE WHEN NOT ({}) THEN {} END", cell.unreadable, cell.value);
    } else if (!cell.unreadable.empty()) {
      typed.reasons += fmt::format(" WHEN {} THEN '{}:{}'", cell.unreadable, unreadable_reason(column), label);
    }
    typed.select += fmt::format(", {} AS {}", cell.value, name);
  }
  return typed;
}

Done refuse_bad(Work& work, const StageSpec& spec, std::size_t member, const std::string& relation,
                const std::string& reason) {
  return work.database.each_batch(
      fmt::format("SELECT (f.file_row_number + 1)::BIGINT, {0} AS reason FROM {1} f WHERE ({0}) IS NOT NULL ORDER BY 1",
                  reason, relation),
      {}, [&](const engine::Rows& rows) -> Done {
        for (std::size_t row = 0; row < rows.count; ++row)
          work.refuse(work.members[member].name, rows.integer(0, row), spec.table, rows.text(1, row));
        return {};
      });
}

}  // namespace

Result<std::string> stage_columnar(Work& work, const StageSpec& spec, std::size_t member,
                                   std::set<std::string>& present) {
  const auto& file = work.members[member];
  const auto relation = fmt::format("read_parquet({}, file_row_number=true, binary_as_string=true)",
                                    engine::literal(fs::absolute(file.path).string()));
  auto described = work.database.describe(relation);
  if (!described.ok()) {
    return rejected(
        say("the Parquet file cannot be read: {}", "Parquet 파일을 읽을 수 없습니다: {}", described.error().what.en),
        file.name, say("export the table again", "표를 다시 내보내세요"));
  }
  std::erase_if(*described, [](const auto& column) { return column.first == "file_row_number"; });
  std::vector<std::string> header;
  for (const auto& [name, type] : *described) header.push_back(lower(name));
  NARU_ASSIGN(const auto places, match_columns(work, spec, file.name, header));
  for (std::size_t i = 0; i < places.size(); ++i)
    if (places[i] >= 0) present.insert(spec.columns[i].name);
  const auto typed = typed_columns(spec, places, *described);
  const auto reason = typed.reasons.empty() ? std::string("NULL::VARCHAR") : "CASE" + typed.reasons + " END";
  std::string counts = "count(*), " + (typed.reasons.empty() ? "0::BIGINT" : fmt::format("count({})", reason));
  for (const auto& [when, code] : typed.notes)
    counts += fmt::format(", count(*) FILTER (WHERE ({}) AND ({}) IS NULL)", when, reason);
  NARU_ASSIGN(const auto found, work.database.query(fmt::format("SELECT {} FROM {} f", counts, relation)));
  work.receipt.tables[spec.table].read += found.integer(0, 0);
  const bool bad = found.integer(1, 0) > 0;
  if (bad) NARU_CHECK(refuse_bad(work, spec, member, relation, reason));
  for (std::size_t i = 0; i < typed.notes.size(); ++i) {
    if (found.integer(i + 2, 0) > 0) work.receipt.notes[typed.notes[i].second] += found.integer(i + 2, 0);
  }
  return fmt::format("SELECT {}::BIGINT AS _file, (f.file_row_number + 1)::BIGINT AS _line{} FROM {} f{}", member,
                     typed.select, relation, bad ? fmt::format(" WHERE ({}) IS NULL", reason) : std::string());
}

}  // namespace naru::ingest
