#include "evaluate/drift.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace naru::evaluate {
namespace {

std::vector<double> shares(std::span<const std::uint64_t> counts) {
  double whole = 0;
  for (const auto count : counts) whole += static_cast<double>(count) + 0.5;
  std::vector<double> out;
  for (const auto count : counts) out.push_back((static_cast<double>(count) + 0.5) / whole);
  return out;
}

// Variance of Σ g_k·share_k for multinomial shares of n.
double multinomial_variance(const std::vector<double>& share, const std::vector<double>& gradient, double n) {
  double mean = 0;
  for (std::size_t k = 0; k < share.size(); ++k) mean += share[k] * gradient[k];
  double squares = 0;
  for (std::size_t k = 0; k < share.size(); ++k) squares += share[k] * (gradient[k] - mean) * (gradient[k] - mean);
  return squares / n;
}

}  // namespace

Stability population_stability(std::span<const std::uint64_t> reference, std::span<const std::uint64_t> now) {
  const std::string method = "population stability index, half a person added to every group; delta method";
  const double n = static_cast<double>(std::accumulate(now.begin(), now.end(), std::uint64_t{0}));
  const double m = static_cast<double>(std::accumulate(reference.begin(), reference.end(), std::uint64_t{0}));
  if (!(n > 0) || !(m > 0)) return {undefined(Reason::no_rows, method), {}};
  if (now.size() < 2) return {undefined(Reason::scores_all_equal, method), {}};
  const auto p = shares(now);
  const auto q = shares(reference);
  std::vector<double> by_now;
  std::vector<double> by_reference;
  double psi = 0;
  for (std::size_t k = 0; k < p.size(); ++k) {
    const double log_ratio = std::log(p[k] / q[k]);
    psi += (p[k] - q[k]) * log_ratio;
    by_now.push_back(log_ratio + 1 - q[k] / p[k]);
    by_reference.push_back(1 - p[k] / q[k] - log_ratio);
  }
  Stability out;
  out.psi.method = method;
  out.psi.estimate = psi;
  out.psi.se = std::sqrt(multinomial_variance(p, by_now, n) + multinomial_variance(q, by_reference, m));
  out.psi.ci95 = Interval{std::max(0.0, psi - z975 * *out.psi.se), psi + z975 * *out.psi.se};
  out.p_no_drift = chi_squared_upper(psi / (1 / n + 1 / m), static_cast<double>(p.size() - 1));
  return out;
}

std::size_t group_of(double score, std::span<const double> borders) {
  const auto after = std::upper_bound(borders.begin(), borders.end(), score);
  return after == borders.begin() ? 0 : static_cast<std::size_t>(after - borders.begin()) - 1;
}

}  // namespace naru::evaluate
