#include "evaluate/delong.h"

namespace naru::evaluate {
namespace {

double to_double(Wide value) { return static_cast<double>(value); }

// Σ over `own` of (doubled number of `other` below + equal) and of its square; both ascending.
struct Swept {
  Wide sum = 0;
  Wide squares = 0;
};
Swept swept(std::span<const std::uint64_t> own, std::span<const std::uint64_t> other, bool above) {
  Swept out;
  std::size_t j = 0;
  for (std::size_t i = 0; i < own.size();) {
    const auto key = own[i];
    while (j < other.size() && other[j] < key) ++j;
    std::size_t end = j;
    while (end < other.size() && other[end] == key) ++end;
    const auto first = i;
    while (i < own.size() && own[i] == key) ++i;
    const std::uint64_t below = j + end;  // fewer than 2^32: its square fits 64 bits
    const std::uint64_t place = above ? 2 * other.size() - below : below;
    out.sum += static_cast<Wide>(i - first) * static_cast<Wide>(place);
    out.squares += static_cast<Wide>(i - first) * static_cast<Wide>(place * place);
  }
  return out;
}

}  // namespace

Moments moments_of(const Levels& levels) {
  Moments out;
  Wide controls_below = 0;
  Wide cases_above = static_cast<Wide>(levels.n_cases);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const Wide cases = static_cast<Wide>(levels.cases[i]);
    const Wide controls = static_cast<Wide>(levels.controls[i]);
    cases_above -= cases;
    const Wide a = 2 * controls_below + controls;
    const Wide b = 2 * cases_above + cases;
    out.sum += cases * a;
    out.squares_a += cases * a * a;
    out.squares_b += controls * b * b;
    controls_below += controls;
  }
  return out;
}

Moments moments_of(const Ordered& rows) {
  const auto of_cases = swept(rows.cases(), rows.controls(), false);
  const auto of_controls = swept(rows.controls(), rows.cases(), true);
  return {of_cases.sum, of_cases.squares, of_controls.squares};
}

double variance_part(Wide products, Wide sum_x, Wide sum_y, std::uint64_t count, std::uint64_t other) {
  const Wide k = static_cast<Wide>(count);
  const double top = to_double(k * products - sum_x * sum_y);
  const double own = static_cast<double>(count);
  const double rest = static_cast<double>(other);
  return top / (own * own * (own - 1)) / (4 * rest * rest);
}

double variance_of(const Moments& m, std::uint64_t cases, std::uint64_t controls) {
  return variance_part(m.squares_a, m.sum, m.sum, cases, controls) +
         variance_part(m.squares_b, m.sum, m.sum, controls, cases);
}

double area_of(const Moments& m, std::uint64_t cases, std::uint64_t controls) {
  return to_double(m.sum) / to_double(2 * static_cast<Wide>(cases) * static_cast<Wide>(controls));
}

}  // namespace naru::evaluate
