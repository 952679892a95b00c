// Reading the columns of a table for the `evaluate` commands. Casting is the engine's work: no text of a number or
// label is kept.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/json.h"
#include "cli/commands/evaluate.h"
#include "engine/database.h"
#include "engine/table_source.h"
#include "evaluate/estimate_json.h"

namespace naru::cli::evaluation {
namespace {

constexpr std::size_t rows_max = 500'000'000;

Error bad_cell(const std::string& file, const std::string& column, std::size_t row, const Text& what) {
  return rejected(what, fmt::format("{}, column {}, row {}", file, column, row + 1),
                  say("rows are counted from 1, without the header", "행은 머리글을 빼고 1부터 셉니다"));
}

struct Source {
  std::string file;
  engine::Database database;
  std::string relation;
};

// 1 the event, 0 not, -1 neither, NULL an empty cell.
std::string label_sql(const Wanted& wanted) {
  const auto text = "CAST(" + engine::quoted(wanted.label) + " AS VARCHAR)";
  if (!wanted.positive.empty()) {
    return fmt::format("CASE WHEN {0} IS NULL THEN NULL WHEN {0} = {1} THEN 1 ELSE 0 END", text,
                       engine::literal(wanted.positive));
  }
  return fmt::format(
      "CASE WHEN {0} IS NULL THEN NULL WHEN {0} IN ('1', '1.0', 'true', 'True') THEN 1 "
      "WHEN {0} IN ('0', '0.0', 'false', 'False') THEN 0 ELSE -1 END",
      text);
}

// With a named positive value there must be one other value at most.
Done check_positive(Source& source, const Wanted& wanted) {
  if (wanted.positive.empty()) return {};
  const auto column = engine::quoted(wanted.label);
  NARU_ASSIGN(const auto others, source.database.query(fmt::format(
                                     "SELECT CAST({0} AS VARCHAR), min(r) FROM (SELECT {0}, row_number() "
                                     "OVER () AS r FROM {1}) WHERE {0} IS NOT NULL GROUP BY 1 ORDER BY 2 LIMIT 3",
                                     column, source.relation)));
  std::size_t seen = 0;
  for (std::size_t i = 0; i < others.count; ++i) {
    if (others.text(0, i) == wanted.positive) continue;
    if (++seen > 1) {
      return bad_cell(source.file, wanted.label, static_cast<std::size_t>(others.integer(1, i) - 1),
                      say("a third label value", "세 번째 라벨 값입니다"));
    }
  }
  return {};
}

Result<Source> open_table(const std::string& file, const ScratchFolder& scratch, const Wanted& wanted,
                          unsigned threads) {
  NARU_ASSIGN(const auto table, engine::table_source(file, scratch.path(), wanted.encoding));
  engine::DatabaseOptions options;
  options.allowed_folders = {table.folder()};
  options.threads = threads;
  NARU_ASSIGN(auto database, engine::Database::open(options));
  return Source{file, std::move(database), table.relation};
}

Result<std::vector<std::uint8_t>> labels_of(const Source& source, const Wanted& wanted, const engine::Column& column) {
  std::vector<std::uint8_t> out(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.valid[row] == 0) {
      if (!wanted.missing) return bad_cell(source.file, wanted.label, row, say("empty cell", "빈 칸입니다"));
      out[row] = no_label;
      continue;
    }
    if (column.integers[row] < 0) {
      auto error = bad_cell(source.file, wanted.label, row, say("a label is not 0 or 1", "라벨이 0 또는 1이 아닙니다"));
      error.hint = say("name the positive value with --positive", "--positive로 양성 값을 지정하세요");
      return error;
    }
    out[row] = static_cast<std::uint8_t>(column.integers[row]);
  }
  return out;
}

// A number that is empty may be let through; a word never.
Result<std::vector<double>> numbers_from(const Source& source, const Wanted& wanted, const std::string& name,
                                         engine::Column& column, const engine::Column& present) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.valid[row] != 0) continue;
    if (!wanted.missing || present.integers[row] != 0) {
      return bad_cell(source.file, name, row,
                      present.integers[row] != 0 ? say("not a number", "숫자가 아닙니다")
                                                 : say("empty cell, not a number", "빈 칸이며 숫자가 아닙니다"));
    }
    column.reals[row] = std::numeric_limits<double>::quiet_NaN();
  }
  return std::move(column.reals);
}

Result<Table> read_columns(Source& source, const Wanted& wanted) {
  NARU_ASSIGN(const auto described, source.database.describe(source.relation));
  std::vector<std::string> present;
  for (const auto& [name, type] : described) present.push_back(name);
  std::vector<std::string> parts;
  const auto check = [&](const std::string& name) -> Done {
    if (std::ranges::find(present, name) != present.end()) return {};
    return rejected(say("there is no column '{}'", "'{}' 열이 없습니다", name), source.file,
                    say("columns: {}", "열: {}", fmt::join(present, ", ")));
  };
  for (const auto& name : wanted.numbers) {
    NARU_CHECK(check(name));
    parts.push_back(fmt::format("TRY_CAST({} AS DOUBLE)", engine::quoted(name)));
    parts.push_back(fmt::format("({} IS NOT NULL)", engine::quoted(name)));
  }
  for (const auto& name : wanted.texts) {
    NARU_CHECK(check(name));
    parts.push_back(fmt::format("CAST({} AS VARCHAR)", engine::quoted(name)));
  }
  if (!wanted.label.empty()) {
    NARU_CHECK(check(wanted.label));
    NARU_CHECK(check_positive(source, wanted));
    parts.push_back(label_sql(wanted));
  }
  const auto sql = fmt::format("SELECT {} FROM {}", fmt::join(parts, ", "), source.relation);
  NARU_ASSIGN(auto rows, source.database.query(sql, {}, rows_max));
  Table out;
  out.rows = rows.count;
  std::size_t at = 0;
  for (const auto& name : wanted.numbers) {
    NARU_ASSIGN(out.numbers[name], numbers_from(source, wanted, name, rows.columns[at], rows.columns[at + 1]));
    at += 2;
  }
  for (const auto& name : wanted.texts) {
    for (std::size_t row = 0; row < rows.count; ++row) {
      if (rows.is_null(at, row)) return bad_cell(source.file, name, row, say("empty cell", "빈 칸입니다"));
    }
    out.texts[name] = std::move(rows.columns[at++].texts);
  }
  if (!wanted.label.empty()) {
    NARU_ASSIGN(out.label, labels_of(source, wanted, rows.columns[at]));
  }
  return out;
}

}  // namespace

Result<Table> read_table(const std::string& file, const Wanted& wanted, unsigned threads) {
  const ScratchFolder scratch("evaluate");
  NARU_ASSIGN(auto source, open_table(file, scratch, wanted, threads));
  auto read = read_columns(source, wanted);
  if (!read.ok() && read.error().where.find(file) == std::string::npos) {
    return engine::in_file(std::move(read).error(), file);
  }
  return read;
}

Result<std::vector<double>> numbers_of(const Call& call, const std::string& option) {
  std::vector<double> out;
  for (const auto& text : call.texts(option)) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !std::isfinite(value)) {
      return usage_error(say("not a number", "숫자가 아닙니다"), option + " " + text);
    }
    out.push_back(value);
  }
  return out;
}

Result<double> number_or(const Call& call, const std::string& option, double fallback) {
  if (!call.has(option)) return fallback;
  return call.number(option);
}

std::string line_of(const Json& estimate) {
  if (!estimate.at("estimate").is_number()) return "null: " + estimate.value("reason", "");
  auto out = fmt::format("{:.4f}", estimate.at("estimate").get<double>());
  if (estimate.at("ci95").is_array()) {
    out += fmt::format(" ({:.4f} to {:.4f})", estimate.at("ci95").at(0).get<double>(),
                       estimate.at("ci95").at(1).get<double>());
  }
  return out;
}

Json json_of(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }
Json json_of(const std::optional<evaluate::Interval>& value) {
  return value ? Json::array({value->lo, value->hi}) : Json(nullptr);
}
Json json_of(const evaluate::JointTest& test) {
  Json out{{"chi2", json_of(test.chi2)}, {"df", test.df}, {"p", json_of(test.p)}, {"method", test.method}};
  if (test.reason != evaluate::Reason::none) out["reason"] = evaluate::code_of(test.reason);
  return out;
}

Option file_option() {
  return {"FILE", "", say("CSV or Parquet, also .gz .xz .zst .zip", "CSV 또는 Parquet(.gz .xz .zst .zip 가능)"), true};
}
Option encoding_option() {
  return {"--encoding", "NAME", say("of a CSV file: utf-8 or cp949", "CSV 파일의 인코딩: utf-8 또는 cp949"),
          false,        false,  "utf-8"};
}
Option threads_option() {
  return {"--threads", "N", say("changes speed, never a byte", "속도만 바뀌고 결과는 같습니다"), false, false, "0"};
}

}  // namespace naru::cli::evaluation
