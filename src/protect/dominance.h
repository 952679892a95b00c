#pragma once
/// Sums of amounts (won, days, doses): a cell in which few contributors make up nearly all tells about them, however
/// many there are. Rules (n, k) and p %; Hundepool et al., Statistical Disclosure Control, 2012, ch. 4.
/// docs/methods/dominance.md. Pure.
#include "protect/output_control.h"
#include "protect/suppression.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

enum class AmountRisk { none, few, dominant, guessable };
[[nodiscard]] std::string_view name_of(AmountRisk risk);  ///< "", "small", "dominance", "p_percent"

/// `contributions`: one non-negative amount per person. few: fewer than min_cell persons (none at all is no risk unless
/// zeros are hidden). dominant: the n largest make up more than `share` of the total. guessable: the second largest
/// contributor, taking away its own, knows the largest to within p: total − first − second < p × first.
[[nodiscard]] AmountRisk amount_risk(std::vector<std::int64_t> contributions, const OutputRules& rules,
                                     const DominancePolicy& policy);

/// How far up a hidden total must remain open so that nobody guesses the largest contribution closer than by p:
/// p × first − (total − first − second), at least 1; 0 for a safe cell.
[[nodiscard]] std::int64_t protection_wanted(std::vector<std::int64_t> contributions, const DominancePolicy& policy);

/// A two-way table of amounts, cells row-major, each with its contributions.
struct AmountTable {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<std::vector<std::int64_t>> cells;
};
struct ReleasedAmount {
  std::optional<std::int64_t> value;
  std::string reason = {};  ///< "", or why it is hidden: as `name_of`, or "complementary"
};
/// Numbers in the order cells, row totals, column totals, total. Primary by `amount_risk`, then the cheapest further
/// hiding that leaves each hidden one open as far as `protection_wanted` (outsiders know a hidden amount is at least
/// 0). Errors: usage when sizes do not fit or an amount is negative.
[[nodiscard]] Result<std::vector<ReleasedAmount>> release_amounts(const AmountTable& table, const OutputRules& rules,
                                                                  const DominancePolicy& policy);

}  // namespace naru::protect
