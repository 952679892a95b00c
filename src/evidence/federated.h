#pragma once
/// Pooled figures that need more than one sum: calibration of scores off the grid, comparison with the comparator.
#include "evaluate/federated.h"
#include "evidence/site_run.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace naru::evidence {

struct PairedResult {
  evaluate::Levels comparator;  ///< pooled
  evaluate::Comparison comparison;
};

struct FederatedInput {
  const Plan& plan;
  const OutputRules& rules;
  std::vector<std::uint64_t> pooled;  ///< by layout_of(plan)
  evaluate::CalibrationFit fit;
  std::optional<PairedResult> paired = {};
};

/// Canonical JSON after the output rules: {"calibration":{"slope":E,"citl":E,"rounds"},"comparator":null|{"auroc":E,
/// "difference":E,"z","p"}}. Figures of too few persons, events or non-events are null, reason "suppressed".
[[nodiscard]] Result<std::string> federated_figures(const FederatedInput& input);

}  // namespace naru::evidence
