#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"
#include "evaluate/bootstrap.h"
#include "evaluate/calibration.h"
#include "evaluate/calibration_tests.h"
#include "evaluate/contrasts.h"
#include "evaluate/discrimination.h"
#include "evaluate/fairness.h"
#include "evaluate/missing.h"
#include "evaluate/multiplicity.h"
#include "evaluate/partial.h"
#include "evaluate/reclassification.h"
#include "evaluate/resample.h"
#include "evaluate/sample_size.h"
#include "evaluate/testing.h"
#include "evaluate/threshold.h"

using namespace naru;
using namespace naru::evaluate;
using testing::draw;
using testing::Drawn;

namespace {

Levels levels(const Drawn& rows) { return *levels_of(rows.score, rows.label); }

double spread_of(const std::vector<double>& values) {
  double mean = 0;
  for (const double v : values) mean += v / static_cast<double>(values.size());
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

TEST_CASE("keys sort as their scores do, whatever their sign, size and repetition") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SeededRandom random(seed);
    std::vector<double> scores;
    const auto n = random.below(9'000);
    for (std::uint64_t i = 0; i < n; ++i) {
      const double u = random.unit();
      switch (seed % 5) {
        case 0:
          scores.push_back(u);
          break;
        case 1:
          scores.push_back(std::round(u * 50) / 50 - 0.5);
          break;
        case 2:
          scores.push_back(std::pow(10, 600 * u - 300) * (i % 2 == 0 ? 1 : -1));
          break;
        case 3:
          scores.push_back(i % 3 == 0 ? 0.0 : u * 1e-320);
          break;
        default:
          scores.push_back(1 + std::floor(u * 1000) * 0x1p-52);
          break;
      }
    }
    std::vector<std::uint64_t> keys;
    for (const double x : scores) keys.push_back(key_of(x));
    sort_keys(keys);
    std::sort(scores.begin(), scores.end());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (score_of(keys[i]) != scores[i]) FAIL("seed " << seed << " place " << i);
    }
  }
}

TEST_CASE("the area from rows and from levels is the same to the last bit") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const auto rows = draw(seed, 20 + 40 * seed, 2 + 7 * seed);
    for (const auto direction : {Direction::higher, Direction::lower}) {
      CHECK(auroc(*ordered(rows.score, rows.label, direction)) == auroc(*levels_of(rows.score, rows.label, direction)));
    }
  }
}

TEST_CASE("partial areas of the whole range are the area, parts add up, and sensitivity mirrors specificity") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto rows = draw(seed, 60 + 30 * seed, 4 + 3 * seed);
    const auto all = levels(rows);
    const auto area = auroc(all);
    if (!area.ci95) continue;
    for (const auto axis : {Axis::specificity, Axis::sensitivity}) {
      const auto whole = partial_auroc(all, axis, 0, 1);
      CHECK(*whole.area.estimate == doctest::Approx(*area.estimate).epsilon(1e-12));
      CHECK(*whole.area.se == doctest::Approx(*area.se).epsilon(1e-9));
      CHECK(*whole.corrected.estimate == doctest::Approx(*area.estimate).epsilon(1e-12));
      const double low = *partial_auroc(all, axis, 0, 0.37).area.estimate;
      const double high = *partial_auroc(all, axis, 0.37, 1).area.estimate;
      CHECK(low + high == doctest::Approx(*area.estimate).epsilon(1e-12));
    }
    auto swapped = rows;
    for (auto& y : swapped.label) y = y == 1 ? 0 : 1;
    for (auto& s : swapped.score) s = -s;
    CHECK(*partial_auroc(levels(swapped), Axis::sensitivity, 0.8, 1).area.estimate ==
          doctest::Approx(*partial_auroc(all, Axis::specificity, 0.8, 1).area.estimate).epsilon(1e-12));
  }
}

TEST_CASE("the standard error of a partial area is what resampling finds") {
  const auto all = levels(draw(4, 800, 400));
  const auto partial = partial_auroc(all, Axis::specificity, 0.7, 1);
  BootstrapOptions options;
  options.replicates = 600;
  const auto again = bootstrap(
      all, [](const Levels& l) { return partial_auroc(l, Axis::specificity, 0.7, 1).area.estimate; }, options);
  CHECK(*again.se == doctest::Approx(*partial.area.se).epsilon(0.12));
}

TEST_CASE("three scores at once agree with the paired test of two, and identical scores have no test") {
  const auto rows = draw(6, 300, 100);
  SeededRandom random(7);
  auto noisy = rows.score;
  for (auto& s : noisy) s += 0.4 * random.unit();
  const std::vector<std::span<const double>> two{rows.score, noisy};
  const auto joint = all_equal_test(*area_covariance(two, rows.label, Direction::higher));
  const auto pair = *compare_paired(rows.score, noisy, rows.label, Direction::higher, Direction::higher);
  CHECK(*joint.chi2 == doctest::Approx(*pair.statistic * *pair.statistic).epsilon(1e-9));
  CHECK(joint.df == 1);
  // A copy adds no contrast.
  const std::vector<std::span<const double>> three{rows.score, noisy, rows.score};
  const auto same = all_equal_test(*area_covariance(three, rows.label, Direction::higher));
  CHECK(same.df == 1);
  CHECK(*same.chi2 == doctest::Approx(*joint.chi2).epsilon(1e-9));
  const std::vector<std::span<const double>> copies{rows.score, rows.score};
  CHECK(all_equal_test(*area_covariance(copies, rows.label, Direction::higher)).reason == Reason::identical_ranks);
}

TEST_CASE("multinomial counts add up, have mean and variance one, and depend on seed and stream alone") {
  std::vector<std::uint8_t> counts(10'007);
  double sum = 0;
  double squares = 0;
  for (std::uint64_t stream = 0; stream < 50; ++stream) {
    Generator random(5, stream);
    multinomial(random, counts);
    std::uint64_t total = 0;
    for (const auto c : counts) {
      total += c;
      squares += static_cast<double>(c) * c;
    }
    CHECK(total == counts.size());
    sum += static_cast<double>(total);
  }
  const double n = 50.0 * static_cast<double>(counts.size());
  CHECK(squares / n - (sum / n) * (sum / n) == doctest::Approx(1).epsilon(0.01));
  Generator a(5, 3);
  Generator b(5, 3);
  Generator c(5, 4);
  std::vector<std::uint8_t> one(500), two(500), three(500);
  multinomial(a, one);
  multinomial(b, two);
  multinomial(c, three);
  CHECK(one == two);
  CHECK(one != three);
}

TEST_CASE("the bootstrap of the area has the standard error of DeLong and the same bits for any threads") {
  const auto all = levels(draw(9, 1'500, 700));
  BootstrapOptions options;
  options.replicates = 800;
  const auto fast = bootstrap_auroc(all, options);
  CHECK(*fast.se == doctest::Approx(*auroc(all).se).epsilon(0.1));
  options.threads = 3;
  CHECK(bootstrap_auroc(all, options).values == fast.values);
  const auto slow = bootstrap(
      all, [](const Levels& l) { return auroc(l).estimate; }, options);
  REQUIRE(slow.values.size() == fast.values.size());
  for (std::size_t r = 0; r < 5; ++r) CHECK(slow.values[r] == doctest::Approx(fast.values[r]).epsilon(1e-12));
}

TEST_CASE("resampled persons give O:E its standard error, resampled cases and controls do not") {
  const auto all = levels(draw(10, 1'200, 600));
  BootstrapOptions options;
  options.replicates = 600;
  const Measure ratio = [](const Levels& l) { return observed_expected(l).estimate; };
  const double stratified = *bootstrap(all, ratio, options).se;
  options.scheme = Scheme::persons;
  const double persons = *bootstrap(all, ratio, options).se;
  CHECK(persons > stratified);
  const Measure score = [](const Levels& l) { return brier(l).estimate; };
  CHECK(*bootstrap(all, score, options).se == doctest::Approx(*brier(all).se).epsilon(0.12));
}

TEST_CASE("clusters of twins widen the interval as they should") {
  const auto rows = draw(12, 400, 200);
  Drawn twice = rows;
  twice.score.insert(twice.score.end(), rows.score.begin(), rows.score.end());
  twice.label.insert(twice.label.end(), rows.label.begin(), rows.label.end());
  std::vector<std::uint32_t> twin;
  for (std::uint32_t i = 0; i < 800; ++i) twin.push_back(i % 400);
  BootstrapOptions options;
  options.replicates = 500;
  const Measure area = [](const Levels& l) { return auroc(l).estimate; };
  const auto together = *bootstrap_clusters(twice.score, twice.label, twin, 400, Direction::higher, area, options);
  CHECK(*together.se == doctest::Approx(*auroc(levels(rows)).se).epsilon(0.15));
  CHECK(spread_of(together.values) > *auroc(levels(twice)).se * 1.2);
}

TEST_CASE("groups served alike have gaps of zero, and adjusted p values never fall below the p values") {
  const auto rows = draw(14, 500, 100);
  const auto all = levels(rows);
  const auto at = confusions(all, std::vector<double>{0.4}).front();
  const auto fair = fairness({{"a", at, all}, {"b", at, all}, {"c", at, all}});
  CHECK(*fair.demographic_parity.difference.estimate == 0);
  CHECK(*fair.equalized_odds.difference.estimate == 0);
  CHECK(*fair.auroc.difference.estimate == 0);
  CHECK(*fair.demographic_parity.p_all_equal == doctest::Approx(1));
  CHECK(fair.contrasts.size() == 10);
  const std::vector<std::optional<double>> p{0.04, std::nullopt, 0.01, 0.5};
  for (const auto how : {Adjustment::bonferroni, Adjustment::holm, Adjustment::hochberg, Adjustment::bh}) {
    const auto more = adjusted(p, how);
    CHECK_FALSE(more[1].has_value());
    for (const std::size_t i : {0U, 2U, 3U}) CHECK(*more[i] >= *p[i]);
  }
  CHECK(*adjusted(p, Adjustment::holm)[0] == doctest::Approx(0.08));
  const auto none = proportion_difference(0, 0, 1, 2);
  CHECK(none.difference.reason == Reason::empty_denominator);
}

TEST_CASE("bounds of the area hold for every way of filling in, and are reached") {
  for (std::uint64_t seed = 1; seed <= 25; ++seed) {
    auto rows = draw(seed, 9, 5);
    SeededRandom random(seed);
    std::vector<std::size_t> open;
    for (int k = 0; k < 4; ++k) {
      const auto i = random.below(rows.score.size());
      if (rows.label[i] == missing_label) continue;
      rows.label[i] = missing_label;
      open.push_back(i);
    }
    const auto bounds = *auroc_bounds(rows.score, rows.label, Direction::higher);
    double least = 2;
    double most = -1;
    for (std::uint32_t way = 0; way < (1U << open.size()); ++way) {
      auto filled = rows.label;
      for (std::size_t k = 0; k < open.size(); ++k) filled[open[k]] = (way >> k) & 1U;
      const auto area = auroc(*levels_of(rows.score, filled));
      if (!area.estimate) continue;
      least = std::min(least, *area.estimate);
      most = std::max(most, *area.estimate);
    }
    if (most < 0) continue;
    CHECK(*bounds.least == doctest::Approx(least).epsilon(1e-12));
    CHECK(*bounds.most == doctest::Approx(most).epsilon(1e-12));
  }
}

TEST_CASE("scores that are missing go to the ends, and a sweep over delta moves observed over expected") {
  auto rows = draw(21, 300, 97);
  rows.score[3] = std::nan("");
  const auto bounds = *auroc_bounds(rows.score, rows.label, Direction::higher);
  CHECK(*bounds.least < *bounds.most);
  for (std::size_t i = 10; i < 60; ++i) rows.label[i] = missing_label;
  const std::vector<double> deltas{-2, 0, 2};
  const auto sweep = *delta_analysis(rows.score, rows.label, deltas, 10, 1);
  CHECK(*sweep[0].observed_expected.estimate < *sweep[1].observed_expected.estimate);
  CHECK(*sweep[1].observed_expected.estimate < *sweep[2].observed_expected.estimate);
  CHECK(sweep[1].auroc.ci95.has_value());
  const auto counts = missing_counts(rows.score, rows.label);
  CHECK(counts.complete == 249);
  CHECK(counts.score_only == 50);
}

TEST_CASE("a risk compared with itself moves nobody, and the better risk has more net benefit") {
  const auto rows = draw(22, 2'000, 500);
  const std::vector<double> cuts{0.3, 0.6};
  CHECK(*categorical_nri(rows.score, rows.score, rows.label, cuts)->nri.estimate == 0);
  const std::vector<double> flat(rows.score.size(), 0.5);
  CHECK(*integrated_discrimination_improvement(flat, rows.score, rows.label)->estimate > 0.2);
  CHECK(net_benefit_difference(flat, rows.score, rows.label, 0.3)->ci95->lo > 0);
  CHECK_FALSE(continuous_nri(flat, std::vector<double>{0.1}, rows.label).ok());
}

TEST_CASE("sizes give the standard error they were asked for") {
  const auto law = *law_of(0.1, 0.75);
  const auto back = rate_and_c(law);
  CHECK(back.rate == doctest::Approx(0.1).epsilon(1e-9));
  CHECK(back.c == doctest::Approx(0.75).epsilon(1e-9));
  const auto one = information_of(law);
  const double n = exact_size_for_slope(one, 0.1);
  CHECK(std::sqrt(one.a / (n * (one.a * one.b - one.ab * one.ab))) == doctest::Approx(0.1).epsilon(1e-12));
  CHECK(size_for_observed_expected(0.018, 0.051) == 20'975);
  const auto size = size_for_c(0.018, 0.8, 0.05 / z975);
  CHECK(size == 4'252);
  CHECK_FALSE(law_of(0.1, 0.5).ok());
  CHECK_FALSE(law_of(1.1, 0.7).ok());
}

TEST_CASE("likelihood ratios and alerts are those of the table, and undefined ones say so") {
  const auto at = threshold_detail({30, 20, 80, 10});
  CHECK(*at.lr_positive.estimate == doctest::Approx(0.75 / 0.2));
  CHECK(*at.lr_negative.estimate == doctest::Approx(0.25 / 0.8));
  CHECK(*at.alerts_per_100.estimate == doctest::Approx(100.0 * 50 / 140));
  CHECK(*at.alerts_per_case.estimate == doctest::Approx(50.0 / 30));
  CHECK(at.f1.ci95.has_value());
  const auto nobody = threshold_detail({0, 0, 5, 5});
  CHECK(nobody.lr_positive.reason == Reason::empty_denominator);
  CHECK(nobody.alerts_per_case.reason == Reason::empty_denominator);
  CHECK_FALSE(nobody.ppv_exact.has_value());
  CHECK(nobody.mcc.reason == Reason::empty_denominator);
}

TEST_CASE("whole-prediction scores refuse what cannot be, and calibrated scores pass their tests") {
  const auto all = levels(draw(30, 4'000, 800));
  CHECK(*spiegelhalter(all).p > 0.001);
  CHECK(*hosmer_lemeshow(all, 10).external.p > 0.001);
  CHECK(*brier_scaled(all).estimate > 0.2);
  const auto certain = *levels_of(std::vector<double>{0, 1, 0.5}, std::vector<std::uint8_t>{1, 1, 0});
  CHECK(log_loss(certain).reason == Reason::score_zero_or_one);
  const auto parts = brier_decomposition(all, 10);
  CHECK(*parts.reliability - *parts.resolution + *parts.uncertainty ==
        doctest::Approx(*brier(all).estimate).epsilon(0.02));
  for (const auto smoother : {Smoother::loess, Smoother::lowess, Smoother::logistic}) {
    const auto distances = calibration_distances(all, smoother);
    CHECK(*distances.ici.estimate < 0.03);
    CHECK(*distances.ici.estimate <= *distances.emax.estimate);
  }
}

TEST_CASE("counts of a decision curve from rows and from levels are the same") {
  const auto rows = draw(31, 3'000, 97);
  std::vector<double> thresholds;
  for (int t = 1; t < 100; ++t) thresholds.push_back(t / 100.0);
  std::reverse(thresholds.begin(), thresholds.begin() + 40);
  const auto all = levels(rows);
  CHECK(confusions(rows.score, rows.label, thresholds) == confusions(all, thresholds));
  const auto curve = *decision_curve(rows.score, rows.label, thresholds);
  CHECK(curve[7].model == at_threshold(all, thresholds[7]).net_benefit);
  CHECK_FALSE(decision_curve(std::vector<double>{1.5}, std::vector<std::uint8_t>{1}, thresholds).ok());
}
