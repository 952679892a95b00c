#pragma once
/// Every pair of two sets of filters whose Dice similarity reaches a threshold. Exact: all pairs are compared.
/// docs/methods/encoded-linkage.md.
#include "base/progress.h"
#include "linkage/filters.h"

#include <vector>

namespace naru::linkage {

struct FilterPair {
  std::uint32_t left = 0;
  std::uint32_t right = 0;
  std::uint32_t common = 0;  ///< bits set in both
  double dice = 0;           ///< 2 |a and b| / (|a| + |b|); 0 when both are empty
  bool operator==(const FilterPair&) const = default;
};

enum class DiceKernel { automatic, portable, vector };
/// Whether this processor has the instructions of DiceKernel::vector (AVX-512 VPOPCNTDQ).
[[nodiscard]] bool has_vector_kernel();

struct DiceOptions {
  double threshold = 0;  ///< in (0, 1]
  unsigned threads = 0;  ///< 0: all processors; never changes the answer
  DiceKernel kernel = DiceKernel::automatic;
  std::size_t pairs_max = 50'000'000;
};
/// Sorted by left, then right. Errors (rejected): filters of different lengths, a threshold outside (0, 1], more than
/// `pairs_max` pairs; interrupted.
[[nodiscard]] Result<std::vector<FilterPair>> similar_pairs(const FilterSet& left, const FilterSet& right,
                                                            const DiceOptions& options, Progress& progress);
/// Each filter in at most one pair: the most similar pairs first, ties in the order of rows. Sorted by left.
[[nodiscard]] std::vector<FilterPair> best_pairs(std::vector<FilterPair> pairs);

}  // namespace naru::linkage
