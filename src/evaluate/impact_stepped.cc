// Stepped wedge: every cluster begins without the solution and changes over at its own time.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "evaluate/impact.h"
#include "evaluate/impact_mixed.h"

namespace naru::evaluate {
namespace {

struct Wedge {
  std::vector<std::uint32_t> cluster;
  std::vector<std::string> names;
  std::vector<double> periods;  // ascending
  Design design;
};

Result<Wedge> wedge_of(const SteppedInput& in) {
  const std::size_t n = in.outcome.size();
  const std::pair<const char*, std::size_t> columns[] = {
      {"treated", in.treated.size()}, {"cluster", in.cluster.size()}, {"period", in.period.size()}};
  NARU_CHECK(same_length(n, columns));
  Wedge out;
  out.cluster = numbered(in.cluster, out.names);
  std::set<double> periods;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(in.outcome[i]) || !std::isfinite(in.period[i])) {
      return rejected(say("not a number", "숫자가 아닙니다"), fmt::format("row {}", i + 1));
    }
    periods.insert(in.period[i]);
  }
  out.periods.assign(periods.begin(), periods.end());
  if (out.names.size() < 3 || out.periods.size() < 2) {
    return rejected(
        say("{} clusters and {} periods: at least 3 and 2 are needed",
            "군집 {}개, 기간 {}개입니다. 각각 3개, 2개 이상 필요합니다", out.names.size(), out.periods.size()),
        "cluster");
  }
  out.design.add("(Intercept)", std::vector<double>(n, 1.0));
  std::vector<double> column(n);
  for (std::size_t i = 0; i < n; ++i) column[i] = in.treated[i] == 1 ? 1 : 0;
  for (std::size_t t = 1; t < out.periods.size(); ++t) {
    std::vector<double> here(n);
    for (std::size_t i = 0; i < n; ++i) here[i] = in.period[i] == out.periods[t] ? 1 : 0;
    out.design.add(fmt::format("period {}", out.periods[t]), here);
  }
  out.design.add("treated", column);
  return out;
}

// When each cluster changes over, and whether it stays.
void add_course(Impact& out, const SteppedInput& in, const Wedge& wedge) {
  std::map<std::uint32_t, std::map<double, std::pair<double, double>>> seen;  // treated rows, rows
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    auto& cell = seen[wedge.cluster[i]][in.period[i]];
    cell.first += in.treated[i];
    cell.second += 1;
  }
  bool mixed = false;
  bool leaves = false;
  bool never = false;
  bool always = false;
  for (const auto& [cluster, periods] : seen) {
    bool on = false;
    bool off = false;
    for (const auto& [period, cell] : periods) {
      mixed = mixed || (cell.first > 0 && cell.first < cell.second);
      const bool here = cell.first > 0;
      leaves = leaves || (on && !here);
      on = on || here;
      off = off || !here;
    }
    never = never || !on;
    always = always || !off;
  }
  const auto warn = [&](bool when, const char* code, const Text& text) {
    if (when) out.warnings.push_back({code, text});
  };
  warn(mixed, "mixed_cell",
       say("a cluster has persons with and without the solution in one period",
           "한 기간에 솔루션 사용자와 미사용자가 섞인 군집이 있습니다"));
  warn(leaves, "leaves", say("a cluster leaves the solution again", "솔루션을 다시 중단한 군집이 있습니다"));
  warn(never, "never", say("a cluster never gets the solution", "끝까지 솔루션을 받지 않은 군집이 있습니다"));
  warn(always, "always",
       say("a cluster has the solution from the first period", "처음부터 솔루션을 쓴 군집이 있습니다"));
  warn(wedge.names.size() < 20, "few_clusters",
       say("{} clusters: the model's interval may be too narrow; read the corrected one",
           "군집이 {}개여서 모형 구간이 너무 좁을 수 있습니다. 보정된 구간을 보세요", wedge.names.size()));
  warn(true, "constant_effect",
       say("the effect is taken as immediate and constant; one correlation within a cluster over all periods",
           "효과가 즉시 나타나 일정하고, 군집 안의 상관이 기간에 관계없이 같다고 가정합니다"));
}

void add_series(Impact& out, const SteppedInput& in, const Wedge& wedge) {
  std::map<std::pair<double, int>, std::pair<double, double>> cells;
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    auto& cell = cells[{in.period[i], in.treated[i] == 1 ? 1 : 0}];
    cell.first += in.outcome[i];
    cell.second += 1;
  }
  for (const double period : wedge.periods) {
    ImpactPoint point;
    point.at = period;
    const auto with = cells.find({period, 1});
    const auto without = cells.find({period, 0});
    if (with != cells.end()) point.observed = with->second.first / with->second.second;
    if (without != cells.end()) point.counterfactual = without->second.first / without->second.second;
    out.series.push_back(point);
  }
}

}  // namespace

Result<Impact> analyse_stepped_wedge(const SteppedInput& in) {
  NARU_ASSIGN(const auto wedge, wedge_of(in));
  NARU_ASSIGN(const auto mixed, fit_random_intercept(wedge.design, in.outcome, wedge.cluster));
  const bool events = std::all_of(in.outcome.begin(), in.outcome.end(), [](double v) { return v == 0 || v == 1; });
  Impact out;
  out.design = "stepped-wedge";
  out.rows = in.outcome.size();
  std::vector<double> contrast(mixed.fit.beta.size(), 0.0);
  contrast.back() = 1;
  const double effect = mixed.fit.beta.back();
  const std::string name = events ? "risk_difference" : "mean_difference";
  const auto wald = model_spread(mixed.fit, contrast, true);
  const auto corrected = cr2_spread(mixed.fit, wedge.cluster, contrast);
  out.estimates.push_back(
      {name, estimate_of(effect, wald, "Hussey-Hughes, random intercept by REML"), p_of(effect, wald)});
  out.estimates.push_back(
      {name + "_robust", estimate_of(effect, corrected, "Hussey-Hughes working model"), p_of(effect, corrected)});
  const auto ratio = [&](const char* id, Family family, const char* method) {
    const auto fit = fit_model(wedge.design, in.outcome, family);
    if (!fit.ok()) {
      out.estimates.push_back({id, undefined(Reason::not_converged, method), std::nullopt});
      return;
    }
    const auto spread = cr2_spread(*fit, wedge.cluster, contrast);
    out.estimates.push_back({id, estimate_of(fit->beta.back(), spread, method, true), p_of(fit->beta.back(), spread)});
  };
  if (events) {
    ratio("risk_ratio", Family::poisson, "independence, log link");
    ratio("odds_ratio", Family::binomial, "independence, logit link");
  }
  out.facts["icc"] = mixed.icc;
  out.facts["residual_variance"] = mixed.fit.dispersion;
  out.facts["cluster_variance"] = mixed.ratio * mixed.fit.dispersion;
  out.facts["clusters"] = static_cast<double>(wedge.names.size());
  out.facts["periods"] = static_cast<double>(wedge.periods.size());
  add_course(out, in, wedge);
  add_series(out, in, wedge);
  return out;
}

}  // namespace naru::evaluate
