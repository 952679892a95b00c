#pragma once
/// One summary from several sites that may truly differ.
///
/// Sources: Viechtbauer 2005 (REML), DerSimonian & Laird 1986, Paule & Mandel 1982, Hartung & Knapp 2001 (interval),
/// Higgins, Thompson, Spiegelhalter 2009 (prediction interval), Debray et al. 2017 and 2019 (logit AUROC and ln O:E as
/// scales, restoring standard errors), Newcombe 2006.
#include "evaluate/estimate.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace naru::evaluate {

enum class Estimator {
  reml,  ///< restricted maximum likelihood (default)
  dersimonian_laird,
  paule_mandel,
  common,  ///< one true value for all sites: tau2 = 0, Wald interval only
};
[[nodiscard]] std::optional<Estimator> estimator_named(std::string_view name);  ///< reml, dl, pm, fe

struct PoolOptions {
  Estimator estimator = Estimator::reml;
  /// REML and Paule-Mandel stop when tau2 changes by no more than this; 0: at the maximum or zero. Some tools stop at
  /// 1e-5 or earlier, which shows in the fifth digit.
  double tolerance = 0;
};

struct Pooled {
  std::size_t sites = 0;  ///< with estimate and standard error
  std::optional<double> mean;
  std::optional<double> se;  ///< Hartung-Knapp
  std::optional<Interval> ci95;
  std::optional<Interval> ci95_wald;
  std::optional<Interval> prediction95;      ///< t with k - 1 df; only for k > 3
  std::optional<Interval> prediction95_hts;  ///< t with k - 2 df (Higgins et al.); only for k > 3
  /// The same two for three sites, where they are called uninformative.
  std::optional<Interval> uninformative95;
  std::optional<Interval> uninformative95_hts;
  std::optional<double> tau2;  ///< REML
  std::optional<double> i2;    ///< share of the variance that is between sites, 0 .. 1
  std::optional<double> q;
  std::optional<double> q_p;
  Reason reason = Reason::none;             ///< why there is no mean (fewer than two sites)
  Reason prediction_reason = Reason::none;  ///< `uninformative` for three sites, `too_few_sites` for two
  std::string method;
};

/// Random-effects mean of `y` with variances `v` > 0 (same length), in the order given. REQUIRES: finite values.
[[nodiscard]] Pooled pool(std::span<const double> y, std::span<const double> v, const PoolOptions& options = {});

/// A site on the scale it is pooled on.
struct Scaled {
  double y = 0;
  double se = 0;
};
/// Logit of an AUROC, delta method. Empty without estimate, standard error, or with AUROC 0 or 1.
[[nodiscard]] std::optional<Scaled> logit_auroc(const Estimate& site);
/// ln of O:E. Likewise.
[[nodiscard]] std::optional<Scaled> log_observed_expected(const Estimate& site);
/// Standard error on the logit scale of a published AUROC: from its 95 % interval (logit scale), or from the numbers of
/// cases and controls (Newcombe 2006, method 4). REQUIRES: 0 < area < 1; an interval within (0, 1).
[[nodiscard]] double logit_se_from_interval(const Interval& ci95);
[[nodiscard]] double newcombe_se(double area, double cases, double controls);

/// On the logit scale, transformed back (mean and intervals; se and tau2 stay on the scale). Sites that logit_auroc
/// leaves out do not count.
[[nodiscard]] Pooled pool_auroc(std::span<const Estimate> sites, const PoolOptions& options = {});
/// On the log scale from O:E estimates (their `se` is of O:E), transformed back.
[[nodiscard]] Pooled pool_observed_expected(std::span<const Estimate> sites, const PoolOptions& options = {});
/// Mean and intervals of a pooled logit or logarithm on the scale of the measure.
[[nodiscard]] Pooled back_transformed(Pooled pooled, double (*back)(double));

}  // namespace naru::evaluate
