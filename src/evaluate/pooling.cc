#include "evaluate/pooling.h"

#include <cmath>
#include <vector>

namespace naru::evaluate {
namespace {

struct Weighted {
  double weight = 0;      // Σw
  double mean = 0;        // Σwy / Σw
  double squares = 0;     // Σw(y - mean)²
  double w2 = 0;          // Σw²
  double w3 = 0;          // Σw³
  double w2_squares = 0;  // Σw²(y - mean)²
};

Weighted weighted(std::span<const double> y, std::span<const double> v, double tau2) {
  Weighted out;
  Sum sum_w, sum_wy, sum_w2, sum_w3;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double w = 1 / (v[i] + tau2);
    sum_w.add(w);
    sum_wy.add(w * y[i]);
    sum_w2.add(w * w);
    sum_w3.add(w * w * w);
  }
  out.weight = sum_w.value();
  out.mean = sum_wy.value() / out.weight;
  out.w2 = sum_w2.value();
  out.w3 = sum_w3.value();
  Sum squares, w2_squares;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double w = 1 / (v[i] + tau2);
    const double d = y[i] - out.mean;
    squares.add(w * d * d);
    w2_squares.add(w * w * d * d);
  }
  out.squares = squares.value();
  out.w2_squares = w2_squares.value();
  return out;
}

// Fisher scoring of the restricted likelihood from Hedges' moment estimate. With P the projection,
// adj = (y'PPy - tr P) / tr PP, and for an intercept-only model these are sums of powers of the weights.
double reml(std::span<const double> y, std::span<const double> v) {
  const double k = static_cast<double>(y.size());
  Sum mean_sum, v_sum;
  for (std::size_t i = 0; i < y.size(); ++i) {
    mean_sum.add(y[i]);
    v_sum.add(v[i]);
  }
  const double mean = mean_sum.value() / k;
  Sum rss;
  for (const double value : y) rss.add((value - mean) * (value - mean));
  double tau2 = std::max(0.0, rss.value() / (k - 1) - v_sum.value() / k);
  for (int round = 0; round < 10'000; ++round) {
    const auto at = weighted(y, v, tau2);
    const double trace_p = at.weight - at.w2 / at.weight;
    const double trace_pp = at.w2 - 2 * at.w3 / at.weight + at.w2 * at.w2 / (at.weight * at.weight);
    const double next = std::max(0.0, tau2 + (at.w2_squares - trace_p) / trace_pp);
    const double change = std::fabs(next - tau2);
    tau2 = next;
    if (change <= 1e-14 + 1e-13 * tau2) break;
  }
  return tau2;
}

void transform(Pooled& out, double (*back)(double)) {
  const auto both = [&](std::optional<Interval>& interval) {
    if (interval) interval = Interval{back(interval->lo), back(interval->hi)};
  };
  if (out.mean) out.mean = back(*out.mean);
  both(out.ci95);
  both(out.ci95_wald);
  both(out.prediction95);
}

}  // namespace

Pooled pool(std::span<const double> y, std::span<const double> v) {
  Pooled out;
  out.method = "random effects, REML; Hartung-Knapp interval; prediction interval t(k-1)";
  out.sites = y.size();
  if (y.size() < 2) {
    out.reason = Reason::too_few_sites;
    out.prediction_reason = Reason::too_few_sites;
    return out;
  }
  const double df = static_cast<double>(y.size() - 1);
  const double tau2 = reml(y, v);
  const auto at = weighted(y, v, tau2);
  const auto fixed = weighted(y, v, 0);
  const double t = student_quantile(0.975, df);
  out.tau2 = tau2;
  out.mean = at.mean;
  out.se = std::sqrt(at.squares / df / at.weight);
  out.ci95 = Interval{at.mean - t * *out.se, at.mean + t * *out.se};
  const double wald = z975 / std::sqrt(at.weight);
  out.ci95_wald = Interval{at.mean - wald, at.mean + wald};
  out.q = fixed.squares;
  out.q_p = chi_squared_upper(fixed.squares, df);
  // Typical within-site variance (Higgins & Thompson 2002) sets the scale of I².
  const double typical = df * fixed.weight / (fixed.weight * fixed.weight - fixed.w2);
  out.i2 = tau2 / (tau2 + typical);
  if (y.size() > 3) {
    const double half = t * std::sqrt(tau2 + *out.se * *out.se);
    out.prediction95 = Interval{at.mean - half, at.mean + half};
  } else {
    out.prediction_reason = y.size() == 3 ? Reason::uninformative : Reason::too_few_sites;
  }
  return out;
}

Pooled pool_auroc(std::span<const Estimate> sites) {
  std::vector<double> y;
  std::vector<double> v;
  for (const auto& site : sites) {
    if (!site.estimate || !site.se || *site.se <= 0 || *site.estimate <= 0 || *site.estimate >= 1) continue;
    const double slope = *site.estimate * (1 - *site.estimate);
    y.push_back(logit(*site.estimate));
    v.push_back(*site.se * *site.se / (slope * slope));
  }
  auto out = pool(y, v);
  transform(out, expit);
  out.method += "; logit scale";
  return out;
}

Pooled pool_observed_expected(std::span<const Estimate> sites) {
  std::vector<double> y;
  std::vector<double> v;
  for (const auto& site : sites) {
    if (!site.estimate || !site.se || *site.se <= 0 || *site.estimate <= 0) continue;
    y.push_back(std::log(*site.estimate));
    v.push_back(*site.se * *site.se / (*site.estimate * *site.estimate));
  }
  auto out = pool(y, v);
  transform(out, [](double x) { return std::exp(x); });
  out.method += "; log scale";
  return out;
}

}  // namespace naru::evaluate
