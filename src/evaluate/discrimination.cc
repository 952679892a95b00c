#include "evaluate/discrimination.h"

#include <algorithm>
#include <cmath>

namespace naru::evaluate {
namespace {

__extension__ using Wide = __int128;

double to_double(Wide value) { return static_cast<double>(value); }

// Sums of doubled placements a (cases, each in 0..2n) and b (controls, each in 0..2m).
struct Moments {
  Wide sum = 0;  // of a, which equals the sum of b
  Wide squares_a = 0;
  Wide squares_b = 0;
};

Moments moments_of(const Levels& levels) {
  Moments out;
  Wide controls_below = 0;
  Wide cases_above = static_cast<Wide>(levels.n_cases);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Wide cases = static_cast<Wide>(levels.cases[i]);
    const Wide controls = static_cast<Wide>(levels.controls[i]);
    cases_above -= cases;
    const Wide a = 2 * controls_below + controls;
    const Wide b = 2 * cases_above + cases;
    out.sum += cases * a;
    out.squares_a += cases * a * a;
    out.squares_b += controls * b * b;
    controls_below += controls;
  }
  return out;
}

// Sample covariance of placements over `count` persons, divided by count: (k·Σxy − Σx·Σy) / (k²(k−1)·4·other²).
double variance_part(Wide products, Wide sum_x, Wide sum_y, std::uint64_t count, std::uint64_t other) {
  const Wide k = static_cast<Wide>(count);
  const double top = to_double(k * products - sum_x * sum_y);
  const double own = static_cast<double>(count);
  const double rest = static_cast<double>(other);
  return top / (own * own * (own - 1)) / (4 * rest * rest);
}

double variance_of(const Moments& m, std::uint64_t cases, std::uint64_t controls) {
  return variance_part(m.squares_a, m.sum, m.sum, cases, controls) +
         variance_part(m.squares_b, m.sum, m.sum, controls, cases);
}

double area_of(const Moments& m, std::uint64_t cases, std::uint64_t controls) {
  return to_double(m.sum) / to_double(2 * static_cast<Wide>(cases) * static_cast<Wide>(controls));
}

Interval wald(double estimate, double se) { return {estimate - z975 * se, estimate + z975 * se}; }

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
  Estimate out;
  out.method = "DeLong";
  const auto m = levels.n_cases;
  const auto n = levels.n_controls;
  if (m + n == 0) return undefined(Reason::no_rows, out.method);
  if (m == 0 || n == 0) return undefined(Reason::one_class, out.method);
  const auto moments = moments_of(levels);
  const double area = area_of(moments, m, n);
  out.estimate = area;
  if (m < 2 || n < 2) {
    out.reason = m < 2 ? Reason::one_case : Reason::one_control;
    return out;
  }
  const double variance = variance_of(moments, m, n);
  out.se = std::sqrt(variance);
  if (levels.size() == 1) {
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

namespace {

Comparison compared(const Estimate& a, const Estimate& b, std::string method) {
  Comparison out;
  out.difference.method = std::move(method);
  if (a.estimate && b.estimate) {
    out.difference.estimate = *a.estimate - *b.estimate;
  }
  out.difference.reason = a.reason != Reason::none ? a.reason : b.reason;
  return out;
}

Wide products(const std::vector<std::uint64_t>& x, const std::vector<std::uint64_t>& y) {
  Wide sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) sum += static_cast<Wide>(x[i]) * static_cast<Wide>(y[i]);
  return sum;
}

}  // namespace

Result<Comparison> compare_paired(std::span<const double> a, std::span<const double> b,
                                  std::span<const std::uint8_t> label, Direction direction_a, Direction direction_b) {
  NARU_ASSIGN(const auto levels_a, levels_of(a, label, direction_a));
  NARU_ASSIGN(const auto levels_b, levels_of(b, label, direction_b));
  const auto of_a = auroc(levels_a);
  const auto of_b = auroc(levels_b);
  auto out = compared(of_a, of_b, "DeLong, paired");
  if (!of_a.se || !of_b.se) return out;
  const auto m = levels_a.n_cases;
  const auto n = levels_a.n_controls;
  const auto place_a = placements(levels_a, a, label, direction_a);
  const auto place_b = placements(levels_b, b, label, direction_b);
  const auto sum_a = moments_of(levels_a).sum;
  const auto sum_b = moments_of(levels_b).sum;
  out.covariance = variance_part(products(place_a.of_case, place_b.of_case), sum_a, sum_b, m, n) +
                   variance_part(products(place_a.of_control, place_b.of_control), sum_a, sum_b, n, m);
  const double variance = *of_a.se * *of_a.se + *of_b.se * *of_b.se - 2 * *out.covariance;
  // Scores that order all persons alike have no difference and no variance; rounding may leave a trace of one.
  const double least = 1e-13 * (*of_a.se * *of_a.se + *of_b.se * *of_b.se);
  if (variance <= least) {
    out.difference.se = 0.0;
    out.difference.reason = Reason::identical_ranks;
    return out;
  }
  const double difference = *out.difference.estimate;
  out.difference.reason = Reason::none;
  out.difference.se = std::sqrt(variance);
  out.difference.ci95 = wald(difference, *out.difference.se);
  out.statistic = difference / *out.difference.se;
  out.p = normal_p_two_sided(*out.statistic);
  return out;
}

Comparison compare_unpaired(const Levels& a, const Levels& b) {
  const auto of_a = auroc(a);
  const auto of_b = auroc(b);
  auto out = compared(of_a, of_b, "DeLong, unpaired, Welch");
  if (!of_a.se || !of_b.se) return out;
  const double va = *of_a.se * *of_a.se;
  const double vb = *of_b.se * *of_b.se;
  if (va + vb <= 0) {
    out.difference.se = 0.0;
    out.difference.reason = Reason::perfect_separation;
    return out;
  }
  const double df =
      (va + vb) * (va + vb) / (va * va / static_cast<double>(a.n() - 1) + vb * vb / static_cast<double>(b.n() - 1));
  const double difference = *out.difference.estimate;
  out.difference.reason = Reason::none;
  out.difference.se = std::sqrt(va + vb);
  const double t = student_quantile(0.975, df);
  out.difference.ci95 = Interval{difference - t * *out.difference.se, difference + t * *out.difference.se};
  out.statistic = difference / *out.difference.se;
  out.df = df;
  out.p = student_p_two_sided(*out.statistic, df);
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
