#pragma once
/// Estimates as the contract's JSON: {"estimate","se","ci95","method"} (+ "ci95_logit"), undefined ones as null with
/// "reason" (a code; `explain` has the words).
#include "evaluate/contrasts.h"
#include "evaluate/pooling.h"

#include <nlohmann/json_fwd.hpp>

namespace naru::evaluate {

/// `decimals` < 0: as it is. Else every number is rounded half to even to that many decimals.
[[nodiscard]] nlohmann::json json_of(const Estimate& estimate, int decimals = -1);
[[nodiscard]] nlohmann::json json_of(const Pooled& pooled, int decimals = -1);
[[nodiscard]] nlohmann::json json_of(const Comparison& comparison);
[[nodiscard]] double rounded(double value, int decimals);
/// {"CODE":{"en","ko"}} of every reason.
[[nodiscard]] nlohmann::json reasons_json();

}  // namespace naru::evaluate
