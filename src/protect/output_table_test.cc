#include "protect/output_table.h"

#include "base/random.h"

#include <doctest/doctest.h>

#include <functional>
#include <set>

using namespace naru;
using namespace naru::protect;

namespace {

constexpr OutputRules rules{10, 5, true};
constexpr OutputRules unrounded{10, 1, true};

CountTable counts(std::size_t rows, std::size_t columns, std::vector<std::int64_t> cells) {
  return {std::vector<std::string>(rows, "r"), std::vector<std::string>(columns, "c"), std::move(cells)};
}

/// All numbers in the order of `deducible`.
std::vector<ReleasedCount> released_numbers(const ReleasedTable& table) {
  auto out = table.cells;
  out.insert(out.end(), table.row_totals.begin(), table.row_totals.end());
  out.insert(out.end(), table.column_totals.begin(), table.column_totals.end());
  out.push_back(table.total);
  return out;
}

std::vector<bool> hidden_of(const ReleasedTable& table) {
  std::vector<bool> out;
  for (const auto& number : released_numbers(table)) out.push_back(!number.value);
  return out;
}

/// An attacker without any algorithm of ours: tries every table of counts up to `most` that agrees with what is shown.
std::vector<std::set<std::int64_t>> by_trying(const CountTable& table, const std::vector<bool>& hidden,
                                              std::int64_t min_cell, std::int64_t most) {
  const auto truth = numbers_of(table);
  std::vector<std::set<std::int64_t>> possible(truth.size());
  auto guess = table;
  const std::function<void(std::size_t)> place = [&](std::size_t cell) {
    if (cell == table.cells.size()) {
      const auto numbers = numbers_of(guess);
      for (std::size_t at = 0; at < numbers.size(); ++at) {
        const bool small = truth[at] > 0 && truth[at] < min_cell;
        if (!hidden[at] && numbers[at] != truth[at]) return;
        if (hidden[at] && small && (numbers[at] < 1 || numbers[at] >= min_cell)) return;
      }
      for (std::size_t at = 0; at < numbers.size(); ++at) possible[at].insert(numbers[at]);
      return;
    }
    if (!hidden[cell]) {
      guess.cells[cell] = table.cells[cell];
      place(cell + 1);
      return;
    }
    for (std::int64_t value = 0; value <= most; ++value) {
      guess.cells[cell] = value;
      place(cell + 1);
    }
  };
  place(0);
  return possible;
}

}  // namespace

TEST_CASE("a small count is not shown, zero and large ones are, rounded") {
  CHECK(release_count(0, rules) == ReleasedCount{0, Suppressed::no});
  CHECK(release_count(1, rules) == ReleasedCount{std::nullopt, Suppressed::small});
  CHECK(release_count(9, rules) == ReleasedCount{std::nullopt, Suppressed::small});
  CHECK(release_count(10, rules) == ReleasedCount{10, Suppressed::no});
  CHECK(release_count(1'843, rules) == ReleasedCount{1'845, Suppressed::no});
}

TEST_CASE("one small cell takes others with it, so that the margins do not give it away") {
  const auto table = counts(2, 3, {3, 40, 50, 60, 70, 80});
  const auto released = release_table(table, unrounded);
  REQUIRE(released.ok());
  CHECK(released->cells[0].reason == Suppressed::small);
  std::size_t hidden = 0;
  for (const auto& number : released_numbers(*released)) hidden += number.value ? 0 : 1;
  CHECK(hidden >= 2);
  const auto ranges = deducible(table, hidden_of(*released), 10);
  CHECK(ranges[0].most - ranges[0].least + 1 >= 5);
  // Without complementary suppression the margins give it away.
  const auto naive = release_table(table, {10, 1, false});
  const auto known = deducible(table, hidden_of(*naive), 10);
  CHECK(known[0].least == 3);
  CHECK(known[0].most == 3);
}

TEST_CASE("what can be worked out is computed exactly: the same as by trying every table") {
  SeededRandom random(7);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::int64_t> cells;
    for (int cell = 0; cell < 4; ++cell) cells.push_back(static_cast<std::int64_t>(random.below(9)));
    const auto table = counts(2, 2, cells);
    std::vector<bool> hidden;
    for (int number = 0; number < 9; ++number) hidden.push_back(random.below(2) == 1);
    hidden[8] = false;  // a shown total bounds what has to be tried
    const auto ranges = deducible(table, hidden, 4);
    const auto tried = by_trying(table, hidden, 4, 36);
    for (std::size_t at = 0; at < ranges.size(); ++at) {
      CHECK(ranges[at].least == *tried[at].begin());
      CHECK(ranges[at].most == *tried[at].rbegin());
    }
  }
}

TEST_CASE("in random tables no small number can be worked out from what is shown") {
  SeededRandom random(11);
  for (int round = 0; round < 150; ++round) {
    const auto rows = 1 + random.below(3);
    const auto columns = 1 + random.below(7);
    std::vector<std::int64_t> cells;
    for (std::uint64_t cell = 0; cell < rows * columns; ++cell) {
      const auto kind = random.below(4);
      cells.push_back(static_cast<std::int64_t>(kind == 0 ? 0 : kind == 1 ? random.below(10) : random.below(300)));
    }
    const auto table = counts(rows, columns, cells);
    const auto released = release_table(table, unrounded);
    REQUIRE(released.ok());
    const auto truth = numbers_of(table);
    const auto ranges = deducible(table, hidden_of(*released), 10);
    const auto numbers = released_numbers(*released);
    const auto most = deducible(table, std::vector<bool>(truth.size(), true), 10);
    for (std::size_t at = 0; at < truth.size(); ++at) {
      if (truth[at] == 0 || truth[at] >= 10) continue;
      CHECK(!numbers[at].value);
      const auto wanted = std::min<std::int64_t>(5, most[at].most - most[at].least + 1);
      CHECK(ranges[at].most - ranges[at].least + 1 >= wanted);
    }
  }
}

TEST_CASE("a table without small numbers is shown whole, and wrong input is refused") {
  const auto released = release_table(counts(2, 2, {12, 0, 33, 48}), rules);
  REQUIRE(released.ok());
  for (const auto& number : released_numbers(*released)) CHECK(number.value);
  CHECK(*released->cells[0].value == 10);
  CHECK(*released->total.value == 95);
  CHECK(!release_table(counts(2, 2, {1, 2, 3}), rules).ok());
  CHECK(!release_table(counts(1, 1, {-1}), rules).ok());
  CHECK(!release_table(counts(1, 1, {1}), {0, 5, true}).ok());
}
