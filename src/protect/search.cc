#include "protect/search.h"

#include "base/clock.h"
#include "base/files.h"
#include "base/json.h"
#include "protect/search_parts.h"
#include "protect/table_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>

namespace naru::protect {
namespace {

std::vector<std::string> names_of(const SearchConfig& config, ColumnRole role) {
  std::vector<std::string> out;
  for (const auto& column : config.columns) {
    if (column.role == role) out.push_back(column.name);
  }
  return out;
}

Result<Hierarchy> read_hierarchy(const SearchColumn& column, const SearchConfig& config) {
  if (!fs::exists(column.hierarchy)) {
    return not_found(say("no such hierarchy", "일반화 계층 파일이 없습니다"), column.hierarchy.string(),
                     say("it belongs to the column {}", "{} 열의 계층입니다", column.name));
  }
  Hierarchy out;
  NARU_ASSIGN(out.cells, read_cells({column.hierarchy, config.delimiter, config.encoding}));
  return out;
}

// Values of a micro-aggregated column are numbers.
Done check_numbers(const SearchColumn& column, const Hierarchy& hierarchy) {
  if (column.centre == SearchColumn::Centre::none) return {};
  for (std::size_t i = 0; i < hierarchy.cells.size(); ++i) {
    const auto& text = hierarchy.cells[i].front();
    double value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec == std::errc() && read.ptr == text.data() + text.size() && std::isfinite(value)) continue;
    return rejected(say("a micro-aggregated column holds numbers only", "마이크로 집계하는 열은 숫자여야 합니다"),
                    fmt::format("{}: hierarchy row {}", column.name, i + 1));
  }
  return {};
}

Result<Anonymiser> empty_anonymiser(const SearchConfig& config) {
  AnonymiserSpec spec{
      .models = config.models, .utility = config.utility, .suppression_limit = config.suppression_limit};
  for (const auto& column : config.columns) {
    if (column.role != ColumnRole::quasi_identifier) continue;
    NARU_ASSIGN(auto hierarchy, read_hierarchy(column, config));
    NARU_CHECK(check_numbers(column, hierarchy));
    spec.columns.push_back({column.name, std::move(hierarchy), column.weight});
  }
  for (const auto& name : config.sensitive) {
    const auto& column = *std::ranges::find(config.columns, name, &SearchColumn::name);
    auto& one = spec.sensitive.emplace_back(SensitiveSpec{.name = name});
    if (!column.hierarchy.empty()) {
      NARU_ASSIGN(one.hierarchy, read_hierarchy(column, config));
    }
  }
  return Anonymiser::of(std::move(spec));
}

Done feed(Anonymiser& anonymiser, const TableFile& file, const std::vector<std::string>& quasi,
          const std::vector<std::string>& sensitive, Progress& progress, bool of_population) {
  auto names = quasi;
  names.insert(names.end(), sensitive.begin(), sensitive.end());
  std::vector<std::uint32_t> rows(quasi.size());
  std::vector<std::uint32_t> values(sensitive.size());
  return read_table(file, names, [&](std::span<const std::string_view> cells, std::int64_t record) -> Done {
    NARU_CHECK(detail::find_rows(anonymiser, cells, names, record, rows));
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

// The loss of the optimum and its layers together, by the formula of the loss itself.
std::optional<double> loss_of(const SearchConfig& config, const Anonymiser& table, const SearchReport& report,
                              const std::vector<Layer>& layers, std::int64_t suppressed) {
  if (config.utility.metric != Metric::loss || config.utility.gs_factor < 0.5) return std::nullopt;
  const double g = 1 - 2 * (config.utility.gs_factor - 0.5);
  auto shares = table.kept_shares(report.optimum.levels);
  for (const auto& layer : layers) {
    const auto more = layer.table.kept_shares(layer.optimum.levels);
    for (std::size_t c = 0; c < shares.size(); ++c) shares[c] += more[c];
  }
  const auto records = static_cast<double>(report.records);
  double sum = 0;
  double weights = 0;
  std::size_t c = 0;
  const bool geometric = config.utility.aggregate == LossAggregate::geometric_mean;
  for (const auto& column : config.columns) {
    if (column.role != ColumnRole::quasi_identifier) continue;
    const double least = g * records / static_cast<double>(table.domain(c));
    const double lost = g * shares[c] + static_cast<double>(suppressed);
    const double v = records > least ? std::max(0.0, (lost - least) / (records - least)) : 0;
    sum += column.weight * (geometric ? std::log1p(v) : v);
    weights += column.weight;
    ++c;
  }
  return geometric ? std::expm1(sum / weights) : sum / weights;
}

Refined refined_of(const SearchConfig& config, const Anonymiser& table, const SearchReport& report,
                   const std::vector<Layer>& layers) {
  Refined out{.layers = 1 + layers.size(), .suppressed = report.optimum.suppressed, .classes = report.optimum.classes};
  for (const auto& layer : layers) {
    out.suppressed = layer.optimum.suppressed;
    out.classes += layer.optimum.classes;
  }
  out.loss = loss_of(config, table, report, layers, out.suppressed);
  return out;
}

}  // namespace

// Hierarchy rows of a record's quasi-identifiers, which stand first among the cells.
Done detail::find_rows(const Anonymiser& anonymiser, std::span<const std::string_view> cells,
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

Result<std::vector<Layer>> recode_locally(const Anonymiser& table, const Optimum& optimum, unsigned threads,
                                          Progress& progress) {
  constexpr std::size_t layers_max = 16;
  std::vector<Layer> out;
  auto rest = table.leftover(optimum.levels);
  while (rest.records() > 0 && out.size() < layers_max) {
    auto found = rest.search({.threads = threads}, progress);
    if (!found.ok() && found.error().kind != ErrorKind::refused) return std::move(found).error();
    if (!found.ok() || found->suppressed == rest.records()) break;
    auto next = rest.leftover(found->levels);
    out.push_back({std::move(rest), *found});
    rest = std::move(next);
  }
  return out;
}

Result<Anonymiser> load(const SearchConfig& config, Progress& progress) {
  NARU_ASSIGN(auto anonymiser, empty_anonymiser(config));
  const auto quasi = names_of(config, ColumnRole::quasi_identifier);
  NARU_CHECK(
      feed(anonymiser, {config.data, config.delimiter, config.encoding}, quasi, config.sensitive, progress, false));
  if (config.models.needs_population()) {
    NARU_CHECK(feed(anonymiser, {config.population, config.delimiter, config.encoding}, quasi, {}, progress, true));
  }
  NARU_CHECK(anonymiser.finish());
  return anonymiser;
}

Result<SearchReport> search(const SearchConfig& config, unsigned threads, Progress& progress) {
  NARU_ASSIGN(auto found, detail::search_layers(config, threads, progress));
  return std::move(found.report);
}

Result<detail::Found> detail::search_layers(const SearchConfig& config, unsigned threads, Progress& progress) {
  const Started begin;
  NARU_ASSIGN(auto table, load(config, progress));
  NARU_ASSIGN(auto report, search_in(table, config, threads, begin, progress));
  std::vector<Layer> layers;
  if (config.local_recoding) {
    NARU_ASSIGN(layers, recode_locally(table, report.optimum, threads, progress));
    report.refined = refined_of(config, table, report, layers);
  }
  layers.insert(layers.begin(), Layer{std::move(table), report.optimum});
  return detail::Found{std::move(report), std::move(layers)};
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
  if (report.refined) {
    const auto& refined = *report.refined;
    out["refined"] = {{"layers", refined.layers}, {"suppressed", refined.suppressed}, {"classes", refined.classes}};
    out["refined"]["utility_loss"] = refined.loss ? Json(*refined.loss) : Json(nullptr);
    if (!refined.loss)
      out["refined"]["reason"] = "only metric loss with gs_factor of at least 0.5 measures mixed levels";
  }
  return canonical(out);
}

}  // namespace naru::protect
