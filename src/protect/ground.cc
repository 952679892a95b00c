#include "protect/tree.h"

#include <algorithm>
#include <numeric>

namespace naru::protect::detail {
namespace {

// Counting all pairs of columns must stay a small part of the search.
constexpr std::size_t pair_adds_max = 80'000'000;

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

}  // namespace

template <class Key>
Ground<Key>::Ground(const Problem& asked, ClassTables<Key> finest, std::vector<std::size_t> places)
    : problem(asked), measure(asked), place(std::move(places)) {
  for (const auto& column : problem.columns) between.push_back(maps_of(column));
  // With nothing to be suppressed, a prefix whose classes break a model rules out all nodes above it, for every model
  // over single classes; otherwise only class sizes tell something about finer classes.
  const auto& models = problem.models;
  whole_prefixes =
      problem.suppressed_max == 0 && (!models.diversity.empty() || !models.closeness.empty() || models.presence);
  project_prefixes(std::move(finest));
  if (problem.least_class > 1 || models.k_map > 0) count_pairs();
}

template <class Key>
void Ground<Key>::project_prefixes(ClassTables<Key> finest) {
  const auto count = problem.size();
  first.resize(count + 1);
  first[count] = std::move(finest);
  Counter<Key> counter;
  for (std::size_t j = count; j-- > 1;) {
    std::vector<std::uint8_t> keep(count, 0);
    std::fill_n(keep.begin(), j, std::uint8_t{1});
    project(first[j + 1].plain, keep, counter, first[j].plain);
    if (!whole_prefixes) continue;
    keep.push_back(1);
    for (const auto& table : first[j + 1].sensitive) project(table, keep, counter, first[j].sensitive.emplace_back());
  }
}

template <class Key>
void Ground<Key>::count_pairs() {
  const auto count = problem.size();
  std::size_t adds = 0;
  for (std::size_t b = 1; b < count; ++b) adds += b * first[b + 1].plain.groups.size();
  if (adds > pair_adds_max) return;
  pairs.resize(count * count);
  Counter<Key> counter;
  Table<Key> bottom;
  Table<Key> row;
  Table<Key> spare;
  const Judge<Key> judge(problem);
  for (std::size_t b = 1; b < count; ++b) {
    for (std::size_t a = 0; a < b; ++a) {
      std::vector<std::uint8_t> keep(count, 0);
      keep[a] = keep[b] = 1;
      project(first[b + 1].plain, keep, counter, bottom);
      auto& lost = pairs[a * count + b];
      for (std::size_t la = 0; la < problem.columns[a].levels; ++la) {
        if (la > 0) {
          const Step step{a, between[a][la - 1][la].data(), problem.columns[a].values(la)};
          roll<Key>(bottom, {&step, 1}, counter, spare);
          std::swap(bottom, spare);
        }
        row = bottom;
        for (std::size_t lb = 0; lb < problem.columns[b].levels; ++lb) {
          if (lb > 0) {
            const Step step{b, between[b][lb - 1][lb].data(), problem.columns[b].values(lb)};
            roll<Key>(row, {&step, 1}, counter, spare);
            std::swap(row, spare);
          }
          lost.push_back(judge.lost(row));
        }
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
