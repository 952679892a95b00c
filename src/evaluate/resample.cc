#include "evaluate/resample.h"

#include <cmath>

namespace naru::evaluate {
namespace {

// Poisson(1) by 12 bits: as many of the 4,096 cells as fit wholly go to each count; the few cells left over send the
// draw to an exact inversion of what remains. So 12 bits are enough for nearly all draws and nothing is approximate.
constexpr unsigned cell_bits = 12;
constexpr std::size_t cells = 1U << cell_bits;
constexpr std::uint8_t escape = 255;
constexpr int most = 20;  // P(Poisson(1) > 20) < 1e-20, below the resolution of a draw

struct PoissonTable {
  std::array<std::uint8_t, cells> cell{};
  std::array<double, most + 1> rest{};  // cumulative share of the left-over mass
};
PoissonTable make_table() {
  PoissonTable out;
  std::size_t filled = 0;
  double p = std::exp(-1.0);
  double cumulative = 0;
  for (int k = 0; k <= most; ++k) {
    const double scaled = p * static_cast<double>(cells);
    const auto whole = static_cast<std::size_t>(std::floor(scaled));
    for (std::size_t c = 0; c < whole; ++c) out.cell[filled++] = static_cast<std::uint8_t>(k);
    cumulative += scaled - static_cast<double>(whole);
    out.rest[static_cast<std::size_t>(k)] = cumulative;
    p /= k + 1;
  }
  for (; filled < cells; ++filled) out.cell[filled] = escape;
  for (auto& share : out.rest) share /= cumulative;
  return out;
}
const PoissonTable& table() {
  static const PoissonTable made = make_table();
  return made;
}

std::uint8_t left_over(Generator& random) {
  const double u = random.unit();
  std::uint8_t k = 0;
  while (k < most && table().rest[k] <= u) ++k;
  return k;
}

}  // namespace

Generator::Generator(std::uint64_t seed, std::uint64_t stream) {
  std::uint64_t x = seed ^ (stream * 0xD1B54A32D192ED03ULL);
  for (auto& word : state_) {
    x += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = x;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    word = z ^ (z >> 31U);
  }
}

std::uint64_t Generator::below(std::uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(next()) * bound;
  if (static_cast<std::uint64_t>(product) < bound) {
    const std::uint64_t least = (0 - bound) % bound;
    while (static_cast<std::uint64_t>(product) < least) product = static_cast<Wide>(next()) * bound;
  }
  return static_cast<std::uint64_t>(product >> 64U);
}

void multinomial(Generator& random, std::span<std::uint8_t> counts) {
  const auto& lookup = table().cell;
  const auto n = counts.size();
  std::uint64_t total = 0;
  std::size_t i = 0;
  while (i < n) {
    std::uint64_t bits = random.next();
    const std::size_t end = i + 5 < n ? i + 5 : n;
    for (; i < end; ++i) {
      std::uint8_t count = lookup[bits & (cells - 1)];
      bits >>= cell_bits;
      if (count == escape) count = left_over(random);
      counts[i] = count;
      total += count;
    }
  }
  for (; total < n; ++total) ++counts[random.below(n)];
  // One of all drawn persons, each as likely: a place is kept with probability count / largest.
  while (total > n) {
    const auto place = random.below(n);
    if (counts[place] == 0 || random.below(32) >= counts[place]) continue;
    --counts[place];
    --total;
  }
}

}  // namespace naru::evaluate
