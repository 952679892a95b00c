#pragma once
/// Parts of the smoothers, for other units of this room.
#include "evaluate/calibration.h"

#include <utility>

namespace naru::evaluate {

/// Loess at `knots` scores of equally spaced ranks, linear between, at every level. REQUIRES: levels not empty.
[[nodiscard]] std::vector<double> loess_at_knots(const Levels& levels, std::size_t knots);

/// Quantile type 7 (Hyndman & Fan 1996) of weighted values in ascending order. REQUIRES: total > 0, 0 <= p <= 1.
[[nodiscard]] double weighted_quantile(const std::vector<std::pair<double, std::uint64_t>>& sorted, std::uint64_t total,
                                       double p);

}  // namespace naru::evaluate
