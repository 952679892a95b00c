#include "workspace/feasibility.h"

#include "base/bytes.h"

#include <doctest/doctest.h>

#include <map>

using namespace naru;
using namespace naru::workspace;

namespace {

FeasibilityRules rules() {
  return *parse_feasibility_rules("bands: [50, 100, 500]\nmoved_by: 9\nquestions_per_day: 5\n", "rules");
}

Bytes key_of(std::uint8_t seed) { return Bytes(32, seed); }

}  // namespace

TEST_CASE("a band moves with a fixed secret number that covers its whole range evenly") {
  const auto r = rules();
  CHECK(band_of(300, r, key_of(1), "q") == 100);
  CHECK(band_of(0, r, key_of(1), "q") == 0);
  CHECK(band_of(40, r, key_of(1), "q") == 0);
  CHECK(band_of(1'000'000, r, key_of(1), "q") == 500);
  // At the edge the band depends on the label and on the key, and is the same each time it is asked.
  std::map<std::int64_t, int> seen;
  int differ = 0;
  for (int i = 0; i < 1900; ++i) {
    const auto label = "question " + std::to_string(i);
    const auto band = band_of(50, r, key_of(1), label);
    CHECK(band_of(50, r, key_of(1), label) == band);
    ++seen[band];
    differ += band_of(50, r, key_of(2), label) != band;
  }
  // 50 stays in its band for moves 0 … 9, ten of nineteen: 1,000 expected of 1,900, standard deviation 22.
  CHECK(seen[50] > 890);
  CHECK(seen[50] < 1110);
  CHECK(differ > 500);
}

TEST_CASE("feasibility rules have no defaults and no unknown field") {
  CHECK_FALSE(parse_feasibility_rules("bands: [50]\nmoved_by: 9\n", "rules").ok());
  CHECK_FALSE(parse_feasibility_rules("bands: [50]\nmoved_by: 9\nquestions_per_day: 5\nx: 1\n", "rules").ok());
  CHECK_FALSE(parse_feasibility_rules("bands: [5]\nmoved_by: 2\nquestions_per_day: 5\n", "rules").ok());
  CHECK_FALSE(parse_feasibility_rules("bands: [50, 40]\nmoved_by: 9\nquestions_per_day: 5\n", "rules").ok());
  CHECK_FALSE(parse_feasibility_rules("bands: [50]\nmoved_by: 50\nquestions_per_day: 5\n", "rules").ok());
  CHECK_FALSE(parse_feasibility_rules("bands: [50]\nmoved_by: 0\nquestions_per_day: 5\n", "rules").ok());
}
