// Cell keys, controlled rounding, amounts, models and curves.
#include "base/random.h"
#include "protect/cell_key.h"
#include "protect/dominance.h"
#include "protect/model_outputs.h"
#include "protect/rounding.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace naru;
using namespace naru::protect;

TEST_CASE("perturbation is unbiased, bounded, of the wanted variance, and never makes a count negative") {
  for (const auto& [spread, variance] : {std::pair<int, int>{1, 0}, {5, 4}, {12, 30}, {3, 4}}) {
    if (variance == 0) {
      CHECK(!Perturbation::make(spread, variance).ok());
      continue;
    }
    const auto noise = *Perturbation::make(spread, variance);
    for (std::int64_t count = 1; count <= spread + 2; ++count) {
      double mean = 0;
      double square = 0;
      double sum = 0;
      for (std::int64_t v = -spread - 1; v <= spread + 1; ++v) {
        const double p = noise.row(count).probability(v);
        CHECK((p == 0 || (v >= -count && std::abs(v) <= spread)));
        sum += p;
        mean += p * static_cast<double>(v);
        square += p * static_cast<double>(v * v);
      }
      CHECK(sum == doctest::Approx(1).epsilon(1e-12));
      CHECK(std::abs(mean) < 1e-7);
      if (count >= spread) CHECK(square == doctest::Approx(variance).epsilon(1e-6));
    }
    CHECK(noise.noise(0, 12345) == 0);
  }
}

TEST_CASE("the same persons get the same noise, other persons other noise") {
  PersonKeys keys(Bytes(32, 9), "answers");
  PersonKeys same(Bytes(32, 9), "answers");
  PersonKeys other(Bytes(32, 9), "another label");
  CHECK(keys.of(7) == same.of(7));
  CHECK(keys.of(7) != keys.of(8));
  CHECK(keys.of(7) != other.of(7));
  const auto noise = *Perturbation::make(6, 6);
  std::uint64_t sum = 0;
  std::vector<int> seen(13, 0);
  for (std::int64_t person = 0; person < 20'000; ++person) {
    sum += keys.of(person);
    ++seen[static_cast<std::size_t>(noise.noise(person + 10, sum) + 6)];
  }
  // Chi-square over 13 values, fixed keys: 12 degrees of freedom, 0.9999 quantile 39.1.
  double chi = 0;
  for (std::int64_t v = -6; v <= 6; ++v) {
    const double expected = 20'000 * noise.row(10).probability(v);
    chi += std::pow(seen[static_cast<std::size_t>(v + 6)] - expected, 2) / expected;
  }
  CHECK(chi < 39.1);
}

TEST_CASE("controlled rounding adds up, stays close, leaves multiples and is right on average") {
  SeededRandom random(3);
  const CountTable table{{"a", "b"}, {"x", "y", "z"}, {3, 10, 7, 0, 4, 21}};
  const auto truth = numbers_of(table);
  std::vector<double> mean(truth.size(), 0);
  constexpr int rounds = 20'000;
  for (int round = 0; round < rounds; ++round) {
    const auto rounded = controlled_rounding(table, 5, random);
    REQUIRE(rounded.ok());
    const CountTable again{table.rows, table.columns, {rounded->begin(), rounded->begin() + 6}};
    CHECK(numbers_of(again) == *rounded);
    for (std::size_t at = 0; at < truth.size(); ++at) {
      CHECK((*rounded)[at] % 5 == 0);
      CHECK(std::abs((*rounded)[at] - truth[at]) < 5);
      if (truth[at] % 5 == 0) CHECK((*rounded)[at] == truth[at]);
      mean[at] += static_cast<double>((*rounded)[at]) / rounds;
    }
  }
  // Standard error of a mean at most 2.5 / √20,000; five of them.
  for (std::size_t at = 0; at < truth.size(); ++at) CHECK(std::abs(mean[at] - static_cast<double>(truth[at])) < 0.09);
  CHECK(!controlled_rounding(table, 0, random).ok());
}

TEST_CASE("an amount that one contributor dominates or another can guess is hidden, with what gives it away") {
  const OutputRules rules{3, 1, true, Zeros::hidden};
  const DominancePolicy policy{1, 0.75, 0.1};
  CHECK(amount_risk({5, 5}, rules, policy) == AmountRisk::few);
  CHECK(amount_risk({900, 50, 40, 10}, rules, policy) == AmountRisk::dominant);
  CHECK(amount_risk({600, 590, 20}, rules, policy) == AmountRisk::guessable);  // 20 < 60
  CHECK(amount_risk({300, 250, 200, 100}, rules, policy) == AmountRisk::none);
  CHECK(protection_wanted({600, 590, 20}, policy) == 40);
  const AmountTable table{
      {"a", "b"}, {"x", "y"}, {{600, 590, 20}, {300, 250, 200}, {100, 120, 140, 150}, {90, 80, 110, 100}}};
  const auto released = release_amounts(table, rules, policy);
  REQUIRE(released.ok());
  CHECK(!(*released)[0].value);
  CHECK((*released)[0].reason == "p_percent");
  int complementary = 0;
  for (const auto& one : *released) complementary += one.reason == "complementary" ? 1 : 0;
  CHECK(complementary >= 1);
  CHECK(!release_amounts({{"a"}, {"x"}, {{-1}}}, rules, policy).ok());
}

TEST_CASE("a model that hardly summarises and a curve with single events do not leave") {
  const OutputRules rules{10, 5, true, Zeros::hidden};
  const ModelOutputPolicy policy{10, 10};
  CHECK(model_findings({100, 5, {{40, 60}}, false}, rules, policy).empty());
  CHECK(model_findings({12, 5, {}, false}, rules, policy).size() == 1);
  CHECK(model_findings({9, 9, {{1, 8}}, true}, rules, policy).size() == 4);
  std::vector<CurveStep> steps;
  std::int64_t at_risk = 100;
  for (int day = 1; day <= 45; ++day) {
    steps.push_back({static_cast<double>(day), 2, 0, at_risk});
    at_risk -= 2;
  }
  const auto curve = release_curve(steps, rules, policy);
  REQUIRE(curve.ok());
  REQUIRE(!curve->steps.empty());
  std::int64_t before = 101;
  for (const auto& step : curve->steps) {
    CHECK(step.events >= 10);
    CHECK(step.at_risk % 5 == 0);
    CHECK(step.at_risk < before);
    before = step.at_risk;
  }
  CHECK(curve->steps.back().time == 45);
  CHECK(curve->steps.back().survival == doctest::Approx(0.1));
  steps[3].at_risk += 1;
  CHECK(!release_curve(steps, rules, policy).ok());
}

TEST_CASE("whatever the curve, no shown number and no difference of two tells of fewer persons than the rule asks") {
  SeededRandom random(20);
  const OutputRules rules{10, 1, true, Zeros::hidden};
  const ModelOutputPolicy policy{10, 12};
  const auto none_or = [](std::int64_t count, std::int64_t least) { return count == 0 || count >= least; };
  int merged = 0;
  int ended = 0;
  int nothing = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    const std::uint64_t most = 1 + random.below(30);
    std::vector<CurveStep> steps;
    std::int64_t at_risk = 1 + static_cast<std::int64_t>(random.below(400));
    for (int day = 1; day <= 30 && at_risk > 0; ++day) {
      const auto left = steps.empty() ? 0 : std::min<std::int64_t>(at_risk, static_cast<std::int64_t>(random.below(6)));
      at_risk -= left;
      const auto events = std::min<std::int64_t>(at_risk, static_cast<std::int64_t>(random.below(most)));
      steps.push_back({static_cast<double>(day), events, left, at_risk});
      at_risk -= events;
    }
    const auto curve = release_curve(steps, rules, policy);
    REQUIRE(curve.ok());
    std::int64_t shown = 0;
    std::int64_t all = 0;
    std::int64_t left_at_end = 0;
    for (const auto& step : steps) {
      all += step.events;
      if (!curve->steps.empty() && step.time == curve->steps.back().time) left_at_end = step.at_risk - step.events;
    }
    for (std::size_t at = 0; at < curve->steps.size(); ++at) {
      const auto& step = curve->steps[at];
      CHECK(step.events >= 12);
      shown += step.events;
      if (at + 1 == curve->steps.size()) continue;
      CHECK(none_or(step.at_risk - step.events - curve->steps[at + 1].at_risk, 10));
    }
    CHECK(none_or(left_at_end, 10));
    // The total is told elsewhere.
    if (all >= 12 && shown > 0) CHECK(none_or(all - shown, 12));
    CHECK(curve->ends_at.has_value() == (all > shown));
    merged += curve->merged > 0 ? 1 : 0;
    ended += curve->ends_at && !curve->steps.empty() ? 1 : 0;
    nothing += curve->steps.empty() && all > 0 ? 1 : 0;
  }
  CHECK(merged > 100);
  CHECK(ended > 100);
  CHECK(nothing > 100);
}

TEST_CASE("a step of a curve below the threshold joins its neighbour, and so does the last one") {
  const OutputRules rules{10, 1, true, Zeros::hidden};
  const ModelOutputPolicy policy{10, 10};
  const auto curve =
      release_curve({{30, 20, 0, 200}, {60, 4, 0, 180}, {90, 16, 0, 176}, {120, 3, 0, 160}}, rules, policy);
  REQUIRE(curve.ok());
  REQUIRE(curve->steps.size() == 2);
  CHECK(curve->steps[0].events == 20);
  CHECK(curve->steps[1].time == 120);
  CHECK(curve->steps[1].events == 23);
  CHECK(curve->merged == 2);
  CHECK_FALSE(curve->ends_at.has_value());
  // Four persons would be left after day 60: they and the last twelve events are not told.
  const auto short_of_persons = release_curve({{30, 20, 0, 48}, {60, 12, 0, 28}, {90, 12, 0, 16}}, rules, policy);
  REQUIRE(short_of_persons->steps.size() == 2);
  CHECK(short_of_persons->ends_at == 60);
}
