#include "protect/uniqueness.h"

#include <algorithm>
#include <cmath>

namespace naru::protect {
namespace {

struct Sample {
  double records = 0;
  double classes = 0;
  double ones = 0;
  double twos = 0;
};
Sample sample_of(const ClassSizes& sizes) {
  Sample out;
  for (const auto& [size, count] : sizes) {
    out.records += static_cast<double>(size) * static_cast<double>(count);
    out.classes += static_cast<double>(count);
    if (size == 1) out.ones = static_cast<double>(count);
    if (size == 2) out.twos = static_cast<double>(count);
  }
  return out;
}

double log_choose(double n, double k) { return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1); }

// The sample's class sizes stand for those of the population; a class of that size gives one sampled record with the
// hypergeometric probability.
std::optional<double> zayatz(const ClassSizes& sizes, const Sample& sample, double population) {
  const double n = sample.records;
  double once = 0;
  for (const auto& [size, count] : sizes) {
    const auto f = static_cast<double>(size);
    // C(f,1) C(N-f, n-1) / C(N, n); impossible when fewer than n-1 others exist.
    if (population - f < n - 1) continue;
    const double log_p = std::log(f) + log_choose(population - f, n - 1) - log_choose(population, n);
    once += static_cast<double>(count) / sample.classes * std::exp(log_p);
  }
  if (!(once > 0)) return std::nullopt;
  const double unique_there = sample.ones / sample.classes * (n / population) / once;
  return sample.ones * unique_there / (n / population);
}

// Digamma and trigamma by recurrence and the asymptotic series (Abramowitz and Stegun 6.3.5, 6.3.18, 6.4.6, 6.4.12).
double digamma(double x) {
  double out = 0;
  while (x < 10) out -= 1 / x++;
  const double r = 1 / (x * x);
  return out + std::log(x) - 0.5 / x -
         r * (1.0 / 12 - r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r * (1.0 / 132)))));
}

// Derivatives of the log-likelihood of Pitman's sampling formula, theta > -alpha, 0 < alpha < 1.
struct Gradient {
  double theta;
  double alpha;
};
Gradient pitman_gradient(const ClassSizes& sizes, const Sample& sample, double theta, double alpha) {
  const double u = sample.classes;
  // sum over i = 1..u-1 of 1/(theta + i alpha), and of i/(theta + i alpha)
  const double first = (digamma(u + theta / alpha) - digamma(1 + theta / alpha)) / alpha;
  const double second = (u - 1 - theta * first) / alpha;
  double within = 0;
  for (const auto& [size, count] : sizes) {
    if (size == 1) continue;
    within += static_cast<double>(count) * (digamma(static_cast<double>(size) - alpha) - digamma(1 - alpha));
  }
  return {first - (digamma(sample.records + theta) - digamma(1 + theta)), second - within};
}

// For a given alpha the theta at which the derivative by theta vanishes: it falls from above to below zero once.
std::optional<double> best_theta(const ClassSizes& sizes, const Sample& sample, double alpha) {
  double low = -alpha * (1 - 1e-9);
  double high = 1;
  if (pitman_gradient(sizes, sample, low, alpha).theta < 0) return std::nullopt;
  while (pitman_gradient(sizes, sample, high, alpha).theta > 0) {
    high *= 4;
    if (high > 1e15) return std::nullopt;
  }
  for (int i = 0; i < 200 && high - low > 1e-12 * std::max(1.0, std::abs(high)); ++i) {
    const double middle = (low + high) / 2;
    (pitman_gradient(sizes, sample, middle, alpha).theta > 0 ? low : high) = middle;
  }
  return (low + high) / 2;
}

std::optional<double> pitman(const ClassSizes& sizes, const Sample& sample, double population) {
  if (sample.classes < 2 || sample.ones == sample.records) return std::nullopt;
  double low = 1e-6;
  double high = 1 - 1e-6;
  const auto slope = [&](double alpha) -> std::optional<double> {
    const auto theta = best_theta(sizes, sample, alpha);
    if (!theta) return std::nullopt;
    return pitman_gradient(sizes, sample, *theta, alpha).alpha;
  };
  const auto at_low = slope(low);
  const auto at_high = slope(high);
  if (!at_low || !at_high || *at_low < 0 || *at_high > 0) return std::nullopt;
  for (int i = 0; i < 100 && high - low > 1e-12; ++i) {
    const double middle = (low + high) / 2;
    const auto here = slope(middle);
    if (!here) return std::nullopt;
    (*here > 0 ? low : high) = middle;
  }
  const double alpha = (low + high) / 2;
  const auto theta = best_theta(sizes, sample, alpha);
  if (!theta) return std::nullopt;
  const double uniques = std::exp(std::lgamma(*theta + 1) - std::lgamma(*theta + alpha) + alpha * std::log(population));
  return std::isfinite(uniques) && uniques <= population ? std::optional(uniques) : std::nullopt;
}

// Shlosser's estimate of the number of classes in the population (Haas and Stokes 1998).
double shlosser(const ClassSizes& sizes, const Sample& sample, double f) {
  double a = 0;
  double b = 0;
  double c = 0;
  double d = 0;
  for (const auto& [size, count] : sizes) {
    const auto i = static_cast<double>(size);
    const auto m = static_cast<double>(count);
    a += i * f * f * std::pow(1 - f * f, i - 1) * m;
    b += std::pow(1 - f, i) * (std::pow(1 + f, i) - 1) * m;
    c += std::pow(1 - f, i) * m;
    d += i * f * std::pow(1 - f, i - 1) * m;
  }
  if (!(b > 0) || !(d > 0)) return sample.classes;
  return sample.classes + sample.ones * (a / b) * (c / d) * (c / d);
}

// Slide negative binomial: expected ones and twos in the sample, for K classes and parameters alpha > 0, 0 < beta < 1.
double expected_ones(double k, double f, double alpha, double beta) {
  const double v = (1 - f) * (1 - beta);
  return k * f * std::pow(beta / (1 - v), alpha) * (alpha * v / (1 - v) + 1);
}
double expected_twos(double k, double f, double alpha, double beta) {
  const double v = (1 - f) * (1 - beta);
  return k * alpha * std::pow(beta, alpha) * f * f * (1 - beta) / (2 * std::pow(1 - v, alpha + 2)) *
         (2 - (1 - alpha) * v);
}

// alpha for which the expected ones are as seen. Over alpha they rise from K f to one peak and fall to 0, so there is a
// solution on either side of the peak.
std::optional<double> snb_alpha(double k, double f, double ones, double beta, bool above_peak) {
  const double v = (1 - f) * (1 - beta);
  const double peak = std::max(0.0, -1 / std::log(beta / (1 - v)) - (1 - v) / v);
  if (expected_ones(k, f, peak, beta) < ones) return std::nullopt;
  double low = 0;
  double high = peak;
  if (above_peak) {
    low = peak;
    high = peak + 1;
    while (expected_ones(k, f, high, beta) > ones) {
      high *= 2;
      if (high > 1e9) return std::nullopt;
    }
  } else if (expected_ones(k, f, 0, beta) > ones) {
    return std::nullopt;
  }
  for (int i = 0; i < 200; ++i) {
    const double middle = (low + high) / 2;
    ((expected_ones(k, f, middle, beta) > ones) == above_peak ? low : high) = middle;
  }
  return (low + high) / 2;
}

// Where, between two betas, the expected twos are as seen.
std::optional<double> snb_beta(double k, double f, const Sample& sample, bool above_peak, double low, double high,
                               bool positive) {
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    const auto alpha = snb_alpha(k, f, sample.ones, middle, above_peak);
    if (!alpha) return std::nullopt;
    ((expected_twos(k, f, *alpha, middle) > sample.twos) == positive ? low : high) = middle;
  }
  return (low + high) / 2;
}

// The two equations may have several solutions: the one that says most persons are unique is taken.
std::optional<double> snb(const ClassSizes& sizes, const Sample& sample, double population) {
  const double f = sample.records / population;
  if (f >= 1) return sample.ones;
  const double k = shlosser(sizes, sample, f);
  constexpr int steps = 400;
  std::optional<double> most;
  for (const bool above_peak : {true, false}) {
    std::optional<bool> before;
    for (int i = 1; i < steps; ++i) {
      const double beta = static_cast<double>(i) / steps;
      const auto alpha = snb_alpha(k, f, sample.ones, beta, above_peak);
      if (!alpha) {
        before.reset();
        continue;
      }
      const bool positive = expected_twos(k, f, *alpha, beta) > sample.twos;
      if (before && *before != positive) {
        const auto at = snb_beta(k, f, sample, above_peak, beta - 1.0 / steps, beta, *before);
        const auto found = at ? snb_alpha(k, f, sample.ones, *at, above_peak) : std::nullopt;
        if (found) most = std::max(most.value_or(0), k * std::pow(*at, *found));
      }
      before = positive;
    }
  }
  return most && *most <= population ? most : std::nullopt;
}

}  // namespace

std::optional<double> population_uniques(UniquenessModel model, const ClassSizes& sizes, double population) {
  const auto sample = sample_of(sizes);
  if (sample.ones == 0) return 0;
  switch (model) {
    case UniquenessModel::zayatz:
      return zayatz(sizes, sample, population);
    case UniquenessModel::pitman:
      return pitman(sizes, sample, population);
    case UniquenessModel::snb:
      return snb(sizes, sample, population);
    case UniquenessModel::dankar:
      break;
  }
  if (sample.records / population <= 0.1) return pitman(sizes, sample, population);
  const auto one = snb(sizes, sample, population);
  const auto other = zayatz(sizes, sample, population);
  if (!one) return other;
  return other && *other < *one ? other : one;
}

}  // namespace naru::protect
