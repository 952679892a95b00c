// Difference in differences with an event study.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "evaluate/impact.h"
#include "evaluate/impact_regression.h"

namespace naru::evaluate {
namespace {

struct Panel {
  std::vector<std::uint32_t> unit;
  std::vector<std::uint32_t> cluster;
  std::vector<std::string> units;
  std::vector<std::string> clusters;
  std::vector<double> periods;
  std::vector<std::size_t> period;                    // index of each row
  std::vector<std::optional<std::size_t>> adopts_at;  // per unit: first period with the solution
};

Result<Panel> panel_of(const DifferenceInput& in) {
  const std::size_t n = in.outcome.size();
  const std::pair<const char*, std::size_t> columns[] = {{"treated", in.treated.size()},
                                                         {"unit", in.unit.size()},
                                                         {"period", in.period.size()},
                                                         {"cluster", in.cluster.empty() ? n : in.cluster.size()}};
  NARU_CHECK(same_length(n, columns));
  Panel out;
  std::set<double> periods;
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(in.outcome[i]) || !std::isfinite(in.period[i])) {
      return rejected(say("not a number", "숫자가 아닙니다"), fmt::format("row {}", i + 1));
    }
    periods.insert(in.period[i]);
  }
  out.periods.assign(periods.begin(), periods.end());
  out.unit = numbered(in.unit, out.units);
  out.cluster = numbered(in.cluster.empty() ? in.unit : in.cluster, out.clusters);
  std::vector<std::optional<std::uint32_t>> home(out.units.size());
  out.adopts_at.resize(out.units.size());
  for (std::size_t i = 0; i < n; ++i) {
    auto& place = home[out.unit[i]];
    if (place && *place != out.cluster[i]) {
      return rejected(say("unit {} stands in two clusters", "단위 {}이(가) 두 군집에 있습니다", in.unit[i]),
                      fmt::format("cluster, row {}", i + 1));
    }
    place = out.cluster[i];
    out.period.push_back(static_cast<std::size_t>(
        std::lower_bound(out.periods.begin(), out.periods.end(), in.period[i]) - out.periods.begin()));
    if (in.treated[i] == 1) {
      auto& first = out.adopts_at[out.unit[i]];
      first = std::min(first.value_or(out.period[i]), out.period[i]);
    }
  }
  if (out.clusters.size() < 2 || out.periods.size() < 2) {
    return rejected(say("at least two clusters and two periods are needed", "군집 둘, 기간 둘 이상이 필요합니다"),
                    "cluster");
  }
  return out;
}

// Within units: unit effects leave the model exactly, and CR2 stays what it is when units lie within clusters
// (Pustejovsky & Tipton 2018, theorem 2).
std::vector<double> within(const std::vector<double>& x, const Panel& panel) {
  std::vector<double> sum(panel.units.size(), 0.0);
  std::vector<double> n(panel.units.size(), 0.0);
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum[panel.unit[i]] += x[i];
    n[panel.unit[i]] += 1;
  }
  std::vector<double> out(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = x[i] - sum[panel.unit[i]] / n[panel.unit[i]];
  return out;
}

Design with_periods(const Panel& panel) {
  Design out;
  for (std::size_t t = 1; t < panel.periods.size(); ++t) {
    std::vector<double> here(panel.period.size());
    for (std::size_t i = 0; i < here.size(); ++i) here[i] = panel.period[i] == t ? 1 : 0;
    out.add(fmt::format("period {}", panel.periods[t]), within(here, panel));
  }
  return out;
}

// Event time of a row, its ends binned.
std::optional<long> event_time(const Panel& panel, const DifferenceInput& in, std::size_t row) {
  const auto& first = panel.adopts_at[panel.unit[row]];
  if (!first) return std::nullopt;
  const auto k = static_cast<long>(panel.period[row]) - static_cast<long>(*first);
  return std::clamp(k, -static_cast<long>(in.leads), static_cast<long>(in.lags));
}

void joint_test(Impact& out, const Fit& fit, const std::vector<std::size_t>& leads, const Panel& panel) {
  if (leads.empty()) return;
  const auto covariance = cr1_covariance(fit, panel.cluster, panel.units.size());
  Matrix block(leads.size(), leads.size());
  std::vector<double> beta;
  for (std::size_t a = 0; a < leads.size(); ++a) {
    beta.push_back(fit.beta[leads[a]]);
    for (std::size_t b = 0; b < leads.size(); ++b) block.at(a, b) = covariance.at(leads[a], leads[b]);
  }
  const auto inverse = inverse_definite(block);
  if (!inverse) {
    out.warnings.push_back({"no_trend_test", say("too few clusters for a joint test of the trends before",
                                                 "군집이 적어 이전 추세의 결합검정을 할 수 없습니다")});
    return;
  }
  const double wald = quadratic(*inverse, beta);
  const double p = chi_squared_upper(wald, static_cast<double>(leads.size()));
  out.facts["leads_wald"] = wald;
  out.facts["leads_p"] = p;
  if (p < 0.05) {
    out.warnings.push_back({"trends_differ", say("the groups moved apart before adoption already (p = {:.3g})",
                                                 "도입 전부터 두 집단의 추세가 달랐습니다(p = {:.3g})", p)});
  }
}

Done add_event_study(Impact& out, const DifferenceInput& in, const Panel& panel, const std::vector<double>& y) {
  std::set<long> times;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto k = event_time(panel, in, i);
    if (k) times.insert(*k);
  }
  const bool all_adopt =
      std::all_of(panel.adopts_at.begin(), panel.adopts_at.end(), [](const auto& first) { return first.has_value(); });
  times.erase(-1);
  // With everybody adopting, a second reference is needed to tell event time from calendar time.
  if (all_adopt && !times.empty() && *times.begin() < -1) times.erase(times.begin());
  Design design = with_periods(panel);
  std::map<long, std::size_t> columns;
  std::vector<std::size_t> leads;
  for (const long k : times) {
    std::vector<double> here(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) here[i] = event_time(panel, in, i) == k ? 1 : 0;
    columns[k] = design.x.cols();
    if (k < -1) leads.push_back(design.x.cols());
    design.add(fmt::format("event {}", k), within(here, panel));
  }
  const auto fit = fit_model(design, y, Family::gaussian);
  if (!fit.ok()) {
    out.warnings.push_back(
        {"no_event_study", say("the event study is not identified here", "이 자료에서는 사건 연구를 할 수 없습니다")});
    return {};
  }
  for (const auto& [k, column] : columns) {
    std::vector<double> contrast(fit->beta.size(), 0.0);
    contrast[column] = 1;
    const auto value = estimate_of(fit->beta[column], cr2_spread(*fit, panel.cluster, contrast), "event study");
    ImpactPoint point;
    point.at = static_cast<double>(k);
    point.fitted = value.estimate;
    point.ci95 = value.ci95;
    out.series.push_back(point);
  }
  ImpactPoint reference;
  reference.at = -1;
  reference.fitted = 0;
  reference.label = "reference";
  out.series.push_back(reference);
  std::sort(out.series.begin(), out.series.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
  joint_test(out, *fit, leads, panel);
  return {};
}

// Never adopted, or adopted at one of several times: what that means for the single estimate.
void add_adoption(Impact& out, const DifferenceInput& in, const Panel& panel) {
  std::set<std::size_t> starts;
  std::size_t never = 0;
  for (const auto& first : panel.adopts_at) {
    if (first) starts.insert(*first);
    never += first ? 0 : 1;
  }
  bool leaves = false;
  for (std::size_t i = 0; i < in.outcome.size(); ++i) {
    const auto& first = panel.adopts_at[panel.unit[i]];
    leaves = leaves || (first && panel.period[i] >= *first && in.treated[i] == 0);
  }
  out.facts["never_adopting_units"] = static_cast<double>(never);
  out.facts["adoption_times"] = static_cast<double>(starts.size());
  const auto warn = [&](bool when, const char* code, const Text& text) {
    if (when) out.warnings.push_back({code, text});
  };
  warn(
      starts.size() > 1, "staggered",
      say("units adopt at {} different times: units that adopted already serve as comparison, and when effects grow "
          "or differ the one estimate can mislead; read the event study",
          "도입 시점이 {}가지입니다. 먼저 도입한 단위가 비교군이 되므로 효과가 변하거나 다르면 단일 추정값이 왜곡될 수 "
          "있습니다. 사건 연구를 보세요",
          starts.size()));
  warn(leaves, "leaves", say("a unit leaves the solution again", "솔루션을 다시 중단한 단위가 있습니다"));
  warn(never == 0, "no_never_adopter",
       say("no unit stays without the solution", "끝까지 도입하지 않은 단위가 없습니다"));
  warn(panel.clusters.size() < 20, "few_clusters",
       say("{} clusters: read the corrected interval (CR2)", "군집이 {}개입니다. 보정된 구간(CR2)을 보세요",
           panel.clusters.size()));
  warn(true, "parallel_trends",
       say("rests on parallel trends without the solution, which no test can prove",
           "솔루션이 없었다면 추세가 평행했다는 가정에 의존하며, 이는 검정으로 증명할 수 없습니다"));
}

}  // namespace

Result<Impact> analyse_difference(const DifferenceInput& in) {
  NARU_ASSIGN(const auto panel, panel_of(in));
  const auto y = within({in.outcome.begin(), in.outcome.end()}, panel);
  Design design = with_periods(panel);
  std::vector<double> treated(in.treated.begin(), in.treated.end());
  design.add("treated", within(treated, panel));
  NARU_ASSIGN(const auto fit, fit_model(design, y, Family::gaussian));
  std::vector<double> contrast(fit.beta.size(), 0.0);
  contrast.back() = 1;
  const double effect = fit.beta.back();
  Impact out;
  out.design = "did";
  out.rows = in.outcome.size();
  const auto corrected = cr2_spread(fit, panel.cluster, contrast);
  out.estimates.push_back({"difference_in_differences", estimate_of(effect, corrected, "unit and period effects"),
                           p_of(effect, corrected)});
  const auto cr1 = cr1_spread(fit, panel.cluster, contrast, panel.units.size());
  out.estimates.push_back(
      {"difference_in_differences_cr1", estimate_of(effect, cr1, "unit and period effects"), p_of(effect, cr1)});
  out.facts["units"] = static_cast<double>(panel.units.size());
  out.facts["clusters"] = static_cast<double>(panel.clusters.size());
  out.facts["periods"] = static_cast<double>(panel.periods.size());
  NARU_CHECK(add_event_study(out, in, panel, y));
  add_adoption(out, in, panel);
  return out;
}

}  // namespace naru::evaluate
