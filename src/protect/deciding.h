#pragma once
/// The decision about one new table of counts beside all that left: which of its numbers are near earlier ones, what of
/// it is told, and how. Not for other rooms. Method: docs/methods/question-ledger.md.
#include "protect/answer_book.h"
#include "protect/near_search.h"
#include "protect/union_search.h"

#include <vector>

namespace naru::protect::detail {

[[nodiscard]] ::Roaring bitmap_of(const People& people);
[[nodiscard]] std::vector<::Roaring> cells_of(const AskedTable& asked);
/// Bitmaps of all numbers of a table, in the order of `numbers_of`.
[[nodiscard]] std::vector<::Roaring> bitmaps_of(std::size_t rows, std::size_t columns,
                                                const std::vector<::Roaring>& cells);

/// How close a cohort must be to an entry to get its answer. Answers given again draw ever smaller circles, so that a
/// chain of cohorts does not carry one answer far away; the last circle still holds a neighbour of one person. Cohorts
/// too small to be shown join a larger one's answer only from nearby.
[[nodiscard]] std::int64_t radius_of(std::int64_t level, bool small, std::int64_t min_cell);

/// What the book holds, in the shapes that a decision wants.
struct Shelves {
  std::vector<Held> every = {};  ///< numbers of all answers, sorted by size; of the same size the earlier first
  std::vector<Held> told = {};   ///< those that left
  std::vector<EarlierTable> tables = {};
};
/// REQUIRES: no entry is within its radius (that one's answer would be given again). Errors: internal without keys.
[[nodiscard]] Result<BookDecision> decide_anew(const AskedTable& asked, const OutputRules& rules,
                                               const OutputControl& control, const KeyOf& key_of,
                                               const Perturbation* perturbation, const Shelves& shelves, bool perturb);

}  // namespace naru::protect::detail
