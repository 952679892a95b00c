// Bootstrap intervals and what missing rows could change, as JSON.
#include "base/json.h"
#include "cli/commands/evaluate_study.h"
#include "evaluate/bootstrap.h"
#include "evaluate/calibration.h"
#include "evaluate/discrimination.h"
#include "evaluate/estimate_json.h"
#include "evaluate/missing.h"

namespace naru::cli::evaluation {
namespace {

using evaluate::Levels;

// Loess of a resample is fitted at few knots: thousands of fits at every score would take hours.
constexpr std::size_t resample_knots = 100;

std::vector<std::pair<std::string, evaluate::Measure>> measures_of(const Study& study) {
  const auto range = study.partial;
  return {{"auroc", [](const Levels& levels) { return evaluate::auroc(levels).estimate; }},
          {"partial_auroc",
           [range](const Levels& levels) {
             return evaluate::partial_auroc(levels, range.axis, range.from, range.to).area.estimate;
           }},
          {"average_precision", [](const Levels& levels) { return evaluate::average_precision(levels).estimate; }},
          {"auprc_trapezoid", [](const Levels& levels) { return evaluate::auprc_trapezoid(levels).estimate; }},
          {"brier", [](const Levels& levels) { return evaluate::brier(levels).estimate; }},
          {"slope", [](const Levels& levels) { return evaluate::calibration_slope(levels).estimate; }},
          {"citl", [](const Levels& levels) { return evaluate::calibration_in_the_large(levels).estimate; }},
          {"o_e", [](const Levels& levels) { return evaluate::observed_expected(levels).estimate; }}};
}

Json bootstrapped_json(const evaluate::Bootstrapped& at) {
  Json out{{"se", json_of(at.se)}, {"ci95", json_of(at.ci95)}, {"undefined", at.undefined}, {"method", at.method}};
  if (!at.ci95) out["reason"] = evaluate::code_of(evaluate::Reason::no_closed_form);
  return out;
}

// ICI, E50, E90 and Emax of one fit per sample.
void distances_json(const Study& study, const Levels& levels, const evaluate::BootstrapOptions& options, Json& out) {
  const auto smoother = study.smoother;
  const auto fit = [smoother](const Levels& sample) {
    return smoother == evaluate::Smoother::loess ? evaluate::calibration_distances_at_knots(sample, resample_knots)
                                                 : evaluate::calibration_distances(sample, smoother);
  };
  // One sample gives four figures; each is asked for in turn of the same sample.
  const std::vector<evaluate::Measure> four{
      [&](const Levels& s) { return fit(s).ici.estimate; }, [&](const Levels& s) { return fit(s).e50.estimate; },
      [&](const Levels& s) { return fit(s).e90.estimate; }, [&](const Levels& s) { return fit(s).emax.estimate; }};
  const char* names[] = {"ici", "e50", "e90", "emax"};
  const auto all = evaluate::bootstrap_stratified(levels, four, options);
  for (std::size_t k = 0; k < all.size(); ++k) {
    auto one = bootstrapped_json(all[k]);
    if (smoother == evaluate::Smoother::loess) one["method"] = all[k].method + "; loess at 100 knots";
    out[names[k]] = one;
  }
}

}  // namespace

Result<Json> bootstrap_json(const Study& study, const std::string& name) {
  evaluate::BootstrapOptions options;
  options.replicates = study.replicates;
  options.seed = study.seed;
  options.threads = study.threads;
  const auto& score = study.scores.at(name);
  NARU_ASSIGN(const auto levels, evaluate::levels_of(score, study.label, study.direction));
  Json out = Json::object();
  const auto measures = measures_of(study);
  if (!study.cluster.empty()) {
    for (const auto& [key, measure] : measures) {
      NARU_ASSIGN(const auto at, evaluate::bootstrap_clusters(score, study.label, study.cluster, study.clusters,
                                                              study.direction, measure, options));
      out[key] = bootstrapped_json(at);
    }
    return out;
  }
  std::vector<evaluate::Measure> functions;
  for (const auto& [key, measure] : measures) functions.push_back(measure);
  const auto all = evaluate::bootstrap_stratified(levels, functions, options);
  for (std::size_t k = 0; k < all.size(); ++k) out[measures[k].first] = bootstrapped_json(all[k]);
  distances_json(study, levels, options, out);
  return out;
}

Result<Json> missing_json(const Study& study, const std::string& name) {
  const auto& score = study.missing_scores.at(name);
  const auto counts = evaluate::missing_counts(score, study.missing_labels);
  NARU_ASSIGN(const auto bounds, evaluate::auroc_bounds(score, study.missing_labels, study.direction));
  Json out{{"complete", counts.complete},
           {"outcome_missing", counts.score_only},
           {"score_missing", counts.case_only + counts.control_only},
           {"score_missing_events", counts.case_only},
           {"both_missing", counts.neither},
           {"auroc_bounds", bounds.least ? Json::array({*bounds.least, *bounds.most}) : Json(nullptr)},
           {"delta", Json::array()}};
  if (bounds.reason != evaluate::Reason::none) out["reason"] = evaluate::code_of(bounds.reason);
  const std::vector<double> deltas{-2, -1, -0.5, 0, 0.5, 1, 2};
  NARU_ASSIGN(const auto points, evaluate::delta_analysis(score, study.missing_labels, deltas, 20, study.seed));
  for (const auto& point : points) {
    out["delta"].push_back({{"log_odds", point.delta},
                            {"imputed_rate", point.imputed_rate},
                            {"auroc", json_of(point.auroc)},
                            {"o_e", json_of(point.observed_expected)}});
  }
  return out;
}

}  // namespace naru::cli::evaluation
