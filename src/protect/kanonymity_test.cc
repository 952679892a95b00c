#include "protect/kanonymity.h"

#include "base/random.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>

using namespace naru;
using namespace naru::protect;

namespace {

QuasiColumn small_column(std::string name, std::size_t values, std::vector<std::size_t> bands) {
  QuasiColumn out{.name = std::move(name), .hierarchy = {}, .rows = {}};
  for (std::size_t v = 0; v < values; ++v) {
    std::vector<std::string> row{std::to_string(v)};
    for (const auto band : bands)
      row.push_back(band == 0 ? "*" : std::to_string(v / band) + "/" + std::to_string(band));
    out.hierarchy.cells.push_back(row);
  }
  return out;
}

// The definition itself, from the strings and without the code under test: loss of one node, or nothing if not valid.
struct Brute {
  bool valid = false;
  double loss = 0;
};
Brute brute(const AnonymityRequest& request, const std::vector<std::size_t>& levels) {
  const auto records = request.columns.front().rows.size();
  std::map<std::string, std::vector<std::size_t>> classes;
  for (std::size_t i = 0; i < records; ++i) {
    std::string key;
    for (std::size_t c = 0; c < levels.size(); ++c) {
      key += request.columns[c].hierarchy.cells[request.columns[c].rows[i]][levels[c]] + "\n";
    }
    classes[key].push_back(i);
  }
  std::size_t suppressed = 0;
  std::vector<double> lost(levels.size(), 0);
  for (const auto& [key, members] : classes) {
    const bool small = members.size() < static_cast<std::size_t>(request.k);
    if (small) suppressed += members.size();
    for (std::size_t c = 0; c < levels.size(); ++c) {
      const auto& cells = request.columns[c].hierarchy.cells;
      const auto& value = cells[request.columns[c].rows[members.front()]][levels[c]];
      const auto same = std::ranges::count_if(cells, [&](const auto& row) { return row[levels[c]] == value; });
      const double share = small ? 1.0 : static_cast<double>(same) / static_cast<double>(cells.size());
      lost[c] += share * static_cast<double>(members.size());
    }
  }
  double product = 1;
  for (std::size_t c = 0; c < levels.size(); ++c) {
    const double n = static_cast<double>(records);
    const double least = n / static_cast<double>(request.columns[c].hierarchy.cells.size());
    product *= 1 + (n > least ? (lost[c] - least) / (n - least) : 0);
  }
  return {static_cast<double>(suppressed) <= std::floor(request.suppression_limit * static_cast<double>(records)),
          std::pow(product, 1.0 / static_cast<double>(levels.size())) - 1};
}

AnonymityRequest random_request(std::uint64_t seed) {
  SeededRandom random(seed);
  AnonymityRequest request{
      .columns = {small_column("a", 8, {2, 4, 0}), small_column("b", 3, {0}), small_column("c", 5, {5})},
      .k = static_cast<std::int64_t>(2 + random.below(4)),
      .suppression_limit = random.unit() * 0.3};
  for (int i = 0; i < 60; ++i) {
    for (auto& column : request.columns) {
      const auto size = column.hierarchy.cells.size();
      column.rows.push_back(static_cast<std::uint32_t>(std::min(random.below(size), random.below(size))));
    }
  }
  return request;
}

}  // namespace

TEST_CASE("the optimum is the one that trying every combination by hand finds") {
  Progress silent;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const auto request = random_request(seed);
    double best = 2;
    for (std::size_t a = 0; a < 4; ++a) {
      for (std::size_t b = 0; b < 2; ++b) {
        for (std::size_t c = 0; c < 2; ++c) {
          const auto one = brute(request, {a, b, c});
          if (one.valid) best = std::min(best, one.loss);
        }
      }
    }
    const auto found = anonymise(request, silent);
    REQUIRE(found.ok() == (best < 2));
    if (!found.ok()) continue;
    CHECK(found->loss == doctest::Approx(best).epsilon(1e-9));
    CHECK(found->lattice_nodes == 16);
    CHECK(std::ranges::count(found->kept, 0) == found->suppressed);
  }
}

TEST_CASE("every kept record shares its generalised values with at least k-1 others") {
  Progress silent;
  const auto request = random_request(7);
  const auto found = anonymise(request, silent);
  REQUIRE(found.ok());
  std::map<std::string, int> classes;
  for (std::size_t i = 0; i < found->kept.size(); ++i) {
    if (found->kept[i] == 0) continue;
    std::string key;
    for (std::size_t c = 0; c < 3; ++c) {
      key += request.columns[c].hierarchy.cells[request.columns[c].rows[i]][found->levels[c]] + "\n";
    }
    ++classes[key];
  }
  for (const auto& [key, size] : classes) CHECK(size >= request.k);
  CHECK(static_cast<std::int64_t>(classes.size()) == found->classes);
}

TEST_CASE("without a valid generalisation the search refuses and does not give the best of the bad") {
  Progress silent;
  AnonymityRequest request{.columns = {small_column("a", 3, {})}, .k = 2, .suppression_limit = 0};
  request.columns[0].rows = {0, 1, 2, 2};
  const auto found = anonymise(request, silent);
  REQUIRE_FALSE(found.ok());
  CHECK(found.error().kind == ErrorKind::refused);
}

TEST_CASE("a hierarchy that is ragged or generalises one value in two ways is an error with its row") {
  Progress silent;
  AnonymityRequest request{.columns = {small_column("a", 4, {2, 0})}, .k = 2, .suppression_limit = 0};
  request.columns[0].rows = {0, 1, 2, 3};
  auto ragged = request;
  ragged.columns[0].hierarchy.cells[2].pop_back();
  CHECK(anonymise(ragged, silent).error().where == "a: hierarchy row 3");
  auto split_up = request;
  split_up.columns[0].hierarchy.cells[1][2] = "other";
  CHECK(anonymise(split_up, silent).error().where == "a: hierarchy row 2");
}
