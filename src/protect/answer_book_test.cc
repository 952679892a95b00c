#include "protect/answer_book.h"

#include "base/random.h"
#include "protect/cell_key.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <iterator>
#include <numeric>

using namespace naru;
using namespace naru::protect;

namespace {

constexpr OutputRules rules{10, 1, true, Zeros::hidden};

OutputControl control_of(std::int64_t depth) {
  return {Zeros::hidden, {depth, 1'000, 1'000, 1'000}, {}, {}, {}, {}, {}, "test"};
}

People range(std::uint32_t from, std::uint32_t to) {
  People out(to - from);
  std::iota(out.begin(), out.end(), from);
  return out;
}

People together(People a, const People& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  a.erase(std::unique(a.begin(), a.end()), a.end());
  return a;
}

AskedTable one_cell(People people) { return {{"all"}, {"all"}, {std::move(people)}}; }

BookDecision ask(AnswerBook& book, const AskedTable& asked, const OutputControl& control) {
  auto decision = book.decide(asked, rules, control, {});
  REQUIRE(decision.ok());
  book.record("q" + std::to_string(book.size()), "p", asked, *decision);
  return std::move(decision).value();
}

}  // namespace

TEST_CASE("a question that differs from an answered one in fewer than min_cell persons gets that answer") {
  AnswerBook book;
  const auto control = control_of(3);
  REQUIRE(*ask(book, one_cell(range(0, 100)), control).table.total.value == 100);
  for (const std::uint32_t more : {0U, 1U, 9U}) {
    const auto decision = book.decide(one_cell(range(0, 100 + more)), rules, control, {});
    REQUIRE(decision->same_as);
    CHECK(*decision->same_as == 0);
  }
  CHECK(*ask(book, one_cell(range(0, 110)), control).table.total.value == 110);
}

TEST_CASE("a union of two answered groups and one person tells what the two tell, whoever the person is") {
  const auto control = control_of(3);
  for (const bool with : {true, false}) {
    AnswerBook book;
    REQUIRE(ask(book, one_cell(range(0, 50)), control).table.total.value);
    REQUIRE(ask(book, one_cell(range(50, 120)), control).table.total.value);
    const auto decision = ask(book, one_cell(range(0, with ? 121 : 120)), control);
    REQUIRE(!decision.same_as);
    CHECK(*decision.table.total.value == 120);
    CHECK(decision.derived > 0);
    CHECK(!decision.told.back());
  }
}

TEST_CASE("intersections and differences are found to the stated depth and not beyond it") {
  // |A ∩ B| follows from A, B and A ∪ B: 3 persons.
  const auto a = range(0, 60);
  const auto b = range(57, 130);
  AnswerBook book;
  const auto control = control_of(3);
  REQUIRE(ask(book, one_cell(a), control).table.total.value);
  REQUIRE(ask(book, one_cell(b), control).table.total.value);
  const auto both = ask(book, one_cell(together(a, b)), control);
  CHECK(both.derived > 0);
  CHECK(*both.table.total.value == 60 + 73);  // what A and B say, not the true 130
  // At depth 2 only pairs are looked at.
  AnswerBook shallow;
  const auto pairs = control_of(2);
  (void)ask(shallow, one_cell(together(a, b)), pairs);
  (void)ask(shallow, one_cell(a), pairs);
  CHECK(*ask(shallow, one_cell(b), pairs).table.total.value == 73);
  AnswerBook deep;
  (void)ask(deep, one_cell(together(a, b)), control);
  (void)ask(deep, one_cell(a), control);
  CHECK(*ask(deep, one_cell(b), control).table.total.value == 70);  // what the two say
}

TEST_CASE("margins of one answer and the total of another are combined too") {
  // Everybody by sex; then the women and one man.
  AnswerBook book;
  const auto control = control_of(3);
  const AskedTable by_sex{{"F", "M"}, {"all"}, {range(0, 80), range(80, 200)}};
  const auto first = ask(book, by_sex, control);
  REQUIRE(first.table.row_totals[0].value);
  const AskedTable women_and_one{{"F", "M"}, {"all"}, {range(0, 80), {150}}};
  const auto second = ask(book, women_and_one, control);
  CHECK(*second.table.total.value == 80);
  CHECK(!second.told.back());
}

TEST_CASE("a union of many cells of an answered table and one person tells what the cells tell") {
  // Seven cells: more numbers than any depth combines.
  AskedTable bands{{"all"}, {"a", "b", "c", "d", "e", "f", "g"}, {}};
  for (std::uint32_t band = 0; band < 7; ++band) bands.cells.push_back(range(band * 40, band * 40 + 40 + band / 6));
  for (const bool with : {true, false}) {
    CAPTURE(with);
    auto chosen = together(together(bands.cells[0], bands.cells[2]), together(bands.cells[4], bands.cells[5]));
    if (with) chosen = together(chosen, {50});
    AnswerBook book;
    const auto control = control_of(3);
    REQUIRE(ask(book, bands, control).table.cells[6].value);
    const auto decision = ask(book, one_cell(chosen), control);
    CHECK(*decision.table.total.value == 160);
    CHECK_FALSE(decision.told.back());
    // The other way round: the union is known, and the cells must not complete it.
    AnswerBook other;
    CHECK(*ask(other, one_cell(chosen), control).table.total.value == (with ? 161 : 160));
    const auto cells = ask(other, bands, control);
    REQUIRE(!cells.same_as);
    const auto told = cells.told;
    CHECK_FALSE((told[0] && told[2] && told[4] && told[5]));
  }
}

TEST_CASE("parts of several exact tables together are found too") {
  const AskedTable first{{"all"}, {"a", "b", "c"}, {range(0, 40), range(40, 80), range(80, 120)}};
  const AskedTable second{{"all"}, {"a", "b", "c"}, {range(200, 240), range(240, 280), range(280, 320)}};
  AnswerBook book;
  const auto control = control_of(3);
  (void)ask(book, first, control);
  (void)ask(book, second, control);
  auto people = together(together(range(0, 40), range(80, 120)), together(range(200, 240), range(280, 320)));
  people = together(people, {150});
  const auto decision = ask(book, one_cell(people), control);
  CHECK(*decision.table.total.value == 160);
  CHECK_FALSE(decision.told.back());
}

TEST_CASE("in random sequences of tables no union of a table's cells is a number of another but for a handful") {
  SeededRandom random(17);
  const auto control = control_of(3);
  for (int round = 0; round < 10; ++round) {
    AnswerBook book;
    struct Left {
      std::vector<People> cells;  ///< those told
      std::vector<People> sums;   ///< told totals
    };
    std::vector<Left> left;
    for (int question = 0; question < 12; ++question) {
      AskedTable asked{{"all"}, {"a", "b", "c", "d", "e"}, std::vector<People>(5)};
      // Half of the cohorts are made of cells that left, with one or two more persons.
      if (!left.empty() && random.below(2) == 0) {
        const auto& from = left[random.below(left.size())];
        People all;
        for (const auto& cell : from.cells)
          if (random.below(2) == 0) all = together(all, cell);
        all = together(all, {static_cast<std::uint32_t>(random.below(400))});
        for (const auto person : all) asked.cells[random.below(5)].push_back(person);
      } else {
        for (std::uint32_t person = 0; person < 400; ++person)
          if (random.below(3) == 0) asked.cells[person / 80].push_back(person);
      }
      const auto decision = ask(book, asked, control);
      if (decision.same_as) continue;
      Left one;
      People all;
      for (std::size_t at = 0; at < 5; ++at) {
        all = together(all, asked.cells[at]);
        if (decision.told[at]) one.cells.push_back(asked.cells[at]);
      }
      if (decision.told.back()) one.sums.push_back(all);
      left.push_back(one);
    }
    for (const auto& table : left) {
      for (const auto& other : left) {
        if (&table == &other) continue;
        for (const auto& sum : other.sums) {
          for (std::uint32_t choice = 1; choice < 1U << table.cells.size(); ++choice) {
            People made;
            for (std::size_t at = 0; at < table.cells.size(); ++at)
              if ((choice >> at & 1U) != 0) made = together(made, table.cells[at]);
            People apart;
            std::set_symmetric_difference(made.begin(), made.end(), sum.begin(), sum.end(), std::back_inserter(apart));
            CHECK(apart.size() >= 10);
          }
        }
      }
    }
  }
}

TEST_CASE("a small number is never an operand and never told") {
  AnswerBook book;
  const auto control = control_of(3);
  const auto nobody = ask(book, one_cell({}), control);
  const auto some = ask(book, one_cell(range(200, 209)), control);
  CHECK(nobody.table.total == some.table.total);
  CHECK(!some.told.back());
  CHECK(*ask(book, one_cell(range(0, 10)), control).table.total.value == 10);
}

TEST_CASE("beside an answered cohort of any kind, one person more or fewer changes no answer, in either order") {
  // 9 persons are hidden and 10 are shown; 109 are close to 100 and 110 are not: neither edge gives a neighbour away.
  const auto control = control_of(3);
  for (const std::uint32_t size : {9U, 10U, 11U, 109U, 110U}) {
    for (const bool larger_first : {true, false}) {
      AnswerBook book;
      (void)ask(book, one_cell(range(0, 100)), control);
      const auto shown = [&](std::uint32_t from, std::uint32_t to) {
        const auto decision = ask(book, one_cell(range(from, to)), control);
        return decision.same_as ? std::optional<std::int64_t>(-static_cast<std::int64_t>(*decision.same_as) - 1)
                                : decision.table.total.value;
      };
      const auto start = size > 100 ? 0U : 500U;
      const auto before = book.size();
      (void)shown(start, start + size + (larger_first ? 1 : 0));
      const auto again = shown(start, start + size + (larger_first ? 0 : 1));
      REQUIRE(again);
      CHECK(*again == -static_cast<std::int64_t>(before) - 1);  // the neighbour's answer
    }
  }
}

TEST_CASE("a chain of ever larger cohorts does not carry one answer far") {
  AnswerBook book;
  const auto control = control_of(3);
  (void)ask(book, one_cell(range(0, 100)), control);
  std::uint32_t size = 100;
  while (ask(book, one_cell(range(0, size += 3)), control).same_as) CHECK(size < 130);
  CHECK(size < 130);
}

TEST_CASE("the bytes of an answer restore the book, and damaged bytes are refused") {
  AnswerBook book;
  const auto control = control_of(3);
  const auto asked = one_cell(range(5, 70));
  const auto decision = *book.decide(asked, rules, control, {});
  const auto bytes = book.record("question", "project", asked, decision);
  AnswerBook again;
  REQUIRE(again.add(bytes, "file").ok());
  CHECK(again.size() == 1);
  CHECK(again.answers_of("project") == 1);
  CHECK(again.difference(0, one_cell(range(5, 73))) == 3);
  REQUIRE(again.decide(one_cell(range(5, 73)), rules, control, {})->same_as);
  for (const std::size_t at : {std::size_t{0}, bytes.find('\n') + 3, bytes.size() - 1}) {
    auto changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    CHECK(again.add(changed, "file").error().kind == ErrorKind::rejected);
  }
  CHECK(!again.add(bytes.substr(0, bytes.size() - 2), "file").ok());
  CHECK(!again.add("", "file").ok());
  CHECK(again.size() == 1);
}

TEST_CASE("budgets of a project and of a release end by the number of answers alone") {
  AnswerBook book;
  auto control = control_of(3);
  control.ledger.answers_project = 1;
  control.ledger.answers_release = 2;
  CHECK(book.check_budget("p", control.ledger).ok());
  (void)ask(book, one_cell(range(0, 20)), control);
  CHECK(book.check_budget("p", control.ledger).error().kind == ErrorKind::refused);
  CHECK(book.check_budget("other", control.ledger).ok());
  (void)book.record("x", "other", one_cell(range(40, 60)), *book.decide(one_cell(range(40, 60)), rules, control, {}));
  CHECK(book.check_budget("third", control.ledger).error().kind == ErrorKind::refused);
}

TEST_CASE("in random sequences no few answers, added and taken away, cancel but for a handful of persons") {
  // Recomputed without the book: every combination of up to three told numbers, over the persons themselves.
  SeededRandom random(41);
  const auto control = control_of(3);
  for (int round = 0; round < 12; ++round) {
    AnswerBook book;
    std::vector<std::vector<int>> told;
    for (int question = 0; question < 25; ++question) {
      People people;
      const auto step = 1 + random.below(3);
      for (std::uint32_t person = static_cast<std::uint32_t>(random.below(30)); person < 90;
           person += static_cast<std::uint32_t>(1 + random.below(step + 1)))
        people.push_back(person);
      const auto decision = ask(book, one_cell(people), control);
      if (decision.same_as || !decision.told.back()) continue;
      std::vector<int> indicator(90, 0);
      for (const auto person : people) indicator[person] = 1;
      told.push_back(indicator);
    }
    REQUIRE(told.size() >= 2);
    const auto few = [&](const std::vector<int>& sum) {
      const auto left = std::count_if(sum.begin(), sum.end(), [](int value) { return value != 0; });
      return left < 10;
    };
    for (std::size_t a = 0; a < told.size(); ++a)
      for (std::size_t b = a + 1; b < told.size(); ++b)
        for (std::size_t c = b; c < told.size(); ++c)
          for (const int sign_b : {-1, 1})
            for (const int sign_c : {-1, 0, 1}) {
              if (c == b && sign_c != 0) continue;
              auto sum = told[a];
              for (std::size_t person = 0; person < sum.size(); ++person)
                sum[person] += sign_b * told[b][person] + sign_c * told[c][person];
              CHECK_FALSE(few(sum));
            }
  }
}
