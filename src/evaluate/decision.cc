#include "evaluate/decision.h"

#include <cmath>

namespace naru::evaluate {
namespace {

const std::string net_benefit_method = "TP/n - FP/n·t/(1-t); normal interval";

Estimate net_benefit(std::uint64_t tp, std::uint64_t fp, std::uint64_t n, double threshold) {
  if (n == 0) return undefined(Reason::no_rows, net_benefit_method);
  const double odds = threshold / (1 - threshold);
  const double total = static_cast<double>(n);
  const double true_share = static_cast<double>(tp) / total;
  const double false_share = static_cast<double>(fp) / total;
  Estimate out;
  out.method = net_benefit_method;
  out.estimate = true_share - false_share * odds;
  const double second = true_share + false_share * odds * odds;
  out.se = std::sqrt(std::max(0.0, second - *out.estimate * *out.estimate) / total);
  out.ci95 = Interval{*out.estimate - z975 * *out.se, *out.estimate + z975 * *out.se};
  return out;
}

}  // namespace

AtThreshold at_threshold(const Levels& levels, double threshold, Direction direction) {
  AtThreshold out;
  out.threshold = threshold;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const bool positive = direction == Direction::higher ? levels.score[i] >= threshold : levels.score[i] <= threshold;
    (positive ? out.tp : out.fn) += levels.cases[i];
    (positive ? out.fp : out.tn) += levels.controls[i];
  }
  out.sensitivity = wilson(out.tp, out.tp + out.fn);
  out.specificity = wilson(out.tn, out.tn + out.fp);
  out.ppv = wilson(out.tp, out.tp + out.fp);
  out.npv = wilson(out.tn, out.tn + out.fn);
  out.alerts = wilson(out.tp + out.fp, levels.n());
  auto reason = Reason::none;
  if (!(threshold > 0 && threshold < 1)) reason = Reason::threshold_not_probability;
  if (!levels.probabilities() || direction == Direction::lower) reason = Reason::scores_not_probability;
  if (reason != Reason::none) {
    out.net_benefit = undefined(reason, net_benefit_method);
    out.treat_all = out.net_benefit;
  } else {
    out.net_benefit = net_benefit(out.tp, out.fp, levels.n(), threshold);
    out.treat_all = net_benefit(levels.n_cases, levels.n_controls, levels.n(), threshold);
  }
  return out;
}

std::vector<AtThreshold> decision_curve(const Levels& levels, const std::vector<double>& thresholds) {
  std::vector<AtThreshold> out;
  out.reserve(thresholds.size());
  for (const double threshold : thresholds) out.push_back(at_threshold(levels, threshold));
  return out;
}

}  // namespace naru::evaluate
