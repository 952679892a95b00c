#pragma once
/// Regression behind the impact designs: least squares, Poisson and logistic models, and their cluster-robust or
/// autocorrelation-robust standard errors.
///
/// Sources: McCullagh & Nelder 1989 (iteratively reweighted least squares, Pearson dispersion); Liang & Zeger 1986
/// (sandwich); Bell & McCaffrey 2002 and Pustejovsky & Tipton 2018 (CR2, Satterthwaite degrees of freedom, computed
/// here through p×p matrices, for unequal variances through the distinct rows of a cluster); Newey & West 1987
/// (Bartlett weights).
#include "base/result.h"
#include "evaluate/estimate.h"
#include "evaluate/impact_matrix.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace naru::evaluate {

struct Design {
  Matrix x;
  std::vector<std::string> names;  ///< one per column
  /// Adds a column. REQUIRES: as many values as rows, or the first column.
  void add(std::string name, const std::vector<double>& values);
};

enum class Family { gaussian, poisson, binomial };  ///< with identity, log and logit link

/// `working` rows are the design and residual scaled by the square root of the weight of the last iteration: for every
/// family the model's covariance is dispersion·(X'X)^-1 of them, and their products are the scores.
struct Fit {
  std::vector<std::string> names;
  std::vector<double> beta;
  Matrix unscaled;
  Matrix working_x;
  std::vector<double> working_residual;
  std::vector<double> fitted;    ///< on the outcome's scale
  std::vector<double> variance;  ///< of the outcome by the family, dispersion 1; empty for gaussian
  std::size_t rows = 0;
  double df_residual = 0;
  double dispersion = 1;  ///< Pearson chi-squared over residual df; for gaussian the residual variance
  double deviance = 0;
  [[nodiscard]] std::size_t column(std::string_view name) const;  ///< REQUIRES: it is there
};

/// Where the weights of the covariance come from: the solution itself (deviance settled to 1e-14), or, as R's glm has
/// it, the step before R's stop (1e-8), which differs in the sixth digit or later; only for agreement with published
/// ones.
enum class Weights { solution, last_step };

/// `offset` (linear predictor) and `trials` (binomial denominators) may be empty. Errors: rejected when a column
/// follows from others (named), when there are not more rows than columns, or when the fit does not converge.
[[nodiscard]] Result<Fit> fit_model(const Design& design, std::span<const double> y, Family family,
                                    std::span<const double> offset = {}, std::span<const double> trials = {},
                                    Weights weights = Weights::solution);

/// A standard error with its reference distribution.
struct Spread {
  double se = 0;
  double df = 0;  ///< of Student's t; 0: normal
  std::string method;
};
[[nodiscard]] Spread model_spread(const Fit& fit, std::span<const double> contrast, bool scaled);
/// Clusters numbered 0 .. k - 1. CR1: Stata's factor, t with k - 1 df.
[[nodiscard]] Spread cr1_spread(const Fit& fit, std::span<const std::uint32_t> cluster,
                                std::span<const double> contrast, std::size_t absorbed = 0);
[[nodiscard]] Spread cr2_spread(const Fit& fit, std::span<const std::uint32_t> cluster,
                                std::span<const double> contrast);
/// Bartlett weights up to `lags`, factor n / (n - p), t with n - p df. REQUIRES: rows in time order.
[[nodiscard]] Spread newey_west_spread(const Fit& fit, std::size_t lags, std::span<const double> contrast);
/// CR1 covariance of all coefficients, for joint tests.
[[nodiscard]] Matrix cr1_covariance(const Fit& fit, std::span<const std::uint32_t> cluster, std::size_t absorbed = 0);

/// Wald interval of contrast'beta; `exponentiate` gives the ratio (its `se` by the delta method).
[[nodiscard]] Estimate estimate_of(double value, const Spread& spread, std::string method, bool exponentiate = false);
/// Two-sided p of value / se.
[[nodiscard]] double p_of(double value, const Spread& spread);

/// 0 .. k - 1 in ascending order of the texts; `names` gets them.
[[nodiscard]] std::vector<std::uint32_t> numbered(std::span<const std::string> texts, std::vector<std::string>& names);

}  // namespace naru::evaluate
