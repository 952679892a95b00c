// The ledger at national size: how long a decision takes beside counting the persons once. A measurement, not a
// verdict.
#include "base/random.h"
#include "protect/answer_book.h"
#include "protect/cell_key.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

using namespace naru;
using namespace naru::protect;

namespace {

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Persons with a disease that one in `rarity` has, by sex and ten-year age band.
AskedTable question(std::uint32_t persons, std::uint64_t rarity, SeededRandom& random) {
  AskedTable out{{"F", "M", "other"}, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "unknown"}, {}};
  out.cells.resize(33);
  for (std::uint32_t person = static_cast<std::uint32_t>(random.below(rarity)); person < persons;
       person += static_cast<std::uint32_t>(1 + random.below(2 * rarity - 1)))
    out.cells[(person % 2) * 11 + person / 2 % 10].push_back(person);
  return out;
}

}  // namespace

TEST_CASE("a decision on 770,000 persons beside 1,000 answers, timed (long tests only)") {
  if (std::getenv("NARU_TEST_LONG") == nullptr) {
    std::puts("SKIPPED: set NARU_TEST_LONG=1 (make test-long)");
    return;
  }
  constexpr std::uint32_t persons = 770'000;
  constexpr int answers = 1'000;
  const OutputRules rules{10, 5, true, Zeros::hidden};
  const OutputControl control{Zeros::hidden, {3, 3, 10'000, 10'000}, {24, 150}, {}, {}, {}, {}, "scale"};
  PersonKeys keys(Bytes(32, 1), "scale");
  const KeyOf key_of = [&](std::uint32_t person) { return keys.of(person); };
  SeededRandom random(1);
  AnswerBook book;
  double last = 0;
  for (int answer = 0; answer < answers; ++answer) {
    const auto asked = question(persons, 5 + random.below(2'000), random);
    const auto begin = cpu_seconds();
    const auto decision = book.decide(asked, rules, control, key_of);
    last = std::max(answer < answers - 100 ? 0.0 : last, cpu_seconds() - begin);
    REQUIRE(decision.ok());
    (void)book.record("q" + std::to_string(answer), "p", asked, *decision);
  }
  std::string decided;
  for (const std::uint64_t rarity : {5U, 20U, 200U, 2'000U}) {
    const auto asked = question(persons, rarity, random);
    const auto begin = cpu_seconds();
    const auto decision = book.decide(asked, rules, control, key_of);
    REQUIRE(decision.ok());
    decided += fmt::format(" 1 in {}: {:.3f} s,", rarity, cpu_seconds() - begin);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "ledger: %d answers, %u persons; a cohort of%s slowest of the last 100 %.3f s (CPU), peak memory %ld MB\n",
      answers, persons, decided.c_str(), last, usage.ru_maxrss / 1024);
}
