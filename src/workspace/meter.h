#pragma once
/// One release of figures under a right is one answer of its budget, whatever made them: a question (ask.h), or a round
/// of verification.
#include "engine/records.h"
#include "govern/use_right.h"

#include <cstdint>

namespace naru::workspace {

/// Spends one answer before it leaves; answers how many are used. Error refused when none is left.
[[nodiscard]] Result<std::int64_t> spend_answer(engine::Records& records, const govern::UseRight& right);

}  // namespace naru::workspace
