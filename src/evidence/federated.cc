#include "evidence/federated.h"

#include "base/json.h"
#include "evaluate/estimate_json.h"
#include "evidence/model_rules.h"

namespace naru::evidence {
namespace {

std::uint64_t total(const std::vector<std::uint64_t>& counts, std::size_t from, std::size_t bins) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < bins; ++i) out += counts[from + i];
  return out;
}

Json number(const std::optional<double>& value, int decimals) {
  return value ? Json(evaluate::rounded(*value, decimals)) : Json(nullptr);
}

}  // namespace

Result<std::string> federated_figures(const FederatedInput& input) {
  NARU_CHECK(check_rules(input.rules));
  const auto layout = layout_of(input.plan);
  const auto bins = static_cast<std::size_t>(layout.grid + 1);
  if (input.pooled.size() != layout.size()) {
    return rejected(say("not a sum of this plan", "이 계획의 합이 아닙니다"), input.plan.id);
  }
  const auto cases = total(input.pooled, layout.cases_at(0), bins);
  const auto controls = total(input.pooled, layout.controls_at(0), bins);
  const auto small = [&](std::uint64_t count) { return count > 0 && std::cmp_less(count, input.rules.min_cell); };
  const bool hide = small(cases) || small(controls) || small(cases + controls);
  const int decimals = static_cast<int>(input.rules.digits);
  const auto fit = [&](const evaluate::Estimate& estimate, std::int64_t parameters) {
    const bool leaves = !hide && fit_may_leave(cases, controls, parameters, input.rules);
    const auto out = leaves ? estimate : evaluate::undefined(evaluate::Reason::suppressed, estimate.method);
    return evaluate::json_of(out, decimals);
  };
  const auto shown = [&](const evaluate::Estimate& estimate) {
    const auto out = hide ? evaluate::undefined(evaluate::Reason::suppressed, estimate.method) : estimate;
    return evaluate::json_of(out, decimals);
  };
  Json out{{"calibration",
            {{"slope", fit(input.fit.slope(), 2)},
             {"citl", fit(input.fit.in_the_large(), 1)},
             {"rounds", input.fit.rounds()}}},
           {"comparator", nullptr}};
  if (input.paired) {
    const auto& comparison = input.paired->comparison;
    out["comparator"] = {{"auroc", shown(evaluate::auroc(input.paired->comparator))},
                         {"difference", shown(comparison.difference)},
                         {"z", hide ? Json(nullptr) : number(comparison.statistic, decimals)},
                         {"p", hide ? Json(nullptr) : number(comparison.p, decimals)}};
  }
  return canonical(out);
}

}  // namespace naru::evidence
