#include "protect/union_search.h"

#include <algorithm>
#include <deque>

namespace naru::protect::detail {
namespace {

/// Disjoint persons that a sum of numbers counts.
struct Block {
  const ::Roaring* people = nullptr;
  std::int64_t size = 0;
  std::vector<std::size_t> plus = {};  ///< places
  std::vector<std::size_t> minus = {};
};
struct Blocks {
  std::deque<::Roaring> made = {};
  std::vector<Block> list = {};
};

std::int64_t size_of(const ::Roaring& people) { return static_cast<std::int64_t>(people.cardinality()); }

/// Told cells, and what a told margin has beside them. Lines are rows or columns.
Blocks blocks_of(const EarlierTable& table, bool by_rows) {
  Blocks out;
  const auto cells = table.rows * table.columns;
  const auto lines = by_rows ? table.rows : table.columns;
  const auto across = by_rows ? table.columns : table.rows;
  for (std::size_t line = 0; line < lines; ++line) {
    const auto margin = by_rows ? cells + line : cells + table.rows + line;
    Block rest{nullptr, 0, {margin}};
    ::Roaring people = *table.people[margin];
    for (std::size_t at = 0; at < across; ++at) {
      const auto cell = by_rows ? line * table.columns + at : at * table.columns + line;
      if (!table.told[cell]) continue;
      out.list.push_back({table.people[cell], size_of(*table.people[cell]), {cell}});
      if (!table.told[margin]) continue;
      people -= *table.people[cell];
      rest.minus.push_back(cell);
    }
    if (!table.told[margin] || people.isEmpty()) continue;
    out.made.push_back(std::move(people));
    rest.people = &out.made.back();
    rest.size = size_of(*rest.people);
    out.list.push_back(std::move(rest));
  }
  return out;
}

void tell(const EarlierTable& table, const Block& block, std::vector<UnionPart>& out) {
  for (const auto at : block.plus) out.push_back({1, *table.told[at]});
  for (const auto at : block.minus) out.push_back({-1, *table.told[at]});
}

constexpr std::size_t exact_max = 4;

}  // namespace

struct UnionSearch::State {
  const std::vector<EarlierTable>& tables;
  std::int64_t min_cell = 0;
  std::vector<std::size_t> exact = {};
  ::Roaring all_exact = {};
  std::vector<std::optional<Blocks>> blocks = {};  ///< by rows, by columns of each table; made when wanted

  const Blocks& blocks_at(std::size_t table, bool by_rows) {
    auto& found = blocks[2 * table + (by_rows ? 0 : 1)];
    if (!found) found = blocks_of(tables[table], by_rows);
    return *found;
  }

  /// Blocks are disjoint: each is judged by itself, and the number is not copied.
  std::vector<UnionPart> of_one(const Held& number, std::size_t table, bool by_rows) {
    std::int64_t wrong = 0;
    std::int64_t left = number.size;
    std::int64_t refused = 0;
    std::vector<UnionPart> out;
    for (const auto& block : blocks_at(table, by_rows).list) {
      const auto inside = static_cast<std::int64_t>(number.people->and_cardinality(*block.people));
      if (2 * inside <= block.size) {
        if ((refused += inside) >= min_cell) return {};
        continue;
      }
      if ((wrong += block.size - inside) >= min_cell) return {};
      left -= inside;
      tell(tables[table], block, out);
    }
    return wrong + left < min_cell ? out : std::vector<UnionPart>{};
  }

  /// Takes from the tables in order; nothing when min_cell or more persons are left over or taken wrongly.
  std::vector<UnionPart> of_several(const Held& number, bool by_rows) {
    ::Roaring remaining = *number.people;
    std::int64_t wrong = 0;
    std::vector<UnionPart> out;
    for (const auto table : exact) {
      std::int64_t refused = 0;
      for (const auto& block : blocks_at(table, by_rows).list) {
        const auto inside = static_cast<std::int64_t>(remaining.and_cardinality(*block.people));
        if (2 * inside <= block.size) {
          refused += inside;
          if (table == exact.back() && refused >= min_cell) return {};
          continue;
        }
        if ((wrong += block.size - inside) >= min_cell) return {};
        remaining -= *block.people;
        tell(tables[table], block, out);
      }
    }
    return wrong + size_of(remaining) < min_cell ? out : std::vector<UnionPart>{};
  }
};

UnionSearch::UnionSearch(const std::vector<EarlierTable>& tables, std::int64_t exact, std::int64_t min_cell)
    : state_(std::make_unique<State>(State{tables, min_cell})) {
  auto& state = *state_;
  state.blocks.resize(2 * tables.size());
  for (std::size_t at = 0; at < tables.size(); ++at) {
    if (tables[at].answer >= exact || state.exact.size() == exact_max) continue;
    state.exact.push_back(at);
    state.all_exact |= *tables[at].everybody.people;
  }
}

UnionSearch::~UnionSearch() = default;

std::vector<UnionPart> UnionSearch::parts_of(const Held& number) {
  auto& state = *state_;
  for (std::size_t at = 0; at < state.tables.size(); ++at) {
    const auto& table = state.tables[at];
    // A table of one number has no parts; that number by itself is `nearest`'s.
    if (table.rows * table.columns < 2 || !may_be_inside(number, table.everybody, state.min_cell)) continue;
    for (const bool by_rows : {true, false})
      if (auto parts = state.of_one(number, at, by_rows); !parts.empty()) return parts;
  }
  if (state.exact.size() < 2) return {};
  const auto inside = static_cast<std::int64_t>(number.people->and_cardinality(state.all_exact));
  if (number.size - inside >= state.min_cell) return {};
  do {
    for (const bool by_rows : {true, false})
      if (auto parts = state.of_several(number, by_rows); !parts.empty()) return parts;
  } while (std::next_permutation(state.exact.begin(), state.exact.end()));
  return {};
}

std::vector<std::size_t> cells_that_make(const Held& earlier, const std::vector<::Roaring>& cells,
                                         std::int64_t min_cell) {
  std::vector<std::size_t> out;
  std::int64_t inside = 0;
  std::int64_t wrong = 0;
  for (std::size_t at = 0; at < cells.size(); ++at) {
    const auto common = static_cast<std::int64_t>(cells[at].and_cardinality(*earlier.people));
    const auto outside = static_cast<std::int64_t>(cells[at].cardinality()) - common;
    if (common == 0 || common <= outside) continue;
    if ((wrong += outside) >= min_cell) return {};
    inside += common;
    out.push_back(at);
  }
  if (wrong + earlier.size - inside >= min_cell) return {};
  return out;
}

}  // namespace naru::protect::detail
