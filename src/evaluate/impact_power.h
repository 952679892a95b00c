#pragma once
/// How likely is a design to show an effect that is there? Two-sided 5 %, normal theory; no default for anything that a
/// study must decide. Formulas and references: docs/methods/clinical-impact.md, "Power".
#include "base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace naru::evaluate {

/// Which of these are needed depends on the design; a missing one is an error naming it.
///   trial:         p0, p1 (or effect with sd), n (persons in each arm)
///   cluster-trial: p0, p1 (or effect with sd), clusters (in each arm), size, icc; optional size_cv
///   stepped-wedge: p0, p1 (or effect with sd), clusters, periods, size (persons in a cluster and period), icc
///   its:           ratio, count (expected at a time point), before, after, dispersion; optional autocorrelation
///   did:           p0, p1 (or effect with sd), clusters, comparison_clusters, size, before, after, icc,
///                  cluster_autocorrelation (of a cluster's mean between periods, 0 .. 1)
///   before-after:  p0, p1 (or effect with sd), n (persons before), n_after
struct PowerInput {
  std::string design;
  std::map<std::string, double> values;
  std::optional<double> wanted;  ///< power for which the size is asked, in (0, 1)
};
struct Power {
  double effect = 0;  ///< on the scale of `se`: difference, or log ratio for its
  double se = 0;
  double power = 0;
  std::string grows;                   ///< which size `needed` is about: "n", "clusters", "after"
  std::optional<std::int64_t> needed;  ///< smallest size with the wanted power; nothing below `needed_max` reaches it
};
inline constexpr std::int64_t needed_max = 10'000'000;

[[nodiscard]] Result<Power> impact_power(const PowerInput& input);
/// Hussey & Hughes 2007, formula 8 (var of the treatment effect) for clusters spread as evenly as possible over the
/// `periods - 1` steps; variances are of one person (within) and of cluster means (between).
[[nodiscard]] double stepped_wedge_variance(std::int64_t clusters, std::int64_t periods, double size, double within,
                                            double between);

}  // namespace naru::evaluate
