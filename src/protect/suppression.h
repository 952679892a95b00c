#pragma once
/// Which further numbers must be hidden so that a hidden one cannot be worked out from those shown: the cheapest
/// choice, proven, on any set of tables linked by sums. Method: docs/methods/secondary-suppression.md. Pure,
/// deterministic.
#include "base/result.h"
#include "protect/exact_lp.h"

#include <cstdint>
#include <vector>

namespace naru::protect {

/// One published position: a cell or a total. A number that stands in two tables is one number in two equations.
struct LinkedNumber {
  std::int64_t value = 0;
  std::int64_t cost = 1;   ///< of hiding it, at least 1
  bool sensitive = false;  ///< hidden from the start
  std::int64_t least = 0;  ///< what outsiders know of it while it is hidden: least ≤ value ≤ most
  std::int64_t most = 0;
  std::int64_t wanted = 1;  ///< sensitive: how many values it must still be able to have
};

struct LinkedTables {
  std::vector<LinkedNumber> numbers;
  std::vector<Equation> equations;
};

/// Work limits by count, never by time, so that the answer does not depend on the machine.
struct SuppressionLimits {
  std::size_t numbers_exact = 400;  ///< above it the stated fall-back: one greedy choice, checked, thinned out
  std::size_t rounds = 60;          ///< of finding what is still open
  std::size_t choices = 200'000;    ///< of the exact choice, per round
};

/// What outsiders can work out about a number: it lies within, and both ends are possible.
struct Range {
  std::int64_t least = 0;
  std::int64_t most = 0;
  bool operator==(const Range&) const = default;
};

struct Suppression {
  std::vector<bool> hidden;
  std::int64_t cost = 0;   ///< of numbers hidden beyond the sensitive ones
  bool optimal = false;    ///< proven: no cheaper choice protects
  std::int64_t bound = 0;  ///< no choice costs less
  std::size_t rounds = 0;
  /// False when a range's end is no table of whole numbers: outsiders who know that counts are whole could know more.
  bool whole = true;
};

/// Hides more until every sensitive number can still have `wanted` values (or as many as when all is hidden).
/// Errors: usage when an equation does not hold, a number is outside its own bounds or a position is unknown.
[[nodiscard]] Result<Suppression> suppress(const LinkedTables& tables, const SuppressionLimits& limits);

/// The audit: possible values of every number, given what is shown. Shown ones have one.
[[nodiscard]] Result<std::vector<Range>> audit(const LinkedTables& tables, const std::vector<bool>& hidden);

/// Cheapest set of elements that meets every set: exact within `choices` (then `proven`), else a greedy one.
struct Cover {
  std::vector<std::size_t> chosen;
  std::int64_t cost = 0;
  bool proven = false;
};
[[nodiscard]] Cover cheapest_cover(const std::vector<std::vector<std::size_t>>& sets,
                                   const std::vector<std::int64_t>& cost, std::size_t choices);

}  // namespace naru::protect
