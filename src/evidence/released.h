#pragma once
/// Figures after the output rules: the one place where this room decides what of a score's counts may be shown. Used
/// for a site's own result and for the pooled one. Method: docs/methods/evidence-seal.md, "What leaves".
#include "evaluate/levels.h"
#include "evidence/site_run.h"

#include <nlohmann/json_fwd.hpp>

#include <map>
#include <string>
#include <vector>

namespace naru::evidence {

struct StratumLevels {
  std::string group;  ///< "sex"
  std::string value;  ///< "F"
  evaluate::Levels levels;
};

struct FigureInput {
  const Plan& plan;
  const evaluate::Levels& all;
  const std::vector<StratumLevels>& strata;
  const OutputRules& rules;
  bool gridded = false;  ///< scores are k / grid
  bool curves = false;   ///< with ROC, calibration groups and decision curve
};

/// {"persons","events","auroc","brier","calibration":{…},"thresholds":[…],"subgroups":[…]} and, with curves, "roc",
/// "calibration_groups", "decision_curve". A hidden figure is null with the reason "suppressed".
[[nodiscard]] Result<nlohmann::json> released_figures(const FigureInput& input);

/// [{"step","persons":n|null,"reason"}…] in the order of `steps`; the first is shown only when no later one is hidden.
[[nodiscard]] nlohmann::json released_flow(const std::vector<std::string>& steps,
                                           const std::map<std::string, std::int64_t>& counts, const OutputRules& rules);

/// The same figures, exact and unsuppressed: for the site's private folder.
[[nodiscard]] nlohmann::json exact_figures(const Plan& plan, const evaluate::Levels& all,
                                           const std::vector<StratumLevels>& strata);

}  // namespace naru::evidence
