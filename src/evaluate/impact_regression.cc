#include "evaluate/impact_regression.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace naru::evaluate {
namespace {

constexpr int iterations_max = 100;
constexpr double tight = 1e-14;  // relative change of the deviance
constexpr double as_r = 1e-8;

// What a family says at a linear predictor.
struct At {
  double mean = 0;
  double slope = 1;     // d mean / d eta
  double variance = 1;  // of the outcome at dispersion 1
};
At at(Family family, double eta, double trials) {
  switch (family) {
    case Family::poisson: {
      const double mean = std::exp(eta);
      return {mean, mean, mean};
    }
    case Family::binomial: {
      const double p = expit(eta);
      return {trials * p, trials * p * (1 - p), trials * p * (1 - p)};
    }
    case Family::gaussian:
      break;
  }
  return {eta, 1, 1};
}

double start(Family family, double y, double trials) {
  if (family == Family::poisson) return std::log(y + 0.1);
  if (family == Family::binomial) return logit((y + 0.5) / (trials + 1));
  return y;
}

double y_log(double y, double mean) { return y > 0 ? y * std::log(y / mean) : 0; }

double deviance_of(Family family, double y, double mean, double trials) {
  if (family == Family::poisson) return 2 * (y_log(y, mean) - (y - mean));
  if (family == Family::binomial) return 2 * (y_log(y, mean) + y_log(trials - y, trials - mean));
  return (y - mean) * (y - mean);
}

Error follows_from_others(const Design& design, std::size_t column) {
  return rejected(say("'{}' cannot be told apart from the other terms of the model",
                      "'{}'은(는) 모형의 다른 항과 구별되지 않습니다", design.names[column]),
                  design.names[column],
                  say("leave the term out, or give rows in which it varies", "그 항을 빼거나, 값이 다른 행을 주세요"));
}

// Residuals, dispersion and covariance at the solution; `weighted` and `root` come from the last step.
void finish(Fit& out, Matrix& weighted, std::span<const double> y, Family family, std::span<const double> trials,
            const std::vector<double>& eta, std::vector<double>& root, Weights weights) {
  const std::size_t n = y.size();
  const bool again = weights == Weights::solution && family != Family::gaussian;
  out.fitted.resize(n);
  out.working_residual.resize(n);
  double pearson = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto here = at(family, eta[i], trials.empty() ? 1.0 : trials[i]);
    out.fitted[i] = here.mean;
    if (family != Family::gaussian) out.variance.push_back(here.variance);
    if (again) {
      const double fresh = here.slope / std::sqrt(here.variance);
      for (std::size_t j = 0; j < weighted.cols(); ++j) weighted.at(i, j) *= fresh / root[i];
      root[i] = fresh;
    }
    out.working_residual[i] = root[i] * (y[i] - here.mean) / here.slope;
    pearson += out.working_residual[i] * out.working_residual[i];
  }
  if (again) {
    if (const auto last = least_squares(weighted, out.working_residual)) out.unscaled = last->unscaled;
  }
  out.working_x = std::move(weighted);
  out.dispersion = pearson / out.df_residual;
}

}  // namespace

void Design::add(std::string name, const std::vector<double>& values) {
  Matrix wider(values.size(), x.cols() + 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t j = 0; j < x.cols(); ++j) wider.at(i, j) = x.at(i, j);
    wider.at(i, x.cols()) = values[i];
  }
  x = std::move(wider);
  names.push_back(std::move(name));
}

std::size_t Fit::column(std::string_view name) const {
  return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

Result<Fit> fit_model(const Design& design, std::span<const double> y, Family family, std::span<const double> offset,
                      std::span<const double> trials, Weights weights) {
  const std::size_t n = y.size();
  const std::size_t p = design.x.cols();
  if (n <= p) {
    return rejected(say("{} rows are too few for {} terms", "항 {1}개에는 {0}행이 너무 적습니다", n, p), "rows");
  }
  const auto offset_of = [&](std::size_t i) { return offset.empty() ? 0.0 : offset[i]; };
  const auto trials_of = [&](std::size_t i) { return trials.empty() ? 1.0 : trials[i]; };
  Fit out;
  out.names = design.names;
  out.rows = n;
  out.df_residual = static_cast<double>(n - p);
  std::vector<double> eta(n);
  for (std::size_t i = 0; i < n; ++i) eta[i] = start(family, y[i], trials_of(i));
  double before = 0;
  Matrix weighted(n, p);
  std::vector<double> response(n);
  std::vector<double> root(n);
  for (int step = 0;; ++step) {
    for (std::size_t i = 0; i < n; ++i) {
      const auto here = at(family, eta[i], trials_of(i));
      root[i] = here.slope / std::sqrt(here.variance);
      for (std::size_t j = 0; j < p; ++j) weighted.at(i, j) = root[i] * design.x.at(i, j);
      response[i] = root[i] * (eta[i] - offset_of(i) + (y[i] - here.mean) / here.slope);
    }
    Singular singular;
    auto solved = least_squares(weighted, response, &singular);
    if (!solved && step == 0) return follows_from_others(design, singular.column);
    if (!solved || step == iterations_max) {
      return rejected(say("the model does not converge: some term separates the outcomes",
                          "모형이 수렴하지 않습니다. 결과를 완전히 나누는 항이 있습니다"),
                      "model");
    }
    out.beta = std::move(solved->beta);
    out.unscaled = std::move(solved->unscaled);
    out.deviance = 0;
    for (std::size_t i = 0; i < n; ++i) {
      eta[i] = dot(design.x.row(i), out.beta) + offset_of(i);
      out.deviance += deviance_of(family, y[i], at(family, eta[i], trials_of(i)).mean, trials_of(i));
    }
    if (family == Family::gaussian) break;
    const double convergence = weights == Weights::last_step ? as_r : tight;
    if (step > 0 && std::fabs(out.deviance - before) <= convergence * (std::fabs(out.deviance) + 0.1)) break;
    before = out.deviance;
  }
  finish(out, weighted, y, family, trials, eta, root, weights);
  return out;
}

Spread model_spread(const Fit& fit, std::span<const double> contrast, bool scaled) {
  return {std::sqrt(quadratic(fit.unscaled, contrast) * (scaled ? fit.dispersion : 1.0)), 0,
          scaled ? "model, Pearson dispersion" : "model"};
}

std::vector<std::uint32_t> numbered(std::span<const std::string> texts, std::vector<std::string>& names) {
  std::map<std::string, std::uint32_t> places;
  for (const auto& text : texts) places.emplace(text, 0);
  std::uint32_t next = 0;
  names.clear();
  for (auto& [text, place] : places) {
    place = next++;
    names.push_back(text);
  }
  std::vector<std::uint32_t> out;
  out.reserve(texts.size());
  for (const auto& text : texts) out.push_back(places.at(text));
  return out;
}

double p_of(double value, const Spread& spread) {
  const double ratio = value / spread.se;
  return spread.df > 0 ? student_p_two_sided(ratio, spread.df) : normal_p_two_sided(ratio);
}

Estimate estimate_of(double value, const Spread& spread, std::string method, bool exponentiate) {
  Estimate out;
  out.method = std::move(method);
  if (!spread.method.empty()) out.method += ", " + spread.method;
  out.estimate = exponentiate ? std::exp(value) : value;
  if (!(spread.se > 0) || !std::isfinite(spread.se)) {
    out.reason = Reason::no_closed_form;
    return out;
  }
  const double quantile = spread.df > 0 ? student_quantile(0.975, spread.df) : z975;
  out.se = exponentiate ? std::exp(value) * spread.se : spread.se;
  const double lo = value - quantile * spread.se;
  const double hi = value + quantile * spread.se;
  out.ci95 = exponentiate ? Interval{std::exp(lo), std::exp(hi)} : Interval{lo, hi};
  return out;
}

}  // namespace naru::evaluate
