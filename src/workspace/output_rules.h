#pragma once
/// What a table of counts looks like outside: small cells suppressed, what they follow from suppressed too, the rest
/// rounded. Method and proof: docs/methods/output-rules.md. Pure functions.
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace naru::workspace {

/// From the policy's `outputs`; no defaults.
struct OutputRules {
  std::int64_t min_cell = 0;  ///< counts 1 … min_cell-1 are not shown; 0 may be
  std::int64_t round_to = 0;  ///< shown counts are multiples of it; 1: exact
  bool complementary = false;
};

/// Why a cell is empty.
enum class Suppressed { no, small, complementary };
[[nodiscard]] std::string_view name_of(Suppressed reason);  ///< "", "small", "complementary"

struct ReleasedCount {
  std::optional<std::int64_t> value;  ///< nothing when suppressed
  Suppressed reason = Suppressed::no;
  bool operator==(const ReleasedCount&) const = default;
};

/// A two-way table with its margins, row-major.
struct CountTable {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<std::int64_t> cells;  ///< rows × columns
};
struct ReleasedTable {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<ReleasedCount> cells;
  std::vector<ReleasedCount> row_totals;
  std::vector<ReleasedCount> column_totals;
  ReleasedCount total;
};

/// A count on its own.
[[nodiscard]] ReleasedCount release_count(std::int64_t count, const OutputRules& rules);
/// Primary suppression of small cells and totals (1 … min_cell-1). With `complementary`, further numbers are hidden
/// until nobody can narrow a small number down to fewer than half of 1 … min_cell-1 (or fewer than if everything were
/// hidden), taking the shown numbers as exact. Then rounding, half away from zero, of each number on its own. Errors:
/// usage when sizes do not fit or a count is negative; rejected when rules are out of range.
[[nodiscard]] Result<ReleasedTable> release_table(const CountTable& table, const OutputRules& rules);

/// What can be worked out about a number.
struct Range {
  std::int64_t least = 0;
  std::int64_t most = 0;
};
inline constexpr std::int64_t unbounded = std::int64_t{1} << 40;
/// Exact possible range of every number (cells, row totals, column totals, total) for somebody who knows the shown ones
/// exactly, that hidden ones are counts, and that the small ones among them are 1 … min_cell-1.
/// REQUIRES: `hidden` has cells + rows + columns + 1 flags.
[[nodiscard]] std::vector<Range> deducible(const CountTable& table, const std::vector<bool>& hidden,
                                           std::int64_t min_cell);

}  // namespace naru::workspace
