#pragma once
/// Random numbers and multinomial counts of the bootstrap, for other units of this room.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace naru::evaluate {

/// xoshiro256++ (Blackman & Vigna), seeded by SplitMix64 from a seed and a stream. Not for secrets.
class Generator {
 public:
  Generator(std::uint64_t seed, std::uint64_t stream);
  std::uint64_t next() {
    const auto out = rotate(state_[0] + state_[3], 23) + state_[0];
    const auto t = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return out;
  }
  /// Uniform in [0, bound), without bias. REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1) with 53 bits.
  double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

 private:
  static std::uint64_t rotate(std::uint64_t x, unsigned by) { return (x << by) | (x >> (64U - by)); }
  std::array<std::uint64_t, 4> state_{};
};

/// Counts of a sample of counts.size() out of as many, with replacement. Each count stays below 256 but with a
/// probability below 1e-500.
void multinomial(Generator& random, std::span<std::uint8_t> counts);

}  // namespace naru::evaluate
