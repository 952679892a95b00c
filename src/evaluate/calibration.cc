#include "evaluate/calibration.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace naru::evaluate {
namespace {

Reason not_usable(const Levels& levels) {
  if (levels.n() == 0) return Reason::no_rows;
  if (!levels.probabilities()) return Reason::scores_not_probability;
  return Reason::none;
}

Reason no_logistic_fit(const Levels& levels) {
  if (const auto reason = not_usable(levels); reason != Reason::none) return reason;
  if (levels.n_cases == 0 || levels.n_controls == 0) return Reason::one_class;
  if (levels.score.front() <= 0 || levels.score.back() >= 1) return Reason::score_zero_or_one;
  return Reason::none;
}

// Complete or quasi-complete separation: the classes meet in at most one score.
bool separated(const Levels& levels) {
  std::size_t first_case = levels.size();
  std::size_t last_case = 0;
  std::size_t first_control = levels.size();
  std::size_t last_control = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels.cases[i] > 0) {
      first_case = std::min(first_case, i);
      last_case = i;
    }
    if (levels.controls[i] > 0) {
      first_control = std::min(first_control, i);
      last_control = i;
    }
  }
  return last_control <= first_case || last_case <= first_control;
}

std::vector<double> logits(const Levels& levels) {
  std::vector<double> out(levels.size());
  std::transform(levels.score.begin(), levels.score.end(), out.begin(), logit);
  return out;
}

struct Fit {
  double a = 0;
  double b = 0;
  double var_a = 0;
  double var_b = 0;
  double covariance = 0;
  double log_likelihood = 0;
  bool converged = false;
};

// Score vector and information of the model logit P = a + b·x at one point.
struct Newton {
  double g0 = 0, g1 = 0, h00 = 0, h01 = 0, h11 = 0;
};
Newton newton_at(const Levels& levels, const std::vector<double>& x, double a, double b) {
  Sum g0, g1, h00, h01, h11;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double n = static_cast<double>(levels.count(i));
    const double p = expit(a + b * x[i]);
    const double r = static_cast<double>(levels.cases[i]) - n * p;
    const double w = n * p * (1 - p);
    g0.add(r);
    g1.add(r * x[i]);
    h00.add(w);
    h01.add(w * x[i]);
    h11.add(w * x[i] * x[i]);
  }
  return {g0.value(), g1.value(), h00.value(), h01.value(), h11.value()};
}

double log_likelihood(const Levels& levels, const std::vector<double>& x, double a, double b) {
  Sum total;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double eta = a + b * x[i];
    const double softplus = eta > 0 ? eta + std::log1p(std::exp(-eta)) : std::log1p(std::exp(eta));
    total.add(static_cast<double>(levels.cases[i]) * eta - static_cast<double>(levels.count(i)) * softplus);
  }
  return total.value();
}

// Newton with step halving; `slope_free` false keeps b at 1 (the offset model).
Fit fit_logistic(const Levels& levels, bool slope_free) {
  const auto x = logits(levels);
  Fit fit;
  fit.b = 1;
  double reached = log_likelihood(levels, x, fit.a, fit.b);
  for (int round = 0; round < 100; ++round) {
    const auto at = newton_at(levels, x, fit.a, fit.b);
    double step_a = 0;
    double step_b = 0;
    if (slope_free) {
      const double det = at.h00 * at.h11 - at.h01 * at.h01;
      if (!(det > 1e-14 * at.h00 * at.h11)) return fit;
      step_a = (at.h11 * at.g0 - at.h01 * at.g1) / det;
      step_b = (at.h00 * at.g1 - at.h01 * at.g0) / det;
      fit.var_a = at.h11 / det;
      fit.var_b = at.h00 / det;
      fit.covariance = -at.h01 / det;
    } else {
      if (!(at.h00 > 0)) return fit;
      step_a = at.g0 / at.h00;
      fit.var_a = 1 / at.h00;
    }
    if (std::fabs(step_a) < 1e-12 * (1 + std::fabs(fit.a)) && std::fabs(step_b) < 1e-12 * (1 + std::fabs(fit.b))) {
      fit.converged = true;
      fit.log_likelihood = reached;
      return fit;
    }
    double share = 1;
    double next = log_likelihood(levels, x, fit.a + step_a, fit.b + step_b);
    while (!(next >= reached - 1e-12 * std::fabs(reached)) && share > 1e-6) {
      share /= 2;
      next = log_likelihood(levels, x, fit.a + share * step_a, fit.b + share * step_b);
    }
    fit.a += share * step_a;
    fit.b += share * step_b;
    reached = next;
  }
  return fit;
}

Estimate wald_of(double estimate, double variance, std::string method) {
  Estimate out;
  out.method = std::move(method);
  out.estimate = estimate;
  out.se = std::sqrt(variance);
  out.ci95 = Interval{estimate - z975 * *out.se, estimate + z975 * *out.se};
  return out;
}

}  // namespace

Estimate brier(const Levels& levels) {
  const std::string method = "mean squared difference; normal interval";
  if (const auto reason = not_usable(levels); reason != Reason::none) return undefined(reason, method);
  const double n = static_cast<double>(levels.n());
  Sum sum;
  Sum squares;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double of_case = (1 - levels.score[i]) * (1 - levels.score[i]);
    const double of_control = levels.score[i] * levels.score[i];
    const double cases = static_cast<double>(levels.cases[i]);
    const double controls = static_cast<double>(levels.controls[i]);
    sum.add(cases * of_case);
    sum.add(controls * of_control);
    squares.add(cases * of_case * of_case);
    squares.add(controls * of_control * of_control);
  }
  const double mean = sum.value() / n;
  if (levels.n() < 2) {
    auto out = undefined(Reason::one_class, method);
    out.estimate = mean;
    return out;
  }
  return wald_of(mean, std::max(0.0, (squares.value() - n * mean * mean) / (n - 1) / n), method);
}

namespace {

const std::string slope_method = "logistic regression on logit(score); Wald";

// The two-parameter fit, or why there is none.
Reason fit_both(const Levels& levels, Fit& fit) {
  if (const auto reason = no_logistic_fit(levels); reason != Reason::none) return reason;
  if (levels.size() == 1) return Reason::scores_all_equal;
  if (separated(levels)) return Reason::perfect_separation;
  fit = fit_logistic(levels, true);
  return fit.converged ? Reason::none : Reason::not_converged;
}

}  // namespace

Estimate calibration_slope(const Levels& levels) {
  Fit fit;
  if (const auto reason = fit_both(levels, fit); reason != Reason::none) return undefined(reason, slope_method);
  return wald_of(fit.b, fit.var_b, slope_method);
}

Estimate calibration_intercept(const Levels& levels) {
  Fit fit;
  if (const auto reason = fit_both(levels, fit); reason != Reason::none) return undefined(reason, slope_method);
  return wald_of(fit.a, fit.var_a, slope_method);
}

std::optional<Recalibration> recalibration(const Levels& levels) {
  Fit fit;
  if (fit_both(levels, fit) != Reason::none) return std::nullopt;
  return Recalibration{fit.a, fit.b, fit.var_a, fit.var_b, fit.covariance, fit.log_likelihood};
}

double expected_events(const Levels& levels) {
  Sum expected;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    expected.add(static_cast<double>(levels.count(i)) * levels.score[i]);
  }
  return expected.value();
}

Estimate calibration_in_the_large(const Levels& levels) {
  const std::string method = "logistic intercept with offset logit(score); Wald";
  if (const auto reason = no_logistic_fit(levels); reason != Reason::none) return undefined(reason, method);
  const auto fit = fit_logistic(levels, false);
  if (!fit.converged) return undefined(Reason::not_converged, method);
  return wald_of(fit.a, fit.var_a, method);
}

Estimate observed_expected(const Levels& levels) {
  const std::string method = "observed / expected events; log interval";
  if (const auto reason = not_usable(levels); reason != Reason::none) return undefined(reason, method);
  const double expected = expected_events(levels);
  if (expected <= 0) return undefined(Reason::empty_denominator, method);
  const double observed = static_cast<double>(levels.n_cases);
  Estimate out;
  out.method = method;
  out.estimate = observed / expected;
  if (levels.n_cases == 0) {
    out.reason = Reason::one_class;
    return out;
  }
  const double se_log = std::sqrt((1 - observed / static_cast<double>(levels.n())) / observed);
  out.se = *out.estimate * se_log;
  out.ci95 = Interval{*out.estimate * std::exp(-z975 * se_log), *out.estimate * std::exp(z975 * se_log)};
  return out;
}

}  // namespace naru::evaluate
