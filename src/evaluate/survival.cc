#include "evaluate/survival.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluate/timeline.h"

namespace naru::evaluate {
namespace {

const std::string risk_method = "Kaplan-Meier or Aalen-Johansen; complementary log-log interval";
const std::string decision_method = "P(positive)·(F - (1 - F)·t/(1-t)); influence functions, normal interval";

// d(estimate)/d(hazards) summed over a person's time at risk; see RiskAt.
std::vector<double> risk_influence(const Timeline& line, const Follow& follow, std::size_t until,
                                   const std::vector<double>& survival, const std::vector<double>& risk) {
  const double n = static_cast<double>(follow.time.size());
  const double final_risk = until == 0 ? 0.0 : risk[until - 1];
  // Falling part: what being at risk at each time takes away, summed.
  std::vector<double> fall(until);
  std::vector<double> jump_event(until);
  std::vector<double> jump_any(until);
  double sum = 0;
  for (std::size_t k = 0; k < until; ++k) {
    const double y = line.at_risk[k];
    const double any = line.events[k] + line.competing[k];
    const double before = k == 0 ? 1.0 : survival[k - 1];
    const double rest = any < y ? (final_risk - risk[k]) / (1 - any / y) : 0.0;
    jump_event[k] = n * before / y;
    jump_any[k] = -n * rest / y;
    sum += jump_event[k] * line.events[k] / y + jump_any[k] * any / y;
    fall[k] = sum;
  }
  std::vector<double> out(follow.time.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto k = line.place[i];
    if (k < until) {
      out[i] = -fall[k];
      if (follow.state[i] == State::event) out[i] += jump_event[k] + jump_any[k];
      if (follow.state[i] == State::competing) out[i] += jump_any[k];
    } else if (until > 0) {
      out[i] = -fall[until - 1];
    }
  }
  return out;
}

double standard_error(const std::vector<double>& influence) {
  Sum squares;
  for (const double value : influence) squares.add(value * value);
  return std::sqrt(squares.value()) / static_cast<double>(influence.size());
}

void cloglog_interval(Estimate& out) {
  const double risk = *out.estimate;
  if (!(risk > 0 && risk < 1 && *out.se > 0)) {
    out.reason = Reason::one_class;
    return;
  }
  // The survival 1 - F to the power exp(± z·se / ((1 - F) ln(1 - F))).
  const double log_survival = std::log1p(-risk);
  const double half = z975 * *out.se / ((1 - risk) * -log_survival);
  out.ci95 = Interval{-std::expm1(log_survival * std::exp(-half)), -std::expm1(log_survival * std::exp(half))};
}

}  // namespace

Done check_follow(const Follow& follow, std::span<const double> score) {
  if (follow.time.size() != follow.state.size() || follow.time.size() != score.size()) {
    return rejected(say("times, states and scores differ in length", "시간, 상태, 점수의 길이가 다릅니다"), "times");
  }
  for (std::size_t i = 0; i < score.size(); ++i) {
    const auto where = "row " + std::to_string(i + 1);
    if (!(std::isfinite(follow.time[i]) && follow.time[i] >= 0)) {
      return rejected(say("a time is not a number of 0 or more", "시간이 0 이상의 수가 아닙니다"), where);
    }
    if (!std::isfinite(score[i])) {
      return rejected(say("a score is not a finite number", "점수가 유한한 수가 아닙니다"), where);
    }
  }
  return {};
}

Timeline timeline_of(const Follow& follow) {
  std::vector<std::size_t> order(follow.time.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return follow.time[a] < follow.time[b]; });
  Timeline out;
  out.place.resize(order.size());
  for (const auto i : order) {
    if (out.time.empty() || follow.time[i] != out.time.back()) {
      out.time.push_back(follow.time[i]);
      out.events.push_back(0);
      out.competing.push_back(0);
      out.censored.push_back(0);
    }
    out.place[i] = out.time.size() - 1;
    auto& counts = follow.state[i] == State::event       ? out.events
                   : follow.state[i] == State::competing ? out.competing
                                                         : out.censored;
    counts.back() += 1;
  }
  out.at_risk.resize(out.size());
  double left = static_cast<double>(order.size());
  for (std::size_t k = 0; k < out.size(); ++k) {
    out.at_risk[k] = left;
    left -= out.events[k] + out.competing[k] + out.censored[k];
  }
  return out;
}

RiskAt risk_at(const Follow& follow, double horizon) {
  RiskAt out;
  out.risk.method = risk_method;
  if (follow.time.empty()) {
    out.risk.reason = Reason::no_rows;
    return out;
  }
  const auto line = timeline_of(follow);
  const auto until =
      static_cast<std::size_t>(std::upper_bound(line.time.begin(), line.time.end(), horizon) - line.time.begin());
  std::vector<double> survival(until);
  std::vector<double> risk(until);
  double alive = 1;
  double failed = 0;
  for (std::size_t k = 0; k < until; ++k) {
    failed += alive * line.events[k] / line.at_risk[k];
    alive *= 1 - (line.events[k] + line.competing[k]) / line.at_risk[k];
    survival[k] = alive;
    risk[k] = failed;
  }
  if (line.time.back() < horizon && alive > 0) {
    out.risk.reason = Reason::horizon_beyond_follow_up;
    return out;
  }
  out.risk.estimate = failed;
  out.influence = risk_influence(line, follow, until, survival, risk);
  out.risk.se = standard_error(out.influence);
  cloglog_interval(out.risk);
  return out;
}

Estimate observed_expected_at(const Follow& follow, std::span<const double> risk, double horizon) {
  Estimate out;
  out.method = "observed risk (Kaplan-Meier or Aalen-Johansen) / mean predicted risk; log interval";
  Sum expected;
  for (const double p : risk) {
    if (!(p >= 0 && p <= 1)) return undefined(Reason::scores_not_probability, out.method);
    expected.add(p);
  }
  const auto observed = risk_at(follow, horizon);
  if (!observed.risk.estimate) return undefined(observed.risk.reason, out.method);
  const double mean = expected.value() / static_cast<double>(risk.size());
  if (!(mean > 0)) return undefined(Reason::empty_denominator, out.method);
  out.estimate = *observed.risk.estimate / mean;
  if (!(*observed.risk.estimate > 0)) {
    out.reason = Reason::one_class;
    return out;
  }
  const double se_log = *observed.risk.se / *observed.risk.estimate;
  out.se = *out.estimate * se_log;
  out.ci95 = Interval{*out.estimate * std::exp(-z975 * se_log), *out.estimate * std::exp(z975 * se_log)};
  return out;
}

std::vector<double> linear_predictor(std::span<const double> risk) {
  std::vector<double> out;
  for (const double p : risk) {
    if (!(p > 0 && p < 1)) return {};
    out.push_back(std::log(-std::log1p(-p)));
  }
  return out;
}

namespace {

// One rule (who is positive) at one threshold.
Estimate decision_of(const Follow& follow, const std::vector<std::uint8_t>& positive, double horizon,
                     double threshold) {
  if (!(threshold > 0 && threshold < 1)) return undefined(Reason::threshold_not_probability, decision_method);
  std::vector<double> time;
  std::vector<State> state;
  for (std::size_t i = 0; i < positive.size(); ++i) {
    if (positive[i] == 0) continue;
    time.push_back(follow.time[i]);
    state.push_back(follow.state[i]);
  }
  Estimate out;
  out.method = decision_method;
  if (time.empty()) {
    out.estimate = 0.0;
    out.se = 0.0;
    out.ci95 = Interval{0, 0};
    return out;
  }
  const auto among = risk_at({time, state}, horizon);
  if (!among.risk.estimate) return undefined(among.risk.reason, decision_method);
  const double n = static_cast<double>(positive.size());
  const double odds = threshold / (1 - threshold);
  const double gain = *among.risk.estimate - (1 - *among.risk.estimate) * odds;
  out.estimate = static_cast<double>(time.size()) / n * gain;
  // Person i: gain if positive, plus what they change in F, minus the mean.
  Sum squares;
  std::size_t at = 0;
  for (const auto is_positive : positive) {
    const double own = is_positive != 0 ? gain + (1 + odds) * among.influence[at++] : 0.0;
    squares.add((own - *out.estimate) * (own - *out.estimate));
  }
  out.se = std::sqrt(squares.value()) / n;
  out.ci95 = Interval{*out.estimate - z975 * *out.se, *out.estimate + z975 * *out.se};
  return out;
}

}  // namespace

std::vector<SurvivalDecision> survival_decision(const Follow& follow, std::span<const double> risk, double horizon,
                                                std::span<const double> thresholds) {
  const bool probabilities = std::all_of(risk.begin(), risk.end(), [](double p) { return p >= 0 && p <= 1; });
  const std::vector<std::uint8_t> everybody(risk.size(), 1);
  std::vector<SurvivalDecision> out;
  for (const double threshold : thresholds) {
    SurvivalDecision one;
    one.threshold = threshold;
    std::vector<std::uint8_t> positive;
    positive.reserve(risk.size());
    for (const double p : risk) {
      positive.push_back(p >= threshold ? 1 : 0);
      one.positive += positive.back();
    }
    one.model = probabilities ? decision_of(follow, positive, horizon, threshold)
                              : undefined(Reason::scores_not_probability, decision_method);
    one.treat_all = decision_of(follow, everybody, horizon, threshold);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace naru::evaluate
