#pragma once
/// Two risks of the same persons: who moves, and what acting on the one instead of the other would bring.
///
/// Net reclassification and IDI are given because readers ask for them, not because they decide: both can favour a
/// model that is worse or only miscalibrated (Hilden & Gerds 2014; Pepe et al. 2015; Kerr et al. 2014). The difference
/// of net benefit decides. Sources: Pencina et al. 2008 and 2011; Vickers & Elkin 2006.
#include "base/result.h"
#include "evaluate/estimate.h"

#include <span>

namespace naru::evaluate {

struct Reclassification {
  Estimate events;      ///< share of events that move up minus down
  Estimate non_events;  ///< share of non-events that move down minus up
  Estimate nri;         ///< their sum
};
/// Categories are cut at `thresholds`, a person at or above one belongs above it. Errors: rejected when lengths differ,
/// a risk is outside [0, 1], or a label is not 0 or 1. One class: undefined.
[[nodiscard]] Result<Reclassification> categorical_nri(std::span<const double> old_risk,
                                                       std::span<const double> new_risk,
                                                       std::span<const std::uint8_t> label,
                                                       std::span<const double> thresholds);
/// Any movement counts.
[[nodiscard]] Result<Reclassification> continuous_nri(std::span<const double> old_risk,
                                                      std::span<const double> new_risk,
                                                      std::span<const std::uint8_t> label);
/// Mean rise of risk among events minus mean rise among non-events.
[[nodiscard]] Result<Estimate> integrated_discrimination_improvement(std::span<const double> old_risk,
                                                                     std::span<const double> new_risk,
                                                                     std::span<const std::uint8_t> label);
/// Net benefit of the new minus the old risk at one threshold; the same persons, so their contributions are paired.
[[nodiscard]] Result<Estimate> net_benefit_difference(std::span<const double> old_risk,
                                                      std::span<const double> new_risk,
                                                      std::span<const std::uint8_t> label, double threshold);

}  // namespace naru::evaluate
