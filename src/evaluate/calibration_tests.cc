#include "evaluate/calibration_tests.h"

#include <algorithm>
#include <cmath>

#include "evaluate/calibration.h"
#include "evaluate/smoothers.h"

namespace naru::evaluate {
namespace {

Reason not_usable(const Levels& levels) {
  if (levels.n() == 0) return Reason::no_rows;
  if (!levels.probabilities()) return Reason::scores_not_probability;
  return Reason::none;
}

// Mean of a per-person loss given as its value for a case and for a control of each level.
template <typename Loss>
Estimate mean_loss(const Levels& levels, std::string method, Loss loss) {
  Sum sum;
  Sum squares;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    for (const bool event : {true, false}) {
      const auto count = event ? levels.cases[i] : levels.controls[i];
      if (count == 0) continue;
      const double value = loss(levels.score[i], event);
      sum.add(static_cast<double>(count) * value);
      squares.add(static_cast<double>(count) * value * value);
    }
  }
  const double n = static_cast<double>(levels.n());
  Estimate out;
  out.method = std::move(method);
  out.estimate = sum.value() / n;
  if (levels.n() < 2) {
    out.reason = Reason::one_class;
    return out;
  }
  out.se = std::sqrt(std::max(0.0, squares.value() - n * *out.estimate * *out.estimate) / (n - 1) / n);
  out.ci95 = Interval{*out.estimate - z975 * *out.se, *out.estimate + z975 * *out.se};
  return out;
}

double share(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

TestResult chi_squared(double statistic, double df, std::string method) {
  TestResult out;
  out.method = std::move(method);
  out.statistic = statistic;
  out.df = df;
  out.p = chi_squared_upper(statistic, df);
  return out;
}

// ln L of the scores as they are.
double log_likelihood(const Levels& levels) {
  Sum total;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels.cases[i] > 0) total.add(static_cast<double>(levels.cases[i]) * std::log(levels.score[i]));
    if (levels.controls[i] > 0) total.add(static_cast<double>(levels.controls[i]) * std::log1p(-levels.score[i]));
  }
  return total.value();
}

}  // namespace

Estimate log_loss(const Levels& levels) {
  const std::string method = "mean -ln of the probability of what happened; normal interval";
  if (const auto reason = not_usable(levels); reason != Reason::none) return undefined(reason, method);
  const bool impossible = (levels.score.front() == 0 && levels.cases.front() > 0) ||
                          (levels.score.back() == 1 && levels.controls.back() > 0);
  if (impossible) return undefined(Reason::score_zero_or_one, method);
  return mean_loss(levels, method, [](double p, bool event) { return event ? -std::log(p) : -std::log1p(-p); });
}

Estimate brier_scaled(const Levels& levels) {
  const std::string method = "1 - Brier / (rate (1 - rate)); delta method";
  if (const auto reason = not_usable(levels); reason != Reason::none) return undefined(reason, method);
  if (levels.n_cases == 0 || levels.n_controls == 0) return undefined(Reason::one_class, method);
  const double rate = share(levels.n_cases, levels.n());
  const double worst = rate * (1 - rate);
  const double ratio = *brier(levels).estimate / worst;
  // d(B/w) per person: loss/w - B/w² · (1 - 2 rate)(y - rate).
  auto out = mean_loss(levels, method, [&](double p, bool event) {
    const double loss = event ? (1 - p) * (1 - p) : p * p;
    return loss / worst - ratio / worst * (1 - 2 * rate) * ((event ? 1 : 0) - rate);
  });
  out.estimate = 1 - ratio;
  if (out.se) out.ci95 = Interval{*out.estimate - z975 * *out.se, *out.estimate + z975 * *out.se};
  return out;
}

TestResult spiegelhalter(const Levels& levels) {
  TestResult out;
  out.method = "Spiegelhalter z";
  out.reason = not_usable(levels);
  if (out.reason != Reason::none) return out;
  Sum top;
  Sum variance;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double p = levels.score[i];
    const double n = static_cast<double>(levels.count(i));
    const double slope = 1 - 2 * p;
    top.add((static_cast<double>(levels.cases[i]) - n * p) * slope);
    variance.add(n * slope * slope * p * (1 - p));
  }
  if (!(variance.value() > 0)) {
    out.reason = Reason::scores_all_equal;
    return out;
  }
  out.statistic = top.value() / std::sqrt(variance.value());
  out.p = normal_p_two_sided(*out.statistic);
  return out;
}

std::vector<Group> grouped(const Levels& levels, Grouping how, std::size_t groups) {
  std::vector<double> borders;
  if (how == Grouping::equal_size) {
    std::vector<std::pair<double, std::uint64_t>> sorted;
    sorted.reserve(levels.size());
    for (std::size_t i = 0; i < levels.size(); ++i) sorted.emplace_back(levels.score[i], levels.count(i));
    for (std::size_t k = 1; k < groups; ++k) borders.push_back(weighted_quantile(sorted, levels.n(), share(k, groups)));
  } else {
    for (std::size_t k = 1; k < groups; ++k) borders.push_back(share(k, groups));
  }
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  std::vector<Group> out;
  Group group;
  Sum predicted;
  const auto finish = [&] {
    if (group.n > 0) {
      group.predicted = predicted.value() / static_cast<double>(group.n);
      out.push_back(group);
    }
    group = {};
    predicted = {};
  };
  std::size_t border = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    for (; border < borders.size() && levels.score[i] > borders[border]; ++border) finish();
    group.n += levels.count(i);
    group.events += levels.cases[i];
    predicted.add(static_cast<double>(levels.count(i)) * levels.score[i]);
  }
  finish();
  return out;
}

HosmerLemeshow hosmer_lemeshow(const Levels& levels, std::size_t groups) {
  HosmerLemeshow out;
  out.fitted.method = "Hosmer-Lemeshow, legacy";
  out.fitted.reason = not_usable(levels);
  out.external = out.fitted;
  if (out.fitted.reason != Reason::none) return out;
  const auto all = grouped(levels, Grouping::equal_size, groups);
  Sum statistic;
  for (const auto& group : all) {
    const double n = static_cast<double>(group.n);
    const double spread = n * group.predicted * (1 - group.predicted);
    if (!(spread > 0)) {
      out.fitted.reason = Reason::score_zero_or_one;
      out.external.reason = Reason::score_zero_or_one;
      return out;
    }
    const double difference = static_cast<double>(group.events) - n * group.predicted;
    statistic.add(difference * difference / spread);
  }
  const double count = static_cast<double>(all.size());
  out.external = chi_squared(statistic.value(), count, "Hosmer-Lemeshow, legacy; df = groups (external data)");
  if (all.size() > 2) {
    out.fitted = chi_squared(statistic.value(), count - 2, "Hosmer-Lemeshow, legacy; df = groups - 2 (fitted data)");
  } else {
    out.fitted.reason = Reason::scores_all_equal;
  }
  return out;
}

BrierParts brier_decomposition(const Levels& levels, std::size_t groups) {
  BrierParts out;
  out.reason = not_usable(levels);
  if (out.reason != Reason::none) return out;
  const double rate = share(levels.n_cases, levels.n());
  Sum reliability;
  Sum resolution;
  for (const auto& group : grouped(levels, Grouping::equal_size, groups)) {
    const double n = static_cast<double>(group.n);
    const double observed = share(group.events, group.n);
    reliability.add(n * (group.predicted - observed) * (group.predicted - observed));
    resolution.add(n * (observed - rate) * (observed - rate));
  }
  const double n = static_cast<double>(levels.n());
  out.reliability = reliability.value() / n;
  out.resolution = resolution.value() / n;
  out.uncertainty = rate * (1 - rate);
  return out;
}

Estimate expected_calibration_error(const Levels& levels, std::size_t groups) {
  Estimate out;
  out.method = "mean |observed - predicted| over " + std::to_string(groups) + " groups of equal width";
  if (const auto reason = not_usable(levels); reason != Reason::none) return undefined(reason, out.method);
  Sum sum;
  for (const auto& group : grouped(levels, Grouping::equal_width, groups)) {
    sum.add(std::fabs(static_cast<double>(group.events) - static_cast<double>(group.n) * group.predicted));
  }
  out.estimate = sum.value() / static_cast<double>(levels.n());
  out.reason = Reason::no_closed_form;
  return out;
}

LikelihoodMeasures likelihood_measures(const Levels& levels) {
  LikelihoodMeasures out;
  const auto fit = recalibration(levels);
  if (!fit) {
    out.reason = calibration_slope(levels).reason;
    return out;
  }
  const double n = static_cast<double>(levels.n());
  const double m = static_cast<double>(levels.n_cases);
  const double null = m * std::log(m / n) + (n - m) * std::log1p(-m / n);
  const double as_is = log_likelihood(levels);
  out.model_chi2 = 2 * (as_is - null);
  out.r2_nagelkerke = (1 - std::exp(-*out.model_chi2 / n)) / (1 - std::exp(2 * null / n));
  out.discrimination = (*out.model_chi2 - 1) / n;
  out.unreliability_chi2 = std::max(0.0, 2 * (fit->log_likelihood - as_is));
  out.unreliability_p = chi_squared_upper(*out.unreliability_chi2, 2);
  out.unreliability = (*out.unreliability_chi2 - 2) / n;
  out.quality = *out.discrimination - *out.unreliability;
  return out;
}

}  // namespace naru::evaluate
