#include "evaluate/fairness.h"

#include <array>
#include <cmath>

#include "evaluate/discrimination.h"
#include "evaluate/multiplicity.h"

namespace naru::evaluate {
namespace {

struct Proportion {
  std::uint64_t part = 0;
  std::uint64_t whole = 0;
};
Proportion selection(const Confusion& at) { return {at.tp + at.fp, at.n()}; }
Proportion hits(const Confusion& at) { return {at.tp, at.cases()}; }
Proportion false_alarms(const Confusion& at) { return {at.fp, at.controls()}; }
Proportion precision(const Confusion& at) { return {at.tp, at.tp + at.fp}; }

struct Measure {
  const char* name;
  Proportion (*of)(const Confusion&);
};
constexpr std::array<Measure, 4> measures{
    {{"selection_rate", selection}, {"tpr", hits}, {"fpr", false_alarms}, {"ppv", precision}}};

// Index of the smallest and largest estimate; `count` of those that have one.
struct Ends {
  std::size_t least = 0;
  std::size_t most = 0;
  std::size_t count = 0;
};
Ends ends_of(const std::vector<Estimate>& all) {
  Ends out;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].estimate) continue;
    if (out.count == 0) out.least = out.most = i;
    if (*all[i].estimate < *all[out.least].estimate) out.least = i;
    if (*all[i].estimate > *all[out.most].estimate) out.most = i;
    ++out.count;
  }
  return out;
}

std::string gap_method(const std::string& how, const std::string& most, const std::string& least) {
  return how + ": " + most + " minus " + least + ", largest and smallest; the interval does not pay for the choice";
}

// Σ(p_i − p̄)²·n_i / (p̄(1 − p̄)) over the groups.
std::optional<double> equal_proportions(const std::vector<Proportion>& all) {
  double part = 0;
  double whole = 0;
  std::size_t groups = 0;
  for (const auto& at : all) {
    if (at.whole == 0) continue;
    part += static_cast<double>(at.part);
    whole += static_cast<double>(at.whole);
    ++groups;
  }
  if (groups < 2 || part <= 0 || part >= whole) return std::nullopt;
  const double mean = part / whole;
  Sum chi2;
  for (const auto& at : all) {
    if (at.whole == 0) continue;
    const double n = static_cast<double>(at.whole);
    const double d = static_cast<double>(at.part) / n - mean;
    chi2.add(n * d * d / (mean * (1 - mean)));
  }
  return chi_squared_upper(chi2.value(), static_cast<double>(groups - 1));
}

Gap proportion_gap(const std::vector<FairGroup>& groups, Proportion (*of)(const Confusion&)) {
  std::vector<Estimate> rates;
  std::vector<Proportion> parts;
  for (const auto& group : groups) {
    parts.push_back(of(group.at));
    rates.push_back(wilson(parts.back().part, parts.back().whole));
  }
  const auto ends = ends_of(rates);
  Gap out;
  if (ends.count < 2) {
    out.difference = undefined(Reason::empty_denominator, "largest minus smallest");
    return out;
  }
  const auto& a = parts[ends.most];
  const auto& b = parts[ends.least];
  out.difference = proportion_difference(a.part, a.whole, b.part, b.whole).difference;
  out.difference.method = gap_method("Newcombe", groups[ends.most].value, groups[ends.least].value);
  out.p_all_equal = equal_proportions(parts);
  return out;
}

Gap area_gap(const std::vector<FairGroup>& groups) {
  std::vector<Estimate> areas;
  for (const auto& group : groups) areas.push_back(auroc(group.levels));
  const auto ends = ends_of(areas);
  Gap out;
  if (ends.count < 2) {
    out.difference = undefined(Reason::one_class, "largest minus smallest");
    return out;
  }
  out.difference = compare_unpaired(groups[ends.most].levels, groups[ends.least].levels).difference;
  out.difference.estimate = *areas[ends.most].estimate - *areas[ends.least].estimate;
  out.difference.method = gap_method("DeLong, Welch", groups[ends.most].value, groups[ends.least].value);
  // Independent areas: Q around their inverse-variance mean.
  Sum weight;
  Sum weighted;
  std::size_t used = 0;
  for (const auto& area : areas) {
    if (!area.estimate || !area.se || !(*area.se > 0)) continue;
    weight.add(1 / (*area.se * *area.se));
    weighted.add(*area.estimate / (*area.se * *area.se));
    ++used;
  }
  if (used < 2) return out;
  const double mean = weighted.value() / weight.value();
  Sum q;
  for (const auto& area : areas) {
    if (!area.estimate || !area.se || !(*area.se > 0)) continue;
    const double z = (*area.estimate - mean) / *area.se;
    q.add(z * z);
  }
  out.p_all_equal = chi_squared_upper(q.value(), static_cast<double>(used - 1));
  return out;
}

void add_contrasts(const std::vector<FairGroup>& groups, std::size_t reference, Fairness& out) {
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == reference) continue;
    for (const auto& measure : measures) {
      const auto a = measure.of(groups[i].at);
      const auto b = measure.of(groups[reference].at);
      auto difference = proportion_difference(a.part, a.whole, b.part, b.whole);
      out.contrasts.push_back({groups[i].value,
                               groups[reference].value,
                               measure.name,
                               std::move(difference.difference),
                               difference.p,
                               {},
                               {}});
    }
    auto areas = compare_unpaired(groups[i].levels, groups[reference].levels);
    out.contrasts.push_back(
        {groups[i].value, groups[reference].value, "auroc", std::move(areas.difference), areas.p, {}, {}});
  }
  std::vector<std::optional<double>> p;
  for (const auto& contrast : out.contrasts) p.push_back(contrast.p);
  const auto holm = adjusted(p, Adjustment::holm);
  const auto bh = adjusted(p, Adjustment::bh);
  for (std::size_t i = 0; i < p.size(); ++i) {
    out.contrasts[i].p_holm = holm[i];
    out.contrasts[i].p_bh = bh[i];
  }
}

}  // namespace

ProportionDifference proportion_difference(std::uint64_t a, std::uint64_t m, std::uint64_t b, std::uint64_t n) {
  const std::string method = "difference of proportions; Newcombe";
  if (m == 0 || n == 0) return {undefined(Reason::empty_denominator, method), {}};
  const auto x = wilson(a, m);
  const auto y = wilson(b, n);
  ProportionDifference out;
  auto& d = out.difference;
  d.method = method;
  d.estimate = *x.estimate - *y.estimate;
  d.se = std::sqrt(*x.se * *x.se + *y.se * *y.se);
  const double below = std::hypot(*x.estimate - x.ci95->lo, y.ci95->hi - *y.estimate);
  const double above = std::hypot(x.ci95->hi - *x.estimate, *y.estimate - y.ci95->lo);
  d.ci95 = Interval{*d.estimate - below, *d.estimate + above};
  const double pooled = static_cast<double>(a + b) / static_cast<double>(m + n);
  const double variance = pooled * (1 - pooled) * (1 / static_cast<double>(m) + 1 / static_cast<double>(n));
  if (variance > 0) out.p = normal_p_two_sided(*d.estimate / std::sqrt(variance));
  return out;
}

Fairness fairness(const std::vector<FairGroup>& groups) {
  Fairness out;
  std::size_t reference = 0;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    const auto& at = groups[i].at;
    if (at.n() > groups[reference].at.n()) reference = i;
    out.groups.push_back({groups[i].value, at.n(), wilson(at.tp + at.fp, at.n()), wilson(at.tp, at.cases()),
                          wilson(at.fp, at.controls()), wilson(at.tp, at.tp + at.fp), auroc(groups[i].levels)});
  }
  out.reference = groups[reference].value;
  out.demographic_parity = proportion_gap(groups, selection);
  out.equal_opportunity = proportion_gap(groups, hits);
  out.false_positive = proportion_gap(groups, false_alarms);
  out.predictive_parity = proportion_gap(groups, precision);
  out.auroc = area_gap(groups);
  const auto& hit = out.equal_opportunity.difference;
  const auto& alarm = out.false_positive.difference;
  out.equalized_odds = out.equal_opportunity;
  if (alarm.estimate && (!hit.estimate || *alarm.estimate > *hit.estimate)) out.equalized_odds = out.false_positive;
  add_contrasts(groups, reference, out);
  return out;
}

}  // namespace naru::evaluate
