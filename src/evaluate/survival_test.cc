#include "evaluate/survival.h"

#include <doctest/doctest.h>

#include <cmath>

#include "base/random.h"

using namespace naru;
using namespace naru::evaluate;

namespace {

struct Persons {
  std::vector<double> time;
  std::vector<State> state;
  std::vector<double> risk;
  [[nodiscard]] Follow follow() const { return {time, state}; }
};

// Exponential times with hazard `rate`; times in tenths, so that there are ties.
Persons draw(std::uint64_t seed, std::size_t n, bool competing) {
  SeededRandom random(seed);
  Persons out;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = random.unit();
    const double event = -std::log(1 - random.unit()) / (0.2 + x);
    const double censored = -std::log(1 - random.unit()) / 0.4;
    const double other = competing ? -std::log(1 - random.unit()) / 0.3 : 1e9;
    const double first = std::min({event, censored, other, 5.0});
    out.time.push_back(std::ceil(first * 10) / 10);
    out.state.push_back(first == event ? State::event : (first == other ? State::competing : State::censored));
    out.risk.push_back(1 - std::exp(-(0.2 + x)));
  }
  return out;
}

}  // namespace

TEST_CASE("without censoring Kaplan-Meier is a proportion and its error that of a proportion") {
  Persons p;
  for (int i = 1; i <= 20; ++i) {
    p.time.push_back(i);
    p.state.push_back(State::event);
  }
  const auto at = risk_at(p.follow(), 5).risk;
  CHECK(*at.estimate == doctest::Approx(0.25));
  CHECK(*at.se == doctest::Approx(std::sqrt(0.25 * 0.75 / 20)));
  CHECK(*risk_at(p.follow(), 20).risk.estimate == doctest::Approx(1));
}

TEST_CASE("a horizon nobody reaches is undefined, not 0") {
  const std::vector<double> time{1, 2, 3};
  const std::vector<State> state{State::event, State::censored, State::censored};
  CHECK(risk_at({time, state}, 4).risk.reason == Reason::horizon_beyond_follow_up);
  CHECK(risk_at({time, state}, 3).risk.estimate.has_value());
  const auto empty = risk_at({}, 1).risk;
  CHECK(empty.reason == Reason::no_rows);
}

TEST_CASE("concordance equals the double loop over all pairs") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const auto p = draw(seed, 70, false);
    std::vector<double> score;
    for (const double r : p.risk) score.push_back(std::round(r * 12) / 12);
    double pairs = 0;
    double wins = 0;
    for (std::size_t i = 0; i < score.size(); ++i) {
      for (std::size_t j = 0; j < score.size(); ++j) {
        if (p.state[i] != State::event || i == j) continue;
        const bool later = p.time[j] > p.time[i] || (p.time[j] == p.time[i] && p.state[j] != State::event);
        if (!later) continue;
        pairs += 1;
        wins += score[i] > score[j] ? 1 : (score[i] == score[j] ? 0.5 : 0);
      }
    }
    CHECK(*harrell_c(p.follow(), score).estimate == doctest::Approx(wins / pairs).epsilon(1e-12));
  }
}

TEST_CASE("without censoring Uno's C is Harrell's and the AUC at a time that of event or not") {
  Persons p = draw(3, 300, false);
  for (auto& state : p.state) state = State::event;
  const auto harrell = harrell_c(p.follow(), p.risk);
  const auto uno = uno_c(p.follow(), p.risk, 1e9);
  CHECK(*uno.estimate == doctest::Approx(*harrell.estimate).epsilon(1e-12));
  CHECK(*uno.se == doctest::Approx(*harrell.se).epsilon(1e-9));
  double pairs = 0;
  double wins = 0;
  for (std::size_t i = 0; i < p.risk.size(); ++i) {
    for (std::size_t j = 0; j < p.risk.size(); ++j) {
      if (p.time[i] > 1 || p.time[j] <= 1) continue;
      pairs += 1;
      wins += p.risk[i] > p.risk[j] ? 1 : (p.risk[i] == p.risk[j] ? 0.5 : 0);
    }
  }
  CHECK(*auc_at(p.follow(), p.risk, 1).estimate == doctest::Approx(wins / pairs).epsilon(1e-12));
}

TEST_CASE("inverting the score mirrors every rank measure, and doubling the persons keeps them") {
  const auto p = draw(5, 400, false);
  std::vector<double> turned;
  for (const double r : p.risk) turned.push_back(-r);
  CHECK(*harrell_c(p.follow(), p.risk).estimate + *harrell_c(p.follow(), turned).estimate == doctest::Approx(1));
  CHECK(*uno_c(p.follow(), p.risk, 2).estimate + *uno_c(p.follow(), turned, 2).estimate == doctest::Approx(1));
  CHECK(*auc_at(p.follow(), p.risk, 2).estimate + *auc_at(p.follow(), turned, 2).estimate == doctest::Approx(1));
  Persons twice = p;
  twice.time.insert(twice.time.end(), p.time.begin(), p.time.end());
  twice.state.insert(twice.state.end(), p.state.begin(), p.state.end());
  twice.risk.insert(twice.risk.end(), p.risk.begin(), p.risk.end());
  CHECK(*harrell_c(twice.follow(), twice.risk).estimate == doctest::Approx(*harrell_c(p.follow(), p.risk).estimate));
  CHECK(*risk_at(twice.follow(), 2).risk.estimate == doctest::Approx(*risk_at(p.follow(), 2).risk.estimate));
  CHECK(*risk_at(twice.follow(), 2).risk.se ==
        doctest::Approx(*risk_at(p.follow(), 2).risk.se / std::sqrt(2.0)).epsilon(1e-9));
}

TEST_CASE("with competing events the risks of both kinds and being free add up to one") {
  auto p = draw(6, 500, true);
  const double first = *risk_at(p.follow(), 2).risk.estimate;
  auto turned = p;
  for (auto& s : turned.state) {
    s = s == State::event ? State::competing : (s == State::competing ? State::event : s);
  }
  const double second = *risk_at(turned.follow(), 2).risk.estimate;
  auto any = p;
  for (auto& s : any.state) s = s == State::competing ? State::event : s;
  CHECK(first + second == doctest::Approx(*risk_at(any.follow(), 2).risk.estimate).epsilon(1e-12));
  CHECK(uno_c(p.follow(), p.risk, 2).reason == Reason::competing_events);
}

TEST_CASE("the Cox slope of the right predictor is about one, of a doubled one half, and separation is named") {
  const auto p = draw(7, 3'000, false);
  const auto predictor = linear_predictor(p.risk);
  const auto slope = cox_slope(p.follow(), predictor);
  CHECK(std::fabs(*slope.estimate - 1) < 3 * *slope.se);
  std::vector<double> doubled;
  for (const double x : predictor) doubled.push_back(2 * x + 3);
  CHECK(*cox_slope(p.follow(), doubled).estimate == doctest::Approx(*slope.estimate / 2).epsilon(1e-9));
  const std::vector<double> time{1, 2, 3, 4};
  const std::vector<State> state(4, State::event);
  CHECK(cox_slope({time, state}, std::vector<double>{4, 3, 2, 1}).reason == Reason::perfect_separation);
  CHECK(cox_slope({time, state}, std::vector<double>{1, 1, 1, 1}).reason == Reason::scores_all_equal);
  CHECK(linear_predictor(std::vector<double>{0.5, 1.0}).empty());
}

TEST_CASE("errors of the weighted measures are near what repeated draws show") {
  std::vector<double> aucs;
  std::vector<double> unos;
  std::vector<double> briers;
  std::vector<double> benefits;
  double auc_se = 0;
  double uno_se = 0;
  double brier_se = 0;
  double benefit_se = 0;
  const int draws = 150;
  const std::vector<double> thresholds{0.4};
  for (int k = 0; k < draws; ++k) {
    const auto p = draw(1000 + static_cast<std::uint64_t>(k), 300, false);
    const auto auc = auc_at(p.follow(), p.risk, 1);
    const auto uno = uno_c(p.follow(), p.risk, 1.5);
    const auto score = brier_at(p.follow(), p.risk, 1);
    const auto benefit = survival_decision(p.follow(), p.risk, 1, thresholds).front().model;
    aucs.push_back(*auc.estimate);
    unos.push_back(*uno.estimate);
    briers.push_back(*score.estimate);
    benefits.push_back(*benefit.estimate);
    auc_se += *auc.se / draws;
    uno_se += *uno.se / draws;
    brier_se += *score.se / draws;
    benefit_se += *benefit.se / draws;
  }
  const auto spread = [](const std::vector<double>& v) {
    double mean = 0;
    for (const double x : v) mean += x / static_cast<double>(v.size());
    double squares = 0;
    for (const double x : v) squares += (x - mean) * (x - mean);
    return std::sqrt(squares / static_cast<double>(v.size() - 1));
  };
  CHECK(auc_se == doctest::Approx(spread(aucs)).epsilon(0.2));
  CHECK(uno_se == doctest::Approx(spread(unos)).epsilon(0.2));
  CHECK(brier_se == doctest::Approx(spread(briers)).epsilon(0.2));
  CHECK(benefit_se == doctest::Approx(spread(benefits)).epsilon(0.2));
}
