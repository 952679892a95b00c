#include "protect/search.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "protect/table_file.h"

#include <algorithm>
#include <ctime>
#include <fstream>

namespace naru::protect {
namespace {

std::vector<std::string> names_of(const SearchConfig& config, ColumnRole role) {
  std::vector<std::string> out;
  for (const auto& column : config.columns) {
    if (column.role == role) out.push_back(column.name);
  }
  return out;
}

Result<Hierarchy> read_hierarchy(const SearchColumn& column, char delimiter) {
  if (!fs::exists(column.hierarchy)) {
    return not_found(say("no such hierarchy", "일반화 계층 파일이 없습니다"), column.hierarchy.string(),
                     say("it belongs to the column {}", "{} 열의 계층입니다", column.name));
  }
  Hierarchy out;
  NARU_ASSIGN(out.cells, read_cells({column.hierarchy, delimiter}));
  return out;
}

Result<Anonymiser> empty_anonymiser(const SearchConfig& config) {
  AnonymiserSpec spec{
      .models = config.models, .utility = config.utility, .suppression_limit = config.suppression_limit};
  for (const auto& column : config.columns) {
    if (column.role != ColumnRole::quasi_identifier) continue;
    NARU_ASSIGN(auto hierarchy, read_hierarchy(column, config.delimiter));
    spec.columns.push_back({column.name, std::move(hierarchy), column.weight});
  }
  for (const auto& name : config.sensitive) {
    const auto& column = *std::ranges::find(config.columns, name, &SearchColumn::name);
    auto& one = spec.sensitive.emplace_back(SensitiveSpec{.name = name});
    if (!column.hierarchy.empty()) {
      NARU_ASSIGN(one.hierarchy, read_hierarchy(column, config.delimiter));
    }
  }
  return Anonymiser::of(std::move(spec));
}

// Hierarchy rows of a record's quasi-identifiers, which stand first among the cells.
Done find_rows(const Anonymiser& anonymiser, std::span<const std::string_view> cells,
               const std::vector<std::string>& names, std::int64_t record, std::vector<std::uint32_t>& rows) {
  for (std::size_t c = 0; c < rows.size(); ++c) {
    const auto row = anonymiser.row_of(c, cells[c]);
    if (!row) {
      return rejected(say("a value is not in the hierarchy", "계층에 없는 값입니다"),
                      fmt::format("{}: record {}", names[c], record),
                      say("add the value to the column's hierarchy", "그 값을 열의 계층에 더하세요"));
    }
    rows[c] = *row;
  }
  return {};
}

Done feed(Anonymiser& anonymiser, const TableFile& file, const std::vector<std::string>& quasi,
          const std::vector<std::string>& sensitive, Progress& progress, bool of_population) {
  auto names = quasi;
  names.insert(names.end(), sensitive.begin(), sensitive.end());
  std::vector<std::uint32_t> rows(quasi.size());
  std::vector<std::uint32_t> values(sensitive.size());
  return read_table(file, names, [&](std::span<const std::string_view> cells, std::int64_t record) -> Done {
    NARU_CHECK(find_rows(anonymiser, cells, names, record, rows));
    for (std::size_t s = 0; s < values.size(); ++s) {
      const auto value = anonymiser.value_of(s, cells[rows.size() + s]);
      if (!value) {
        return rejected(say("a value is not in the hierarchy, or there are too many different ones",
                            "계층에 없는 값이거나 서로 다른 값이 너무 많습니다"),
                        fmt::format("{}: record {}", sensitive[s], record));
      }
      values[s] = *value;
    }
    if (record % 65'536 == 0) {
      progress.at(say("reading the table", "표 읽기"), static_cast<std::uint64_t>(record), 0);
      if (progress.stop_requested()) return interrupted();
    }
    of_population ? anonymiser.add_population(rows) : anonymiser.add(rows, values);
    return {};
  });
}

std::string csv_cell(std::string_view value, char delimiter) {
  if (value.find_first_of(std::string("\"\r\n") + delimiter) == std::string::npos) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

// The second reading: every record is looked up in the classes of the optimum.
Done write_table(const SearchConfig& config, const Anonymiser& anonymiser, const SearchReport& report,
                 const fs::path& file) {
  auto names = report.quasi_identifiers;
  for (const auto& column : config.columns) {
    if (column.role == ColumnRole::sensitive || column.role == ColumnRole::insensitive) names.push_back(column.name);
  }
  const auto count = report.quasi_identifiers.size();
  const auto keeper = anonymiser.keeper(report.optimum.levels);
  // Written beside the target and renamed when whole.
  const auto draft = fs::path(file).concat(".part");
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  if (!out) return rejected(say("cannot be written", "쓸 수 없습니다"), file.string());
  char delimiter = config.delimiter;
  std::vector<std::uint32_t> rows(count);
  bool header = false;
  std::string line;
  const auto begin = [&] {
    for (std::size_t c = 0; c < names.size(); ++c) {
      if (c > 0) line += delimiter;
      line += csv_cell(names[c], delimiter);
    }
    line += '\n';
    header = true;
  };
  const auto done = read_table(
      {config.data, config.delimiter}, names,
      [&](std::span<const std::string_view> cells, std::int64_t record) -> Done {
        if (!header) begin();
        NARU_CHECK(find_rows(anonymiser, cells, names, record, rows));
        if (keeper.class_of(rows) < 0) return {};
        for (std::size_t c = 0; c < cells.size(); ++c) {
          if (c > 0) line += delimiter;
          line += csv_cell(c < count ? anonymiser.cell(c, rows[c], report.optimum.levels[c]) : cells[c], delimiter);
        }
        line += '\n';
        if (line.size() > 1U << 20) {
          out << line;
          line.clear();
        }
        return {};
      },
      &delimiter);
  out << line;
  out.close();
  if (!done.ok() || !out) {
    fs::remove(draft);
    return done.ok() ? Done(rejected(say("cannot be written", "쓸 수 없습니다"), file.string())) : done;
  }
  fs::rename(draft, file);
  return {};
}

// Wall time on a busy machine says little; what was computed says more.
double cpu_seconds() {
  timespec now = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Started {
  double wall = steady_seconds();
  double cpu = cpu_seconds();
};

Result<SearchReport> search_in(const Anonymiser& anonymiser, const SearchConfig& config, unsigned threads,
                               const Started& begin, Progress& progress) {
  SearchReport report{.quasi_identifiers = names_of(config, ColumnRole::quasi_identifier),
                      .records = anonymiser.records(),
                      .distinct = anonymiser.distinct(),
                      .load_seconds = steady_seconds() - begin.wall,
                      .load_cpu_seconds = cpu_seconds() - begin.cpu};
  const Started searching;
  NARU_ASSIGN(report.optimum,
              anonymiser.search({.threads = threads, .time_limit_seconds = config.time_limit_seconds}, progress));
  report.search_seconds = steady_seconds() - searching.wall;
  report.search_cpu_seconds = cpu_seconds() - searching.cpu;
  return report;
}

}  // namespace

Result<Anonymiser> load(const SearchConfig& config, Progress& progress) {
  NARU_ASSIGN(auto anonymiser, empty_anonymiser(config));
  const auto quasi = names_of(config, ColumnRole::quasi_identifier);
  NARU_CHECK(feed(anonymiser, {config.data, config.delimiter}, quasi, config.sensitive, progress, false));
  if (config.models.needs_population()) {
    NARU_CHECK(feed(anonymiser, {config.population, config.delimiter}, quasi, {}, progress, true));
  }
  NARU_CHECK(anonymiser.finish());
  return anonymiser;
}

Result<SearchReport> search(const SearchConfig& config, unsigned threads, Progress& progress) {
  const Started begin;
  NARU_ASSIGN(const auto anonymiser, load(config, progress));
  return search_in(anonymiser, config, threads, begin, progress);
}

Result<SearchReport> apply(const SearchConfig& config, const std::filesystem::path& out, unsigned threads,
                           Progress& progress) {
  const Started begin;
  NARU_ASSIGN(const auto anonymiser, load(config, progress));
  NARU_ASSIGN(auto report, search_in(anonymiser, config, threads, begin, progress));
  NARU_CHECK(write_table(config, anonymiser, report, out));
  return report;
}

std::string search_json(const SearchReport& report) {
  const auto& best = report.optimum;
  Json levels = Json::object();
  for (std::size_t i = 0; i < report.quasi_identifiers.size(); ++i)
    levels[report.quasi_identifiers[i]] = best.levels[i];
  Json out = {{"optimal", best.proven},
              {"levels", levels},
              {"utility_loss", best.loss},
              {"suppressed", best.suppressed},
              {"classes", best.classes},
              {"lattice_nodes", best.lattice_nodes},
              {"nodes_checked", best.nodes_checked},
              {"projections_checked", best.projections_checked},
              {"records", report.records},
              {"distinct", report.distinct},
              {"seconds", {{"load", report.load_seconds}, {"search", report.search_seconds}}},
              {"cpu_seconds", {{"load", report.load_cpu_seconds}, {"search", report.search_cpu_seconds}}}};
  if (!best.proven) out["bound"] = best.bound;
  return canonical(out);
}

}  // namespace naru::protect
