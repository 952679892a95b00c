// Exact answers in memory: found by their whole key, never damaged ones, bounded.
#include "workspace/exact.h"
#include "base/files.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::workspace;

TEST_CASE("answers in memory are found by their whole key only, damaged ones never, and old ones make room") {
  ScratchFolder folder("exact");
  const ExactMemory memory(folder.path());
  const auto question = *cohort::parse(
      R"({"PrimaryCriteria":{"CriteriaList":[{"DrugExposure":{}}],"PrimaryCriteriaLimit":{"Type":"First"}}})", "d");
  AnswerIdentity identity{"data", 1, "definition", "policy", "vocabulary", "algorithm", "population"};
  const ExactKey key{identity, "withdrawn", "program"};
  Exact exact;
  exact.count.persons = 4;
  exact.count.entries = 5;
  exact.count.attrition = {{"entry events", 4}};
  const auto names = cohort::empty_strata();
  exact.table = {names.sexes, names.age_bands, std::vector<std::int64_t>(names.cells.size(), 0)};
  exact.people.resize(names.cells.size());
  exact.people[3] = {-9'000'000'000, -1, 7};
  exact.people[20] = {INT64_MAX};
  exact.table.cells[3] = 3;
  exact.table.cells[20] = 1;
  exact.persons = 4;
  memory.keep(key, exact);
  const auto found = memory.find(key, question);
  REQUIRE(found.has_value());
  CHECK(found->people == exact.people);
  CHECK(found->persons == 4);
  CHECK(found->count.entries == 5);
  CHECK(found->remembered);
  for (int part = 0; part < 9; ++part) {
    CAPTURE(part);
    ExactKey other = key;
    switch (part) {
      case 0:
        other.identity.data = "x";
        break;
      case 1:
        other.identity.epoch = 2;
        break;
      case 2:
        other.identity.definition = "x";
        break;
      case 3:
        other.identity.policy = "x";
        break;
      case 4:
        other.identity.vocabulary = "x";
        break;
      case 5:
        other.identity.algorithm = "x";
        break;
      case 6:
        other.identity.population = "x";
        break;
      case 7:
        other.withdrawn = "x";
        break;
      default:
        other.program = "x";
        break;
    }
    CHECK(!memory.find(other, question).has_value());
  }
  // Another number of rules than was remembered cannot be the same definition.
  auto more = question;
  more.rules.emplace_back();
  CHECK(!memory.find(key, more).has_value());
  // Every cut and every flipped byte is no answer.
  fs::path file;
  for (const auto& entry : fs::directory_iterator(folder.path())) file = entry.path();
  const auto whole = *read_file(file);
  for (std::size_t at = 0; at < whole.size(); at += 7) {
    auto bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    REQUIRE(write_file_atomic(file, bad).ok());
    CHECK(!memory.find(key, question).has_value());
    REQUIRE(write_file_atomic(file, whole.substr(0, at)).ok());
    CHECK(!memory.find(key, question).has_value());
  }
  for (int i = 0; i < 80; ++i) {
    ExactKey other = key;
    other.identity.data = std::to_string(i);
    memory.keep(other, exact);
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++files;
  CHECK(files == ExactMemory::files_max);
}
