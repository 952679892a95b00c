#include "evaluate/contrasts.h"

#include <cmath>
#include <limits>

#include "evaluate/delong.h"

namespace naru::evaluate {
namespace {

Interval wald(double estimate, double se) { return {estimate - z975 * se, estimate + z975 * se}; }

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

Result<AreaCovariance> area_covariance(std::span<const std::span<const double>> scores,
                                       std::span<const std::uint8_t> label, Direction direction) {
  AreaCovariance out;
  std::vector<Placements> places;
  std::vector<Wide> sums;
  std::uint64_t m = 0;
  std::uint64_t n = 0;
  for (const auto& score : scores) {
    NARU_ASSIGN(const auto levels, levels_of(score, label, direction));
    out.areas.push_back(auroc(levels));
    places.push_back(placements(levels, score, label, direction));
    sums.push_back(moments_of(levels).sum);
    m = levels.n_cases;
    n = levels.n_controls;
  }
  const auto k = scores.size();
  out.covariance.assign(k * k, std::numeric_limits<double>::quiet_NaN());
  if (m < 2 || n < 2) return out;
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      const auto& a = places[i];
      const auto& b = places[j];
      const double value = variance_part(products(a.of_case, b.of_case), sums[i], sums[j], m, n) +
                           variance_part(products(a.of_control, b.of_control), sums[i], sums[j], n, m);
      out.covariance[i * k + j] = value;
      out.covariance[j * k + i] = value;
    }
  }
  return out;
}

// Cholesky with diagonal pivoting: what is left of d after elimination, squared over the pivots, is the form.
JointTest joint_test(std::vector<double> d, std::vector<double> v) {
  JointTest out;
  out.method = "quadratic form, chi-squared";
  const auto k = d.size();
  double largest = 0;
  for (std::size_t i = 0; i < k; ++i) largest = std::max(largest, v[i * k + i]);
  std::vector<bool> used(k, false);
  double chi2 = 0;
  for (std::size_t round = 0; round < k; ++round) {
    std::size_t best = k;
    for (std::size_t i = 0; i < k; ++i) {
      if (!used[i] && (best == k || v[i * k + i] > v[best * k + best])) best = i;
    }
    const double pivot = v[best * k + best];
    if (!(pivot > 1e-12 * largest)) break;
    used[best] = true;
    ++out.df;
    chi2 += d[best] * d[best] / pivot;
    for (std::size_t i = 0; i < k; ++i) {
      if (used[i]) continue;
      const double factor = v[i * k + best] / pivot;
      d[i] -= factor * d[best];
      for (std::size_t j = 0; j < k; ++j) {
        if (!used[j]) v[i * k + j] -= factor * v[best * k + j];
      }
    }
  }
  if (out.df == 0) {
    out.reason = Reason::identical_ranks;
    return out;
  }
  out.chi2 = chi2;
  out.p = chi_squared_upper(chi2, static_cast<double>(out.df));
  return out;
}

JointTest all_equal_test(const AreaCovariance& areas) {
  const auto k = areas.areas.size();
  for (const auto& area : areas.areas) {
    if (area.estimate && area.se) continue;
    JointTest none;
    none.method = "DeLong, all areas equal; chi-squared";
    none.reason = area.reason;
    return none;
  }
  std::vector<double> d;
  std::vector<double> v;
  const auto at = [&](std::size_t i, std::size_t j) { return areas.covariance[i * k + j]; };
  for (std::size_t i = 1; i < k; ++i) {
    d.push_back(*areas.areas[i].estimate - *areas.areas[0].estimate);
    for (std::size_t j = 1; j < k; ++j) v.push_back(at(i, j) - at(i, 0) - at(0, j) + at(0, 0));
  }
  auto out = joint_test(std::move(d), std::move(v));
  out.method = "DeLong, all areas equal; chi-squared";
  return out;
}

}  // namespace naru::evaluate
