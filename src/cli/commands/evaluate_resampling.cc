// Bootstrap intervals and what missing rows could change, as JSON.
#include "base/json.h"
#include "cli/commands/evaluate_study.h"
#include "evaluate/bootstrap.h"
#include "evaluate/calibration.h"
#include "evaluate/calibration_tests.h"
#include "evaluate/discrimination.h"
#include "evaluate/estimate_json.h"
#include "evaluate/missing.h"

namespace naru::cli::evaluation {
namespace {

using evaluate::Levels;

struct Named {
  std::string name;
  evaluate::Scheme scheme;
  evaluate::Measure measure;
};

std::vector<Named> measures_of(const Study& study) {
  using enum evaluate::Scheme;
  const auto range = study.partial;
  const auto groups = study.calibration_groups;
  return {
      {"auroc", stratified, [](const Levels& levels) { return evaluate::auroc(levels).estimate; }},
      {"partial_auroc", stratified,
       [range](const Levels& levels) {
         return evaluate::partial_auroc(levels, range.axis, range.from, range.to).area.estimate;
       }},
      {"average_precision", stratified,
       [](const Levels& levels) { return evaluate::average_precision(levels).estimate; }},
      {"auprc_trapezoid", stratified, [](const Levels& levels) { return evaluate::auprc_trapezoid(levels).estimate; }},
      {"brier", persons, [](const Levels& levels) { return evaluate::brier(levels).estimate; }},
      {"slope", persons, [](const Levels& levels) { return evaluate::calibration_slope(levels).estimate; }},
      {"citl", persons, [](const Levels& levels) { return evaluate::calibration_in_the_large(levels).estimate; }},
      {"o_e", persons, [](const Levels& levels) { return evaluate::observed_expected(levels).estimate; }},
      {"ece", persons,
       [groups](const Levels& levels) { return evaluate::expected_calibration_error(levels, groups).estimate; }}};
}

Json bootstrapped_json(const evaluate::Bootstrapped& at) {
  Json out{{"se", json_of(at.se)}, {"ci95", json_of(at.ci95)}, {"undefined", at.undefined}, {"method", at.method}};
  if (!at.ci95) out["reason"] = evaluate::code_of(evaluate::Reason::no_closed_form);
  return out;
}

// ICI, E50, E90 and Emax of one fit per sample: asked in turn of the same sample, the fit is made once.
std::vector<Named> distances_of(const Study& study) {
  const auto smoother = study.smoother;
  const auto fit = [smoother](const Levels& sample) {
    // Each thread asks for the four in turn.
    static thread_local evaluate::CalibrationDistances last;
    last = smoother == evaluate::Smoother::loess
               ? evaluate::calibration_distances_at_knots(sample, evaluate::resample_knots)
               : evaluate::calibration_distances(sample, smoother);
    return &last;
  };
  static thread_local const evaluate::CalibrationDistances* current = nullptr;
  using enum evaluate::Scheme;
  return {{"ici", persons,
           [fit](const Levels& s) {
             current = fit(s);
             return current->ici.estimate;
           }},
          {"e50", persons, [](const Levels&) { return current->e50.estimate; }},
          {"e90", persons, [](const Levels&) { return current->e90.estimate; }},
          {"emax", persons, [](const Levels&) { return current->emax.estimate; }}};
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
  auto measures = measures_of(study);
  if (!study.cluster.empty()) {
    for (const auto& [key, scheme, measure] : measures) {
      NARU_ASSIGN(const auto at, evaluate::bootstrap_clusters(score, study.label, study.cluster, study.clusters,
                                                              study.direction, measure, options));
      out[key] = bootstrapped_json(at);
    }
    return out;
  }
  for (auto& distance : distances_of(study)) measures.push_back(std::move(distance));
  for (const auto scheme : {evaluate::Scheme::stratified, evaluate::Scheme::persons}) {
    options.scheme = scheme;
    std::vector<evaluate::Measure> functions;
    std::vector<std::string> names;
    for (const auto& measure : measures) {
      if (measure.scheme != scheme) continue;
      functions.push_back(measure.measure);
      names.push_back(measure.name);
    }
    const auto all = evaluate::bootstrap(levels, functions, options);
    for (std::size_t k = 0; k < all.size(); ++k) out[names[k]] = bootstrapped_json(all[k]);
  }
  if (study.smoother == evaluate::Smoother::loess) {
    for (const char* name : {"ici", "e50", "e90", "emax"}) {
      out[name]["method"] = out[name]["method"].get<std::string>() + "; loess at 100 knots";
    }
  }
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
