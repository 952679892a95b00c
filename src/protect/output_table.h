#pragma once
/// What a table of counts looks like outside: small cells hidden, what they follow from hidden too, the rest rounded.
/// Method and proof: docs/methods/output-rules.md. Pure functions.
#include "base/result.h"
#include "protect/suppression.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

/// Whether 0 is told apart from 1 … min_cell-1. Where it is, an empty answer tells that nobody has what was asked for.
enum class Zeros { shown, hidden };

/// From the policy's `outputs` and `disclosure.zeros`; no defaults for the figures.
struct OutputRules {
  std::int64_t min_cell = 0;  ///< counts below it are not shown (0 as `zeros` says)
  std::int64_t round_to = 0;  ///< shown counts are multiples of it; 1: exact
  bool complementary = false;
  Zeros zeros = Zeros::shown;
  [[nodiscard]] bool small(std::int64_t count) const {
    return count < min_cell && (count > 0 || zeros == Zeros::hidden);
  }
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

/// All numbers of a table in one order: cells, row totals, column totals, total.
[[nodiscard]] std::vector<std::int64_t> numbers_of(const CountTable& table);
[[nodiscard]] ReleasedTable table_of(const CountTable& shape, const std::vector<ReleasedCount>& numbers);

/// Rows, columns and the whole of a two-way table as sums, over the same order.
[[nodiscard]] std::vector<Equation> margin_equations(std::size_t rows, std::size_t columns);

/// Multiple of the base nearest to the count, half away from zero.
[[nodiscard]] std::int64_t rounded_to(std::int64_t count, std::int64_t base);
/// A count on its own.
[[nodiscard]] ReleasedCount release_count(std::int64_t count, const OutputRules& rules);
/// Primary suppression of small cells and totals. With `complementary`, further numbers are hidden until nobody can
/// narrow a small number down to fewer than half of the small values (or fewer than if everything were hidden), taking
/// the shown numbers as exact; the cheapest choice (docs/methods/secondary-suppression.md). Then rounding, half away
/// from zero, of each number on its own. Errors: usage when sizes do not fit or a count is negative; rejected when
/// rules are out of range.
[[nodiscard]] Result<ReleasedTable> release_table(const CountTable& table, const OutputRules& rules);

/// Which numbers stay hidden. `near`: numbers that must not be shown although they are not small, because they differ
/// by fewer than min_cell persons from what earlier answers tell (docs/methods/question-ledger.md); may be empty.
/// With `complementary`; without it only small and near ones are hidden. Errors as `release_table`.
[[nodiscard]] Result<std::vector<bool>> hidden_numbers(const CountTable& table, const OutputRules& rules,
                                                       const std::vector<bool>& near);

inline constexpr std::int64_t unbounded = std::int64_t{1} << 40;
/// Exact possible range of every number (cells, row totals, column totals, total) for somebody who knows the shown ones
/// exactly, that hidden ones are counts, and that the small ones among them are 1 … min_cell-1.
/// REQUIRES: `hidden` has cells + rows + columns + 1 flags.
[[nodiscard]] std::vector<Range> deducible(const CountTable& table, const std::vector<bool>& hidden,
                                           std::int64_t min_cell);

}  // namespace naru::protect
