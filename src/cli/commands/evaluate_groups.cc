// Figures of groups of rows and of pairs of scores.
#include "base/json.h"
#include "cli/commands/evaluate_study.h"
#include "evaluate/estimate_json.h"

namespace naru::cli::evaluation {

Result<std::vector<Split>> split_by(const Study& study, const std::string& column) {
  const auto& by = study.groups.at(column);
  std::map<std::string, std::vector<std::size_t>> rows;
  for (std::size_t row = 0; row < by.size(); ++row) rows[by[row]].push_back(row);
  std::vector<Split> out;
  for (const auto& [value, places] : rows) {
    Split split;
    split.value = value;
    std::vector<std::uint8_t> label;
    label.reserve(places.size());
    for (const auto row : places) label.push_back(study.label[row]);
    for (const auto& name : study.names) {
      const auto& all = study.scores.at(name);
      std::vector<double> score;
      score.reserve(places.size());
      for (const auto row : places) score.push_back(all[row]);
      NARU_ASSIGN(split.levels[name], evaluate::levels_of(score, label, study.direction));
      split.n = split.levels[name].n();
      split.events = split.levels[name].n_cases;
    }
    out.push_back(std::move(split));
  }
  return out;
}

Json split_json(const Study& study, const Split& split) {
  Json scores = Json::object();
  for (const auto& name : study.names) {
    const auto& levels = split.levels.at(name);
    const auto& range = study.partial;
    const auto partial = evaluate::partial_auroc(levels, range.axis, range.from, range.to);
    const auto area = evaluate::auroc(levels);
    scores[name] = {{"auroc", json_of(area)},
                    {"partial_auroc", {{"area", json_of(partial.area)}, {"corrected", json_of(partial.corrected)}}},
                    {"brier", json_of(evaluate::brier(levels))},
                    {"calibration",
                     {{"slope", json_of(evaluate::calibration_slope(levels))},
                      {"citl", json_of(evaluate::calibration_in_the_large(levels))},
                      {"o_e", json_of(evaluate::observed_expected(levels))}}}};
    if (area.estimate) {
      scores[name]["hanley_mcneil_se"] = evaluate::hanley_mcneil_se(*area.estimate, levels.n_cases, levels.n_controls);
    }
    if (const auto point = evaluate::youden_point(levels)) {
      const bool lower = study.direction == evaluate::Direction::lower;
      scores[name]["youden"] = {{"threshold", lower ? 0.0 - point->threshold : point->threshold},
                                {"sensitivity", point->sensitivity},
                                {"specificity", point->specificity}};
    }
  }
  return {{"n", split.n}, {"events", split.events}, {"scores", scores}};
}

Result<Json> comparisons_json(const Study& study) {
  Json out = Json::array();
  for (std::size_t i = 0; i < study.names.size(); ++i) {
    for (std::size_t j = i + 1; j < study.names.size(); ++j) {
      const auto& a = study.scores.at(study.names[i]);
      const auto& b = study.scores.at(study.names[j]);
      evaluate::Comparison comparison;
      if (study.unpaired) {
        NARU_ASSIGN(const auto levels_a, evaluate::levels_of(a, study.label, study.direction));
        NARU_ASSIGN(const auto levels_b, evaluate::levels_of(b, study.label, study.direction));
        comparison = evaluate::compare_unpaired(levels_a, levels_b);
      } else {
        NARU_ASSIGN(comparison, evaluate::compare_paired(a, b, study.label, study.direction, study.direction));
      }
      auto one = json_of(comparison);
      one["a"] = study.names[i];
      one["b"] = study.names[j];
      if (!study.unpaired) {
        NARU_ASSIGN(one["reclassification"], reclassification_json(study, study.names[j], study.names[i]));
      }
      out.push_back(std::move(one));
    }
  }
  return out;
}

Result<Json> contrast_json(const Study& study) {
  std::vector<std::span<const double>> scores;
  for (const auto& name : study.names) scores.emplace_back(study.scores.at(name));
  NARU_ASSIGN(const auto areas, evaluate::area_covariance(scores, study.label, study.direction));
  return json_of(evaluate::all_equal_test(areas));
}

}  // namespace naru::cli::evaluation
