#include "evidence/intervals.h"

#include "evaluate/bootstrap.h"
#include "evaluate/calibration_tests.h"
#include "evaluate/decision.h"
#include "evaluate/discrimination.h"

namespace naru::evidence {
namespace {

using evaluate::Bootstrapped;
using evaluate::Estimate;
using evaluate::Levels;
using evaluate::Reason;

evaluate::BootstrapOptions options_of(const Plan& plan) {
  evaluate::BootstrapOptions out;
  out.scheme = evaluate::Scheme::persons;
  out.replicates = static_cast<std::size_t>(plan.bootstrap_replicates.value_or(0));
  out.seed = plan.bootstrap_seed;
  return out;
}

void take(Estimate& estimate, const Bootstrapped& from) {
  if (!estimate.estimate) return;
  estimate.method += "; " + from.method;
  estimate.se = from.se;
  estimate.ci95 = from.ci95;
  estimate.reason = from.ci95 ? Reason::none : Reason::no_closed_form;
}

struct Measure {
  std::string name;
  double threshold = 0;
  evaluate::Measure of;
};

std::vector<Measure> measures_of(const Plan& plan) {
  std::vector<Measure> out{{"auroc", 0, [](const Levels& l) { return evaluate::auroc(l).estimate; }},
                           {"o_e", 0, [](const Levels& l) { return evaluate::observed_expected(l).estimate; }}};
  for (const double threshold : plan.thresholds) {
    out.push_back({"tpr", threshold,
                   [threshold](const Levels& l) { return evaluate::at_threshold(l, threshold).sensitivity.estimate; }});
    out.push_back({"fpr", threshold, [threshold](const Levels& l) -> std::optional<double> {
                     const auto specificity = evaluate::at_threshold(l, threshold).specificity.estimate;
                     return specificity ? std::optional(1 - *specificity) : std::nullopt;
                   }});
  }
  return out;
}

bool cells_shown(const std::vector<const StratumLevels*>& groups, double threshold, std::int64_t min_cell) {
  for (const auto* group : groups) {
    const auto at = evaluate::at_threshold(group->levels, threshold);
    for (const auto cell : {at.tp, at.fp, at.tn, at.fn}) {
      if (cell > 0 && std::cmp_less(cell, min_cell)) return false;
    }
  }
  return true;
}

// Estimate and the two groups; the interval comes later.
Gap gap_of(const Measure& measure, const std::vector<const StratumLevels*>& groups) {
  Gap out{measure.name,
          measure.threshold,
          {},
          {},
          evaluate::undefined(Reason::empty_denominator, "largest minus smallest")};
  double most = 0;
  double least = 0;
  for (const auto* group : groups) {
    const auto value = measure.of(group->levels);
    if (!value) continue;
    if (out.most.empty() || *value > most) {
      out.most = group->value;
      most = *value;
    }
    if (out.least.empty() || *value < least) {
      out.least = group->value;
      least = *value;
    }
  }
  if (out.most.empty() || out.most == out.least) return out;
  out.difference.reason = Reason::none;
  out.difference.estimate = most - least;
  return out;
}

}  // namespace

CalibrationErrors calibration_errors(const Plan& plan, const Levels& levels, bool with_intervals) {
  CalibrationErrors out{evaluate::calibration_distances(levels),
                        evaluate::expected_calibration_error(levels, error_groups)};
  if (!with_intervals || !plan.bootstrap_replicates || !out.distances.ici.estimate) return out;
  const auto options = options_of(plan);
  const auto distances = evaluate::bootstrap_distances(levels, options);
  take(out.distances.ici, distances[0]);
  take(out.distances.e50, distances[1]);
  take(out.distances.e90, distances[2]);
  take(out.distances.emax, distances[3]);
  take(out.ece,
       evaluate::bootstrap(
           levels, [](const Levels& l) { return evaluate::expected_calibration_error(l, error_groups).estimate; },
           options));
  return out;
}

std::vector<Gap> subgroup_gaps(const Plan& plan, const std::vector<const StratumLevels*>& groups,
                               std::int64_t min_cell) {
  std::vector<Gap> out;
  if (groups.size() < 2) return out;
  const auto measures = measures_of(plan);
  std::vector<Levels> levels;
  for (const auto* group : groups) levels.push_back(group->levels);
  std::vector<evaluate::Measure> functions;
  for (const auto& measure : measures) functions.push_back(measure.of);
  const auto resampled = plan.bootstrap_replicates ? evaluate::bootstrap_gaps(levels, functions, options_of(plan))
                                                   : std::vector<Bootstrapped>(measures.size());
  for (std::size_t k = 0; k < measures.size(); ++k) {
    auto gap = gap_of(measures[k], groups);
    if (measures[k].threshold > 0 && !cells_shown(groups, measures[k].threshold, min_cell)) {
      gap.most.clear();
      gap.least.clear();
      gap.difference = evaluate::undefined(Reason::suppressed, gap.difference.method);
    } else if (plan.bootstrap_replicates) {
      take(gap.difference, resampled[k]);
    } else if (gap.difference.estimate) {
      gap.difference.reason = Reason::no_closed_form;
    }
    out.push_back(std::move(gap));
  }
  return out;
}

}  // namespace naru::evidence
