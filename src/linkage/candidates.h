#pragma once
/// Which pairs of records are worth comparing: those that agree exactly in one rare value or in two values together.
/// docs/methods/record-linkage.md. Not for other rooms.
#include "base/progress.h"
#include "linkage/match_table.h"

#include <cstdint>
#include <vector>

namespace naru::linkage {

/// Two rows, a < b; of different files when there are two.
struct RowPair {
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  auto operator<=>(const RowPair&) const = default;
};

struct Candidates {
  std::vector<RowPair> pairs = {};   ///< sorted, each once
  std::uint32_t block_rows_max = 0;  ///< larger blocks were left out
};

/// The largest block size is the greatest power of two at which the blocks hold at most `pairs_max` pairs.
/// Error: interrupted.
[[nodiscard]] Result<Candidates> find_candidates(const MatchTable& table, std::uint64_t pairs_max, Progress& progress);

}  // namespace naru::linkage
