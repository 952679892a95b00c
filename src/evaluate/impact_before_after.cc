// Before and after, without comparison: the weakest design, and it says so.
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>

#include "evaluate/impact.h"
#include "evaluate/impact_regression.h"

namespace naru::evaluate {
namespace {

Done check(const BeforeAfterInput& in) {
  const std::size_t n = in.outcome.size();
  const std::pair<const char*, std::size_t> columns[] = {{"after", in.after.size()},
                                                         {"time", in.time.empty() ? n : in.time.size()},
                                                         {"person", in.person.empty() ? n : in.person.size()}};
  return same_length(n, columns);
}

struct Pair {
  std::optional<double> before;
  std::optional<double> after;
};

// The same persons twice: the mean of differences; for events McNemar's exact test.
Result<Impact> paired(const BeforeAfterInput& in, bool events) {
  std::map<std::string, Pair> persons;
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    auto& one = persons[in.person[i]];
    auto& place = in.after[i] == 1 ? one.after : one.before;
    if (place) {
      return rejected(say("a person has two rows on one side", "한 사람의 같은 시기 자료가 두 행입니다"),
                      fmt::format("person, row {}", i + 1));
    }
    place = in.outcome[i];
  }
  Impact out;
  out.design = "before-after";
  out.rows = in.outcome.size();
  std::vector<double> differences;
  double gained = 0;
  double lost = 0;
  for (const auto& [person, pair] : persons) {
    if (!pair.before || !pair.after) continue;
    differences.push_back(*pair.after - *pair.before);
    gained += differences.back() > 0 ? 1 : 0;
    lost += differences.back() < 0 ? 1 : 0;
  }
  const auto n = static_cast<double>(differences.size());
  out.facts["pairs"] = n;
  out.facts["without_partner"] = static_cast<double>(persons.size()) - n;
  if (differences.size() < 2) {
    return rejected(say("fewer than two persons have both rows", "두 시기 자료가 모두 있는 사람이 둘보다 적습니다"),
                    "person");
  }
  double mean = 0;
  for (const double d : differences) mean += d / n;
  double square = 0;
  for (const double d : differences) square += (d - mean) * (d - mean);
  const Spread spread{std::sqrt(square / (n - 1) / n), n - 1, "t with n-1 df"};
  std::optional<double> p = spread.se > 0 ? std::optional(p_of(mean, spread)) : std::nullopt;
  if (events) {
    const double discordant = gained + lost;
    double tail = 0;
    for (double k = 0; k <= std::min(gained, lost); ++k) {
      tail += std::exp(std::lgamma(discordant + 1) - std::lgamma(k + 1) - std::lgamma(discordant - k + 1) -
                       discordant * std::numbers::ln2);
    }
    p = std::min(1.0, 2 * tail);
    out.facts["gained"] = gained;
    out.facts["lost"] = lost;
  }
  out.estimates.push_back({events ? "risk_difference" : "mean_difference",
                           estimate_of(mean, spread, events ? "paired, McNemar exact p" : "paired difference"), p});
  return out;
}

Result<Impact> unpaired(const BeforeAfterInput& in) {
  NARU_ASSIGN(auto out, analyse_trial({in.outcome, in.after, {}, {}}));
  out.design = "before-after";
  return out;
}

// A trend that was there before would have carried on without the solution.
void add_trend(Impact& out, const BeforeAfterInput& in, bool events) {
  if (in.time.empty()) {
    out.warnings.push_back({"no_time", say("no time column: a trend that was there before cannot be seen",
                                           "시간 열이 없어 이전 추세를 확인할 수 없습니다")});
    return;
  }
  std::vector<double> y;
  std::vector<double> time;
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    if (in.after[i] == 1) continue;
    y.push_back(in.outcome[i]);
    time.push_back(in.time[i]);
  }
  Design design;
  design.add("(Intercept)", std::vector<double>(y.size(), 1.0));
  design.add("time", time);
  const auto fit = fit_model(design, y, events ? Family::binomial : Family::gaussian);
  if (!fit.ok()) return;
  const std::vector<double> contrast{0, 1};
  const double p = p_of(fit->beta[1], model_spread(*fit, contrast, !events));
  out.facts["trend_before"] = fit->beta[1];
  out.facts["trend_before_p"] = p;
  if (p < 0.05) {
    out.warnings.push_back({"trend_before", say("the outcome was moving before the solution came (p = {:.3g})",
                                                "솔루션 도입 전부터 결과가 변하고 있었습니다(p = {:.3g})", p)});
  }
}

}  // namespace

Result<Impact> analyse_before_after(const BeforeAfterInput& in) {
  NARU_CHECK(check(in));
  const bool events = std::all_of(in.outcome.begin(), in.outcome.end(), [](double v) { return v == 0 || v == 1; });
  Impact out;
  if (in.person.empty()) {
    NARU_ASSIGN(out, unpaired(in));
  } else {
    NARU_ASSIGN(out, paired(in, events));
  }
  add_trend(out, in, events);
  const auto warn = [&](const char* code, const Text& text) { out.warnings.push_back({code, text}); };
  warn("no_comparison", say("no comparison group: whatever else changed in the meantime is part of this difference",
                            "비교군이 없어 그 사이 바뀐 다른 모든 것이 이 차이에 들어 있습니다"));
  warn("regression_to_the_mean",
       say("if the start was chosen because things were bad, part of an improvement was to be expected",
           "상황이 나쁠 때 시작했다면 좋아진 것 중 일부는 저절로 나타날 변화입니다"));
  warn("not_for_adoption",
       say("not enough alone for a decision to adopt", "이것만으로는 도입 결정의 근거가 되지 않습니다"));
  return out;
}

}  // namespace naru::evaluate
