#include "evaluate/pooling.h"

#include <cmath>
#include <limits>
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
double reml(std::span<const double> y, std::span<const double> v, double tolerance) {
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
    if (change <= (tolerance > 0 ? tolerance : 1e-15 + 1e-14 * tau2)) break;
  }
  return tau2;
}

double moments(const Weighted& fixed, double df) {
  return std::max(0.0, (fixed.squares - df) / (fixed.weight - fixed.w2 / fixed.weight));
}

// Brent's zero finder (1973): bisection, secant or inverse quadratic steps; f(a) and f(b) differ in sign.
template <typename F>
double zero_of(F f, double a, double b, double tolerance) {
  double fa = f(a);
  double fb = f(b);
  double c = a;
  double fc = fa;
  for (int round = 0; round < 1000 && fb != 0; ++round) {
    const double before = b - a;
    if (std::fabs(fc) < std::fabs(fb)) {
      a = b;
      b = c;
      c = a;
      fa = fb;
      fb = fc;
      fc = fa;
    }
    const double least = 2 * std::numeric_limits<double>::epsilon() * std::fabs(b) + tolerance / 2;
    double step = (c - b) / 2;
    if (std::fabs(step) <= least || fb == 0) break;
    if (std::fabs(before) >= least && std::fabs(fa) > std::fabs(fb)) {
      const double span = c - b;
      double p = 0;
      double q = 0;
      if (a == c) {
        const double t = fb / fa;
        p = span * t;
        q = 1 - t;
      } else {
        const double r = fa / fc;
        const double s = fb / fc;
        const double t = fb / fa;
        p = t * (span * r * (r - s) - (b - a) * (s - 1));
        q = (r - 1) * (s - 1) * (t - 1);
      }
      (p > 0 ? q : p) *= -1;
      if (p < 0.75 * span * q - std::fabs(least * q) / 2 && p < std::fabs(before * q / 2)) step = p / q;
    }
    if (std::fabs(step) < least) step = step > 0 ? least : -least;
    a = b;
    fa = fb;
    b += step;
    fb = f(b);
    if ((fb > 0) == (fc > 0)) {
      c = a;
      fc = fa;
    }
  }
  return b;
}

// Σw(y − mean)² falls as tau2 grows; the zero of its difference from k − 1.
double paule_mandel(std::span<const double> y, std::span<const double> v, double df, double tolerance) {
  const auto excess = [&](double tau2) { return weighted(y, v, tau2).squares - df; };
  if (excess(0) < 0) return 0;
  double high = 100;
  while (excess(high) > 0) high *= 10;
  return zero_of(excess, 0.0, high, tolerance);
}

const char* method_of(Estimator estimator) {
  switch (estimator) {
    case Estimator::reml:
      return "random effects, REML";
    case Estimator::dersimonian_laird:
      return "random effects, DerSimonian-Laird";
    case Estimator::paule_mandel:
      return "random effects, Paule-Mandel";
    case Estimator::common:
      return "common effect, inverse variance; Wald interval";
  }
  return "";
}

Interval around(double mean, double half) { return {mean - half, mean + half}; }

}  // namespace

std::optional<Estimator> estimator_named(std::string_view name) {
  if (name == "reml") return Estimator::reml;
  if (name == "dl") return Estimator::dersimonian_laird;
  if (name == "pm") return Estimator::paule_mandel;
  if (name == "fe") return Estimator::common;
  return std::nullopt;
}

Pooled back_transformed(Pooled out, double (*back)(double)) {
  const auto both = [&](std::optional<Interval>& interval) {
    if (interval) interval = Interval{back(interval->lo), back(interval->hi)};
  };
  if (out.mean) out.mean = back(*out.mean);
  for (auto* interval : {&out.ci95, &out.ci95_wald, &out.prediction95, &out.prediction95_hts, &out.uninformative95,
                         &out.uninformative95_hts}) {
    both(*interval);
  }
  return out;
}

Pooled pool(std::span<const double> y, std::span<const double> v, const PoolOptions& options) {
  Pooled out;
  const bool common = options.estimator == Estimator::common;
  out.method = method_of(options.estimator);
  if (!common) out.method += "; Hartung-Knapp interval; prediction interval t(k-1)";
  out.sites = y.size();
  if (y.size() < 2) {
    out.reason = Reason::too_few_sites;
    out.prediction_reason = Reason::too_few_sites;
    return out;
  }
  const double df = static_cast<double>(y.size() - 1);
  const auto fixed = weighted(y, v, 0);
  double tau2 = 0;
  if (options.estimator == Estimator::reml) tau2 = reml(y, v, options.tolerance);
  if (options.estimator == Estimator::dersimonian_laird) tau2 = moments(fixed, df);
  if (options.estimator == Estimator::paule_mandel) tau2 = paule_mandel(y, v, df, options.tolerance);
  const auto at = weighted(y, v, tau2);
  out.mean = at.mean;
  out.ci95_wald = around(at.mean, z975 / std::sqrt(at.weight));
  out.q = fixed.squares;
  out.q_p = chi_squared_upper(fixed.squares, df);
  // Typical within-site variance (Higgins & Thompson 2002) sets the scale of I².
  const double typical = df * fixed.weight / (fixed.weight * fixed.weight - fixed.w2);
  if (common) {
    out.se = 1 / std::sqrt(at.weight);
    out.ci95 = out.ci95_wald;
    out.prediction_reason = Reason::uninformative;
    return out;
  }
  out.tau2 = tau2;
  out.i2 = tau2 / (tau2 + typical);
  const double t = student_quantile(0.975, df);
  out.se = std::sqrt(at.squares / df / at.weight);
  out.ci95 = around(at.mean, t * *out.se);
  if (y.size() < 3) {
    out.prediction_reason = Reason::too_few_sites;
    return out;
  }
  const double spread = std::sqrt(tau2 + *out.se * *out.se);
  const auto prediction = around(at.mean, t * spread);
  const auto hts = around(at.mean, student_quantile(0.975, df - 1) * spread);
  if (y.size() > 3) {
    out.prediction95 = prediction;
    out.prediction95_hts = hts;
  } else {
    out.prediction_reason = Reason::uninformative;
    out.uninformative95 = prediction;
    out.uninformative95_hts = hts;
  }
  return out;
}

std::optional<Scaled> logit_auroc(const Estimate& site) {
  if (!site.estimate || !site.se || *site.se <= 0 || *site.estimate <= 0 || *site.estimate >= 1) return std::nullopt;
  return Scaled{logit(*site.estimate), *site.se / (*site.estimate * (1 - *site.estimate))};
}

std::optional<Scaled> log_observed_expected(const Estimate& site) {
  if (!site.estimate || !site.se || *site.se <= 0 || *site.estimate <= 0) return std::nullopt;
  return Scaled{std::log(*site.estimate), *site.se / *site.estimate};
}

double logit_se_from_interval(const Interval& ci95) { return (logit(ci95.hi) - logit(ci95.lo)) / (2 * z975); }

double newcombe_se(double area, double cases, double controls) {
  const double half = (cases + controls) / 2 - 1;
  return std::sqrt(area * (1 - area) * (1 + half * (1 - area) / (2 - area) + half * area / (1 + area)) /
                   (cases * controls));
}

namespace {

Pooled pool_scaled(std::span<const Estimate> sites, const PoolOptions& options,
                   std::optional<Scaled> (*scale)(const Estimate&), double (*back)(double)) {
  std::vector<double> y;
  std::vector<double> v;
  for (const auto& site : sites) {
    const auto at = scale(site);
    if (!at) continue;
    y.push_back(at->y);
    v.push_back(at->se * at->se);
  }
  return back_transformed(pool(y, v, options), back);
}

}  // namespace

Pooled pool_auroc(std::span<const Estimate> sites, const PoolOptions& options) {
  auto out = pool_scaled(sites, options, logit_auroc, expit);
  out.method += "; logit scale";
  return out;
}

Pooled pool_observed_expected(std::span<const Estimate> sites, const PoolOptions& options) {
  auto out = pool_scaled(sites, options, log_observed_expected, [](double x) { return std::exp(x); });
  out.method += "; log scale";
  return out;
}

}  // namespace naru::evaluate
