#include "evidence/released.h"

#include <algorithm>

#include "base/json.h"
#include "evaluate/calibration.h"
#include "evaluate/curves.h"
#include "evaluate/decision.h"
#include "evaluate/discrimination.h"
#include "evaluate/estimate_json.h"
#include "evidence/intervals.h"
#include "evidence/model_rules.h"

namespace naru::evidence {
namespace {

using evaluate::Estimate;
using evaluate::Levels;
using evaluate::Reason;

constexpr int exact = -1;
constexpr std::size_t calibration_groups_max = 10;

int decimals_of(const OutputRules& rules) { return static_cast<int>(rules.digits); }

bool small(std::uint64_t count, const OutputRules& rules) {
  return count > 0 && count < static_cast<std::uint64_t>(std::max<std::int64_t>(rules.min_cell, 1));
}

// Everything computed from these persons is hidden: it would tell about fewer than min_cell of them.
bool hidden(const Levels& levels, const OutputRules& rules) {
  return small(levels.n(), rules) || small(levels.n_cases, rules) || small(levels.n_controls, rules);
}

Json count_json(std::uint64_t count, const OutputRules& rules) {
  const auto released = workspace::release_count(static_cast<std::int64_t>(count), rules.counts());
  return released.value ? Json(*released.value) : Json(nullptr);
}

Json suppressed(const std::string& method) {
  return evaluate::json_of(evaluate::undefined(Reason::suppressed, method));
}

Json shown(const Estimate& estimate, bool hide, int decimals) {
  return hide ? suppressed(estimate.method) : evaluate::json_of(estimate, decimals);
}

Json calibration_json(const Plan& plan, const Levels& levels, bool gridded, bool hide, const OutputRules& rules) {
  const int decimals = rules.digits > 0 ? decimals_of(rules) : exact;
  // A grid has scores of exactly 0 and 1, whose logits are infinite.
  const auto inner = gridded ? evaluate::inside_unit(levels, plan.score_grid) : levels;
  // The exact figures of a site's own folder have no use for thousands of samples.
  const auto [distances, ece] = calibration_errors(plan, levels, !hide && decimals != exact);
  // Slope and intercept are a fit of two parameters, calibration in the large one of one.
  const bool hide_slope = hide || !fit_may_leave(levels.n_cases, levels.n_controls, 2, rules);
  const bool hide_large = hide || !fit_may_leave(levels.n_cases, levels.n_controls, 1, rules);
  const bool hide_sum = hide || !score_sum_may_leave(levels, rules);
  Json out{{"slope", shown(evaluate::calibration_slope(inner), hide_slope, decimals)},
           {"citl", shown(evaluate::calibration_in_the_large(inner), hide_large, decimals)},
           {"o_e", shown(evaluate::observed_expected(levels), hide_sum, decimals)},
           {"ici", shown(distances.ici, hide, decimals)},
           {"e50", shown(distances.e50, hide, decimals)},
           {"e90", shown(distances.e90, hide, decimals)},
           {"emax", shown(distances.emax, hide, decimals)},
           {"ece", shown(ece, hide, decimals)}};
  return out;
}

Json threshold_json(const evaluate::AtThreshold& at, bool hide, int decimals) {
  return {{"threshold", at.threshold},
          {"sensitivity", shown(at.sensitivity, hide, decimals)},
          {"specificity", shown(at.specificity, hide, decimals)},
          {"ppv", shown(at.ppv, hide, decimals)},
          {"npv", shown(at.npv, hide, decimals)},
          {"alerts", shown(at.alerts, hide, decimals)},
          {"net_benefit", shown(at.net_benefit, hide, decimals)},
          {"treat_all", shown(at.treat_all, hide, decimals)}};
}

Json estimates_json(const Plan& plan, const Levels& levels, bool gridded, bool hide, const OutputRules& rules) {
  const int decimals = rules.digits > 0 ? decimals_of(rules) : exact;
  return {{"auroc", shown(evaluate::auroc(levels), hide, decimals)},
          {"auprc",
           {{"average_precision", shown(evaluate::average_precision(levels), hide, decimals)},
            {"trapezoid", shown(evaluate::auprc_trapezoid(levels), hide, decimals)}}},
          {"brier", shown(evaluate::brier(levels), hide, decimals)},
          {"calibration", calibration_json(plan, levels, gridded, hide, rules)}};
}

struct Subgroups {
  Json rows = Json::array();
  std::vector<const StratumLevels*> shown;
};

// One group's table of values by outcome; complementary cells are hidden by the workspace room's rules.
Result<Subgroups> subgroup_table(const FigureInput& input, const std::string& group) {
  const int decimals = decimals_of(input.rules);
  workspace::CountTable table;
  table.columns = {"no event", "event"};
  std::vector<const StratumLevels*> rows;
  for (const auto& stratum : input.strata) {
    if (stratum.group != group || stratum.levels.n() == 0) continue;
    table.rows.push_back(stratum.value);
    table.cells.push_back(static_cast<std::int64_t>(stratum.levels.n_controls));
    table.cells.push_back(static_cast<std::int64_t>(stratum.levels.n_cases));
    rows.push_back(&stratum);
  }
  Subgroups out;
  if (rows.empty()) return out;
  NARU_ASSIGN(const auto released, workspace::release_table(table, input.rules.counts()));
  // The totals stand elsewhere in the report; a table that needs them hidden is hidden itself.
  bool totals_shown = released.total.value.has_value();
  for (const auto& total : released.column_totals) totals_shown = totals_shown && total.value.has_value();
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const auto& controls = released.cells[2 * row];
    const auto& cases = released.cells[2 * row + 1];
    const auto& persons = released.row_totals[row];
    const bool hide =
        !totals_shown || !controls.value || !cases.value || !persons.value || hidden(rows[row]->levels, input.rules);
    if (!hide) out.shown.push_back(rows[row]);
    out.rows.push_back({{"group", group},
                        {"value", table.rows[row]},
                        {"persons", hide ? Json(nullptr) : Json(*persons.value)},
                        {"events", hide ? Json(nullptr) : Json(*cases.value)},
                        {"auroc", shown(evaluate::auroc(rows[row]->levels), hide, decimals)},
                        {"o_e", shown(evaluate::observed_expected(rows[row]->levels),
                                      hide || !score_sum_may_leave(rows[row]->levels, input.rules), decimals)}});
  }
  return out;
}

// Only of the groups that are shown: a gap to a hidden one would tell of it.
void add_gaps(Json& out, const FigureInput& input, const std::string& group,
              const std::vector<const StratumLevels*>& groups, const std::vector<double>& shown_at) {
  for (auto& gap : subgroup_gaps(input.plan, groups, input.rules.min_cell)) {
    const bool hide = gap.threshold > 0 && std::find(shown_at.begin(), shown_at.end(), gap.threshold) == shown_at.end();
    if (hide) {
      gap.most.clear();
      gap.least.clear();
    }
    Json one{{"group", group},
             {"measure", gap.measure},
             {"most", gap.most},
             {"least", gap.least},
             {"difference", shown(gap.difference, hide, decimals_of(input.rules))}};
    if (gap.threshold > 0) one["threshold"] = gap.threshold;
    out.push_back(std::move(one));
  }
}

void add_curves(Json& out, const FigureInput& input, evaluate::Cuts& cuts) {
  const int decimals = decimals_of(input.rules);
  const auto& levels = input.all;
  for (int percent = 1; percent < 100; ++percent) cuts.add(static_cast<double>(percent) / 100);
  Json decision = Json::array();
  for (const auto& cut : cuts.ascending()) {
    const auto at = evaluate::at_threshold(levels, cut.threshold);
    decision.push_back({{"threshold", cut.threshold},
                        {"net_benefit", evaluate::json_of(at.net_benefit, decimals)},
                        {"treat_all", evaluate::json_of(at.treat_all, decimals)}});
  }
  cuts.add_scores();
  Json roc = Json::array();
  for (const auto& point : evaluate::roc_curve(levels, cuts)) {
    roc.push_back({{"threshold", evaluate::rounded(point.threshold, decimals)},
                   {"sensitivity", evaluate::rounded(point.sensitivity, decimals)},
                   {"specificity", evaluate::rounded(point.specificity, decimals)}});
  }
  Json groups = Json::array();
  for (const auto& bin : evaluate::calibration_bins(levels, cuts, calibration_groups_max)) {
    groups.push_back({{"from", bin.from},
                      {"predicted", evaluate::rounded(bin.predicted, decimals)},
                      {"observed", evaluate::json_of(bin.observed, decimals)},
                      {"persons", count_json(bin.persons, input.rules)},
                      {"events", count_json(bin.events, input.rules)}});
  }
  out["decision_curve"] = std::move(decision);
  out["roc"] = std::move(roc);
  out["calibration_groups"] = std::move(groups);
}

}  // namespace

Result<Json> released_figures(const FigureInput& input) {
  const int decimals = decimals_of(input.rules);
  const auto& levels = input.all;
  const bool hide = hidden(levels, input.rules);
  Json out = estimates_json(input.plan, levels, input.gridded, hide, input.rules);
  out["persons"] = count_json(levels.n(), input.rules);
  out["events"] = hide ? Json(nullptr) : count_json(levels.n_cases, input.rules);
  if (hide || out["persons"].is_null()) out["reason"] = evaluate::code_of(Reason::suppressed);
  evaluate::Cuts cuts(levels, step_least(input.rules));
  Json thresholds = Json::array();
  std::vector<double> shown_at;
  for (const double threshold : input.plan.thresholds) {
    const bool hide_this = hide || !cuts.add(threshold);
    if (!hide_this) shown_at.push_back(threshold);
    thresholds.push_back(threshold_json(evaluate::at_threshold(levels, threshold), hide_this, decimals));
  }
  out["thresholds"] = std::move(thresholds);
  Json subgroups = Json::array();
  Json gaps = Json::array();
  for (const auto& group : input.plan.subgroups) {
    if (hide) continue;
    NARU_ASSIGN(auto table, subgroup_table(input, group));
    for (auto& row : table.rows) subgroups.push_back(std::move(row));
    // Of all persons together alone: a site's own would be many small gaps, each a figure more about few persons.
    if (input.curves) add_gaps(gaps, input, group, table.shown, shown_at);
  }
  out["subgroups"] = std::move(subgroups);
  if (input.curves) out["gaps"] = std::move(gaps);
  if (input.curves) {
    out["roc"] = Json::array();
    out["decision_curve"] = Json::array();
    out["calibration_groups"] = Json::array();
    if (!hide && levels.n_cases > 0 && levels.n_controls > 0) add_curves(out, input, cuts);
  }
  return out;
}

Json released_flow(const std::vector<std::string>& steps, const std::map<std::string, std::int64_t>& counts,
                   const OutputRules& rules) {
  const auto count_of = [&](const std::string& step) {
    const auto found = counts.find(step);
    return found == counts.end() ? std::int64_t{0} : found->second;
  };
  bool any_hidden = false;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    any_hidden = any_hidden || !workspace::release_count(count_of(steps[i]), rules.counts()).value;
  }
  Json out = Json::array();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto released = workspace::release_count(count_of(steps[i]), rules.counts());
    const bool show = released.value && (i > 0 || !any_hidden);
    Json row{{"step", steps[i]}, {"persons", show ? Json(*released.value) : Json(nullptr)}};
    if (!show) row["reason"] = evaluate::code_of(Reason::suppressed);
    out.push_back(std::move(row));
  }
  return out;
}

Json exact_figures(const Plan& plan, const Levels& all, const std::vector<StratumLevels>& strata) {
  Json out = estimates_json(plan, all, false, false, OutputRules{});
  out["persons"] = all.n();
  out["events"] = all.n_cases;
  out["thresholds"] = Json::array();
  for (const double threshold : plan.thresholds) {
    out["thresholds"].push_back(threshold_json(evaluate::at_threshold(all, threshold), false, exact));
  }
  out["subgroups"] = Json::array();
  for (const auto& stratum : strata) {
    out["subgroups"].push_back({{"group", stratum.group},
                                {"value", stratum.value},
                                {"persons", stratum.levels.n()},
                                {"events", stratum.levels.n_cases},
                                {"auroc", evaluate::json_of(evaluate::auroc(stratum.levels))}});
  }
  return out;
}

}  // namespace naru::evidence
