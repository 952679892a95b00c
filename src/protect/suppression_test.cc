#include "protect/suppression.h"

#include "base/random.h"
#include "protect/circulation.h"
#include "protect/output_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace naru;
using namespace naru::protect;

namespace {

constexpr SuppressionLimits limits{400, 80, 500'000};
constexpr std::int64_t much = 1 << 20;

LinkedNumber number(std::int64_t value, std::int64_t k) {
  const bool small = value > 0 && value < k;
  return {value, value + 1, small, small ? 1 : 0, small ? k - 1 : much, std::max<std::int64_t>(2, k / 2)};
}

/// Two tables, region × sex and region × age, that share the region totals and the grand total.
LinkedTables two_tables(SeededRandom& random, std::size_t regions, std::int64_t k) {
  LinkedTables out;
  std::vector<std::int64_t> region_total(regions, 0);
  std::vector<std::vector<std::int64_t>> sex(regions, std::vector<std::int64_t>(2));
  std::vector<std::vector<std::int64_t>> age(regions, std::vector<std::int64_t>(3));
  for (std::size_t region = 0; region < regions; ++region) {
    for (auto& cell : sex[region]) {
      cell = static_cast<std::int64_t>(random.below(3) == 0 ? random.below(8) : random.below(60));
      region_total[region] += cell;
    }
    auto left = region_total[region];
    for (std::size_t band = 0; band < 2; ++band) {
      age[region][band] = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(left) + 1));
      left -= age[region][band];
    }
    age[region][2] = left;
  }
  const auto add = [&](std::int64_t value) {
    out.numbers.push_back(number(value, k));
    return out.numbers.size() - 1;
  };
  std::vector<std::size_t> totals;
  for (const auto total : region_total) totals.push_back(add(total));
  const auto table = [&](const std::vector<std::vector<std::int64_t>>& cells) {
    std::vector<Equation> columns(cells.front().size());
    std::vector<std::int64_t> sums(columns.size(), 0);
    for (std::size_t region = 0; region < regions; ++region) {
      Equation row{{totals[region], -1}};
      for (std::size_t column = 0; column < columns.size(); ++column) {
        const auto at = add(cells[region][column]);
        row.push_back({at, 1});
        columns[column].push_back({at, 1});
        sums[column] += cells[region][column];
      }
      out.equations.push_back(row);
    }
    for (std::size_t column = 0; column < columns.size(); ++column) {
      columns[column].push_back({add(sums[column]), -1});
      out.equations.push_back(columns[column]);
    }
  };
  table(sex);
  table(age);
  return out;
}

bool protects(const LinkedTables& tables, const std::vector<bool>& hidden, const std::vector<Range>& best) {
  const auto ranges = audit(tables, hidden);
  REQUIRE(ranges.ok());
  for (std::size_t at = 0; at < hidden.size(); ++at) {
    if (!tables.numbers[at].sensitive) continue;
    const auto wanted = std::min(tables.numbers[at].wanted, best[at].most - best[at].least + 1);
    if ((*ranges)[at].most - (*ranges)[at].least + 1 < wanted) return false;
  }
  return true;
}

/// The cheapest choice by trying all of them.
std::int64_t by_trying(const LinkedTables& tables) {
  const auto best = *audit(tables, std::vector<bool>(tables.numbers.size(), true));
  std::vector<std::size_t> others;
  for (std::size_t at = 0; at < tables.numbers.size(); ++at)
    if (!tables.numbers[at].sensitive) others.push_back(at);
  std::optional<std::int64_t> least;
  for (std::uint64_t choice = 0; choice < (std::uint64_t{1} << others.size()); ++choice) {
    std::vector<bool> hidden(tables.numbers.size(), false);
    std::int64_t cost = 0;
    for (std::size_t at = 0; at < hidden.size(); ++at) hidden[at] = tables.numbers[at].sensitive;
    for (std::size_t bit = 0; bit < others.size(); ++bit) {
      if ((choice >> bit & 1) == 0) continue;
      hidden[others[bit]] = true;
      cost += tables.numbers[others[bit]].cost;
    }
    if (least && cost >= *least) continue;
    if (protects(tables, hidden, best)) least = cost;
  }
  return *least;
}

}  // namespace

TEST_CASE("the cheapest suppression of two linked tables is the cheapest of all choices") {
  SeededRandom random(5);
  int proven = 0;
  int with_more = 0;
  for (int round = 0; round < 25; ++round) {
    const auto tables = two_tables(random, 1, 6);
    const auto found = suppress(tables, limits);
    REQUIRE(found.ok());
    CHECK(found->optimal);
    CHECK(found->bound == found->cost);
    CHECK(found->cost == by_trying(tables));
    proven += found->optimal ? 1 : 0;
    with_more += found->cost > 0 ? 1 : 0;
  }
  CHECK(proven == 25);
  CHECK(with_more > 5);
}

TEST_CASE("larger linked tables are protected, and where the work limit ends the bound stays below the cost") {
  SeededRandom random(17);
  for (int round = 0; round < 6; ++round) {
    const auto tables = two_tables(random, 6, 8);
    const auto best = *audit(tables, std::vector<bool>(tables.numbers.size(), true));
    const auto exact = suppress(tables, limits);
    REQUIRE(exact.ok());
    CHECK(protects(tables, exact->hidden, best));
    const auto hurried = suppress(tables, {400, 1, 1});
    REQUIRE(hurried.ok());
    CHECK(protects(tables, hurried->hidden, best));
    CHECK(hurried->cost >= exact->cost);
    CHECK(hurried->bound <= exact->cost);
    const auto large = suppress(tables, {3, 60, 1'000});  // the stated fall-back
    REQUIRE(large.ok());
    CHECK(protects(tables, large->hidden, best));
    CHECK(large->cost >= exact->cost);
  }
}

TEST_CASE("linear programmes and flows agree on what can be worked out of a two-way table") {
  SeededRandom random(23);
  for (int round = 0; round < 30; ++round) {
    CountTable table{{"a", "b", "c"}, {"x", "y", "z", "w"}, {}};
    for (int cell = 0; cell < 12; ++cell) table.cells.push_back(static_cast<std::int64_t>(random.below(30)));
    LinkedTables tables;
    for (const auto value : numbers_of(table)) tables.numbers.push_back(number(value, 10));
    const std::size_t rows = 3;
    const std::size_t columns = 4;
    for (std::size_t row = 0; row < rows; ++row) {
      Equation one{{12 + row, -1}};
      for (std::size_t column = 0; column < columns; ++column) one.push_back({row * columns + column, 1});
      tables.equations.push_back(one);
    }
    Equation whole{{19, -1}};
    for (std::size_t column = 0; column < columns; ++column) {
      Equation one{{15 + column, -1}};
      for (std::size_t row = 0; row < rows; ++row) one.push_back({row * columns + column, 1});
      tables.equations.push_back(one);
      whole.push_back({15 + column, 1});
    }
    tables.equations.push_back(whole);
    std::vector<bool> hidden;
    for (int at = 0; at < 20; ++at) hidden.push_back(random.below(2) == 1);
    const auto by_lp = audit(tables, hidden);
    REQUIRE(by_lp.ok());
    CHECK(*by_lp == ranges_by_flow(tables, rows, columns, hidden));
  }
}

TEST_CASE("the cheapest cover is exact on small collections, and an unfinished one says so") {
  const std::vector<std::int64_t> cost{3, 2, 2, 5, 1};
  const std::vector<std::vector<std::size_t>> sets{{0, 1}, {0, 2}, {3, 4}, {1, 2, 3}};
  const auto found = cheapest_cover(sets, cost, 10'000);
  CHECK(found.proven);
  CHECK(found.cost == 5);  // 1, 2 and 4
  CHECK_FALSE(cheapest_cover(sets, cost, 1).proven);
}

TEST_CASE("tables that do not add up are refused") {
  LinkedTables tables;
  tables.numbers = {number(3, 5), number(4, 5), number(8, 5)};
  tables.equations = {{{0, 1}, {1, 1}, {2, -1}}};
  CHECK(suppress(tables, limits).error().kind == ErrorKind::usage);
  tables.numbers[2].value = 7;
  CHECK(suppress(tables, limits).ok());
  tables.equations[0].push_back({9, 1});
  CHECK(!audit(tables, {true, true, true}).ok());
}

TEST_CASE("fractions that 64 bits do not hold are marked, not wrapped") {
  const Fraction large{std::int64_t{1} << 62, 1, true};
  CHECK((large + large).good == false);
  CHECK(((large * large) - large).good == false);
  const auto third = Fraction::of(1) / Fraction::of(3);
  CHECK((third + third + third).whole());
  CHECK(third < Fraction::of(1));
}
