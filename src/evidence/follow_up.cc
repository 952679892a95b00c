#include "evidence/follow_up.h"

#include <numeric>
#include <utility>

#include "base/json.h"
#include "evaluate/estimate_json.h"
#include "evidence/model_rules.h"
#include "protect/model_outputs.h"

namespace naru::evidence {
namespace {

constexpr std::string_view method = "Kaplan-Meier over parts of the horizon, rounded counts";

std::uint64_t total(const std::vector<std::uint64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

// A part is told by its last day.
double last_day(const Plan& plan, std::size_t part) {
  const auto parts = *plan.survival_steps;
  return static_cast<double>((static_cast<std::int64_t>(part) + 1) * plan.horizon_days / parts);
}

std::vector<protect::CurveStep> steps_of(const Plan& plan, const FollowUpCounts& counts, bool with_early_ends) {
  std::vector<protect::CurveStep> out;
  auto at_risk = total(counts.events) + counts.event_free + (with_early_ends ? total(counts.censored) : 0);
  std::uint64_t left = 0;
  for (std::size_t part = 0; part < counts.events.size(); ++part) {
    at_risk -= left;
    out.push_back({last_day(plan, part), static_cast<std::int64_t>(counts.events[part]),
                   static_cast<std::int64_t>(left), static_cast<std::int64_t>(at_risk)});
    at_risk -= counts.events[part];
    left = with_early_ends ? counts.censored[part] : 0;
  }
  return out;
}

void note(Json& out, const Text& text) { out["notes"].push_back({{"en", text.en}, {"ko", text.ko}}); }

void add_notes(Json& out, const protect::ReleasedCurve& curve, std::uint64_t least, bool hide) {
  if (hide) {
    note(out, say("The curve is withheld: the counts it rests on are not shown either.",
                  "곡선은 비공개입니다. 바탕이 되는 인원수도 공개되지 않습니다."));
    return;
  }
  if (curve.merged > 0) {
    note(out,
         say("{} parts of the horizon are not shown by themselves but together with a later one: each step holds "
             "at least {} events.",
             "예측 기간의 {}개 구간은 따로 보이지 않고 뒤 구간과 합쳤습니다. 각 단계에는 사건이 {}건 이상 있습니다.",
             curve.merged, least));
  }
  if (curve.ends_at && !curve.steps.empty()) {
    note(out, say("Events after day {} are withheld: too few persons or events remain.",
                  "{}일 이후의 사건은 비공개입니다. 남은 사람이나 사건이 너무 적습니다.",
                  static_cast<std::int64_t>(*curve.ends_at)));
  }
  if (curve.steps.empty()) {
    note(out, say("The curve is withheld: no step would hold at least {} events and leave enough persons.",
                  "곡선은 비공개입니다. 사건 {}건 이상과 충분한 사람이 남는 단계를 만들 수 없습니다.", least));
  }
  if (out.at("early_ends") == "left_out") {
    note(out, say("Persons whose observation ended early are too few to be counted here; the curve is that of the "
                  "persons analysed.",
                  "관찰이 일찍 끝난 사람이 너무 적어 여기서 세지 않았습니다. 분석한 사람만의 곡선입니다."));
  }
}

}  // namespace

std::vector<std::uint64_t> by_part(const Plan& plan, const std::vector<std::int64_t>& days) {
  const auto parts = *plan.survival_steps;
  std::vector<std::uint64_t> out(static_cast<std::size_t>(parts));
  // Day d is in the first part whose last day, as it is shown, is not before it.
  for (const auto day : days) {
    std::int64_t part = 0;
    while (part + 1 < parts && (part + 1) * plan.horizon_days / parts < day) ++part;
    ++out[static_cast<std::size_t>(part)];
  }
  return out;
}

Result<Json> released_follow_up(const Plan& plan, const FollowUpCounts& counts, const OutputRules& rules,
                                const AlsoHidden& hidden) {
  const auto least = step_least(rules);
  const auto early = total(counts.censored);
  const bool with_early = early == 0 || (std::cmp_greater_equal(early, rules.min_cell) && !hidden.early_ends);
  Json out{{"steps", Json::array()},
           {"method", method},
           {"parts", *plan.survival_steps},
           {"merged", 0},
           {"ends_at", nullptr},
           {"early_ends", with_early ? "counted" : "left_out"},
           {"notes", Json::array()}};
  protect::ReleasedCurve curve;
  const auto small = [&](std::uint64_t count) { return count > 0 && std::cmp_less(count, rules.min_cell); };
  const bool hide = hidden.totals || small(total(counts.events)) || small(counts.event_free);
  if (!hide) {
    const protect::ModelOutputPolicy policy{0, static_cast<std::int64_t>(least)};
    NARU_ASSIGN(curve, protect::release_curve(steps_of(plan, counts, with_early), rules.counts(), policy));
  }
  for (const auto& step : curve.steps) {
    out["steps"].push_back({{"day", static_cast<std::int64_t>(step.time)},
                            {"events", step.events},
                            {"at_risk", step.at_risk},
                            {"event_free", evaluate::rounded(step.survival, static_cast<int>(rules.digits))}});
  }
  out["merged"] = curve.merged;
  if (curve.ends_at) out["ends_at"] = static_cast<std::int64_t>(*curve.ends_at);
  if (!hide && total(counts.events) == 0) {
    note(out, say("Nobody had the event within the horizon.", "예측 기간 안에 사건이 있는 사람이 없습니다."));
    return out;
  }
  if (curve.steps.empty()) out["reason"] = evaluate::code_of(evaluate::Reason::suppressed);
  add_notes(out, curve, least, hide);
  return out;
}

}  // namespace naru::evidence
