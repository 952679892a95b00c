#include "protect/search.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/archive.h"
#include "engine/database.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace naru::protect {
namespace {

Error unsupported(std::string_view what, const std::string& where) {
  return rejected(say("{} is not supported: the optimum could not be proven",
                      "{}은(는) 지원하지 않습니다. 최적임을 "
                      "증명할 수 없습니다",
                      what),
                  where, say("supported: k_anonymity with metric loss", "지원: k_anonymity와 loss 척도"));
}

Result<ColumnRole> role_of(const Reader& reader) {
  NARU_ASSIGN(const auto role, reader.text("role"));
  if (role == "quasi_identifier") return ColumnRole::quasi_identifier;
  if (role == "sensitive") return ColumnRole::sensitive;
  if (role == "insensitive") return ColumnRole::insensitive;
  if (role == "identifier") return ColumnRole::identifier;
  return rejected(say("no such role: {}", "그런 역할은 없습니다: {}", role), reader.where() + ".role");
}

Result<SearchColumn> read_column(const Reader& reader, const fs::path& base) {
  NARU_CHECK(reader.only({"name", "role", "hierarchy", "weight"}));
  SearchColumn out;
  NARU_ASSIGN(out.name, reader.text("name"));
  NARU_ASSIGN(out.role, role_of(reader));
  NARU_ASSIGN(const double weight, reader.number_or("weight", 1));
  if (weight != 1) return unsupported("a column weight other than 1", reader.where() + ".weight");
  NARU_ASSIGN(const auto hierarchy, reader.text_or("hierarchy", ""));
  if (!hierarchy.empty()) out.hierarchy = base / hierarchy;
  if (out.role == ColumnRole::quasi_identifier && hierarchy.empty()) {
    return rejected(say("a quasi-identifier needs a hierarchy", "준식별자에는 일반화 계층이 필요합니다"),
                    reader.where() + ".hierarchy");
  }
  return out;
}

Done read_models(const Reader& root, SearchConfig& config) {
  NARU_ASSIGN(const auto models, root.array("models"));
  for (const auto& [value, where] : models) {
    NARU_ASSIGN(const auto model, Reader::of(*value, where));
    for (const auto& [name, ignored] : model.raw().items()) {
      if (name != "k_anonymity") return unsupported("the model " + name, where + "." + name);
    }
    NARU_ASSIGN(const auto k, model.integer("k_anonymity"));
    if (k < 2) return rejected(say("k is at least 2", "k는 2 이상입니다"), where + ".k_anonymity");
    config.k = std::max(config.k, k);
  }
  if (config.k == 0) return rejected(say("no model is given", "모형이 없습니다"), root.where() + ".models");
  return {};
}

Done read_utility(const Reader& root, SearchConfig& config) {
  NARU_ASSIGN(config.suppression_limit, root.number("suppression_limit"));
  if (!root.has("utility")) return {};
  NARU_ASSIGN(const auto utility, root.object("utility"));
  NARU_CHECK(utility.only({"metric", "aggregate", "gs_factor"}));
  NARU_ASSIGN(const auto metric, utility.text("metric"));
  if (metric != "loss") return unsupported("the metric " + metric, utility.where() + ".metric");
  NARU_ASSIGN(const auto aggregate, utility.text_or("aggregate", "geometric_mean"));
  if (aggregate != "geometric_mean" && aggregate != "arithmetic_mean") {
    return rejected(say("no such aggregate: {}", "그런 집계는 없습니다: {}", aggregate),
                    utility.where() + ".aggregate");
  }
  config.aggregate = aggregate == "arithmetic_mean" ? LossAggregate::arithmetic_mean : LossAggregate::geometric_mean;
  NARU_ASSIGN(const double factor, utility.number_or("gs_factor", 0.5));
  if (factor != 0.5) return unsupported("a gs_factor other than 0.5", utility.where() + ".gs_factor");
  return {};
}

// The data as the engine can read it; what only the archive reader opens is unpacked into `scratch`.
Result<std::string> relation_of(const SearchConfig& config, const fs::path& scratch) {
  auto file = config.data;
  if (!fs::exists(file)) return not_found(say("no such file", "파일이 없습니다"), file.string());
  const auto extension = file.extension();
  if (extension == ".parquet") return engine::parquet(file);
  if (extension == ".xz" || extension == ".zip" || extension == ".bz2") {
    NARU_ASSIGN(const auto members, engine::extract(file, scratch));
    if (members.size() != 1) {
      return rejected(say("one table is expected in the archive", "압축 파일에는 표가 하나여야 합니다"), file.string());
    }
    file = members.front().path;
  }
  const auto delimiter = config.delimiter.empty() ? std::string() : ", delim=" + engine::literal(config.delimiter);
  return "read_csv(" + engine::literal(file.string()) + ", header=true, all_varchar=true" + delimiter + ")";
}

Result<Hierarchy> read_hierarchy(engine::Database& database, const SearchColumn& column, const std::string& delimiter) {
  if (!fs::exists(column.hierarchy)) {
    return not_found(say("no such hierarchy", "일반화 계층 파일이 없습니다"), column.hierarchy.string());
  }
  const auto delim = delimiter.empty() ? std::string() : ", delim=" + engine::literal(delimiter);
  NARU_ASSIGN(const auto rows, database.query("SELECT * FROM read_csv(" + engine::literal(column.hierarchy.string()) +
                                              ", header=false, all_varchar=true" + delim + ")"));
  Hierarchy out;
  for (std::size_t i = 0; i < rows.count; ++i) {
    auto& row = out.cells.emplace_back();
    for (std::size_t c = 0; c < rows.columns.size(); ++c) row.push_back(rows.is_null(c, i) ? "" : rows.text(c, i));
  }
  return out;
}

struct Loaded {
  AnonymityRequest request;
  engine::Rows rows;  ///< quasi-identifiers first, then what else is written
};

Result<Loaded> load(const SearchConfig& config, engine::Database& database, const std::string& relation,
                    bool everything) {
  Loaded out{.request = {.columns = {},
                         .k = config.k,
                         .suppression_limit = config.suppression_limit,
                         .aggregate = config.aggregate},
             .rows = {}};
  NARU_ASSIGN(const auto present, database.describe(relation));
  std::string list;
  const auto add = [&](const SearchColumn& column) -> Done {
    if (std::ranges::find(present, column.name, &std::pair<std::string, std::string>::first) == present.end()) {
      return not_found(say("the table has no column {}", "표에 {} 열이 없습니다", column.name), config.data.string());
    }
    list += (list.empty() ? "CAST(" : ", CAST(") + engine::quoted(column.name) + " AS VARCHAR) AS " +
            engine::quoted(column.name);
    return {};
  };
  for (const auto& column : config.columns) {
    if (column.role != ColumnRole::quasi_identifier) continue;
    NARU_CHECK(add(column));
    NARU_ASSIGN(auto hierarchy, read_hierarchy(database, column, config.delimiter));
    out.request.columns.push_back({.name = column.name, .hierarchy = std::move(hierarchy), .rows = {}});
  }
  for (const auto& column : config.columns) {
    const bool written = column.role == ColumnRole::sensitive || column.role == ColumnRole::insensitive;
    if (everything && written) NARU_CHECK(add(column));
  }
  NARU_ASSIGN(out.rows, database.query("SELECT " + list + " FROM " + relation));
  for (std::size_t c = 0; c < out.request.columns.size(); ++c) {
    auto& column = out.request.columns[c];
    std::unordered_map<std::string_view, std::uint32_t> place;
    for (const auto& row : column.hierarchy.cells) place.emplace(row.front(), static_cast<std::uint32_t>(place.size()));
    column.rows.reserve(out.rows.count);
    for (std::size_t i = 0; i < out.rows.count; ++i) {
      const auto found = place.find(out.rows.is_null(c, i) ? std::string_view() : out.rows.text(c, i));
      if (found == place.end()) {
        return rejected(say("a value is not in the hierarchy", "계층에 없는 값입니다"),
                        fmt::format("{}: record {}", column.name, i + 1));
      }
      column.rows.push_back(found->second);
    }
  }
  return out;
}

std::string csv_cell(const std::string& value, char delimiter) {
  if (value.find_first_of(std::string("\"\r\n") + delimiter) == std::string::npos) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

Done write_table(const Loaded& loaded, const AnonymityResult& result, char delimiter, const fs::path& file) {
  std::string text;
  for (const auto& column : loaded.rows.columns) {
    text += (text.empty() ? "" : std::string(1, delimiter)) + csv_cell(column.name, delimiter);
  }
  text += '\n';
  for (std::size_t i = 0; i < loaded.rows.count; ++i) {
    if (result.kept[i] == 0) continue;
    for (std::size_t c = 0; c < loaded.rows.columns.size(); ++c) {
      if (c > 0) text += delimiter;
      if (c < loaded.request.columns.size()) {
        const auto& column = loaded.request.columns[c];
        text += csv_cell(column.hierarchy.cells[column.rows[i]][result.levels[c]], delimiter);
      } else if (!loaded.rows.is_null(c, i)) {
        text += csv_cell(loaded.rows.text(c, i), delimiter);
      }
    }
    text += '\n';
  }
  return write_file_atomic(file, text);
}

Result<SearchReport> search_and(const SearchConfig& config, unsigned threads, Progress& progress, const fs::path* out) {
  const double begin = steady_seconds();
  const ScratchFolder scratch("protect-search");
  engine::DatabaseOptions options{.allowed_folders = {config.data.parent_path(), scratch.path()}, .threads = threads};
  for (const auto& column : config.columns) {
    if (!column.hierarchy.empty()) options.allowed_folders.push_back(column.hierarchy.parent_path());
  }
  NARU_ASSIGN(auto database, engine::Database::open(options));
  NARU_ASSIGN(const auto relation, relation_of(config, scratch.path()));
  NARU_ASSIGN(const auto loaded, load(config, database, relation, out != nullptr));
  SearchReport report;
  report.records = static_cast<std::int64_t>(loaded.rows.count);
  for (const auto& column : loaded.request.columns) report.quasi_identifiers.push_back(column.name);
  report.load_seconds = steady_seconds() - begin;
  NARU_ASSIGN(report.result, anonymise(loaded.request, progress));
  if (out != nullptr) {
    NARU_CHECK(write_table(loaded, report.result, config.delimiter.empty() ? ',' : config.delimiter.front(), *out));
  }
  return report;
}

}  // namespace

Result<SearchConfig> read_search_config(const std::filesystem::path& file) {
  NARU_ASSIGN(const auto document, read_json(file));
  NARU_ASSIGN(const auto root, Reader::of(document, file.filename().string()));
  NARU_CHECK(root.only({"data", "delimiter", "columns", "models", "suppression_limit", "utility"}));
  const auto base = fs::absolute(file).parent_path();
  SearchConfig config;
  NARU_ASSIGN(const auto data, root.text("data"));
  config.data = base / data;
  NARU_ASSIGN(config.delimiter, root.text_or("delimiter", ""));
  NARU_ASSIGN(const auto columns, root.array("columns"));
  for (const auto& [value, where] : columns) {
    NARU_ASSIGN(const auto reader, Reader::of(*value, where));
    NARU_ASSIGN(auto column, read_column(reader, base));
    config.columns.push_back(std::move(column));
  }
  NARU_CHECK(read_models(root, config));
  NARU_CHECK(read_utility(root, config));
  return config;
}

Result<SearchReport> search(const SearchConfig& config, unsigned threads, Progress& progress) {
  return search_and(config, threads, progress, nullptr);
}

Result<SearchReport> apply(const SearchConfig& config, const std::filesystem::path& out, unsigned threads,
                           Progress& progress) {
  return search_and(config, threads, progress, &out);
}

std::string search_json(const SearchReport& report) {
  Json levels = Json::object();
  for (std::size_t i = 0; i < report.quasi_identifiers.size(); ++i) {
    levels[report.quasi_identifiers[i]] = report.result.levels[i];
  }
  return canonical({{"optimal", true},
                    {"levels", levels},
                    {"utility_loss", report.result.loss},
                    {"suppressed", report.result.suppressed},
                    {"classes", report.result.classes},
                    {"lattice_nodes", report.result.lattice_nodes},
                    {"nodes_checked", report.result.nodes_checked},
                    {"records", report.records},
                    {"seconds", {{"load", report.load_seconds}, {"search", report.result.search_seconds}}}});
}

}  // namespace naru::protect
