// Groups of persons beside each other, and two scores of the same persons beside each other, as JSON.
#include "evaluate/fairness.h"

#include "base/json.h"
#include "cli/commands/evaluate_study.h"
#include "evaluate/bootstrap.h"
#include "evaluate/discrimination.h"
#include "evaluate/estimate_json.h"
#include "evaluate/reclassification.h"

namespace naru::cli::evaluation {
namespace {

Json gap_json(const evaluate::Gap& gap) {
  auto out = json_of(gap.difference);
  out["p_all_equal"] = json_of(gap.p_all_equal);
  return out;
}

Json fairness_json(const evaluate::Fairness& fair) {
  Json out{{"groups", Json::array()},
           {"reference", fair.reference},
           {"gaps",
            {{"demographic_parity", gap_json(fair.demographic_parity)},
             {"equal_opportunity", gap_json(fair.equal_opportunity)},
             {"false_positive_rate", gap_json(fair.false_positive)},
             {"equalized_odds", gap_json(fair.equalized_odds)},
             {"predictive_parity", gap_json(fair.predictive_parity)},
             {"auroc", gap_json(fair.auroc)}}},
           {"contrasts", Json::array()}};
  for (const auto& group : fair.groups) {
    out["groups"].push_back({{"value", group.value},
                             {"n", group.n},
                             {"selection_rate", json_of(group.selection_rate)},
                             {"tpr", json_of(group.tpr)},
                             {"fpr", json_of(group.fpr)},
                             {"ppv", json_of(group.ppv)},
                             {"auroc", json_of(group.auroc)}});
  }
  for (const auto& contrast : fair.contrasts) {
    out["contrasts"].push_back({{"value", contrast.value},
                                {"versus", contrast.versus},
                                {"measure", contrast.measure},
                                {"difference", json_of(contrast.difference)},
                                {"p", json_of(contrast.p)},
                                {"p_holm", json_of(contrast.p_holm)},
                                {"p_bh", json_of(contrast.p_bh)}});
  }
  return out;
}

// Levels of the direction that is judged back to the scores as they are: a threshold is about those.
std::vector<evaluate::Confusion> counts_of(const Study& study, const evaluate::Levels& levels) {
  if (study.direction == evaluate::Direction::higher) return evaluate::confusions(levels, study.thresholds);
  // Negated scores at or above the negated threshold.
  std::vector<double> negated;
  for (const double t : study.thresholds) negated.push_back(0.0 - t);
  return evaluate::confusions(levels, negated);
}

// The gaps again, each with the interval that pays for having chosen the two groups.
void add_resampled(Json& gaps, const Study& study, const std::vector<evaluate::FairGroup>& groups, double threshold) {
  evaluate::BootstrapOptions options;
  options.scheme = evaluate::Scheme::persons;
  options.replicates = study.replicates;
  options.seed = study.seed;
  options.threads = study.threads;
  // Levels of a lower-is-worse score are negated, and so is the threshold.
  const double cut = study.direction == evaluate::Direction::higher ? threshold : 0.0 - threshold;
  const auto share = [cut](auto part, auto whole) -> evaluate::Measure {
    return [cut, part, whole](const evaluate::Levels& levels) -> std::optional<double> {
      const auto at = evaluate::confusions(levels, std::vector<double>{cut}).front();
      const double of = static_cast<double>(whole(at));
      return of > 0 ? std::optional(static_cast<double>(part(at)) / of) : std::nullopt;
    };
  };
  using C = evaluate::Confusion;
  const std::vector<std::pair<const char*, evaluate::Measure>> measures{
      {"demographic_parity", share([](const C& c) { return c.tp + c.fp; }, [](const C& c) { return c.n(); })},
      {"equal_opportunity", share([](const C& c) { return c.tp; }, [](const C& c) { return c.cases(); })},
      {"false_positive_rate", share([](const C& c) { return c.fp; }, [](const C& c) { return c.controls(); })},
      {"predictive_parity", share([](const C& c) { return c.tp; }, [](const C& c) { return c.tp + c.fp; })},
      {"auroc", [](const evaluate::Levels& levels) { return evaluate::auroc(levels).estimate; }}};
  std::vector<evaluate::Levels> levels;
  std::vector<evaluate::Measure> functions;
  for (const auto& group : groups) levels.push_back(group.levels);
  for (const auto& [name, measure] : measures) functions.push_back(measure);
  const auto all = evaluate::bootstrap_gaps(levels, functions, options);
  for (std::size_t k = 0; k < all.size(); ++k) {
    gaps[measures[k].first]["bootstrap"] = {{"se", json_of(all[k].se)},
                                            {"ci95", json_of(all[k].ci95)},
                                            {"undefined", all[k].undefined},
                                            {"method", all[k].method}};
  }
}

Json reclassified_json(const evaluate::Reclassification& at) {
  return {{"nri", json_of(at.nri)}, {"events", json_of(at.events)}, {"non_events", json_of(at.non_events)}};
}

}  // namespace

Result<Json> fairness_of(const Study& study, const std::string& column, const std::vector<Split>& splits) {
  Json out = Json::array();
  for (const auto& name : study.names) {
    std::vector<std::vector<evaluate::Confusion>> counts;
    for (const auto& split : splits) counts.push_back(counts_of(study, split.levels.at(name)));
    for (std::size_t t = 0; t < study.thresholds.size(); ++t) {
      std::vector<evaluate::FairGroup> groups;
      for (std::size_t g = 0; g < splits.size(); ++g) {
        groups.push_back({splits[g].value, counts[g][t], splits[g].levels.at(name)});
      }
      auto one = fairness_json(evaluate::fairness(groups));
      if (study.replicates > 0) add_resampled(one["gaps"], study, groups, study.thresholds[t]);
      one["column"] = column;
      one["score"] = name;
      one["threshold"] = study.thresholds[t];
      out.push_back(std::move(one));
    }
  }
  return out;
}

Result<Json> reclassification_json(const Study& study, const std::string& old_name, const std::string& new_name) {
  const auto& old_risk = study.scores.at(old_name);
  const auto& new_risk = study.scores.at(new_name);
  for (const auto* scores : {&old_risk, &new_risk}) {
    for (const double p : *scores) {
      if (p >= 0 && p <= 1) continue;
      return Json{{"reason", evaluate::code_of(evaluate::Reason::scores_not_probability)}, {"nri", nullptr}};
    }
  }
  NARU_ASSIGN(const auto any, evaluate::continuous_nri(old_risk, new_risk, study.label));
  NARU_ASSIGN(const auto idi, evaluate::integrated_discrimination_improvement(old_risk, new_risk, study.label));
  Json out{{"from", old_name},
           {"to", new_name},
           {"continuous", reclassified_json(any)},
           {"idi", json_of(idi)},
           {"net_benefit", Json::array()},
           {"caveat", "NRI and IDI can favour a worse or miscalibrated model; the difference of net benefit decides"}};
  if (!study.thresholds.empty()) {
    NARU_ASSIGN(const auto categories, evaluate::categorical_nri(old_risk, new_risk, study.label, study.thresholds));
    out["categorical"] = reclassified_json(categories);
  }
  for (const double threshold : study.thresholds) {
    NARU_ASSIGN(const auto difference, evaluate::net_benefit_difference(old_risk, new_risk, study.label, threshold));
    out["net_benefit"].push_back({{"threshold", threshold}, {"difference", json_of(difference)}});
  }
  return out;
}

}  // namespace naru::cli::evaluation
