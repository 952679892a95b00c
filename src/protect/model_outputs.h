#pragma once
/// What of a fitted model and of a survival curve may leave. A saturated model or a step of one event is a person's own
/// row. Griffiths et al., Handbook on Statistical Disclosure Control for Outputs, 2019. docs/methods/model-outputs.md.
#include "protect/output_control.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

struct FittedModel {
  std::int64_t persons = 0;
  std::int64_t parameters = 0;  ///< with the intercept and every dummy
  /// Persons behind each reported coefficient of a yes-or-no variable: those with it and those without.
  std::vector<std::pair<std::int64_t, std::int64_t>> groups = {};
  bool residuals = false;  ///< residuals, leverages or predictions per person are part of the output
};
/// Reasons why the model may not leave; empty: it may. Each names its number and what it must be.
[[nodiscard]] std::vector<Text> model_findings(const FittedModel& model, const OutputRules& rules,
                                               const ModelOutputPolicy& policy);

struct CurveStep {
  double time = 0;
  std::int64_t events = 0;
  std::int64_t censored = 0;  ///< since the step before
  std::int64_t at_risk = 0;   ///< just before
};
struct ReleasedStep {
  double time = 0;           ///< of the last event it holds
  std::int64_t events = 0;   ///< rounded
  std::int64_t at_risk = 0;  ///< rounded
  double survival = 1;       ///< after it: Kaplan and Meier over the merged steps
};
struct ReleasedCurve {
  std::vector<ReleasedStep> steps;
  std::int64_t merged = 0;  ///< steps with events that have no line of their own but stand in a later one's
  /// Events after this time are not shown: fewer than min_cell persons are left after them, or all together are too few
  /// events; with no step at all the time of the first event. Empty: every event stands in a step.
  std::optional<double> ends_at = {};
};
/// Merges steps until each holds at least max(`events`, min_cell) events, until those left after it are none or at
/// least min_cell, and until those who left between it and the next without an event are none or at least min_cell:
/// each of these is a difference of two shown numbers. Events that are not shown are none or at least as many as a step
/// needs, so the total, where it is known, tells of no fewer. The survival is computed from the rounded numbers and
/// tells no more than they do. Errors: usage when times do not rise, a number is negative or persons at risk do not
/// follow from events and censored.
[[nodiscard]] Result<ReleasedCurve> release_curve(const std::vector<CurveStep>& steps, const OutputRules& rules,
                                                  const ModelOutputPolicy& policy);

}  // namespace naru::protect
