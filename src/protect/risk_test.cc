#include "protect/risk.h"

#include "base/files.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::protect;

TEST_CASE("risk follows from class sizes") {
  const auto risk = risk_of({"a", "b"}, {1, 1, 3, 5});
  CHECK(risk.persons == 10);
  CHECK(risk.k == 1);
  CHECK(risk.unique == 2);
  CHECK(risk.unique_share == 0.2);
  CHECK(risk.prosecutor == 1.0);
  CHECK(risk.marketer == 0.4);
  CHECK(risk.class_sizes.at(1) == 2);
}

TEST_CASE("the risk of nobody is undefined and not zero") {
  const auto risk = risk_of({"a"}, {});
  CHECK_FALSE(risk.unique_share.has_value());
  CHECK(risk_json(risk).find("\"prosecutor\":null") != std::string::npos);
  CHECK(risk_json(risk).find("\"reason\"") != std::string::npos);
}

TEST_CASE("a table's risk is assessed from a CSV file and a missing column is named with those there are") {
  const ScratchFolder scratch("risk");
  REQUIRE(write_file_atomic(scratch.path() / "t.csv", "sex,age,x\nM,30,1\nM,30,2\nF,30,3\nF,,4\n").ok());
  const auto risk = assess(scratch.path() / "t.csv", {"sex", "age"});
  REQUIRE(risk.ok());
  CHECK(risk->persons == 4);
  CHECK(risk->classes == 3);
  CHECK(risk->unique == 2);
  const auto missing = assess(scratch.path() / "t.csv", {"region"});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().hint.en.find("sex, age, x") != std::string::npos);
}

TEST_CASE("an impact assessment is due from the decree's numbers on") {
  const ImpactThresholds thresholds{.sensitive_persons = 50'000, .linked_persons = 500'000, .persons = 1'000'000};
  CHECK_FALSE(impact_of(thresholds, 49'999, 499'999, 999'999).due());
  CHECK(impact_of(thresholds, 50'000, 0, 50'000).sensitive_due);
  CHECK(impact_of(thresholds, 0, 500'000, 500'000).linked_due);
  CHECK(impact_of(thresholds, 0, 0, 1'000'000).persons_due);
}

TEST_CASE("a risk summary for outsiders rounds, withholds small counts and has no class sizes") {
  const OutputPolicy outputs{
      .min_cell = 10, .round_to = 5, .complementary = true, .repeat_threshold = 10, .clause = {}};
  const auto summary = risk_summary_json(risk_of({"a"}, {1, 1, 1, 50, 50}), outputs);
  CHECK(summary == R"({"k":1,"marketer":0.05,"persons":105,"prosecutor":1.0,"quasi_identifiers":["a"],"unique":null,)"
                   R"("unique_share":0.03})");
}
