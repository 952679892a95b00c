#pragma once
/// Controlled rounding of a two-way table: every number a multiple of the base, each less than a base away from its
/// true value, all sums still adding up, multiples of the base unchanged, and each number right on average. Cox 1987.
/// docs/methods/controlled-rounding.md. Pure.
#include "base/random.h"
#include "protect/output_table.h"

namespace naru::protect {

/// All numbers in the order of `numbers_of`. The choice comes from `random`: seed it with the answer's identity and a
/// secret so that the same question gets the same table. Errors: usage when sizes do not fit, a count is negative or
/// base < 1.
[[nodiscard]] Result<std::vector<std::int64_t>> controlled_rounding(const CountTable& table, std::int64_t base,
                                                                    Random& random);

}  // namespace naru::protect
