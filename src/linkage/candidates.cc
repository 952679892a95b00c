#include "linkage/candidates.h"

#include <algorithm>
#include <array>
#include <bit>

namespace naru::linkage {
namespace {

struct Keyed {
  std::uint64_t key = 0;
  std::uint32_t row = 0;
  auto operator<=>(const Keyed&) const = default;
};

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = (a * 0x9E3779B97F4A7C15ULL) ^ b;
  x = (x ^ x >> 32U) * 0xD6E8FEB86659FD93ULL;
  return x ^ x >> 29U;
}

// A value of a name field is one thing whichever field it stands in: names in the wrong order still meet.
std::uint64_t value_key(const MatchTable& table, std::size_t column, std::uint32_t row) {
  const auto code = table.codes[column][row];
  return code == 0 ? 0 : (table.dictionary_of[column] + 1) << 32U | code;
}

// One value, or two values together, of the fields that share these dictionaries.
struct Block {
  std::size_t first = 0;
  std::size_t second = 0;
  bool together = false;
};

std::vector<Block> block_kinds(const MatchTable& table) {
  std::vector<Block> out;
  for (std::size_t a = 0; a < table.dictionaries.size(); ++a) {
    out.push_back({a, a, false});
    if (std::ranges::count(table.dictionary_of, a) > 1) out.push_back({a, a, true});
    for (auto b = a + 1; b < table.dictionaries.size(); ++b) out.push_back({a, b, true});
  }
  return out;
}

std::vector<Keyed> keys_of(const MatchTable& table, const Block& block) {
  std::vector<Keyed> out;
  const auto columns = table.columns.size();
  for (std::size_t a = 0; a < columns; ++a) {
    if (table.dictionary_of[a] != block.first) continue;
    for (auto b = block.first == block.second ? a : 0; b < columns; ++b) {
      if (table.dictionary_of[b] != block.second || (a == b) == block.together) continue;
      for (std::uint32_t row = 0; row < table.rows(); ++row) {
        const auto left = value_key(table, a, row);
        const auto right = value_key(table, b, row);
        if (left == 0 || right == 0) continue;
        out.push_back({a == b ? left : mixed(std::min(left, right), std::max(left, right)), row});
      }
    }
  }
  std::ranges::sort(out);
  return out;
}

std::uint64_t pairs_in(const MatchTable& table, const std::vector<Keyed>& keys, std::size_t from, std::size_t to) {
  const std::uint64_t all = to - from;
  if (!table.two_files) return all * (all - 1) / 2;
  std::uint64_t left = 0;
  while (from + left < to && keys[from + left].row < table.left_rows) ++left;
  return left * (all - left);
}

template <class Each>
void each_block(const std::vector<Keyed>& keys, const Each& each) {
  for (std::size_t from = 0; from < keys.size();) {
    auto to = from + 1;
    while (to < keys.size() && keys[to].key == keys[from].key) ++to;
    if (to - from > 1) each(from, to);
    from = to;
  }
}

// Blocks by the number of binary digits of their size: what a cap of 2^k - 1 rows would cost.
constexpr std::size_t sizes = 32;
std::size_t size_class(std::size_t rows) { return std::min<std::size_t>(sizes - 1, std::bit_width(rows)); }

void add_pairs(const MatchTable& table, const std::vector<Keyed>& keys, std::size_t class_max,
               std::vector<RowPair>& out) {
  each_block(keys, [&](std::size_t from, std::size_t to) {
    if (size_class(to - from) > class_max) return;
    for (auto i = from; i < to; ++i) {
      for (auto j = i + 1; j < to; ++j) {
        if (table.two_files && (keys[i].row < table.left_rows) == (keys[j].row < table.left_rows)) continue;
        if (keys[i].row != keys[j].row) out.push_back({keys[i].row, keys[j].row});
      }
    }
  });
}

void settle(std::vector<RowPair>& pairs) {
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
}

}  // namespace

Result<Candidates> find_candidates(const MatchTable& table, std::uint64_t pairs_max, Progress& progress) {
  const auto kinds = block_kinds(table);
  const auto deed = say("finding candidate pairs", "후보 쌍을 찾는 중");
  std::array<std::uint64_t, sizes> cost{};
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (progress.stop_requested()) return interrupted();
    progress.at(deed, k, 2 * kinds.size());
    const auto keys = keys_of(table, kinds[k]);
    each_block(keys, [&](std::size_t from, std::size_t to) {
      cost[size_class(to - from)] += pairs_in(table, keys, from, to);
    });
  }
  std::size_t class_max = 1;
  std::uint64_t held = 0;
  for (std::size_t size = 2; size < sizes && held + cost[size] <= pairs_max; ++size) {
    held += cost[size];
    class_max = size;
  }
  Candidates out;
  out.block_rows_max = static_cast<std::uint32_t>((1ULL << class_max) - 1);
  out.pairs.reserve(held);
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (progress.stop_requested()) return interrupted();
    progress.at(deed, kinds.size() + k, 2 * kinds.size());
    add_pairs(table, keys_of(table, kinds[k]), class_max, out.pairs);
  }
  settle(out.pairs);
  return out;
}

}  // namespace naru::linkage
