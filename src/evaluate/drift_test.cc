#include "evaluate/drift.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/random.h"

using namespace naru;
using namespace naru::evaluate;

namespace {

std::vector<std::uint64_t> drawn(SeededRandom& random, const std::vector<double>& share, int n) {
  std::vector<std::uint64_t> out(share.size(), 0);
  for (int i = 0; i < n; ++i) {
    double u = random.unit();
    std::size_t k = 0;
    while (k + 1 < share.size() && u >= share[k]) u -= share[k++];
    ++out[k];
  }
  return out;
}

}  // namespace

TEST_CASE("the stability index is its formula, the same from both sides, and 0 when nothing moved") {
  const std::vector<std::uint64_t> a{100, 200, 700};
  const std::vector<std::uint64_t> b{300, 300, 400};
  double by_hand = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    const double q = (static_cast<double>(a[k]) + 0.5) / 1001.5;
    const double p = (static_cast<double>(b[k]) + 0.5) / 1001.5;
    by_hand += (p - q) * std::log(p / q);
  }
  const auto moved = population_stability(a, b);
  CHECK(*moved.psi.estimate == doctest::Approx(by_hand).epsilon(1e-12));
  CHECK(*population_stability(b, a).psi.estimate == doctest::Approx(by_hand).epsilon(1e-12));
  CHECK(*moved.p_no_drift < 1e-12);
  const auto still = population_stability(a, a);
  CHECK(*still.psi.estimate == 0);
  CHECK(*still.p_no_drift == 1);
  CHECK(still.psi.ci95->lo == 0);
  // An empty group is finite, nobody at all is undefined.
  CHECK(std::isfinite(*population_stability(a, std::vector<std::uint64_t>{0, 0, 50}).psi.estimate));
  CHECK(population_stability(a, std::vector<std::uint64_t>{0, 0, 0}).psi.reason == Reason::no_rows);
  CHECK(population_stability(std::vector<std::uint64_t>{9}, std::vector<std::uint64_t>{9}).psi.reason ==
        Reason::scores_all_equal);
}

TEST_CASE("without drift the p value is even, and with drift the interval holds the truth as often as it says") {
  SeededRandom random(11);
  const std::vector<double> before{0.4, 0.3, 0.2, 0.1};
  const std::vector<double> after{0.2, 0.3, 0.2, 0.3};
  double truth = 0;
  for (std::size_t k = 0; k < 4; ++k) truth += (after[k] - before[k]) * std::log(after[k] / before[k]);
  constexpr int rounds = 400;
  int low = 0;
  int held = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto reference = drawn(random, before, 3000);
    low += *population_stability(reference, drawn(random, before, 800)).p_no_drift < 0.05 ? 1 : 0;
    const auto moved = population_stability(reference, drawn(random, after, 800));
    held += moved.psi.ci95->lo <= truth && truth <= moved.psi.ci95->hi ? 1 : 0;
  }
  // Fixed seed: within four standard errors of 5 % and 95 %.
  CHECK(low > 3);
  CHECK(low < 38);
  CHECK(held > 362);
}

TEST_CASE("a score belongs to the last border that is not above it") {
  const std::vector<double> borders{0, 0.1, 0.5};
  CHECK(group_of(0, borders) == 0);
  CHECK(group_of(0.0999, borders) == 0);
  CHECK(group_of(0.1, borders) == 1);
  CHECK(group_of(1, borders) == 2);
}
