// What must hold for any data: scores stretched, labels swapped, everybody twice. No reference values here.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/random.h"
#include "evaluate/calibration.h"
#include "evaluate/calibration_tests.h"
#include "evaluate/contrasts.h"
#include "evaluate/decision.h"
#include "evaluate/discrimination.h"
#include "evaluate/fairness.h"
#include "evaluate/partial.h"

using namespace naru;
using namespace naru::evaluate;

namespace {

// Two scores of the same persons in (0, 1), with ties, more or less right.
struct Study {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<std::uint8_t> label;
  [[nodiscard]] Levels levels() const { return *levels_of(a, label); }
};

Study study(std::uint64_t seed) {
  SeededRandom random(seed);
  const auto n = 40 + random.below(400);
  const auto steps = std::uint64_t{3} << random.below(9);
  const double slope = 0.3 + 2 * random.unit();
  const double shift = 2 * random.unit() - 1;
  Study out;
  for (std::uint64_t i = 0; i < n; ++i) {
    const auto drawn = [&] { return (static_cast<double>(random.below(steps)) + 0.5) / static_cast<double>(steps); };
    const double p = drawn();
    out.a.push_back(p);
    out.b.push_back(random.below(3) == 0 ? p : drawn());
    out.label.push_back(random.unit() < expit(shift + slope * logit(p)) ? 1 : 0);
  }
  return out;
}

// The long tests take a hundred times the studies.
std::uint64_t studies() { return std::getenv("NARU_TEST_LONG") != nullptr ? 3000 : 30; }

bool usable(const Levels& levels) { return levels.n_cases >= 5 && levels.n_controls >= 5 && levels.size() >= 3; }

bool close(const std::optional<double>& a, const std::optional<double>& b, double tolerance = 1e-11) {
  if (!a || !b) return a.has_value() == b.has_value();
  return std::fabs(*a - *b) <= tolerance * std::max({1.0, std::fabs(*a), std::fabs(*b)});
}

template <typename Check>
void for_each_study(Check check) {
  std::uint64_t seen = 0;
  for (std::uint64_t seed = 1; seed <= studies(); ++seed) {
    CAPTURE(seed);
    const auto rows = study(seed);
    if (!usable(rows.levels())) continue;
    ++seen;
    check(rows);
  }
  CHECK(2 * seen > studies());
}

}  // namespace

TEST_CASE("property: whatever keeps the order of scores changes no measure of ranks, in one score or two") {
  for_each_study([](const Study& rows) {
    const auto stretch = [](std::vector<double> score) {
      for (auto& s : score) s = std::exp(5 * s) - 40;
      return score;
    };
    const auto levels = rows.levels();
    const auto other = *levels_of(stretch(rows.a), rows.label);
    CHECK(auroc(levels) == auroc(other));
    CHECK(average_precision(levels) == average_precision(other));
    CHECK(auprc_trapezoid(levels) == auprc_trapezoid(other));
    for (const auto axis : {Axis::specificity, Axis::sensitivity}) {
      CHECK(partial_auroc(levels, axis, 0.6, 0.95).area == partial_auroc(other, axis, 0.6, 0.95).area);
    }
    const auto pair = compare_paired(rows.a, rows.b, rows.label, Direction::higher, Direction::higher);
    const auto same = compare_paired(stretch(rows.a), rows.b, rows.label, Direction::higher, Direction::higher);
    REQUIRE(pair.ok());
    REQUIRE(same.ok());
    CHECK(pair->difference == same->difference);
    CHECK(pair->p == same->p);
    CHECK(pair->covariance == same->covariance);
    const double cut = rows.a.front();
    const auto here = at_threshold(levels, cut);
    const auto there = at_threshold(other, std::exp(5 * cut) - 40);
    CHECK(here.sensitivity == there.sensitivity);
    CHECK(here.npv == there.npv);
  });
}

TEST_CASE("property: a risk of the opposite event is judged alike") {
  for_each_study([](const Study& rows) {
    auto opposite = rows;
    for (auto& s : opposite.a) s = 1 - s;
    for (auto& y : opposite.label) y = y == 1 ? 0 : 1;
    const auto levels = rows.levels();
    const auto other = opposite.levels();
    CHECK(close(auroc(levels).estimate, auroc(other).estimate));
    CHECK(close(auroc(levels).se, auroc(other).se));
    CHECK(close(brier(levels).estimate, brier(other).estimate));
    CHECK(close(log_loss(levels).estimate, log_loss(other).estimate));
    CHECK(close(calibration_slope(levels).estimate, calibration_slope(other).estimate, 1e-8));
    CHECK(close(calibration_slope(levels).se, calibration_slope(other).se, 1e-8));
    const auto large = calibration_in_the_large(levels);
    const auto small = calibration_in_the_large(other);
    REQUIRE(large.estimate.has_value());
    CHECK(close(-*large.estimate, small.estimate, 1e-8));
    CHECK(close(large.se, small.se, 1e-8));
    CHECK(close(spiegelhalter(levels).p, spiegelhalter(other).p, 1e-8));
    // Swapped labels alone mirror the area, and a score read the other way mirrors it back.
    const auto swapped = *levels_of(rows.a, opposite.label);
    CHECK(close(*auroc(swapped).estimate + *auroc(levels).estimate, 1.0));
    CHECK(close(auroc(*levels_of(rows.a, opposite.label, Direction::lower)).estimate, auroc(levels).estimate));
  });
}

TEST_CASE("property: everybody twice gives the same estimates, with errors of twice the persons") {
  for_each_study([](const Study& rows) {
    auto twice = rows;
    for (const auto& [to, from] : {std::pair{&twice.a, &rows.a}, std::pair{&twice.b, &rows.b}}) {
      to->insert(to->end(), from->begin(), from->end());
    }
    twice.label.insert(twice.label.end(), rows.label.begin(), rows.label.end());
    const auto levels = rows.levels();
    const auto other = twice.levels();
    CHECK(auroc(levels).estimate == auroc(other).estimate);
    CHECK(close(average_precision(levels).estimate, average_precision(other).estimate));
    CHECK(close(brier(levels).estimate, brier(other).estimate));
    for (const auto& [one, two] : {std::pair{calibration_slope(levels), calibration_slope(other)},
                                   std::pair{calibration_in_the_large(levels), calibration_in_the_large(other)},
                                   std::pair{observed_expected(levels), observed_expected(other)}}) {
      CHECK(close(one.estimate, two.estimate, 1e-8));
      if (one.se) CHECK(close(*one.se / std::sqrt(2.0), two.se, 1e-8));
    }
    const auto here = at_threshold(levels, 0.4);
    const auto there = at_threshold(other, 0.4);
    CHECK(close(here.net_benefit.estimate, there.net_benefit.estimate));
    CHECK(close(here.ppv.estimate, there.ppv.estimate));
    const auto pair = compare_paired(rows.a, rows.b, rows.label, Direction::higher, Direction::higher);
    const auto both = compare_paired(twice.a, twice.b, twice.label, Direction::higher, Direction::higher);
    CHECK(close(pair->difference.estimate, both->difference.estimate));
    CHECK(close(proportion_difference(here.tp, here.tp + here.fn, 1, 9).difference.estimate,
                proportion_difference(there.tp, there.tp + there.fn, 2, 18).difference.estimate));
  });
}
