#include "base/random.h"

#include <sodium.h>

#include <cstring>

namespace naru {

Bytes Random::bytes(std::size_t count) {
  Bytes out(count);
  fill(out);
  return out;
}

std::uint64_t Random::next_u64() {
  std::uint8_t raw[8];
  fill(raw);
  std::uint64_t out = 0;
  for (const auto byte : raw) out = (out << 8) | byte;
  return out;
}

std::uint64_t Random::below(std::uint64_t bound) {
  const std::uint64_t threshold = (0 - bound) % bound;
  for (;;) {
    const auto drawn = next_u64();
    if (drawn >= threshold) return drawn % bound;
  }
}

double Random::unit() { return static_cast<double>(next_u64() >> 11) * 0x1.0p-53; }

void SystemRandom::fill(std::span<std::uint8_t> out) {
  if (sodium_init() < 0) abort();  // without a generator nothing may go on
  randombytes_buf(out.data(), out.size());
}

std::uint64_t SeededRandom::step() {
  state_ += 0x9E3779B97F4A7C15ULL;
  auto z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 8 == 0) word = step();
    out[i] = static_cast<std::uint8_t>(word >> (56 - 8 * (i % 8)));
  }
}

}  // namespace naru
