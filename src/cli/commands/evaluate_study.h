#pragma once
/// One file of scores as `evaluate scores` sees it, and the figures made of it.
#include "cli/commands/evaluate.h"
#include "evaluate/calibration.h"
#include "evaluate/partial.h"

namespace naru::cli::evaluation {

/// Part of the ROC curve asked for.
struct PartialRange {
  evaluate::Axis axis = evaluate::Axis::specificity;
  double from = 0;
  double to = 1;
};

struct Study {
  std::vector<std::string> names;
  std::map<std::string, std::vector<double>> scores;
  std::vector<std::uint8_t> label;
  std::map<std::string, std::vector<std::string>> groups;  ///< columns of --subgroup and --site
  evaluate::Direction direction = evaluate::Direction::higher;
  std::vector<double> thresholds;
  std::optional<double> prevalence;  ///< case-control: rate in the population
  PartialRange partial;
  evaluate::Smoother smoother = evaluate::Smoother::loess;
  std::size_t calibration_groups = 10;
  bool unpaired = false;
  std::size_t replicates = 0;  ///< of the bootstrap; 0: none
  std::uint64_t seed = 1;
  unsigned threads = 0;
  std::vector<std::uint32_t> cluster;  ///< per row, when clusters are resampled
  std::uint32_t clusters = 0;
  /// With --missing report: all rows as they stand (NaN, 2); `scores` and `label` then hold complete rows alone.
  std::map<std::string, std::vector<double>> missing_scores;
  std::vector<std::uint8_t> missing_labels;
};

/// {"auroc", "auprc", "brier", "calibration", "thresholds", …} of one score.
[[nodiscard]] Result<nlohmann::json> score_json(const Study& study, const std::string& name);
/// Rows of each value of a column, values in ascending order.
struct Split {
  std::string value;
  std::uint64_t n = 0;
  std::uint64_t events = 0;
  std::map<std::string, evaluate::Levels> levels;
};
[[nodiscard]] Result<std::vector<Split>> split_by(const Study& study, const std::string& column);
[[nodiscard]] nlohmann::json split_json(const Study& study, const Split& split);
/// Differences of each pair of scores, and of all at once when there are three or more.
[[nodiscard]] Result<nlohmann::json> comparisons_json(const Study& study);
[[nodiscard]] Result<nlohmann::json> contrast_json(const Study& study);
/// Gaps and contrasts of each score at each threshold.
[[nodiscard]] Result<nlohmann::json> fairness_of(const Study& study, const std::string& column,
                                                 const std::vector<Split>& splits);
[[nodiscard]] Result<nlohmann::json> reclassification_json(const Study& study, const std::string& old_name,
                                                           const std::string& new_name);
/// Percentile intervals of every measure of one score.
[[nodiscard]] Result<nlohmann::json> bootstrap_json(const Study& study, const std::string& name);
[[nodiscard]] Result<nlohmann::json> missing_json(const Study& study, const std::string& name);

}  // namespace naru::cli::evaluation
