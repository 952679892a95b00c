#pragma once
/// Randomness of the synthetic nation: one independent stream per (seed, purpose, index), so that a person's life does
/// not depend on how many draws an earlier person took. SplitMix64 (Steele, Lea, Flood 2014), inlined for speed.
#include <array>
#include <cstdint>
#include <span>

namespace naru::synth {

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

/// What a stream is for; streams of different purposes are independent.
enum class Purpose : std::uint64_t {
  household = 1,
  person,
  site,
  history,
  errors,
  genome,
  deposit,
  truth,
  twin,
  panel
};

class Rng {
 public:
  Rng(std::uint64_t seed, Purpose purpose, std::uint64_t index)
      : state_(mix(mix(seed + 0x9E3779B97F4A7C15ULL) ^
                   mix(static_cast<std::uint64_t>(purpose) * 0xD1342543DE82EF95ULL + index))) {}
  [[nodiscard]] std::uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15ULL); }
  /// Uniform in [0, 1) with 53 bits.
  [[nodiscard]] double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }
  /// Uniform in [0, bound); the bias of the multiplication is below 2^-32. REQUIRES: 0 < bound < 2^32.
  [[nodiscard]] std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
  }
  /// Uniform in [least, most].
  [[nodiscard]] int between(int least, int most) {
    return least + static_cast<int>(below(static_cast<std::uint32_t>(most - least + 1)));
  }
  [[nodiscard]] bool chance(double probability) { return unit() < probability; }
  /// Sum of twelve uniforms less six (Irwin-Hall): mean 0, variance 1, the same bits on every machine.
  [[nodiscard]] double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += unit();
    return sum;
  }

 private:
  std::uint64_t state_;
};

/// Draws an index by cumulative weights; the last weight is the total.
[[nodiscard]] inline std::size_t pick(Rng& rng, std::span<const double> cumulative) {
  const double at = rng.unit() * cumulative.back();
  std::size_t low = 0;
  std::size_t high = cumulative.size() - 1;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (cumulative[middle] <= at) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace naru::synth
