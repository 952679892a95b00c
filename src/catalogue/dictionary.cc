#include "catalogue/dictionary.h"

#include "base/json.h"
#include "catalogue/deposit_check.h"
#include "engine/database.h"

#include <algorithm>
#include <map>

namespace naru::catalogue {
namespace {

std::string type_of(std::string sql) {
  const auto starts = [&](std::string_view text) { return sql.starts_with(text); };
  if (starts("BOOLEAN")) return "boolean";
  if (starts("TIMESTAMP")) return "timestamp";
  if (starts("DATE")) return "date";
  if (sql.find("INT") != std::string::npos) return "integer";
  if (starts("DOUBLE") || starts("FLOAT") || starts("DECIMAL")) return "number";
  return "text";
}

Result<InferredFile> infer(const fs::path& path, const std::string& name) {
  engine::DatabaseOptions options;
  options.allowed_folders = {path.parent_path()};
  options.threads = 1;
  NARU_ASSIGN(auto database, engine::Database::open(options));
  const auto relation = path.extension() == ".parquet" ? engine::parquet(path)
                                                       : fmt::format("read_csv({}, header = true, sample_size = -1)",
                                                                     engine::literal(path.string()));
  const auto loaded = database.run("CREATE TABLE data AS SELECT * FROM " + relation);
  if (!loaded.ok()) {
    return rejected(say("not a table that can be read as UTF-8 to its end", "UTF-8 표로 끝까지 읽을 수 없습니다"), name,
                    say("save it as CSV with a header, or as Parquet", "머리글이 있는 CSV나 Parquet으로 저장하세요"));
  }
  NARU_ASSIGN(const auto columns, database.describe("data"));
  InferredFile out{name, 0, {}};
  NARU_ASSIGN(out.rows, database.integer("SELECT count(*) FROM data"));
  for (const auto& [column, sql] : columns) {
    const auto quoted = engine::quoted(column);
    InferredColumn one{column, type_of(sql), 0, 0, false};
    NARU_ASSIGN(const auto filled, database.integer(fmt::format("SELECT count({}) FROM data", quoted)));
    NARU_ASSIGN(one.values, database.integer(fmt::format("SELECT count(DISTINCT {}) FROM data", quoted)));
    one.filled = out.rows > 0 ? static_cast<double>(filled) / static_cast<double>(out.rows) : 0;
    constexpr std::int64_t rows_to_judge = 20;
    const bool own_value = one.type == "text" && out.rows >= rows_to_judge && one.values == out.rows;
    one.identifying = identifying_name(column).has_value() || own_value;
    out.columns.push_back(std::move(one));
  }
  return out;
}

// A YAML scalar in double quotes is a JSON string.
std::string quoted_yaml(const std::string& text) { return canonical(Json(text)); }

}  // namespace

Result<std::vector<InferredFile>> infer_dictionary(const fs::path& folder) {
  NARU_ASSIGN(const auto files, list_files(folder, true));
  std::vector<InferredFile> out;
  for (const auto& file : files) {
    const auto extension = file.extension();
    if (extension != ".csv" && extension != ".tsv" && extension != ".parquet") continue;
    NARU_ASSIGN(auto one, infer(fs::absolute(folder / file), file.generic_string()));
    out.push_back(std::move(one));
  }
  return out;
}

Result<std::string> dictionary_yaml(const std::vector<InferredFile>& files, std::string_view known) {
  Json before = Json::object();
  if (!known.empty()) {
    NARU_ASSIGN(before, parse_yaml(known, "dictionary.yaml"));
  }
  const auto said_of = [&](const std::string& file, const std::string& column) {
    const auto columns =
        before.value("files", Json::object()).value(file, Json::object()).value("columns", Json::array());
    for (const auto& one : columns) {
      if (one.is_object() && one.value("name", "") == column) return one;
    }
    return Json(Json::object());
  };
  std::string out =
      "# What each column means. Fill in both languages, correct the types, then set confirmed to true.\n"
      "# 열마다 뜻을 두 언어로 적고 형식을 고친 뒤 confirmed를 true로 바꾸세요.\nconfirmed: false\nfiles:\n";
  for (const auto& file : files) {
    out += fmt::format("  {}:\n    columns:\n", quoted_yaml(file.name));
    for (const auto& column : file.columns) {
      const auto said = said_of(file.name, column.name);
      const auto meaning = said.value("meaning", Json::object());
      out += fmt::format("      - {{name: {}, type: {}, meaning: {{en: {}, ko: {}}}", quoted_yaml(column.name),
                         quoted_yaml(said.value("type", column.type)), quoted_yaml(meaning.value("en", "")),
                         quoted_yaml(meaning.value("ko", "")));
      if (said.value("identifying", column.identifying)) out += ", identifying: true";
      for (const auto* key : {"unit", "code_system"}) {
        if (said.contains(key) && said[key].is_string()) out += fmt::format(", {}: {}", key, canonical(said[key]));
      }
      out += "}\n";
    }
  }
  return out;
}

std::string dictionary_json(const std::vector<InferredFile>& files) {
  Json list = Json::array();
  for (const auto& file : files) {
    Json columns = Json::array();
    for (const auto& column : file.columns) {
      columns.push_back({{"name", column.name},
                         {"type", column.type},
                         {"filled", column.filled},
                         {"values", column.values},
                         {"identifying", column.identifying}});
    }
    list.push_back({{"name", file.name}, {"rows", file.rows}, {"columns", std::move(columns)}});
  }
  return canonical(list);
}

}  // namespace naru::catalogue
