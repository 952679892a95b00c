#include "evidence/model_rules.h"

#include "protect/dominance.h"
#include "protect/model_outputs.h"

#include <algorithm>
#include <cmath>

namespace naru::evidence {

bool fit_may_leave(std::uint64_t events, std::uint64_t others, std::int64_t parameters, const OutputRules& rules) {
  if (!rules.models) return true;
  const auto with = static_cast<std::int64_t>(events);
  const auto without = static_cast<std::int64_t>(others);
  const protect::FittedModel fit{
      .persons = with + without, .parameters = parameters, .groups = {{with, without}}, .residuals = false};
  return protect::model_findings(fit, rules.counts(), *rules.models).empty();
}

bool score_sum_may_leave(const evaluate::Levels& levels, const OutputRules& rules) {
  if (!rules.dominance || levels.n() == 0 || !levels.probabilities()) return true;
  constexpr double unit = 1e6;
  std::vector<std::int64_t> contributions;
  contributions.reserve(levels.n());
  for (std::size_t at = 0; at < levels.size(); ++at) {
    const auto amount = static_cast<std::int64_t>(std::llround(levels.score[at] * unit));
    contributions.insert(contributions.end(), static_cast<std::size_t>(levels.count(at)), amount);
  }
  return protect::amount_risk(std::move(contributions), rules.counts(), *rules.dominance) == protect::AmountRisk::none;
}

std::uint64_t step_least(const OutputRules& rules) {
  auto least = std::max<std::int64_t>(rules.min_cell, 1);
  if (rules.models) least = std::max(least, rules.models->events);
  return static_cast<std::uint64_t>(least);
}

}  // namespace naru::evidence
