// Tests that try to disprove the noise: distributions against their formulas, privacy against neighbours. Short by
// default; NARU_TEST_LONG=1 (make test-long) draws a hundred times as much.
#include "base/files.h"
#include "base/json.h"
#include "protect/noisy_answers.h"
#include "protect/privacy_budget.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <thread>

using namespace naru;
using namespace naru::protect;

namespace {

bool long_tests() { return std::getenv("NARU_TEST_LONG") != nullptr; }
int draws() { return long_tests() ? 5'000'000 : 50'000; }

/// Pearson's statistic against probabilities on −reach … reach (the rest is one bin) less its degrees of freedom, in
/// standard deviations. The seed is fixed, so a pass stays a pass.
double misfit(const std::map<std::int64_t, int>& seen, const std::function<double(std::int64_t)>& weight,
              std::int64_t reach) {
  double total = 0;
  for (std::int64_t v = -400; v <= 400; ++v) total += weight(v);
  double statistic = 0;
  double inside = 0;
  int counted = 0;
  for (std::int64_t v = -reach; v <= reach; ++v) {
    const double p = weight(v) / total;
    const auto found = seen.find(v);
    const int n = found == seen.end() ? 0 : found->second;
    statistic += std::pow(n - draws() * p, 2) / (draws() * p);
    inside += p;
    counted += n;
  }
  statistic += std::pow(draws() - counted - draws() * (1 - inside), 2) / (draws() * (1 - inside));
  const double freedom = static_cast<double>(2 * reach + 1);
  return (statistic - freedom) / std::sqrt(2 * freedom);
}

}  // namespace

TEST_CASE("a coin of exp of minus a fraction falls as often as it must") {
  SeededRandom random(1);
  for (const auto& [top, bottom] : {std::pair<int, int>{0, 1}, {1, 3}, {1, 1}, {7, 2}}) {
    int heads = 0;
    for (int draw = 0; draw < draws(); ++draw)
      heads += bernoulli_exp(static_cast<std::uint64_t>(top), static_cast<std::uint64_t>(bottom), random) ? 1 : 0;
    const double p = std::exp(-static_cast<double>(top) / bottom);
    CHECK(std::abs(heads - draws() * p) <= 4.5 * std::sqrt(draws() * p * (1 - p)) + 1e-9);
  }
}

TEST_CASE("discrete Laplace and discrete Gaussian follow their formulas") {
  SeededRandom random(2);
  for (const auto scale : {Ratio{1, 2}, Ratio{5, 3}, Ratio{4, 1}}) {
    std::map<std::int64_t, int> seen;
    for (int draw = 0; draw < draws(); ++draw) ++seen[discrete_laplace(scale, random)];
    const auto weight = [&](std::int64_t v) { return std::exp(-std::abs(static_cast<double>(v)) / scale.real()); };
    CHECK(misfit(seen, weight, scale.real() < 1 ? 2 : 8) < 4.5);
  }
  for (const auto variance : {Ratio{1, 2}, Ratio{7, 3}, Ratio{30, 1}}) {
    std::map<std::int64_t, int> seen;
    for (int draw = 0; draw < draws(); ++draw) ++seen[discrete_gaussian(variance, random)];
    const auto weight = [&](std::int64_t v) { return std::exp(-static_cast<double>(v * v) / (2 * variance.real())); };
    CHECK(misfit(seen, weight, variance.real() < 1 ? 1 : 3) < 4.5);
  }
}

TEST_CASE("a sampler that counts zero twice would be found") {
  // The test must be able to fail: the classic mistake of drawing sign and magnitude apart.
  SeededRandom random(3);
  std::map<std::int64_t, int> seen;
  for (int draw = 0; draw < draws(); ++draw) {
    auto value = discrete_laplace({2, 1}, random);
    if (value == 1 && random.below(2) == 0) value = 0;  // zero comes up too often
    ++seen[value];
  }
  CHECK(misfit(
            seen, [](std::int64_t v) { return std::exp(-std::abs(static_cast<double>(v)) / 2); }, 6) > 4.5);
}

TEST_CASE("neighbouring counts are as hard to tell apart as the accounting says") {
  // Empirical hockey-stick divergence of counts 100 and 101 at several ε against δ(ε) of zCDP.
  SeededRandom random(4);
  const double rho = 0.125;
  std::map<std::int64_t, double> a;
  std::map<std::int64_t, double> b;
  for (int draw = 0; draw < draws(); ++draw) {
    a[static_cast<std::int64_t>(noisy_count(100, rho, random)->value)] += 1.0 / draws();
    b[static_cast<std::int64_t>(noisy_count(101, rho, random)->value)] += 1.0 / draws();
  }
  for (const double epsilon : {0.2, 0.5, 1.0}) {
    double divergence = 0;
    for (const auto& [value, p] : a) {
      const auto other = b.find(value);
      divergence += std::max(0.0, p - std::exp(epsilon) * (other == b.end() ? 0 : other->second));
    }
    CHECK(divergence <= delta_of(rho, epsilon) + 0.01);
  }
  // And the claim is not empty: half the noise breaks it.
  double broken = 0;
  std::map<std::int64_t, double> c;
  std::map<std::int64_t, double> d;
  for (int draw = 0; draw < draws(); ++draw) {
    c[100 + discrete_gaussian({1, 4}, random)] += 1.0 / draws();
    d[101 + discrete_gaussian({1, 4}, random)] += 1.0 / draws();
  }
  for (const auto& [value, p] : c) {
    const auto other = d.find(value);
    broken += std::max(0.0, p - std::exp(1.0) * (other == d.end() ? 0 : other->second));
  }
  CHECK(broken > delta_of(rho, 1.0) + 0.05);
}

TEST_CASE("zCDP converts to published figures, and the bound is never worse than the simple one") {
  // δ of the Gaussian mechanism: ρ = 0.5 (σ = 1); Bun and Steinke's simple bound is ρ + 2√(ρ ln 1/δ).
  for (const double rho : {0.01, 0.1, 0.5, 2.0}) {
    for (const double delta : {1e-3, 1e-6, 1e-9}) {
      const double epsilon = epsilon_of(rho, delta);
      CHECK(epsilon < rho + 2 * std::sqrt(rho * std::log(1 / delta)));
      CHECK(delta_of(rho, epsilon) <= delta * (1 + 1e-9));
      CHECK(delta_of(rho, epsilon - 1e-4) > delta);
    }
  }
  CHECK(epsilon_of(0, 1e-6) == 0);
  CHECK(rho_of_pure(1) == 0.5);
  CHECK(rho_of_gaussian(2, {8, 1}) == 0.25);
  CHECK(!variance_for(1, 0).ok());
}

TEST_CASE("noisy sums, means, quantiles and histograms are near the truth and cost what they say") {
  SeededRandom random(5);
  std::vector<std::int64_t> values;
  for (int i = 0; i < 4'000; ++i) values.push_back(40 + i % 41);  // 40 … 80, mean 60 or nearly
  double truth = 0;
  for (const auto value : values) truth += static_cast<double>(value) / 4'000;
  const auto mean = noisy_mean(values, {0, 120}, 0.2, random);
  REQUIRE(mean.ok());
  CHECK(std::abs(mean->value - truth) < 5 * mean->standard_error);
  CHECK(mean->rho <= 0.2);
  const auto sum = noisy_sum(values, {0, 60}, 0.2, random);
  REQUIRE(sum.ok());
  double clamped = 0;
  for (const auto value : values) clamped += static_cast<double>(std::min<std::int64_t>(value, 60));
  CHECK(std::abs(sum->value - clamped) < 5 * sum->standard_error);
  const auto median = noisy_quantile(values, 0.5, {0, 200}, 0.2, random);
  REQUIRE(median.ok());
  CHECK(std::abs(median->value - 60) <= 2);
  CHECK(median->rho <= 0.2);
  const auto histogram = noisy_histogram({100, 0, 50}, 1, 0.5, random);
  REQUIRE(histogram.ok());
  CHECK(histogram->rho <= 0.5);
  for (const auto count : histogram->counts) CHECK(count >= 0);
  CHECK(!noisy_sum(values, {5, 5}, 0.1, random).ok());
  CHECK(!noisy_quantile(values, 1, {0, 9}, 0.1, random).ok());
  CHECK(!noisy_histogram({1}, 0, 0.1, random).ok());
}

TEST_CASE("a budget is spent once for an answer, never twice for one, and ends") {
  const ScratchFolder folder("budget");
  const FixedClock clock(1'790'000'000'000);
  auto records = *engine::Records::open(folder.path() / "r.sqlite", clock);
  PrivacyBudget budget(records, "r1", {1.0, 1e-6});
  int drawn = 0;
  const auto draw = [&]() -> Result<std::string> { return "{\"n\":" + std::to_string(++drawn) + "}"; };
  const auto first = budget.answer_once("q1", 0.6, "kim", draw);
  REQUIRE(first.ok());
  const auto again = budget.answer_once("q1", 0.6, "lee", draw);
  REQUIRE(again.ok());
  CHECK(again->repeated);
  CHECK(again->answer == first->answer);
  CHECK(drawn == 1);
  const auto too_much = budget.answer_once("q2", 0.5, "kim", draw);
  REQUIRE(!too_much.ok());
  CHECK(too_much.error().kind == ErrorKind::refused);
  CHECK(drawn == 1);  // no noise is drawn for an answer that is not paid
  CHECK(budget.answer_once("q2", 0.4, "kim", draw).ok());
  CHECK(budget.answer_once("q3", 1e-6, "kim", draw).error().kind == ErrorKind::refused);
  const auto failed =
      PrivacyBudget(records, "r2", {1.0, 1e-6}).answer_once("q", 0.1, "kim", []() -> Result<std::string> {
        return internal_error(say("no", "아니요"));
      });
  CHECK(!failed.ok());
  CHECK(PrivacyBudget(records, "r2", {1.0, 1e-6}).spending()->rho_spent == 0);
}

TEST_CASE("two askers of one question at once get one answer for one spend") {
  const ScratchFolder folder("budget-race");
  const FixedClock clock(1'790'000'000'000);
  { auto made = *engine::Records::open(folder.path() / "r.sqlite", clock); }
  std::vector<std::string> answers(4);
  std::vector<std::thread> threads;
  for (std::size_t at = 0; at < answers.size(); ++at) {
    threads.emplace_back([&, at] {
      auto records = *engine::Records::open(folder.path() / "r.sqlite", clock);
      PrivacyBudget budget(records, "r1", {1.0, 1e-6});
      const auto answered = budget.answer_once(
          "q", 0.3, "kim", [&]() -> Result<std::string> { return "{\"n\":" + std::to_string(at) + "}"; });
      if (answered.ok()) answers[at] = answered->answer;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& answer : answers) CHECK(answer == answers[0]);
  CHECK(!answers[0].empty());
  auto records = *engine::Records::open(folder.path() / "r.sqlite", clock);
  CHECK(PrivacyBudget(records, "r1", {1.0, 1e-6}).spending()->answers == 1);
}
