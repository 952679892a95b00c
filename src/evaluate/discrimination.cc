#include "evaluate/discrimination.h"

#include <algorithm>
#include <cmath>

#include "evaluate/delong.h"

namespace naru::evaluate {
namespace {

Interval wald(double estimate, double se) { return {estimate - z975 * se, estimate + z975 * se}; }

Estimate area_estimate(const Moments& moments, std::uint64_t m, std::uint64_t n, bool all_equal) {
  Estimate out;
  out.method = "DeLong";
  if (m + n == 0) return undefined(Reason::no_rows, out.method);
  if (m == 0 || n == 0) return undefined(Reason::one_class, out.method);
  const double area = area_of(moments, m, n);
  out.estimate = area;
  if (m < 2 || n < 2) {
    out.reason = m < 2 ? Reason::one_case : Reason::one_control;
    return out;
  }
  out.se = std::sqrt(variance_of(moments, m, n));
  if (all_equal) {
    out.reason = Reason::scores_all_equal;
    return out;
  }
  if (area >= 1 || area <= 0) {
    const auto pairs = std::min(m, n);
    out.ci95 = clopper_pearson(area >= 1 ? pairs : 0, pairs);
    out.ci95_logit = out.ci95;
    out.method = "DeLong (se 0); interval: Clopper-Pearson on independent pairs";
    return out;
  }
  out.ci95 = wald(area, *out.se);
  const double half = z975 * *out.se / (area * (1 - area));
  out.ci95_logit = Interval{expit(logit(area) - half), expit(logit(area) + half)};
  return out;
}

// Boyd, Eng and Page: a logit interval with binomial standard error on the number of cases.
void add_pr_interval(Estimate& out, std::uint64_t cases) {
  const double p = *out.estimate;
  if (p <= 0 || p >= 1) {
    out.reason = Reason::perfect_separation;
    return;
  }
  const double m = static_cast<double>(cases);
  out.se = std::sqrt(p * (1 - p) / m);
  const double half = z975 / std::sqrt(m * p * (1 - p));
  out.ci95 = Interval{expit(logit(p) - half), expit(logit(p) + half)};
}

struct PrPoint {
  double recall = 0;
  double precision = 1;
};

std::vector<PrPoint> pr_points(const Levels& levels) {
  std::vector<PrPoint> out;
  out.reserve(levels.size());
  std::uint64_t tp = 0;
  std::uint64_t positive = 0;
  for (std::size_t i = levels.size(); i-- > 0;) {
    tp += levels.cases[i];
    positive += levels.count(i);
    out.push_back({static_cast<double>(tp) / static_cast<double>(levels.n_cases),
                   static_cast<double>(tp) / static_cast<double>(positive)});
  }
  return out;
}

}  // namespace

Estimate auroc(const Levels& levels) {
  return area_estimate(moments_of(levels), levels.n_cases, levels.n_controls, levels.size() == 1);
}

Estimate auroc(const Ordered& rows) {
  const auto cases = rows.cases();
  const auto controls = rows.controls();
  const bool equal = !cases.empty() && !controls.empty() && cases.front() == cases.back() &&
                     controls.front() == controls.back() && cases.front() == controls.front();
  return area_estimate(moments_of(rows), cases.size(), controls.size(), equal);
}

double hanley_mcneil_se(double area, std::uint64_t cases, std::uint64_t controls) {
  const double m = static_cast<double>(cases);
  const double n = static_cast<double>(controls);
  const double q1 = area / (2 - area);
  const double q2 = 2 * area * area / (1 + area);
  const double square = area * area;
  return std::sqrt((area * (1 - area) + (m - 1) * (q1 - square) + (n - 1) * (q2 - square)) / (m * n));
}

Placements placements(const Levels& levels, std::span<const double> score, std::span<const std::uint8_t> label,
                      Direction direction) {
  std::vector<std::uint64_t> below(levels.size());
  std::vector<std::uint64_t> above(levels.size());
  std::uint64_t controls_below = 0;
  std::uint64_t cases_above = levels.n_cases;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    cases_above -= levels.cases[i];
    below[i] = 2 * controls_below + levels.controls[i];
    above[i] = 2 * cases_above + levels.cases[i];
    controls_below += levels.controls[i];
  }
  Placements out;
  for (std::size_t row = 0; row < score.size(); ++row) {
    const double x = direction == Direction::higher ? score[row] : -score[row];
    const auto at = std::lower_bound(levels.score.begin(), levels.score.end(), x) - levels.score.begin();
    const auto index = static_cast<std::size_t>(at);
    if (label[row] == 1) {
      out.of_case.push_back(below[index]);
    } else {
      out.of_control.push_back(above[index]);
    }
  }
  return out;
}

Estimate average_precision(const Levels& levels) {
  Estimate out;
  out.method = "average precision; interval: logit, Boyd et al. 2013";
  if (levels.n() == 0) return undefined(Reason::no_rows, out.method);
  if (levels.n_cases == 0 || levels.n_controls == 0) return undefined(Reason::one_class, out.method);
  Sum area;
  double recall = 0;
  for (const auto& point : pr_points(levels)) {
    area.add((point.recall - recall) * point.precision);
    recall = point.recall;
  }
  out.estimate = std::min(1.0, area.value());
  add_pr_interval(out, levels.n_cases);
  return out;
}

Estimate auprc_trapezoid(const Levels& levels) {
  Estimate out;
  out.method = "trapezoid; interval: logit, Boyd et al. 2013";
  if (levels.n() == 0) return undefined(Reason::no_rows, out.method);
  if (levels.n_cases == 0 || levels.n_controls == 0) return undefined(Reason::one_class, out.method);
  Sum area;
  PrPoint before;
  for (const auto& point : pr_points(levels)) {
    area.add((point.recall - before.recall) * (point.precision + before.precision) / 2);
    before = point;
  }
  out.estimate = std::min(1.0, area.value());
  add_pr_interval(out, levels.n_cases);
  return out;
}

}  // namespace naru::evaluate
