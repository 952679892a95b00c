#include "protect/zcdp.h"

#include <algorithm>
#include <cmath>

namespace naru::protect {

double rho_of_gaussian(double sensitivity, const Ratio& variance) {
  return sensitivity * sensitivity / (2 * variance.real());
}

Result<Ratio> variance_for(double sensitivity, double rho) {
  if (!(rho > 0) || !(sensitivity > 0)) {
    return usage_error(say("budget and sensitivity must be more than 0", "예산과 민감도는 0보다 커야 합니다"), "noise");
  }
  return at_least(sensitivity * sensitivity / (2 * rho));
}

double rho_of_pure(double epsilon) { return epsilon * epsilon / 2; }

double delta_of(double rho, double epsilon) {
  if (rho <= 0) return 0;
  const auto log_delta = [&](double alpha) {
    return (alpha - 1) * (alpha * rho - epsilon) - std::log(alpha - 1) + alpha * std::log1p(-1 / alpha);
  };
  // The logarithm is convex in α: golden-section search over α − 1 on a logarithmic scale.
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(1e-6);
  double high = std::log(std::max(10.0, 4 * (epsilon / rho + 1) + 4 / std::sqrt(rho)));
  double a = high - golden * (high - low);
  double b = low + golden * (high - low);
  for (int step = 0; step < 200; ++step) {
    if (log_delta(1 + std::exp(a)) < log_delta(1 + std::exp(b))) {
      high = b;
      b = a;
      a = high - golden * (high - low);
    } else {
      low = a;
      a = b;
      b = low + golden * (high - low);
    }
  }
  return std::min(1.0, std::exp(log_delta(1 + std::exp((low + high) / 2))));
}

double epsilon_of(double rho, double delta) {
  if (rho <= 0) return 0;
  double low = 0;
  double high = rho + 2 * std::sqrt(rho * std::log(1 / delta)) + 1e-9;  // always enough (Bun and Steinke)
  for (int step = 0; step < 100; ++step) {
    const double middle = (low + high) / 2;
    (delta_of(rho, middle) > delta ? low : high) = middle;
  }
  return std::ceil(high * 1e6) / 1e6;
}

}  // namespace naru::protect
