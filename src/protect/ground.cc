#include "base/spread.h"
#include "protect/tree.h"

#include <algorithm>
#include <numeric>
#include <thread>

namespace naru::protect::detail {
namespace {

// Counting all pairs of columns must stay a small part of the search.
constexpr std::size_t pair_work_max = 80'000'000;
constexpr std::size_t grid_cells_max = 1'000'000;

std::vector<std::vector<std::vector<std::uint32_t>>> maps_of(const CodedColumn& column) {
  std::vector<std::vector<std::vector<std::uint32_t>>> out(column.levels);
  for (std::size_t from = 0; from < column.levels; ++from) {
    out[from].resize(column.levels);
    std::vector<std::uint32_t> map(column.values(from));
    std::iota(map.begin(), map.end(), 0U);
    for (std::size_t to = from + 1; to < column.levels; ++to) {
      for (auto& code : map) code = column.up[to - 1][code];
      out[from][to] = map;
    }
  }
  return out;
}

// Two columns' counts, cell by cell.
class Grid {
 public:
  Grid(std::size_t columns, std::size_t rows) : columns_(columns), cells_(columns * rows) {}
  void add(std::size_t column, std::size_t row, std::uint32_t count, std::uint32_t population) {
    auto& cell = cells_[row * columns_ + column];
    cell.count += count;
    cell.population += population;
  }
  [[nodiscard]] Grid columns_up(const std::vector<std::uint32_t>& map, std::size_t columns) const {
    Grid out(columns, cells_.size() / columns_);
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      out.add(map[i % columns_], i / columns_, cells_[i].count, cells_[i].population);
    }
    return out;
  }
  [[nodiscard]] Grid rows_up(const std::vector<std::uint32_t>& map, std::size_t rows) const {
    Grid out(columns_, rows);
    for (std::size_t i = 0; i < cells_.size(); ++i) {
      out.add(i % columns_, map[i / columns_], cells_[i].count, cells_[i].population);
    }
    return out;
  }
  [[nodiscard]] std::int64_t lost(std::int64_t least, std::int64_t map) const {
    std::int64_t out = 0;
    for (const auto& cell : cells_) out += cell.count < least || cell.population < map ? cell.count : 0;
    return out;
  }

 private:
  struct Cell {
    std::uint32_t count = 0;
    std::uint32_t population = 0;
  };
  std::size_t columns_;
  std::vector<Cell> cells_;
};

}  // namespace

template <class Key>
Ground<Key>::Ground(const Problem& asked, ClassTables<Key> finest, std::vector<std::size_t> places, unsigned threads,
                    Stop& stop, Progress& progress)
    : problem(asked), measure(asked), place(std::move(places)) {
  const auto count = problem.size();
  first.resize(count + 1);
  first[count] = std::move(finest);
  for (const auto& column : problem.columns) between.push_back(maps_of(column));
  // With nothing to be suppressed, a prefix whose classes break a model rules out all nodes above it, for every model
  // over single classes; otherwise only class sizes tell something about finer classes.
  const auto& models = problem.models;
  whole_prefixes =
      problem.suppressed_max == 0 && (!models.diversity.empty() || !models.closeness.empty() || models.presence);
  lifted_ = std::vector<Lifted>(problem.columns[0].levels * first.size());
  pairs.resize(count * count);
  const bool paired = problem.least_class > 1 || models.k_map > 0;
  std::atomic<std::size_t> made = count;
  const Spread spread;
  std::thread other;
  if (paired && threads > 1) {
    other = std::thread([&] {
      spread.place(1);
      count_pairs(made, stop);
    });
  }
  Counter<Key> counter;
  for (std::size_t j = count; j-- > 1 && !stop.now();) {
    project_onto(j, counter);
    stop.look(&progress);
    made = j;
    made.notify_one();
  }
  if (other.joinable()) {
    // Stopped or not: nobody waits for what will not be made.
    made = 0;
    made.notify_one();
    other.join();
  } else if (paired) {
    count_pairs(made, stop);
  }
}

template <class Key>
void Ground<Key>::project_onto(std::size_t columns, Counter<Key>& counter) {
  project_first(first[columns + 1].plain, columns, first[columns].plain);
  if (!whole_prefixes) return;
  std::vector<std::uint8_t> keep(problem.size(), 0);
  std::fill_n(keep.begin(), columns, std::uint8_t{1});
  keep.push_back(1);
  for (const auto& table : first[columns + 1].sensitive) {
    project(table, keep, counter, first[columns].sensitive.emplace_back());
    sort_groups(first[columns].sensitive.back());
  }
}

template <class Key>
const ClassTables<Key>& Ground<Key>::lifted(std::size_t level, std::size_t columns, Counter<Key>& counter) const {
  auto& entry = lifted_[level * first.size() + columns];
  std::call_once(entry.once, [&] {
    const Step step{0, between[0][0][level].data(), problem.columns[0].values(level)};
    roll_all(first[columns], step, counter, entry.tables);
  });
  return entry.tables;
}

template <class Key>
void Ground<Key>::count_pairs(const std::atomic<std::size_t>& made, Stop& stop) {
  std::size_t work = 0;
  for (std::size_t b = problem.size(); b-- > 1;) {
    for (auto lowest = made.load(); lowest > b + 1; lowest = made.load()) made.wait(lowest);
    stop.look(nullptr);
    if (stop.now()) return;
    work += b * first[b + 1].plain.groups.size();
    for (std::size_t a = 0; a < b; ++a)
      work += grid_cells(a, b) * problem.columns[a].levels * problem.columns[b].levels;
    if (work > pair_work_max) return;
    count_pairs_of(b);
  }
}

template <class Key>
std::size_t Ground<Key>::grid_cells(std::size_t a, std::size_t b) const {
  const auto product = problem.columns[a].values(0) * problem.columns[b].values(0);
  return product > grid_cells_max ? 0 : product;
}

template <class Key>
void Ground<Key>::count_pairs_of(std::size_t b) {
  std::vector<Grid> grids;
  std::vector<std::size_t> counted;
  for (std::size_t a = 0; a < b; ++a) {
    // A pair with too many cells tells nothing and costs much: it stays at nothing lost.
    const bool small = grid_cells(a, b) > 0;
    grids.emplace_back(small ? problem.columns[a].values(0) : 1, small ? problem.columns[b].values(0) : 1);
    if (small) counted.push_back(a);
  }
  const auto& layout = first[b + 1].plain.layout;
  for (const auto& group : first[b + 1].plain.groups) {
    const auto row = code_of(group.key, layout[b]);
    for (const auto a : counted) grids[a].add(code_of(group.key, layout[a]), row, group.count, group.population);
  }
  for (const auto a : counted) {
    auto& lost = pairs[a * problem.size() + b];
    for (std::size_t la = 0; la < problem.columns[a].levels; ++la) {
      if (la > 0) grids[a] = grids[a].columns_up(problem.columns[a].up[la - 1], problem.columns[a].values(la));
      auto here = grids[a];
      for (std::size_t lb = 0; lb < problem.columns[b].levels; ++lb) {
        if (lb > 0) here = here.rows_up(problem.columns[b].up[lb - 1], problem.columns[b].values(lb));
        lost.push_back(here.lost(problem.least_class, problem.models.k_map));
      }
    }
  }
}

template <class Key>
bool Ground<Key>::better(const Node& one, const std::optional<Node>& other) const {
  if (!other) return true;
  if (one.loss != other->loss) return one.loss < other->loss;
  const auto sum = [](const auto& levels) { return std::accumulate(levels.begin(), levels.end(), std::size_t{0}); };
  const auto mine = sum(one.levels);
  const auto best = sum(other->levels);
  if (mine != best) return mine < best;
  std::vector<std::size_t> a(place.size());
  std::vector<std::size_t> b(place.size());
  for (std::size_t c = 0; c < place.size(); ++c) {
    a[place[c]] = one.levels[c];
    b[place[c]] = other->levels[c];
  }
  return a < b;
}

template struct Ground<Narrow>;
template struct Ground<Wide>;

}  // namespace naru::protect::detail
