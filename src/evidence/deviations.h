#pragma once
/// The plan held against what was done, check by check: what a program can see. Anything else a person must state.
#include "evidence/plan.h"

#include <nlohmann/json_fwd.hpp>

namespace naru::evidence {

/// [{"check","state":"kept|departed|unknown","text":{en,ko}}…] in a fixed order. `report` is the report's JSON with
/// plan, locked_at, sites, pooled, overlaps.
[[nodiscard]] nlohmann::json deviations(const Plan& plan, const nlohmann::json& report);

}  // namespace naru::evidence
