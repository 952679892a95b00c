// Gaps between groups and distances of calibration, resampled. The rest of bootstrap.h: statistics_test.cc.
#include "evaluate/bootstrap.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/random.h"
#include "evaluate/calibration.h"
#include "evaluate/discrimination.h"

using namespace naru;
using namespace naru::evaluate;

namespace {

Levels drawn(std::uint64_t seed, std::size_t n, double shift) {
  SeededRandom random(seed);
  std::vector<double> score;
  std::vector<std::uint8_t> label;
  for (std::size_t i = 0; i < n; ++i) {
    const double p = (static_cast<double>(random.below(100)) + 0.5) / 100;
    score.push_back(p);
    label.push_back(random.unit() < expit(logit(p) + shift) ? 1 : 0);
  }
  return *levels_of(score, label);
}

std::optional<double> ratio(const Levels& levels) { return observed_expected(levels).estimate; }

BootstrapOptions options(std::size_t replicates, unsigned threads = 1) {
  BootstrapOptions out;
  out.scheme = Scheme::persons;
  out.replicates = replicates;
  out.seed = 9;
  out.threads = threads;
  return out;
}

}  // namespace

TEST_CASE("a gap between groups is resampled with its choice of the two, alike for any threads") {
  const std::vector<Levels> groups{drawn(1, 900, 0), drawn(2, 700, 0.8), drawn(3, 800, 0)};
  const auto one = bootstrap_gaps(groups, {ratio}, options(400)).front();
  const auto four = bootstrap_gaps(groups, {ratio}, options(400, 4)).front();
  CHECK(one.values == four.values);
  double most = 0;
  double least = 9;
  for (const auto& group : groups) {
    most = std::max(most, *ratio(group));
    least = std::min(least, *ratio(group));
  }
  REQUIRE(one.ci95.has_value());
  CHECK(one.ci95->lo < most - least);
  CHECK(most - least < one.ci95->hi);
  CHECK(one.ci95->lo > 0);
  for (const double value : one.values) CHECK(value >= 0);
  // Two groups, one of them without cases: the area has no second value, every sample is left out.
  auto nobody = drawn(4, 50, 0);
  nobody.n_cases = 0;
  std::fill(nobody.cases.begin(), nobody.cases.end(), 0);
  const auto area = [](const Levels& levels) { return auroc(levels).estimate; };
  const auto undefined = bootstrap_gaps({groups[0], nobody}, {area}, options(50)).front();
  CHECK(undefined.undefined == 50);
  CHECK_FALSE(undefined.ci95.has_value());
}

TEST_CASE("distances of calibration are resampled as the measure itself at the same knots") {
  const auto levels = drawn(5, 600, 0.4);
  const auto four = bootstrap_distances(levels, options(60, 3));
  REQUIRE(four.size() == 4);
  const auto alone = bootstrap(
      levels, [](const Levels& l) { return calibration_distances_at_knots(l, resample_knots).e90.estimate; },
      options(60));
  CHECK(four[2].values == alone.values);
  CHECK(four[0].method.find("loess at 100 knots") != std::string::npos);
}
