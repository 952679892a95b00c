#pragma once
/// Is a number, but for a handful of persons, a union of parts of one earlier table? However many parts: the cells of a
/// table are disjoint, so the best choice of them is a matter of counting, not of searching. Not for other rooms. Pure.
#include "protect/near_search.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace naru::protect::detail {

/// An earlier answer, its numbers by place (cells, row totals, column totals, total).
struct EarlierTable {
  std::int64_t answer = 0;  ///< how many answers were given before it
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<const ::Roaring*> people;           ///< of every number
  std::vector<std::optional<std::int64_t>> told;  ///< as it left; nothing when hidden or empty
  Held everybody = {};                            ///< the total
};

struct UnionPart {
  int sign = 1;
  std::int64_t shown = 0;
};
/// Searches through the same earlier tables for several numbers.
class UnionSearch {
 public:
  /// The first `exact` answers left without noise. REQUIRES: tables and what they point to outlive this.
  UnionSearch(const std::vector<EarlierTable>& tables, std::int64_t exact, std::int64_t min_cell);
  ~UnionSearch();
  UnionSearch(const UnionSearch&) = delete;
  /// The numbers that left whose sum is `number` but for fewer than min_cell persons; empty when there are none. Parts
  /// of one table, whichever, or of several exact ones, each taking of what the ones before left over.
  [[nodiscard]] std::vector<UnionPart> parts_of(const Held& number);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The cells of a new table (`cells`, disjoint) that together are `earlier` but for fewer than min_cell persons, by
/// place; empty when there is no such choice.
[[nodiscard]] std::vector<std::size_t> cells_that_make(const Held& earlier, const std::vector<::Roaring>& cells,
                                                       std::int64_t min_cell);

}  // namespace naru::protect::detail
