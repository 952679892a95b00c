#pragma once
/// Noise drawn exactly: whole numbers from the discrete Laplace and the discrete Gaussian, by fractions and fair coins
/// alone, so no floating-point hole tells what it hides (Mironov 2012). Canonne, Kamath and Steinke 2020, algorithms 1
/// to 3. docs/methods/noise.md.
#include "base/random.h"
#include "base/result.h"

#include <cstdint>

namespace naru::protect {

/// A positive fraction; both parts from 1 to 2^62.
struct Ratio {
  std::uint64_t top = 1;
  std::uint64_t bottom = 1;
  [[nodiscard]] double real() const { return static_cast<double>(top) / static_cast<double>(bottom); }
};

/// The smallest fraction with a bottom of 2^20 that is at least `value`: rounding up a scale only adds noise.
/// Error usage unless value is finite and 2^-20 … 2^42.
[[nodiscard]] Result<Ratio> at_least(double value);

/// True with probability exp(−top/bottom), exactly; top may be 0.
[[nodiscard]] bool bernoulli_exp(std::uint64_t top, std::uint64_t bottom, Random& random);
/// P(x) ∝ exp(−|x| / scale).
[[nodiscard]] std::int64_t discrete_laplace(const Ratio& scale, Random& random);
/// P(x) ∝ exp(−x² / (2·variance)).
[[nodiscard]] std::int64_t discrete_gaussian(const Ratio& variance, Random& random);

}  // namespace naru::protect
