#include "ingest/profile.h"
#include "ingest/characterise.h"
#include "ingest/testing.h"
#include "model/site_layout.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

TEST_CASE("a profile counts persons, filled columns and code systems, and leaves withdrawn persons out") {
  Site site;
  std::string persons = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n";
  std::string conditions =
      "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_type_concept_id,condition_"
      "source_value\n";
  for (int i = 1; i <= 40; ++i) {
    persons += fmt::format("{},{},1980,0,0\n", i, i <= 25 ? 8507 : 8532);
    conditions +=
        fmt::format("{},{},{},2020-01-{:02},32817,{}\n", i, i, i <= 30 ? 201826 : 0, i % 28 + 1, i <= 30 ? "E11" : "");
  }
  put(site.scratch.path() / "omop/person.csv", persons);
  put(site.scratch.path() / "omop/condition_occurrence.csv", conditions);
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "omop").ok());
  const model::SiteLayout layout(site.root);
  const auto all = profile_data({.tables = layout.lake(), .least_persons = 5});
  REQUIRE_MESSAGE(all.ok(), all.error().what.en, all.error().where);
  CHECK(all->persons == 40);
  const auto table = std::ranges::find(all->tables, "condition_occurrence", &TableProfile::name);
  REQUIRE(table != all->tables.end());
  CHECK(table->rows == 40);
  const auto filled = [&](std::string_view name) {
    return std::ranges::find(table->columns, name, &ColumnProfile::name)->filled;
  };
  CHECK(filled("condition_concept_id") == 30);
  CHECK(filled("condition_source_value") == 30);
  CHECK(filled("condition_start_date") == 40);
  REQUIRE(table->concepts.size() == 1);
  CHECK(table->concepts[0].concept_id == 201826);
  CHECK(table->concepts[0].persons == 30);
  const auto rare = profile_data({.tables = layout.lake(), .least_persons = 31});
  CHECK(std::ranges::all_of(rare->tables, [](const auto& one) { return one.concepts.empty(); }));

  const auto fewer = profile_data({.tables = layout.lake(), .without = {1, 2, 40}, .least_persons = 5});
  REQUIRE(fewer.ok());
  CHECK(fewer->persons == 37);
  CHECK(std::ranges::find(fewer->tables, "condition_occurrence", &TableProfile::name)->rows == 37);
  CHECK_FALSE(profile_data({.tables = site.scratch.path() / "nothing"}).ok());
}
