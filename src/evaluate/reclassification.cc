#include "evaluate/reclassification.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace naru::evaluate {
namespace {

Done check(std::span<const double> a, std::span<const double> b, std::span<const std::uint8_t> label) {
  if (a.size() != b.size() || a.size() != label.size()) {
    return rejected(say("risks and labels differ in length", "위험과 라벨의 길이가 다릅니다"), "risks");
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] >= 0 && a[i] <= 1 && b[i] >= 0 && b[i] <= 1 && label[i] <= 1) continue;
    return rejected(say("a risk is not from 0 to 1 or a label not 0 or 1",
                        "위험이 0과 1 사이가 아니거나 라벨이 0 또는 1이 아닙니다"),
                    "row " + std::to_string(i + 1));
  }
  return {};
}

// Mean of per-person values and its variance.
struct Mean {
  Sum sum;
  Sum squares;
  double n = 0;
  void add(double x) {
    sum.add(x);
    squares.add(x * x);
    n += 1;
  }
  [[nodiscard]] double value() const { return sum.value() / n; }
  // With n in the denominator, as for a proportion.
  [[nodiscard]] double variance() const { return std::max(0.0, squares.value() / n - value() * value()) / n; }
};

Estimate wald(double value, double variance, std::string method) {
  Estimate out;
  out.method = std::move(method);
  out.estimate = value;
  out.se = std::sqrt(variance);
  out.ci95 = Interval{value - z975 * *out.se, value + z975 * *out.se};
  return out;
}

template <typename Category>
Reclassification moved(std::span<const double> a, std::span<const double> b, std::span<const std::uint8_t> label,
                       const std::string& method, Category category) {
  Mean events;
  Mean others;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto before = category(a[i]);
    const auto after = category(b[i]);
    const double move = after > before ? 1 : (after < before ? -1 : 0);
    (label[i] == 1 ? events : others).add(label[i] == 1 ? move : -move);
  }
  if (events.n == 0 || others.n == 0) {
    const auto none = undefined(Reason::one_class, method);
    return {none, none, none};
  }
  return {wald(events.value(), events.variance(), method), wald(others.value(), others.variance(), method),
          wald(events.value() + others.value(), events.variance() + others.variance(), method)};
}

}  // namespace

Result<Reclassification> categorical_nri(std::span<const double> old_risk, std::span<const double> new_risk,
                                         std::span<const std::uint8_t> label, std::span<const double> thresholds) {
  NARU_CHECK(check(old_risk, new_risk, label));
  std::vector<double> cuts(thresholds.begin(), thresholds.end());
  std::sort(cuts.begin(), cuts.end());
  return moved(old_risk, new_risk, label, "categorical net reclassification; normal interval",
               [&](double p) { return std::upper_bound(cuts.begin(), cuts.end(), p) - cuts.begin(); });
}

Result<Reclassification> continuous_nri(std::span<const double> old_risk, std::span<const double> new_risk,
                                        std::span<const std::uint8_t> label) {
  NARU_CHECK(check(old_risk, new_risk, label));
  return moved(old_risk, new_risk, label, "continuous net reclassification; normal interval",
               [](double p) { return p; });
}

Result<Estimate> integrated_discrimination_improvement(std::span<const double> old_risk,
                                                       std::span<const double> new_risk,
                                                       std::span<const std::uint8_t> label) {
  NARU_CHECK(check(old_risk, new_risk, label));
  const std::string method = "integrated discrimination improvement; normal interval";
  Mean events;
  Mean others;
  for (std::size_t i = 0; i < label.size(); ++i) (label[i] == 1 ? events : others).add(new_risk[i] - old_risk[i]);
  if (events.n == 0 || others.n == 0) return undefined(Reason::one_class, method);
  return wald(events.value() - others.value(), events.variance() + others.variance(), method);
}

Result<Estimate> net_benefit_difference(std::span<const double> old_risk, std::span<const double> new_risk,
                                        std::span<const std::uint8_t> label, double threshold) {
  NARU_CHECK(check(old_risk, new_risk, label));
  const std::string method = "net benefit, new minus old; paired, normal interval";
  if (!(threshold > 0 && threshold < 1)) return undefined(Reason::threshold_not_probability, method);
  if (label.empty()) return undefined(Reason::no_rows, method);
  const double odds = threshold / (1 - threshold);
  Mean all;
  for (std::size_t i = 0; i < label.size(); ++i) {
    const double worth = label[i] == 1 ? 1 : -odds;
    all.add(((new_risk[i] >= threshold ? 1 : 0) - (old_risk[i] >= threshold ? 1 : 0)) * worth);
  }
  return wald(all.value(), all.variance(), method);
}

}  // namespace naru::evaluate
