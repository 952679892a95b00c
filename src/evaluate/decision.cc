#include "evaluate/decision.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

namespace naru::evaluate {
namespace {

const std::string net_benefit_method = "TP/n - FP/n·t/(1-t); normal interval";
const std::string case_control_method = "sens·π - (1-spec)·(1-π)·t/(1-t), prevalence π given; normal interval";

// Places of the thresholds in ascending order of their values.
std::vector<std::size_t> ascending(std::span<const double> thresholds) {
  std::vector<std::size_t> order(thresholds.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](auto a, auto b) { return std::pair(thresholds[a], a) < std::pair(thresholds[b], b); });
  return order;
}

AtThreshold measures(const Confusion& at, double threshold, bool probabilities) {
  AtThreshold out;
  out.threshold = threshold;
  out.tp = at.tp;
  out.fp = at.fp;
  out.tn = at.tn;
  out.fn = at.fn;
  out.sensitivity = wilson(at.tp, at.cases());
  out.specificity = wilson(at.tn, at.controls());
  out.ppv = wilson(at.tp, at.tp + at.fp);
  out.npv = wilson(at.tn, at.tn + at.fn);
  out.alerts = wilson(at.tp + at.fp, at.n());
  if (!probabilities) {
    out.net_benefit = undefined(Reason::scores_not_probability, net_benefit_method);
    out.treat_all = out.net_benefit;
  } else {
    out.net_benefit = net_benefit(at, threshold);
    out.treat_all = net_benefit({at.cases(), at.controls(), 0, 0}, threshold);
  }
  return out;
}

// Number of thresholds at or below a score: a table over 1,024 cells of [0, 1] says how many lie in lower cells, the
// few of its own cell are compared one by one. Any other order-preserving cells would do; scaling by a power of two is
// exact.
class Places {
 public:
  explicit Places(std::vector<double> sorted) : sorted_(std::move(sorted)) {
    std::size_t at = 0;
    for (std::size_t c = 0; c <= cells; ++c) {
      while (at < sorted_.size() && cell_of(sorted_[at]) < c) ++at;
      below_[c] = static_cast<std::uint32_t>(at);
    }
    below_[cells + 1] = static_cast<std::uint32_t>(sorted_.size());
  }
  [[nodiscard]] std::size_t of(double x) const {
    const auto cell = cell_of(x);
    std::size_t at = below_[cell];
    const std::size_t end = below_[cell + 1];
    while (at < end && sorted_[at] <= x) ++at;
    return at;
  }

 private:
  static constexpr std::size_t cells = 1024;
  static std::size_t cell_of(double x) {
    const double scaled = std::min(std::max(x, 0.0), 1.0) * static_cast<double>(cells);
    return static_cast<std::size_t>(static_cast<std::int64_t>(scaled));
  }
  std::vector<double> sorted_;
  std::array<std::uint32_t, cells + 2> below_{};
};

}  // namespace

std::vector<Confusion> confusions(const Levels& levels, std::span<const double> thresholds, Direction direction) {
  std::vector<Confusion> out(thresholds.size());
  std::size_t level = 0;
  std::uint64_t cases = 0;
  std::uint64_t controls = 0;
  for (const auto place : ascending(thresholds)) {
    const double t = thresholds[place];
    const bool with_equal = direction == Direction::lower;
    while (level < levels.size() && (levels.score[level] < t || (with_equal && levels.score[level] == t))) {
      cases += levels.cases[level];
      controls += levels.controls[level];
      ++level;
    }
    const Confusion above{levels.n_cases - cases, levels.n_controls - controls, controls, cases};
    out[place] = with_equal ? Confusion{above.fn, above.tn, above.fp, above.tp} : above;
  }
  return out;
}

std::vector<Confusion> confusions(std::span<const double> score, std::span<const std::uint8_t> label,
                                  std::span<const double> thresholds) {
  const auto order = ascending(thresholds);
  std::vector<double> sorted;
  for (const auto place : order) sorted.push_back(thresholds[place]);
  // counts[2k + y]: rows of label y with exactly k thresholds at or below their score.
  std::vector<std::uint64_t> counts(2 * sorted.size() + 2);
  const Places places(sorted);
  for (std::size_t i = 0; i < score.size(); ++i) ++counts[2 * places.of(score[i]) + label[i]];
  std::vector<Confusion> out(thresholds.size());
  std::uint64_t cases = 0;
  std::uint64_t controls = 0;
  std::uint64_t all_cases = 0;
  for (std::size_t k = 0; k <= sorted.size(); ++k) all_cases += counts[2 * k + 1];
  const auto all_controls = score.size() - all_cases;
  for (std::size_t k = 0; k < sorted.size(); ++k) {
    controls += counts[2 * k];
    cases += counts[2 * k + 1];
    out[order[k]] = {all_cases - cases, all_controls - controls, controls, cases};
  }
  return out;
}

Estimate net_benefit(const Confusion& at, double threshold) {
  if (!(threshold > 0 && threshold < 1)) return undefined(Reason::threshold_not_probability, net_benefit_method);
  if (at.n() == 0) return undefined(Reason::no_rows, net_benefit_method);
  const double odds = threshold / (1 - threshold);
  const double total = static_cast<double>(at.n());
  const double true_share = static_cast<double>(at.tp) / total;
  const double false_share = static_cast<double>(at.fp) / total;
  Estimate out;
  out.method = net_benefit_method;
  out.estimate = true_share - false_share * odds;
  const double second = true_share + false_share * odds * odds;
  out.se = std::sqrt(std::max(0.0, second - *out.estimate * *out.estimate) / total);
  out.ci95 = Interval{*out.estimate - z975 * *out.se, *out.estimate + z975 * *out.se};
  return out;
}

Estimate net_benefit_case_control(const Confusion& at, double threshold, double prevalence) {
  if (!(threshold > 0 && threshold < 1)) return undefined(Reason::threshold_not_probability, case_control_method);
  if (at.cases() == 0 || at.controls() == 0) return undefined(Reason::one_class, case_control_method);
  const double odds = threshold / (1 - threshold);
  const double m = static_cast<double>(at.cases());
  const double n = static_cast<double>(at.controls());
  const double sensitivity = static_cast<double>(at.tp) / m;
  const double false_rate = static_cast<double>(at.fp) / n;
  const double of_control = (1 - prevalence) * odds;
  Estimate out;
  out.method = case_control_method;
  out.estimate = sensitivity * prevalence - false_rate * of_control;
  out.se = std::sqrt(prevalence * prevalence * sensitivity * (1 - sensitivity) / m +
                     of_control * of_control * false_rate * (1 - false_rate) / n);
  out.ci95 = Interval{*out.estimate - z975 * *out.se, *out.estimate + z975 * *out.se};
  return out;
}

AtThreshold at_threshold(const Levels& levels, double threshold, Direction direction) {
  const auto at = confusions(levels, std::span(&threshold, 1), direction).front();
  return measures(at, threshold, levels.probabilities() && direction == Direction::higher);
}

std::vector<AtThreshold> decision_curve(const Levels& levels, const std::vector<double>& thresholds) {
  const auto at = confusions(levels, thresholds);
  std::vector<AtThreshold> out;
  out.reserve(thresholds.size());
  for (std::size_t i = 0; i < at.size(); ++i) out.push_back(measures(at[i], thresholds[i], levels.probabilities()));
  return out;
}

Result<std::vector<DecisionPoint>> decision_curve(std::span<const double> score, std::span<const std::uint8_t> label,
                                                  std::span<const double> thresholds) {
  if (score.size() != label.size()) {
    return rejected(say("scores and labels differ in length", "점수와 라벨의 길이가 다릅니다"), "scores");
  }
  bool fine = true;
  for (std::size_t i = 0; i < score.size(); ++i) fine &= score[i] >= 0 && score[i] <= 1 && label[i] <= 1;
  if (!fine) {
    std::size_t row = 0;
    while (score[row] >= 0 && score[row] <= 1 && label[row] <= 1) ++row;
    return rejected(
        say("a score is not a probability or a label not 0 or 1", "점수가 확률이 아니거나 라벨이 0 또는 1이 아닙니다"),
        "row " + std::to_string(row + 1));
  }
  const auto at = confusions(score, label, thresholds);
  std::vector<DecisionPoint> out;
  out.reserve(at.size());
  for (std::size_t i = 0; i < at.size(); ++i) {
    out.push_back({thresholds[i], net_benefit(at[i], thresholds[i]),
                   net_benefit({at[i].cases(), at[i].controls(), 0, 0}, thresholds[i])});
  }
  return out;
}

}  // namespace naru::evaluate
