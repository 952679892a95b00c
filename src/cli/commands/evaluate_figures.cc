// Figures of one score as JSON.
#include "base/json.h"
#include "cli/commands/evaluate_study.h"
#include "evaluate/calibration_tests.h"
#include "evaluate/estimate_json.h"
#include "evaluate/threshold.h"

namespace naru::cli::evaluation {
namespace {

using evaluate::Levels;
using evaluate::Reason;

Json with_exact(Json estimate, const std::optional<evaluate::Interval>& exact) {
  estimate["ci95_exact"] = json_of(exact);
  return estimate;
}

Json test_json(const evaluate::TestResult& test, const char* statistic) {
  Json out{{statistic, json_of(test.statistic)}, {"p", json_of(test.p)}, {"method", test.method}};
  if (test.df) out["df"] = *test.df;
  if (test.reason != Reason::none) out["reason"] = evaluate::code_of(test.reason);
  return out;
}

Json groups_json(const Levels& levels, evaluate::Grouping how, std::size_t count) {
  Json out = Json::array();
  if (!levels.probabilities() || levels.n() == 0) return out;
  for (const auto& group : evaluate::grouped(levels, how, count)) {
    out.push_back({{"n", group.n},
                   {"events", group.events},
                   {"predicted", group.predicted},
                   {"observed", json_of(evaluate::wilson(group.events, group.n))}});
  }
  return out;
}

Json brier_parts_json(const Levels& levels, std::size_t groups) {
  const auto parts = evaluate::brier_decomposition(levels, groups);
  Json out{{"reliability", json_of(parts.reliability)},
           {"resolution", json_of(parts.resolution)},
           {"uncertainty", json_of(parts.uncertainty)},
           {"method", fmt::format("Murphy 1973 over {} groups of equal size", groups)}};
  if (parts.reason != Reason::none) out["reason"] = evaluate::code_of(parts.reason);
  return out;
}

Json likelihood_json(const Levels& levels) {
  const auto at = evaluate::likelihood_measures(levels);
  Json out{{"model_chi2", json_of(at.model_chi2)},
           {"r2_nagelkerke", json_of(at.r2_nagelkerke)},
           {"discrimination", json_of(at.discrimination)},
           {"unreliability_chi2", json_of(at.unreliability_chi2)},
           {"unreliability_p", json_of(at.unreliability_p)},
           {"unreliability", json_of(at.unreliability)},
           {"quality", json_of(at.quality)}};
  if (at.reason != Reason::none) out["reason"] = evaluate::code_of(at.reason);
  return out;
}

const char* name_of(evaluate::Smoother smoother) {
  switch (smoother) {
    case evaluate::Smoother::loess:
      return "loess";
    case evaluate::Smoother::lowess:
      return "lowess";
    case evaluate::Smoother::logistic:
      return "logistic";
  }
  return "";
}

Json calibration_json(const Study& study, const Levels& levels) {
  const auto distances = evaluate::calibration_distances(levels, study.smoother);
  const auto groups = study.calibration_groups;
  const auto hosmer = evaluate::hosmer_lemeshow(levels, groups);
  const bool usable = levels.probabilities() && levels.n() > 0;
  return {{"slope", json_of(evaluate::calibration_slope(levels))},
          {"intercept", json_of(evaluate::calibration_intercept(levels))},
          {"citl", json_of(evaluate::calibration_in_the_large(levels))},
          {"o_e", json_of(evaluate::observed_expected(levels))},
          {"observed", levels.n_cases},
          {"expected", usable ? Json(evaluate::expected_events(levels)) : Json(nullptr)},
          {"smoother", name_of(study.smoother)},
          {"ici", json_of(distances.ici)},
          {"e50", json_of(distances.e50)},
          {"e90", json_of(distances.e90)},
          {"emax", json_of(distances.emax)},
          {"ece", json_of(evaluate::expected_calibration_error(levels, groups))},
          {"spiegelhalter", test_json(evaluate::spiegelhalter(levels), "z")},
          {"hosmer_lemeshow",
           {{"legacy", true},
            {"fitted", test_json(hosmer.fitted, "chi2")},
            {"external", test_json(hosmer.external, "chi2")}}},
          {"likelihood", likelihood_json(levels)},
          {"groups",
           {{"equal_size", groups_json(levels, evaluate::Grouping::equal_size, groups)},
            {"equal_width", groups_json(levels, evaluate::Grouping::equal_width, groups)}}}};
}

Json partial_json(const Study& study, const Levels& levels) {
  const auto& range = study.partial;
  const auto partial = evaluate::partial_auroc(levels, range.axis, range.from, range.to);
  return {{"axis", range.axis == evaluate::Axis::specificity ? "specificity" : "sensitivity"},
          {"from", range.from},
          {"to", range.to},
          {"area", json_of(partial.area)},
          {"corrected", json_of(partial.corrected)}};
}

Json youden_json(const Study& study, const Levels& levels) {
  const auto point = evaluate::youden_point(levels);
  if (!point) return {{"threshold", nullptr}, {"reason", evaluate::code_of(Reason::one_class)}};
  const bool lower = study.direction == evaluate::Direction::lower;
  return {{"threshold", lower ? 0.0 - point->threshold : point->threshold},
          {"sensitivity", point->sensitivity},
          {"specificity", point->specificity},
          {"note", "chosen on the data it is judged by: optimistic"}};
}

Json threshold_json(const Study& study, const evaluate::AtThreshold& at) {
  const evaluate::Confusion cells{at.tp, at.fp, at.tn, at.fn};
  const auto more = evaluate::threshold_detail(cells);
  Json out{{"threshold", at.threshold},
           {"tp", at.tp},
           {"fp", at.fp},
           {"tn", at.tn},
           {"fn", at.fn},
           {"sensitivity", with_exact(json_of(at.sensitivity), more.sensitivity_exact)},
           {"specificity", with_exact(json_of(at.specificity), more.specificity_exact)},
           {"ppv", with_exact(json_of(at.ppv), more.ppv_exact)},
           {"npv", with_exact(json_of(at.npv), more.npv_exact)},
           {"alerts", with_exact(json_of(at.alerts), more.alerts_exact)},
           {"alerts_per_100", json_of(more.alerts_per_100)},
           {"alerts_per_case", json_of(more.alerts_per_case)},
           {"missed_per_100", json_of(more.missed_per_100)},
           {"lr_positive", json_of(more.lr_positive)},
           {"lr_negative", json_of(more.lr_negative)},
           {"f1", json_of(more.f1)},
           {"mcc", json_of(more.mcc)},
           {"kappa", json_of(more.kappa)},
           {"balanced_accuracy", json_of(more.balanced_accuracy)},
           {"net_benefit", json_of(at.net_benefit)},
           {"treat_all", json_of(at.treat_all)},
           {"treat_none", 0}};
  if (study.prevalence) {
    const evaluate::Confusion all{cells.cases(), cells.controls(), 0, 0};
    out["net_benefit_case_control"] = {
        {"prevalence", *study.prevalence},
        {"model", json_of(evaluate::net_benefit_case_control(cells, at.threshold, *study.prevalence))},
        {"treat_all", json_of(evaluate::net_benefit_case_control(all, at.threshold, *study.prevalence))}};
  }
  return out;
}

}  // namespace

Result<Json> score_json(const Study& study, const std::string& name) {
  const auto& score = study.scores.at(name);
  NARU_ASSIGN(const auto levels, evaluate::levels_of(score, study.label, study.direction));
  const auto area = evaluate::auroc(levels);
  Json out{{"auroc", json_of(area)},
           {"partial_auroc", partial_json(study, levels)},
           {"youden", youden_json(study, levels)},
           {"auprc",
            {{"average_precision", json_of(evaluate::average_precision(levels))},
             {"trapezoid", json_of(evaluate::auprc_trapezoid(levels))}}},
           {"brier", json_of(evaluate::brier(levels))},
           {"brier_scaled", json_of(evaluate::brier_scaled(levels))},
           {"brier_parts", brier_parts_json(levels, study.calibration_groups)},
           {"log_loss", json_of(evaluate::log_loss(levels))},
           {"calibration", calibration_json(study, levels)},
           {"thresholds", Json::array()}};
  if (area.estimate) {
    out["hanley_mcneil_se"] = evaluate::hanley_mcneil_se(*area.estimate, levels.n_cases, levels.n_controls);
  }
  NARU_ASSIGN(const auto as_given, evaluate::levels_of(score, study.label));
  for (const double threshold : study.thresholds) {
    out["thresholds"].push_back(threshold_json(study, evaluate::at_threshold(as_given, threshold, study.direction)));
  }
  return out;
}

}  // namespace naru::cli::evaluation
