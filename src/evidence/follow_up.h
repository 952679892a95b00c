#pragma once
/// The share free of the event over the horizon, with those whose observation ended early (Kaplan and Meier 1958), from
/// counts that can be summed over sites: the horizon is cut into a plan's `survival_steps` equal parts. Within a part
/// events come before ends of observation. Only the curve after the output rule leaves (protect/model_outputs.h).
/// Method: docs/methods/model-outputs.md.
#include "evidence/site_run.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace naru::evidence {

/// Days since the index day of those analysed with the event, and of those left out for short follow-up (the last day
/// observed). Part k of the plan's parts holds the days after k/parts and up to (k+1)/parts of the horizon; the index
/// day itself stands in the first. REQUIRES: the plan has survival_steps, days are 0 to horizon_days.
[[nodiscard]] std::vector<std::uint64_t> by_part(const Plan& plan, const std::vector<std::int64_t>& days);

struct FollowUpCounts {
  std::vector<std::uint64_t> events;    ///< by part
  std::vector<std::uint64_t> censored;  ///< by part: observation ended
  std::uint64_t event_free = 0;         ///< observed to the horizon without the event
};
/// What the same report hides, and the curve must not tell.
struct AlsoHidden {
  bool totals = false;      ///< persons or events: no curve
  bool early_ends = false;  ///< persons of short follow-up: the curve is that of the analysed alone
};
/// {"steps":[{"day","events","at_risk","event_free"}…],"method","parts","merged","ends_at":day|null,
/// "early_ends":"counted"|"left_out","notes":[{"en","ko"}…],"reason"?}. "steps" is empty and "reason" says "suppressed"
/// when nothing may be shown.
[[nodiscard]] Result<nlohmann::json> released_follow_up(const Plan& plan, const FollowUpCounts& counts,
                                                        const OutputRules& rules, const AlsoHidden& hidden);

}  // namespace naru::evidence
