#include "protect/model_outputs.h"

#include <algorithm>

namespace naru::protect {

std::vector<Text> model_findings(const FittedModel& model, const OutputRules& rules, const ModelOutputPolicy& policy) {
  std::vector<Text> out;
  if (model.persons < rules.min_cell) {
    out.push_back(
        say("the model was fitted to fewer than {} persons", "모형이 {}명 미만에 적합되었습니다", rules.min_cell));
  }
  const auto freedom = model.persons - model.parameters;
  if (freedom < policy.degrees_of_freedom) {
    out.push_back(say("{} residual degrees of freedom; at least {} are wanted", "잔차 자유도 {}; {} 이상이 필요합니다",
                      freedom, policy.degrees_of_freedom));
  }
  for (std::size_t at = 0; at < model.groups.size(); ++at) {
    const auto [with, without] = model.groups[at];
    if (std::min(with, without) >= rules.min_cell) continue;
    out.push_back(say("coefficient {} rests on a group of fewer than {} persons",
                      "계수 {}이(가) {}명 미만의 집단에 기초합니다", at + 1, rules.min_cell));
  }
  if (model.residuals) {
    out.push_back(say("residuals or predictions of single persons are part of the output",
                      "개인별 잔차나 예측값이 결과에 포함되어 있습니다"));
  }
  return out;
}

namespace {

Done check_steps(const std::vector<CurveStep>& steps) {
  for (std::size_t at = 0; at < steps.size(); ++at) {
    const auto& step = steps[at];
    bool good = step.events >= 0 && step.censored >= 0 && step.at_risk >= step.events;
    if (at > 0) {
      const auto& before = steps[at - 1];
      good = good && step.time > before.time && step.at_risk == before.at_risk - before.events - step.censored;
    }
    if (good) continue;
    return usage_error(say("step {} of the curve does not follow from the one before",
                           "곡선의 {}번째 단계가 앞 단계와 맞지 않습니다", at + 1),
                       "curve");
  }
  return {};
}

}  // namespace

Result<ReleasedCurve> release_curve(const std::vector<CurveStep>& steps, const OutputRules& rules,
                                    const ModelOutputPolicy& policy) {
  NARU_CHECK(check_steps(steps));
  ReleasedCurve out;
  const auto least = std::max(policy.events, rules.min_cell);
  double survival = 1;
  std::int64_t events = 0;
  std::int64_t at_risk = 0;
  for (const auto& step : steps) {
    if (events == 0) at_risk = step.at_risk;
    events += step.events;
    if (events < least) continue;
    // Those left after a shown step must not be few either: they could be told by subtraction.
    const auto after = step.at_risk - step.events;
    if (after != 0 && after < rules.min_cell) break;
    const auto shown_risk = rounded_to(at_risk, rules.round_to);
    const auto shown_events = std::min(rounded_to(events, rules.round_to), shown_risk);
    survival *= shown_risk == 0 ? 0 : 1 - static_cast<double>(shown_events) / static_cast<double>(shown_risk);
    out.steps.push_back({step.time, shown_events, shown_risk, survival});
    events = 0;
  }
  if (!steps.empty() && (out.steps.empty() || out.steps.back().time < steps.back().time)) {
    out.ends_at = out.steps.empty() ? steps.front().time : out.steps.back().time;
  }
  return out;
}

}  // namespace naru::protect
