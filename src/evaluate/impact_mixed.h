#pragma once
/// Linear model with a random intercept per cluster, by restricted maximum likelihood (Patterson & Thompson 1971). The
/// one variance ratio is found where the derivative of the likelihood is zero, by bisection: no starting values.
#include "evaluate/impact_regression.h"

namespace naru::evaluate {

struct MixedFit {
  Fit fit;           ///< of the rows divided by the root of their covariance: dispersion is the residual variance
  double ratio = 0;  ///< between-cluster over residual variance; 0 at the border
  double icc = 0;    ///< ratio / (1 + ratio)
};
/// Errors as fit_model. REQUIRES: clusters numbered 0 .. k - 1.
[[nodiscard]] Result<MixedFit> fit_random_intercept(const Design& design, std::span<const double> y,
                                                    std::span<const std::uint32_t> cluster);

}  // namespace naru::evaluate
