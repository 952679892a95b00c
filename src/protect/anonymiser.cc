#include "protect/anonymiser.h"

#include "base/clock.h"
#include "protect/anonymiser_state.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>

namespace naru::protect {
namespace {

using detail::ClassTables;
using detail::Narrow;
using detail::Table;
using detail::Wide;

constexpr std::size_t sensitive_values_max = 65'536;

// The columns that tell most people apart come first, until they alone could make half of the smallest classes' bits:
// their prefixes rule out most nodes at once. The others follow from the least telling one up, which keeps the tables
// of the prefixes small for long.
std::vector<std::size_t> search_order(const std::vector<detail::CodedColumn>& columns, double classes) {
  std::vector<double> entropy;
  for (const auto& column : columns) {
    double all = 0;
    double sum = 0;
    for (const auto count : column.records) all += static_cast<double>(count);
    for (const auto count : column.records) {
      if (count > 0) sum -= static_cast<double>(count) / all * std::log2(static_cast<double>(count) / all);
    }
    entropy.push_back(sum);
  }
  std::vector<std::size_t> out(columns.size());
  std::iota(out.begin(), out.end(), std::size_t{0});
  std::ranges::sort(
      out, [&](std::size_t a, std::size_t b) { return entropy[a] != entropy[b] ? entropy[a] > entropy[b] : a < b; });
  double bits = 0;
  auto rest = out.begin();
  while (rest != out.end() && bits < std::log2(classes) / 2) bits += entropy[*rest++];
  std::reverse(rest, out.end());
  return out;
}

// The distinct rows in the keys of the search: quasi-identifiers in its order, then a sensitive column.
template <class Key>
ClassTables<Key> tables_of(const detail::Tuples& tuples, const detail::Problem& problem,
                           const std::vector<std::size_t>& place,
                           const std::vector<std::vector<std::uint32_t>>& ranks) {
  std::vector<std::size_t> values;
  for (const auto& column : problem.columns) values.push_back(column.values(0));
  ClassTables<Key> out;
  detail::Counter<Key> counter;
  const auto count = values.size();
  const auto fill = [&](Table<Key>& table, std::size_t sensitive, bool with) {
    auto all = values;
    if (with) all.push_back(std::max<std::size_t>(problem.sensitive[sensitive].values, 1));
    table.layout = detail::plan_layout(all).layout;
    counter.begin(table, tuples.distinct(), 64);
    tuples.each([&](const std::vector<std::uint32_t>& codes, std::uint32_t records, std::uint32_t population) {
      if (with && records == 0) return;
      Key key = {};
      for (std::size_t c = 0; c < count; ++c) put_code(key, table.layout[c], codes[place[c]]);
      if (with) put_code(key, table.layout[count], ranks[sensitive][codes[count + sensitive]]);
      counter.add(key, records, population);
    });
    // A fixed order of groups, so that nothing depends on the order of the records.
    sort_groups(table);
  };
  fill(out.plain, 0, false);
  out.sensitive.resize(problem.sensitive.size());
  for (std::size_t s = 0; s < problem.sensitive.size(); ++s) fill(out.sensitive[s], s, true);
  return out;
}

Error no_node() {
  return refused(say("no generalisation satisfies the models within the suppression limit",
                     "삭제 한도 안에서 모형을 만족하는 일반화가 없습니다"),
                 "anonymity",
                 say("ask the policy's board for coarser levels or a higher limit",
                     "정책 심의기구에 더 거친 수준이나 높은 한도를 요청하세요"));
}

}  // namespace

Anonymiser::Anonymiser(std::unique_ptr<State> state) : state_(std::move(state)) {}
Anonymiser::~Anonymiser() = default;
Anonymiser::Anonymiser(Anonymiser&&) noexcept = default;
Anonymiser& Anonymiser::operator=(Anonymiser&&) noexcept = default;

Result<Anonymiser> Anonymiser::of(AnonymiserSpec spec) {
  NARU_CHECK(detail::check_models(spec));
  auto state = std::make_unique<State>();
  std::vector<std::size_t> values;
  for (const auto& column : spec.columns) {
    NARU_ASSIGN(auto coded, detail::encode_hierarchy(column.name, column.hierarchy));
    coded.weight = column.weight;
    coded.records.assign(static_cast<std::size_t>(coded.domain), 0);
    auto& rows = state->rows.emplace_back();
    for (const auto& cells : column.hierarchy.cells)
      rows.emplace(cells.front(), static_cast<std::uint32_t>(rows.size()));
    values.push_back(coded.values(0));
    state->coded.push_back(std::move(coded));
  }
  for (const auto& sensitive : spec.sensitive) {
    auto& codes = state->values.emplace_back();
    for (const auto& cells : sensitive.hierarchy.cells) {
      const auto fresh = codes.emplace(cells.front(), static_cast<std::uint32_t>(codes.size())).second;
      if (!fresh) {
        return rejected(say("a value stands twice", "값이 두 번 나옵니다"),
                        fmt::format("{}: hierarchy row {}", sensitive.name, codes.size() + 1));
      }
    }
    values.push_back(codes.empty() ? sensitive_values_max : codes.size());
  }
  NARU_ASSIGN(state->tuples, detail::Tuples::of(values));
  state->scratch.resize(values.size());
  state->spec = std::move(spec);
  return Anonymiser(std::move(state));
}

std::optional<std::uint32_t> Anonymiser::row_of(std::size_t column, std::string_view value) const {
  const auto found = state_->rows[column].find(value);
  return found == state_->rows[column].end() ? std::nullopt : std::optional(found->second);
}

std::int64_t Anonymiser::domain(std::size_t column) const { return state_->coded[column].domain; }

const std::string& Anonymiser::cell(std::size_t column, std::uint32_t row, std::size_t level) const {
  return state_->spec.columns[column].hierarchy.cells[row][level];
}

std::optional<std::uint32_t> Anonymiser::value_of(std::size_t sensitive, std::string_view value) {
  auto& codes = state_->values[sensitive];
  const auto found = codes.find(value);
  if (found != codes.end()) return found->second;
  if (!state_->spec.sensitive[sensitive].hierarchy.cells.empty() || codes.size() == sensitive_values_max) {
    return std::nullopt;
  }
  return codes.emplace(value, static_cast<std::uint32_t>(codes.size())).first->second;
}

void Anonymiser::add(std::span<const std::uint32_t> rows, std::span<const std::uint32_t> values) {
  auto& scratch = state_->scratch;
  std::ranges::copy(rows, scratch.begin());
  std::ranges::copy(values, scratch.begin() + static_cast<std::ptrdiff_t>(rows.size()));
  state_->tuples->add(scratch, false);
}

void Anonymiser::add_population(std::span<const std::uint32_t> rows) {
  auto& scratch = state_->scratch;
  std::ranges::fill(scratch, 0U);
  std::ranges::copy(rows, scratch.begin());
  state_->tuples->add(scratch, true);
}

std::int64_t Anonymiser::records() const { return state_->tuples ? state_->tuples->records() : state_->records; }

std::int64_t Anonymiser::distinct() const {
  return std::visit([](const auto& tables) { return static_cast<std::int64_t>(tables.plain.groups.size()); },
                    state_->finest);
}

Done Anonymiser::finish() {
  auto& state = *state_;
  auto& problem = state.problem;
  state.records = problem.records = state.tuples->records();
  const auto& models = state.spec.models;
  if (problem.records == 0) return rejected(say("the table has no records", "표에 행이 없습니다"), "data");
  if (problem.records > UINT32_MAX || state.tuples->population() > UINT32_MAX) {
    return rejected(say("more than 4,294,967,295 records", "행이 4,294,967,295개를 넘습니다"), "data");
  }
  if (models.k > problem.records) {
    return rejected(
        say("k = {} is larger than the table's {} records", "k = {}가 표의 {}행보다 큽니다", models.k, problem.records),
        "k_anonymity", say("no generalisation can reach it", "어떤 일반화로도 이룰 수 없습니다"));
  }
  for (const auto& one : models.population_uniqueness) {
    if (one.population < static_cast<double>(problem.records)) {
      return rejected(say("the population is smaller than the table", "모집단이 표보다 작습니다"),
                      "population_uniqueness");
    }
  }
  std::vector<std::vector<std::uint32_t>> ranks;
  for (std::size_t s = 0; s < state.spec.sensitive.size(); ++s) {
    const bool hierarchical = std::ranges::any_of(models.closeness, [&](const Closeness& one) {
      return one.column == s && one.distance == Distance::hierarchical;
    });
    NARU_ASSIGN(auto rank, detail::rank_values(state.spec.sensitive[s], hierarchical, state.values[s],
                                               problem.sensitive.emplace_back()));
    problem.sensitive[s].records.assign(problem.sensitive[s].values, 0);
    ranks.push_back(std::move(rank));
  }
  bool contained = true;
  state.tuples->each([&](const std::vector<std::uint32_t>& codes, std::uint32_t records, std::uint32_t /*population*/) {
    for (std::size_t c = 0; c < state.coded.size(); ++c) state.coded[c].records[codes[c]] += records;
    for (std::size_t s = 0; s < ranks.size() && records > 0; ++s) {
      problem.sensitive[s].records[ranks[s][codes[state.coded.size() + s]]] += records;
    }
  });
  problem.models = models;
  problem.utility = state.spec.utility;
  detail::settle(problem, state.spec.suppression_limit);
  state.place = search_order(state.coded, static_cast<double>(problem.records) /
                                              static_cast<double>(std::max(problem.least_class, models.k_map)));
  for (const auto c : state.place) problem.columns.push_back(state.coded[c]);
  const auto make = [&]<class Key>(ClassTables<Key> tables) {
    for (const auto& group : tables.plain.groups) contained = contained && group.population >= group.count;
    state.finest = std::move(tables);
  };
  std::size_t bits = 0;
  std::size_t widest = 0;
  for (const auto& column : problem.columns) bits += detail::width_of(column.values(0));
  for (const auto& one : problem.sensitive) widest = std::max<std::size_t>(widest, detail::width_of(one.values));
  if (bits + widest <= 64) {
    make(tables_of<Narrow>(*state.tuples, problem, state.place, ranks));
  } else {
    make(tables_of<Wide>(*state.tuples, problem, state.place, ranks));
  }
  state.tuples.reset();
  if (models.needs_population() && !contained) {
    return rejected(say("the population table lacks records of the table", "모집단 표에 표의 행이 없는 것이 있습니다"),
                    "population", say("give a population that contains the table", "표를 포함하는 모집단을 주세요"));
  }
  return {};
}

Result<Optimum> Anonymiser::search(const SearchOptions& options, Progress& progress) const {
  const auto& state = *state_;
  Optimum out{.levels = std::vector<std::size_t>(state.place.size())};
  out.lattice_nodes = 1;
  for (const auto& column : state.problem.columns) {
    const auto most = std::numeric_limits<std::uint64_t>::max();
    out.lattice_nodes = out.lattice_nodes > most / column.levels ? most : out.lattice_nodes * column.levels;
  }
  const detail::BranchOptions branch{
      .threads = options.threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : options.threads,
      .table_bytes = options.table_bytes,
      .deadline = options.time_limit_seconds > 0 ? steady_seconds() + options.time_limit_seconds : 0,
      .place = state.place};
  auto found =
      std::visit([&](const auto& finest) { return detail::branch_and_bound(state.problem, finest, branch, progress); },
                 state.finest);
  NARU_ASSIGN(const auto outcome, std::move(found));
  if (!outcome.best) {
    if (outcome.proven) return no_node();
    return conflict(say("no valid generalisation was found within the time limit",
                        "제한 시간 안에 유효한 일반화를 찾지 못했습니다"),
                    "time_limit_seconds", say("give more time", "시간을 더 주세요"));
  }
  for (std::size_t c = 0; c < state.place.size(); ++c) out.levels[state.place[c]] = outcome.best->levels[c];
  out.proven = outcome.proven || outcome.bound >= outcome.best->loss;
  out.bound = out.proven ? outcome.best->loss : outcome.bound;
  out.loss = outcome.best->loss;
  out.suppressed = outcome.best->verdict.suppressed;
  out.classes = outcome.best->verdict.kept_classes;
  out.nodes_checked = outcome.nodes_checked;
  out.projections_checked = outcome.projections_checked;
  return out;
}

Result<NodeScore> Anonymiser::score(const std::vector<std::size_t>& levels) const {
  const auto& state = *state_;
  if (levels.size() != state.place.size()) {
    return rejected(say("one level per column", "열마다 수준 하나가 필요합니다"), "levels");
  }
  std::vector<std::size_t> ordered;
  for (const auto c : state.place) {
    if (levels[c] >= state.coded[c].levels)
      return rejected(say("no such level", "그런 수준은 없습니다"), state.coded[c].name);
    ordered.push_back(levels[c]);
  }
  return std::visit(
      [&]<class Key>(const ClassTables<Key>& finest) {
        ClassTables<Key> classes;
        std::vector<std::uint8_t> kept;
        const auto node = detail::measure_node(state.problem, finest, ordered, classes, kept);
        return NodeScore{node.loss, node.verdict.classes, node.verdict.kept_classes, node.verdict.suppressed};
      },
      state.finest);
}

}  // namespace naru::protect
