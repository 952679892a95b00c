#include "evaluate/resample.h"

#include <algorithm>
#include <cmath>
#include <cstring>

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

namespace {

// Counts from words alone, 5 draws of 12 bits each, the generator held in registers; returns their total without the
// escapes, whose groups of five go to `open`.
std::uint64_t draw_words(Generator& random, std::span<std::uint8_t> counts, std::vector<std::size_t>& open) {
  const auto& lookup = table().cell;
  Generator local = random;
  std::uint64_t total = 0;
  std::size_t i = 0;
  for (; i + 5 <= counts.size(); i += 5) {
    const std::uint64_t bits = local.next();
    const unsigned a = lookup[bits & (cells - 1)];
    const unsigned b = lookup[(bits >> 12U) & (cells - 1)];
    const unsigned c = lookup[(bits >> 24U) & (cells - 1)];
    const unsigned d = lookup[(bits >> 36U) & (cells - 1)];
    const unsigned e = lookup[(bits >> 48U) & (cells - 1)];
    counts[i] = static_cast<std::uint8_t>(a);
    counts[i + 1] = static_cast<std::uint8_t>(b);
    counts[i + 2] = static_cast<std::uint8_t>(c);
    counts[i + 3] = static_cast<std::uint8_t>(d);
    counts[i + 4] = static_cast<std::uint8_t>(e);
    total += a + b + c + d + e;
    if (((a | b | c | d | e) & 0x80U) != 0) open.push_back(i);
  }
  if (i < counts.size()) open.push_back(i);
  for (; i < counts.size(); ++i) {
    counts[i] = lookup[local.next() & (cells - 1)];
    total += counts[i];
  }
  random = local;
  return total;
}

// At least the largest count: all bits that any count has.
std::uint64_t bound_of(std::span<const std::uint8_t> counts) {
  std::uint64_t bits = 0;
  std::size_t i = 0;
  for (; i + 8 <= counts.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, counts.data() + i, 8);
    bits |= word;
  }
  for (; i < counts.size(); ++i) bits |= counts[i];
  for (const unsigned shift : {32U, 16U, 8U}) bits |= bits >> shift;
  return bits & 0xFF;
}

}  // namespace

void multinomial(Generator& random, std::span<std::uint8_t> counts) {
  const auto n = counts.size();
  std::vector<std::size_t> open;
  open.reserve(n / 64 + 8);
  std::uint64_t total = draw_words(random, counts, open);
  for (const auto first : open) {
    for (std::size_t i = first; i < std::min(first + 5, n); ++i) {
      if (counts[i] != escape) continue;
      counts[i] = left_over(random);
      total = total - escape + counts[i];
    }
  }
  for (; total < n; ++total) ++counts[random.below(n)];
  if (total == n) return;
  // One of all drawn persons, each as likely: a place is kept with probability count / bound.
  const std::uint64_t bound = bound_of(counts);
  while (total > n) {
    auto& count = counts[random.below(n)];
    if (count == 0 || random.below(bound) >= count) continue;
    --count;
    --total;
  }
}

}  // namespace naru::evaluate
