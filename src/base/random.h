#pragma once
/// Randomness comes in as an interface: the system's for secrets, a seeded one for synthetic data and tests.
#include "base/bytes.h"

namespace naru {

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;
  [[nodiscard]] Bytes bytes(std::size_t count);
  [[nodiscard]] std::uint64_t next_u64();
  /// Uniform in [0, bound), without modulo bias. REQUIRES: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1) with 53 bits.
  [[nodiscard]] double unit();
};

/// libsodium's generator: for keys, nonces, codes.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override;
};

/// SplitMix64 (Steele, Lea, Flood 2014): same seed, same bytes on every machine. Never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  void fill(std::span<std::uint8_t> out) override;
  [[nodiscard]] std::uint64_t step();

 private:
  std::uint64_t state_;
};

}  // namespace naru
