#pragma once
/// One summary from several sites that may truly differ.
///
/// Sources: Viechtbauer 2005 (REML), Hartung & Knapp 2001 (interval), Higgins, Thompson, Spiegelhalter 2009
/// (prediction interval), Debray et al. 2017 (logit AUROC and ln O:E as scales).
#include "evaluate/estimate.h"

#include <optional>
#include <span>
#include <string>

namespace naru::evaluate {

struct Pooled {
  std::size_t sites = 0;  ///< with estimate and standard error
  std::optional<double> mean;
  std::optional<double> se;  ///< Hartung-Knapp
  std::optional<Interval> ci95;
  std::optional<Interval> ci95_wald;
  std::optional<Interval> prediction95;  ///< t with k - 1 df; only for k > 3
  std::optional<double> tau2;            ///< REML
  std::optional<double> i2;              ///< share of the variance that is between sites, 0 .. 1
  std::optional<double> q;
  std::optional<double> q_p;
  Reason reason = Reason::none;             ///< why there is no mean (fewer than two sites)
  Reason prediction_reason = Reason::none;  ///< `uninformative` for three sites, `too_few_sites` for two
  std::string method;
};

/// Random-effects mean of `y` with variances `v` > 0 (same length), in the order given. REQUIRES: finite values.
[[nodiscard]] Pooled pool(std::span<const double> y, std::span<const double> v);
/// On the logit scale, transformed back. Sites without an estimate, a standard error or with AUROC 0 or 1 are left
/// out (`sites` counts those that are in).
[[nodiscard]] Pooled pool_auroc(std::span<const Estimate> sites);
/// On the log scale from O:E estimates (their `se` is of O:E), transformed back.
[[nodiscard]] Pooled pool_observed_expected(std::span<const Estimate> sites);

}  // namespace naru::evaluate
