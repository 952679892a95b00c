#pragma once
/// Questions, the solution to be verified with its plan, and a deposit: what people bring to the nation.
#include "synth/history.h"
#include "synth/vocabulary.h"

#include <filesystem>

namespace naru::synth {

/// definitions/*.json: Circe expressions over the synthetic vocabulary.
[[nodiscard]] Done write_definitions(const Vocabulary& vocabulary, const std::filesystem::path& folder);
/// solution/scorecard.json and solution/plan.yaml. The scorecard is the truth with a wrong intercept and flattened
/// slopes: it ranks well and is miscalibrated.
[[nodiscard]] Done write_solution(const Vocabulary& vocabulary, const Truth& truth,
                                  const std::filesystem::path& folder);
/// deposit/: a lifelog data set of an invented R&D programme.
[[nodiscard]] Done write_deposit(std::uint64_t seed, const std::filesystem::path& folder);

}  // namespace naru::synth
