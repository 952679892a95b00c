#include "linkage/match_table.h"

#include "base/files.h"
#include "engine/database.h"
#include "engine/table_source.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace naru::linkage {
namespace {

std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") - from + 1));
}

// The name as the file writes it: headers with blanks after each comma are common.
Result<std::string> written_name(const std::vector<std::pair<std::string, std::string>>& present,
                                 const std::string& wanted, const fs::path& file) {
  std::string known;
  for (const auto& [name, type] : present) {
    if (trimmed(name) == wanted) return name;
    known += (known.empty() ? "" : ", ") + trimmed(name);
  }
  return not_found(say("there is no column {}", "{} 열이 없습니다", wanted), file.filename().string(),
                   say("columns: {}", "열: {}", known));
}

Done append(MatchTable& table, const RecordForms& side, const fs::path& file,
            std::vector<std::unordered_map<std::string, std::uint32_t>>& known) {
  std::vector<std::size_t> order(side.ids.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t row) -> const std::string& { return side.ids[row]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i > 0 && side.ids[order[i]] == side.ids[order[i - 1]]) {
      return rejected(say("two records have one id", "같은 식별자의 레코드가 둘 있습니다"),
                      fmt::format("{}, records {} and {}", file.filename().string(),
                                  std::min(order[i], order[i - 1]) + 1, std::max(order[i], order[i - 1]) + 1));
    }
    table.ids.push_back(side.ids[order[i]]);
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const auto& form = side.forms[c][order[i]];
      auto& dictionary = table.dictionaries[table.dictionary_of[c]];
      std::uint32_t code = 0;
      if (!form.empty()) {
        const auto next = static_cast<std::uint32_t>(dictionary.values.size());
        const auto [at, fresh] = known[table.dictionary_of[c]].try_emplace(form, next);
        code = at->second;
        if (fresh) {
          dictionary.values.push_back(form);
          dictionary.counts.push_back(0);
        }
        ++dictionary.counts[code];
      }
      table.codes[c].push_back(code);
    }
  }
  return {};
}

}  // namespace

Result<RecordForms> read_forms(const fs::path& file, const std::string& id, const std::vector<MatchField>& columns,
                               std::string_view encoding) {
  if (!fs::is_regular_file(file)) return not_found(say("no such file", "파일이 없습니다"), file.string());
  const ScratchFolder scratch("match");
  NARU_ASSIGN(const auto source, engine::table_source(file, scratch.path(), encoding));
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = {source.folder()}}));
  NARU_ASSIGN(const auto present, database.describe(source.relation));
  std::string select;
  for (std::size_t c = 0; c <= columns.size(); ++c) {
    std::string cell = "NULL";
    if (c > 0 || !id.empty()) {
      NARU_ASSIGN(const auto name, written_name(present, c == 0 ? id : columns[c - 1].name, file));
      cell = engine::quoted(name);
    }
    select += (c == 0 ? "SELECT CAST(" : ", CAST(") + cell + " AS VARCHAR)";
  }
  RecordForms out;
  out.forms.resize(columns.size());
  std::size_t record = 0;
  const auto read = database.each_batch(select + " FROM " + source.relation, {}, [&](const engine::Rows& rows) -> Done {
    for (std::size_t row = 0; row < rows.count; ++row) {
      ++record;
      auto own = rows.is_null(0, row) ? std::string() : trimmed(rows.text(0, row));
      if (own.empty() && !id.empty()) {
        return rejected(say("a record without {}", "{} 값이 없는 레코드가 있습니다", id),
                        fmt::format("{}, record {}", file.filename().string(), record));
      }
      if (!id.empty()) out.ids.push_back(std::move(own));
      for (std::size_t c = 0; c < columns.size(); ++c) {
        out.forms[c].push_back(rows.is_null(c + 1, row) ? std::string()
                                                        : comparison_form(columns[c].kind, rows.text(c + 1, row)));
      }
    }
    return {};
  });
  if (read.ok()) return out;
  const bool named = read.error().where.find(file.filename().string()) != std::string::npos;
  return named ? read.error() : engine::in_file(read.error(), file.filename().string());
}

Result<MatchTable> read_match_table(const fs::path& left, const fs::path& right, const std::string& id,
                                    const std::vector<MatchField>& columns, std::string_view encoding) {
  MatchTable out;
  out.columns = columns;
  std::optional<std::size_t> names;
  for (const auto& column : columns) {
    const bool is_name = column.kind == FieldKind::name;
    if (is_name && names) {
      out.dictionary_of.push_back(*names);
      continue;
    }
    if (is_name) names = out.dictionaries.size();
    out.dictionary_of.push_back(out.dictionaries.size());
    out.dictionaries.emplace_back();
  }
  out.codes.resize(columns.size());
  std::vector<std::unordered_map<std::string, std::uint32_t>> known(out.dictionaries.size());
  NARU_ASSIGN(const auto first, read_forms(left, id, columns, encoding));
  NARU_CHECK(append(out, first, left, known));
  out.left_rows = out.rows();
  if (!right.empty()) {
    out.two_files = true;
    NARU_ASSIGN(const auto second, read_forms(right, id, columns, encoding));
    NARU_CHECK(append(out, second, right, known));
  }
  return out;
}

}  // namespace naru::linkage
