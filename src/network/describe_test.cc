#include "network/describe.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace naru;
using namespace naru::network;

namespace {

protect::Policy policy() {
  auto read = protect::find_policy(NARU_SOURCE_DIR, "naru-demo");
  REQUIRE(read.ok());
  return *read;
}

ingest::DataProfile profile() {
  ingest::DataProfile out;
  out.persons = 1003;
  out.age_sex = {{{"female", "20-29"}, 300}, {{"female", "90+"}, 3}, {{"male", "20-29"}, 400}, {{"male", "90+"}, 300}};
  out.observation = {{{"0-1"}, 1000}, {{""}, 3}};
  ingest::TableProfile table{.name = "condition_occurrence", .rows = 5000};
  table.columns = {{"person_id", "BIGINT", 5000},
                   {"condition_concept_id", "BIGINT", 4321, {{"SNOMED", 4319}, {"Rare", 2}}},
                   {"condition_source_value", "VARCHAR", 4996, {{"KCD8", 5000}}}};
  table.concepts = {{201826, "Type 2 diabetes", 123}, {7, "", 9}};
  table.coverage = {200, 100, 5000, 4321};
  out.tables = {table};
  out.vocabularies = {{"KCD8", table.coverage}, {"few", {1, 1, 4, 4}}};
  return out;
}

}  // namespace

TEST_CASE("a share tells nobody whether a small part is few or none") {
  const auto& outputs = policy().outputs;
  REQUIRE(outputs.min_cell == 10);
  CHECK(share_for_outside(4321, 5000, outputs) == 0.86);
  CHECK(share_for_outside(0, 5000, outputs) == 0.0);
  CHECK(share_for_outside(9, 5000, outputs) == 0.0);
  CHECK(share_for_outside(4991, 5000, outputs) == 1.0);
  CHECK(share_for_outside(5000, 5000, outputs) == 1.0);
  CHECK_FALSE(share_for_outside(9, 9, outputs));
}

TEST_CASE("what the catalogue may say of data has passed the output rules") {
  FixedClock clock(1'800'000'000'000);
  const auto told = profile_for_outside(profile(), policy(), clock);
  REQUIRE_MESSAGE(told.ok(), told.error().what.en);
  const auto& people = (*told)["characterisation"];
  std::size_t hidden = 0;
  for (const auto& cell : people["age_sex"]) {
    if (cell["persons"].is_null()) {
      ++hidden;
      CHECK_FALSE(cell["reason"].get<std::string>().empty());
    } else {
      CHECK(cell["persons"].get<std::int64_t>() % 5 == 0);
    }
    if (cell["sex"] == "female" && cell["age"] == "90+") CHECK(cell["persons"].is_null());
  }
  CHECK(hidden >= 2);  // the small one, and one that a difference would give away
  CHECK((people["persons"].is_null() || people["persons"] == 1005));
  CHECK(std::ranges::none_of(people["observation_years"], [](const auto& one) { return one["persons"] == 3; }));
  const auto& concepts = people["concepts"]["condition_occurrence"];
  REQUIRE(concepts.size() == 1);
  CHECK(concepts[0]["persons"] == 125);
  CHECK(people["coverage"]["vocabularies"].contains("KCD8"));
  CHECK_FALSE(people["coverage"]["vocabularies"].contains("few"));
  CHECK(people["coverage"]["tables"]["condition_occurrence"]["codes_mapped"] == 0.5);
  CHECK(people["coverage"]["tables"]["condition_occurrence"]["records_mapped"] == 0.86);
}

TEST_CASE("a holder's description fills the fields of its entry, and an entry that cannot be read is refused") {
  FixedClock clock(1'800'000'000'000);
  const auto told = profile_for_outside(profile(), policy(), clock);
  REQUIRE(told.ok());
  catalogue::Dataset dataset;
  dataset.id = dataset.holder = "hospital-a";
  dataset.title = dataset.description = say("Records", "기록");
  dataset.legal_basis = "pseudonymised-use";
  REQUIRE(take_description(*told, dataset).ok());
  CHECK(dataset.code_systems == std::vector<std::string>{"KCD8", "SNOMED"});
  REQUIRE(dataset.tables.size() == 1);
  const auto& columns = dataset.tables[0].columns;
  CHECK(columns[1].code_system == "SNOMED");
  CHECK(columns[1].filled == 0.86);
  CHECK(columns[1].mapped == 0.86);
  CHECK(columns[1].mapped_codes == 0.5);
  CHECK(columns[2].code_system == "KCD8");
  CHECK(columns[2].filled == 1.0);
  CHECK(columns[1].meaning.ko.find("진단") != std::string::npos);
  CHECK(parse_json(dataset.characterisation_json, "c")->at("age_sex").size() == 4);
  auto wrong = *told;
  wrong["tables"][0]["columns"][0]["filled"] = 7;
  CHECK_FALSE(take_description(wrong, dataset).ok());
}
