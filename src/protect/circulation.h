#pragma once
/// Two-way tables with margins as flows: the same ranges as the linear programmes of suppression.h, found faster on
/// large tables, and a greedy choice of what else to hide. Numbers in the order cells (row-major), row totals, column
/// totals, total. Ford and Fulkerson 1956; Fischetti and Salazar-González 2000. Pure.
#include "protect/suppression.h"

namespace naru::protect {

/// REQUIRES: numbers.numbers and hidden have rows·columns + rows + columns + 1 elements.
[[nodiscard]] std::vector<Range> ranges_by_flow(const LinkedTables& numbers, std::size_t rows, std::size_t columns,
                                                const std::vector<bool>& hidden);
/// Never too few hidden, not always the fewest.
[[nodiscard]] std::vector<bool> suppress_by_flow(const LinkedTables& numbers, std::size_t rows, std::size_t columns);

}  // namespace naru::protect
