#include "protect/noise.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <cmath>

namespace naru::protect {
namespace {

using Big = boost::multiprecision::cpp_int;

/// Uniform in [0, bound), by throwing away what is too large.
Big below(const Big& bound, Random& random) {
  if (bound <= 1) return 0;
  const auto bits = boost::multiprecision::msb(bound - 1) + 1;
  while (true) {
    Big out = 0;
    for (std::size_t drawn = 0; drawn < bits; drawn += 64) out = (out << 64) | random.next_u64();
    out &= (Big{1} << bits) - 1;
    if (out < bound) return out;
  }
}

bool bernoulli(const Big& top, const Big& bottom, Random& random) { return below(bottom, random) < top; }

/// exp(−γ) for γ in 0 … 1: the first k at which a coin of γ/k falls tails is odd (Forsythe and von Neumann).
bool unit_exp(const Big& top, const Big& bottom, Random& random) {
  Big k = 1;
  while (bernoulli(top, bottom * k, random)) ++k;
  return (k & 1) == 1;
}

bool any_exp(Big top, const Big& bottom, Random& random) {
  while (top > bottom) {
    if (!unit_exp(1, 1, random)) return false;
    top -= bottom;
  }
  return unit_exp(top, bottom, random);
}

/// Scale t/s. The magnitude is U + t·V with V geometric, thinned to steps of s (algorithm 2).
Big laplace(const Big& t, const Big& s, Random& random) {
  while (true) {
    const Big u = below(t, random);
    if (!any_exp(u, t, random)) continue;
    Big v = 0;
    while (unit_exp(1, 1, random)) ++v;
    const Big magnitude = (u + t * v) / s;
    const bool negative = (random.next_u64() & 1) == 1;
    if (negative && magnitude == 0) continue;  // zero would else come up twice as often
    return negative ? Big(-magnitude) : magnitude;
  }
}

std::int64_t small(const Big& value) { return value.convert_to<std::int64_t>(); }

}  // namespace

Result<Ratio> at_least(double value) {
  constexpr double bottom = 1 << 20;
  if (!(value >= 1 / bottom && value <= 4'398'046'511'104.0)) {
    return usage_error(say("the scale of noise is out of range: {}", "잡음의 크기가 범위를 벗어났습니다: {}", value),
                       "noise");
  }
  return Ratio{static_cast<std::uint64_t>(std::ceil(value * bottom)), 1U << 20};
}

bool bernoulli_exp(std::uint64_t top, std::uint64_t bottom, Random& random) { return any_exp(top, bottom, random); }

std::int64_t discrete_laplace(const Ratio& scale, Random& random) {
  return small(laplace(scale.top, scale.bottom, random));
}

std::int64_t discrete_gaussian(const Ratio& variance, Random& random) {
  // t = ⌊σ⌋ + 1; a Laplace of scale t is kept with probability exp(−(|y| − σ²/t)² / (2σ²)) (algorithm 3).
  const Big top = variance.top;
  const Big bottom = variance.bottom;
  const Big t = boost::multiprecision::sqrt(Big(top / bottom)) + 1;
  while (true) {
    const Big y = laplace(t, 1, random);
    const Big magnitude = y < 0 ? Big(-y) : y;
    const Big distance = magnitude * t * bottom - top;
    if (any_exp(distance * distance, 2 * top * bottom * t * t, random)) return small(y);
  }
}

}  // namespace naru::protect
