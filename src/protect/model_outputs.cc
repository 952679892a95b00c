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

struct Group {
  double time = 0;
  std::int64_t events = 0;
  std::int64_t at_risk = 0;
  std::int64_t left = 0;   // after its last event
  std::int64_t steps = 0;  // that hold an event
};

class Merger {
 public:
  Merger(std::int64_t least, std::int64_t min_cell) : least_(least), min_cell_(min_cell) {}

  // The first step whose events are not shown: those left after the last shown one, and the events not shown, are none
  // or enough.
  [[nodiscard]] std::size_t shown_steps(const std::vector<CurveStep>& steps) const {
    std::int64_t hidden = 0;
    for (auto end = steps.size(); end > 0; --end) {
      const auto& last = steps[end - 1];
      if (last.events == 0) continue;
      if (enough(last.at_risk - last.events, min_cell_) && enough(hidden, least_)) return end;
      hidden += last.events;
    }
    return 0;
  }

  [[nodiscard]] std::vector<Group> groups(const std::vector<CurveStep>& steps, std::size_t end) const {
    std::vector<Group> out;
    for (std::size_t at = 0; at < end; ++at) {
      const auto& step = steps[at];
      if (step.events == 0) continue;
      if (out.empty() || may_end(out.back(), step)) out.push_back({0, 0, step.at_risk, 0, 0});
      auto& group = out.back();
      group.time = step.time;
      group.events += step.events;
      group.left = step.at_risk - step.events;
      ++group.steps;
    }
    // Too few events at the end belong to the step before.
    while (!out.empty() && out.back().events < least_) {
      const auto rest = out.back();
      out.pop_back();
      if (out.empty()) break;
      auto& group = out.back();
      group.time = rest.time;
      group.events += rest.events;
      group.left = rest.left;
      group.steps += rest.steps;
    }
    return out;
  }

 private:
  static bool enough(std::int64_t count, std::int64_t least) { return count == 0 || count >= least; }
  [[nodiscard]] bool may_end(const Group& group, const CurveStep& next) const {
    return group.events >= least_ && enough(group.left, min_cell_) &&
           enough(group.at_risk - group.events - next.at_risk, min_cell_);
  }
  std::int64_t least_;
  std::int64_t min_cell_;
};

}  // namespace

Result<ReleasedCurve> release_curve(const std::vector<CurveStep>& steps, const OutputRules& rules,
                                    const ModelOutputPolicy& policy) {
  NARU_CHECK(check_steps(steps));
  const Merger merger(std::max<std::int64_t>({policy.events, rules.min_cell, 1}), rules.min_cell);
  const auto end = merger.shown_steps(steps);
  const auto groups = merger.groups(steps, end);
  ReleasedCurve out;
  double survival = 1;
  for (const auto& group : groups) {
    const auto shown_risk = rounded_to(group.at_risk, rules.round_to);
    const auto shown_events = std::min(rounded_to(group.events, rules.round_to), shown_risk);
    survival *= shown_risk == 0 ? 0 : 1 - static_cast<double>(shown_events) / static_cast<double>(shown_risk);
    out.steps.push_back({group.time, shown_events, shown_risk, survival});
    out.merged += group.steps - 1;
  }
  for (const auto& step : steps) {
    if (step.events == 0 || (!groups.empty() && step.time <= groups.back().time)) continue;
    out.ends_at = groups.empty() ? step.time : groups.back().time;
    break;
  }
  return out;
}

}  // namespace naru::protect
