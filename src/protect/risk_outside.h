#pragma once
/// What of a risk report people outside the room see: shares rounded so coarsely that no step tells of fewer than
/// min_cell persons. Pure.
#include "protect/assessment.h"

#include <cstdint>
#include <optional>
#include <string>

namespace naru::protect {

/// The smallest of 1, 5, 10 and 25 % of which half is at least min_cell persons; nothing when there are too few.
[[nodiscard]] std::optional<double> share_step(std::int64_t persons, std::int64_t min_cell);

/// {"attackers":[{"id","knows":{en,ko},"before":F,"after":F|null}…]}, F = {"unique","found","above_limit","step"}
/// (shares of persons, multiples of step; null where there are too few persons or no figure) and "unknown": the chance
/// of somebody who does not know whether the person is in, rounded up to one digit.
[[nodiscard]] std::string risk_outside_json(const Assessment& before, const std::optional<Assessment>& after,
                                            std::int64_t min_cell);

}  // namespace naru::protect
