#include "protect/distribution.h"
#include "protect/uniqueness.h"

#include "base/random.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace naru;
using namespace naru::protect;
using namespace naru::protect::detail;

namespace {
using Counts = std::vector<std::pair<std::uint32_t, std::uint32_t>>;

// The salaries of Li, Li and Venkatasubramanian (2007), 3k to 11k, each once in the table.
CodedSensitive salaries() { return {.name = "salary", .values = 9, .records = std::vector<std::int64_t>(9, 1)}; }
}  // namespace

TEST_CASE("the ordered distances of the paper's two classes are 0.375 and 0.167") {
  const Counts low = {{0, 1}, {1, 1}, {2, 1}};    // 3k, 4k, 5k
  const Counts mixed = {{3, 1}, {5, 1}, {8, 1}};  // 6k, 8k, 11k
  CHECK(distance_of(Distance::ordered, salaries(), low) == doctest::Approx(0.375));
  CHECK(distance_of(Distance::ordered, salaries(), mixed) == doctest::Approx(1.0 / 6));
}

TEST_CASE("the equal distance is half the sum of differences") {
  const Counts low = {{0, 1}, {1, 1}, {2, 1}};
  CHECK(distance_of(Distance::equal, salaries(), low) == doctest::Approx(2.0 / 3));
  Counts all;
  for (std::uint32_t i = 0; i < 9; ++i) all.emplace_back(i, 2);
  CHECK(distance_of(Distance::equal, salaries(), all) == 0);
}

TEST_CASE("the hierarchical distance moves records within a branch at half the price of moving them across") {
  CodedSensitive tree{.name = "d", .values = 4, .records = {1, 1, 1, 1}};
  tree.parent = {{0, 0, 1, 1}, {0, 0}};
  CHECK(distance_of(Distance::hierarchical, tree, Counts{{0, 2}, {2, 2}}) == doctest::Approx(0.25));
  CHECK(distance_of(Distance::hierarchical, tree, Counts{{0, 2}, {1, 2}}) == doctest::Approx(0.5));
  CHECK(distance_of(Distance::hierarchical, tree, Counts{{0, 1}, {1, 1}, {2, 1}, {3, 1}}) == 0);
}

TEST_CASE("diversity of a class follows its definitions") {
  const Counts even = {{0, 2}, {1, 2}, {2, 2}};
  const Counts skewed = {{0, 6}, {1, 1}, {2, 1}};
  CHECK(is_diverse({0, DiversityKind::distinct, 3, 0}, skewed));
  CHECK_FALSE(is_diverse({0, DiversityKind::distinct, 4, 0}, skewed));
  CHECK(is_diverse({0, DiversityKind::entropy, 3, 0}, even));
  CHECK_FALSE(is_diverse({0, DiversityKind::entropy, 3, 0}, skewed));
  // 6 < c (1 + 1) needs c above 3.
  CHECK(is_diverse({0, DiversityKind::recursive, 2, 3.1}, skewed));
  CHECK_FALSE(is_diverse({0, DiversityKind::recursive, 2, 3.0}, skewed));
}

TEST_CASE("estimators of population uniqueness come near the truth of sampled populations") {
  // A population with Zipf-like classes; samples of a twentieth and of a third of it.
  SeededRandom random(11);
  constexpr int population = 60'000;
  std::vector<std::int64_t> person;
  std::map<std::int64_t, std::int64_t> classes;
  for (int i = 0; i < population; ++i) {
    const auto rank = static_cast<std::int64_t>(std::exp(random.unit() * std::log(40'000.0)));
    person.push_back(rank);
    ++classes[rank];
  }
  double uniques = 0;
  for (const auto& [rank, size] : classes) uniques += size == 1 ? 1 : 0;
  const auto sample = [&](int one_in) {
    std::map<std::int64_t, std::int64_t> drawn;
    for (int i = 0; i < population; i += one_in) ++drawn[person[static_cast<std::size_t>(i)]];
    ClassSizes sizes;
    for (const auto& [rank, size] : drawn) ++sizes[size];
    return sizes;
  };
  const auto pitman = population_uniques(UniquenessModel::pitman, sample(20), population);
  REQUIRE(pitman);
  CHECK(*pitman > uniques * 0.4);
  CHECK(*pitman < uniques * 2.5);
  const auto zayatz = population_uniques(UniquenessModel::zayatz, sample(3), population);
  REQUIRE(zayatz);
  CHECK(*zayatz > uniques * 0.3);
  CHECK(*zayatz < uniques * 3.5);
}

TEST_CASE("the slide negative binomial estimator recovers the model that made the population") {
  // Class size - 1 is negative binomial with alpha 0.5 and beta 0.1: a share beta^alpha of the classes is unique.
  SeededRandom random(3);
  constexpr double alpha = 0.5;
  constexpr double beta = 0.1;
  std::vector<std::int64_t> sizes;
  std::int64_t population = 0;
  double uniques = 0;
  for (int i = 0; i < 20'000; ++i) {
    double left = random.unit();
    double p = std::pow(beta, alpha);
    std::int64_t more = 0;
    while (left > p && more < 200) {
      left -= p;
      p *= (alpha + static_cast<double>(more)) / static_cast<double>(more + 1) * (1 - beta);
      ++more;
    }
    sizes.push_back(1 + more);
    population += 1 + more;
    uniques += more == 0 ? 1 : 0;
  }
  ClassSizes sample;
  for (const auto size : sizes) {
    std::int64_t drawn = 0;
    for (std::int64_t j = 0; j < size; ++j) drawn += random.unit() < 0.3 ? 1 : 0;
    if (drawn > 0) ++sample[drawn];
  }
  const auto snb = population_uniques(UniquenessModel::snb, sample, static_cast<double>(population));
  REQUIRE(snb);
  CHECK(*snb == doctest::Approx(uniques).epsilon(0.25));
}

TEST_CASE("no sample uniques mean no population uniques, and a full sample keeps its own") {
  const ClassSizes none = {{2, 5}, {7, 1}};
  CHECK(population_uniques(UniquenessModel::pitman, none, 1000) == 0);
  const ClassSizes some = {{1, 4}, {2, 5}, {7, 1}};
  CHECK(*population_uniques(UniquenessModel::zayatz, some, 21) == doctest::Approx(4));
  CHECK(*population_uniques(UniquenessModel::snb, some, 21) == doctest::Approx(4));
}
