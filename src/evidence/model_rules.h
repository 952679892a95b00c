#pragma once
/// The output rules for models and sums, where evidence leaves a site: the same library that decides about answers
/// (protect/model_outputs.h, protect/dominance.h). docs/methods/model-outputs.md, dominance.md.
#include "evaluate/levels.h"
#include "evidence/site_run.h"

#include <cstdint>

namespace naru::evidence {

/// A fit of so many parameters to the outcomes of these persons: degrees of freedom, and persons behind events and
/// non-events. True when it may leave; without a model rule only the counts decide.
[[nodiscard]] bool fit_may_leave(std::uint64_t events, std::uint64_t others, std::int64_t parameters,
                                 const OutputRules& rules);
/// Of a sum of the persons' scores (the expected number of events): false when few persons make up nearly all of it, or
/// one of them could be worked out by another. Scores on a millionth; negative ones are not judged (no probability).
[[nodiscard]] bool score_sum_may_leave(const evaluate::Levels& levels, const OutputRules& rules);
/// Fewest events, and fewest non-events, that a step of a curve may hold (none at all is no step).
[[nodiscard]] std::uint64_t step_least(const OutputRules& rules);

}  // namespace naru::evidence
