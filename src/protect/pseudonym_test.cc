#include "protect/pseudonym.h"

#include <doctest/doctest.h>

#include <set>

using namespace naru;
using namespace naru::protect;

namespace {
const Bytes key(32, 7);
const Bytes other_key(32, 8);
}  // namespace

TEST_CASE("a pseudonym repeats under its key and label and under no other") {
  Pseudonymiser first(key, "release");
  Pseudonymiser again(key, "release");
  CHECK(first.of(42) == again.of(42));
  CHECK(first.of(42) > 0);
  CHECK(first.of(42) != Pseudonymiser(key, "shift").of(42));
  CHECK(first.of(42) != Pseudonymiser(other_key, "release").of(42));
  CHECK(first.of(42) != first.of(43));
}

TEST_CASE("pseudonyms differ between projects and between recipients and names cannot be shifted between them") {
  const auto one = project_pseudonym(key, "ab", "c", 42);
  CHECK(one == project_pseudonym(key, "ab", "c", 42));
  CHECK(one != project_pseudonym(key, "a", "bc", 42));
  CHECK(one != project_pseudonym(key, "ab", "d", 42));
  CHECK(one != project_pseudonym(key, "ab/recipient/1:c", "", 42));
}

TEST_CASE("a date shift is constant for a person, within the policy's days, and spread over them") {
  DateShifter shifter(key, 1, 365);
  DateShifter elsewhere(key, 1, 365);
  std::set<std::int32_t> seen;
  for (std::int64_t person = 1; person <= 20'000; ++person) {
    const auto days = shifter.days_for(person);
    REQUIRE(days >= 1);
    REQUIRE(days <= 365);
    REQUIRE(days == elsewhere.days_for(person));
    seen.insert(days);
  }
  CHECK(seen.size() == 365);
}
