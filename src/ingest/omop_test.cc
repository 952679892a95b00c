#include "base/json.h"
#include "base/testing/support.h"
#include "ingest/ingest.h"
#include "ingest/testing.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

const std::string person_head =
    "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,race_concept_id,ethnicity_concept_id,"
    "person_source_value\n";
const std::string condition_head =
    "CONDITION_OCCURRENCE_ID,PERSON_ID,CONDITION_CONCEPT_ID,CONDITION_START_DATE,CONDITION_TYPE_CONCEPT_ID,"
    "VISIT_OCCURRENCE_ID,CONDITION_SOURCE_VALUE\n";

void put_small_source(const fs::path& folder) {
  put(folder / "person.csv", person_head + "1,8507,1980,1,2,0,0,p1\n2.0,8532,1990,,,0,,p2\n");
  put(folder / "CONDITION_OCCURRENCE.CSV",
      condition_head + "10,1,201826,2020-01-05,32817,77,E11\n11,2,0,20200106,32817,,X99\n");
}

void check_balanced(const Receipt& receipt) {
  for (const auto& [name, count] : receipt.tables) {
    CAPTURE(name);
    CHECK(count.read == count.stored + count.refused);
    std::int64_t reasons = 0;
    for (const auto& [reason, times] : count.reasons) reasons += times;
    CHECK(reasons == count.refused);
  }
}

}  // namespace

TEST_CASE("an OMOP folder becomes a lake, and the same source again changes nothing") {
  Site site;
  put_small_source(site.scratch.path() / "omop");
  const auto receipt = site.take(Kind::omop, site.scratch.path() / "omop");
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  check_balanced(*receipt);
  CHECK(receipt->stored() == 4);
  CHECK(receipt->refused() == 0);
  CHECK(receipt->tables.at("condition_occurrence").records_mapped == 1);
  CHECK(receipt->tables.at("condition_occurrence").records_total == 2);
  CHECK(receipt->notes.at("absent_visit_as_null:condition_occurrence.visit_occurrence_id") == 1);
  CHECK(receipt->notes.at("blank_concept_as_0:person.ethnicity_concept_id") == 1);
  CHECK(site.number("SELECT count(*) FROM lake(person)") == 2);
  CHECK(site.text("SELECT condition_start_date FROM lake(condition_occurrence) WHERE person_id = 2") == "2020-01-06");
  CHECK(site.text("SELECT observation_period_start_date FROM lake(observation_period) WHERE person_id = 1") ==
        "2020-01-05");
  const auto before = fs::last_write_time(site.root / "lake" / "_sources.json");
  const auto again = site.take(Kind::omop, site.scratch.path() / "omop");
  REQUIRE(again.ok());
  CHECK(again->unchanged);
  CHECK(again->id == receipt->id);
  CHECK(again->stored() == receipt->stored());
  CHECK(again->document.find("\"unchanged\":true") != std::string::npos);
  CHECK(fs::last_write_time(site.root / "lake" / "_sources.json") == before);
  CHECK(receipts(site.root)->size() == 1);
}

TEST_CASE("rows that cannot stand are refused with their line and reason, and never with their content") {
  Site site;
  const auto folder = site.scratch.path() / "omop";
  put(folder / "person.csv",
      person_head +
          "1,8507,1980,1,2,0,0,secret-name\n1,8507,1980,1,2,0,0,again\n,8507,1980,1,2,0,0,x\n"
          "3,8507,nineteen,1,2,0,0,x\n4,8507\n\"5,8507,1980,1,2,0,0,open\n6,8532,1971,,,0,0,p6\n");
  put(folder / "condition_occurrence.csv",
      condition_head +
          "1,1,5,2020-02-31,32817,,A\n2,1,5,2020-02-28,32817,,\"B, with\nnew line\"\n3,9,5,2020-01-01,"
          "32817,,C\n4,1,x,2020-01-01,32817,,D\n5,1,5,,32817,,E\n");
  const auto receipt = site.take(Kind::omop, folder);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  check_balanced(*receipt);
  const auto& person = receipt->tables.at("person");
  CHECK(person.stored == 2);
  CHECK(person.reasons == std::map<std::string, std::int64_t>{{"duplicate_key", 1},
                                                              {"missing_required:person_id", 1},
                                                              {"not_a_number:year_of_birth", 1},
                                                              {"unclosed_quote", 1},
                                                              {"wrong_field_count", 1}});
  const auto& condition = receipt->tables.at("condition_occurrence");
  CHECK(condition.stored == 1);
  CHECK(condition.reasons == std::map<std::string, std::int64_t>{{"impossible_date:condition_start_date", 1},
                                                                 {"missing_required:condition_start_date", 1},
                                                                 {"not_a_number:condition_concept_id", 1},
                                                                 {"person_absent", 1}});
  const auto refusals = read_file(site.root / "refusals" / (receipt->id + ".csv"));
  REQUIRE(refusals.ok());
  CHECK(refusals->find("person.csv,3,person,duplicate_key") != std::string::npos);
  CHECK(refusals->find("condition_occurrence.csv,2,condition_occurrence,impossible_date:condition_start_date") !=
        std::string::npos);
  CHECK(refusals->find("secret-name") == std::string::npos);
}

TEST_CASE("a table without a required column is an error that names table and column, and nothing changes") {
  Site site;
  put_small_source(site.scratch.path() / "good");
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "good").ok());
  const auto before = read_file(site.root / "lake" / "_sources.json");
  put(site.scratch.path() / "bad/person.csv", person_head + "7,8507,1980,1,2,0,0,p7\n");
  put(site.scratch.path() / "bad/condition_occurrence.csv", "condition_occurrence_id,person_id\n1,7\n");
  const auto receipt = site.take(Kind::omop, site.scratch.path() / "bad");
  REQUIRE_FALSE(receipt.ok());
  CHECK(receipt.error().kind == ErrorKind::rejected);
  CHECK(receipt.error().what.en.find("condition_concept_id") != std::string::npos);
  CHECK(receipt.error().where == "condition_occurrence.csv");
  CHECK(*read_file(site.root / "lake" / "_sources.json") == *before);
}

TEST_CASE("text that is not UTF-8 names file, line and the option that reads it") {
  Site site;
  const auto folder = site.scratch.path() / "korean";
  // "김" in CP949 is B1 E8.
  put(folder / "person.csv", person_head + "1,8507,1980,1,2,0,0,\xB1\xE8\n");
  const auto refused = site.take(Kind::omop, folder);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().where == "person.csv:2");
  CHECK(refused.error().hint.en.find("--encoding cp949") != std::string::npos);
  const auto read = site.take({.kind = Kind::omop, .sources = {folder}, .encoding = "cp949"});
  REQUIRE_MESSAGE(read.ok(), read.error().what.en);
  CHECK(site.text("SELECT person_source_value FROM lake(person)") == "김");
}

TEST_CASE("a second export with the same persons is refused unless it says what it replaces") {
  Site site;
  put_small_source(site.scratch.path() / "first");
  const auto first = site.take(Kind::omop, site.scratch.path() / "first");
  REQUIRE(first.ok());
  put_small_source(site.scratch.path() / "second");
  put(site.scratch.path() / "second/person.csv", person_head + "1,8507,1980,1,2,0,0,p1\n3,8532,1990,,,0,0,p3\n");
  const auto second = site.take(Kind::omop, site.scratch.path() / "second");
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().kind == ErrorKind::conflict);
  const auto replaced =
      site.take({.kind = Kind::omop, .sources = {site.scratch.path() / "second"}, .replaces = first->id});
  REQUIRE_MESSAGE(replaced.ok(), replaced.error().what.en);
  CHECK(site.number("SELECT sum(person_id)::BIGINT FROM lake(person)") == 4);
  CHECK(receipts(site.root)->size() == 1);
}

TEST_CASE("two exports that number their records alike keep all rows under new record keys") {
  Site site;
  put_small_source(site.scratch.path() / "first");
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "first").ok());
  put(site.scratch.path() / "second/person.csv", person_head + "5,8507,1980,1,2,0,0,p5\n");
  put(site.scratch.path() / "second/condition_occurrence.csv", condition_head + "10,5,1,2021-01-05,32817,,E11\n");
  const auto second = site.take(Kind::omop, site.scratch.path() / "second");
  REQUIRE_MESSAGE(second.ok(), second.error().what.en);
  CHECK(site.number("SELECT count(*) FROM lake(condition_occurrence)") == 3);
  CHECK(site.number("SELECT count(DISTINCT condition_occurrence_id) FROM lake(condition_occurrence)") == 3);
}

TEST_CASE("a stray duplicate is refused, but an export numbered in batches keeps its events under new keys") {
  Site site;
  const auto folder = site.scratch.path() / "omop";
  put(folder / "person.csv", person_head + "1,8507,1980,1,2,0,0,p1\n");
  std::string rows;
  for (int i = 0; i < 400; ++i) rows += fmt::format("{},1,{},2020-01-01,32817,,A\n", i, i);
  put(folder / "condition_occurrence.csv", condition_head + rows + "1,1,999,2020-01-01,32817,,B\n");
  const auto stray = site.take(Kind::omop, folder);
  REQUIRE_MESSAGE(stray.ok(), stray.error().what.en, stray.error().where);
  check_balanced(*stray);
  CHECK(stray->tables.at("condition_occurrence").reasons.at("duplicate_key") == 1);

  Site other;
  for (int i = 0; i < 30; ++i) rows += fmt::format("{},1,{},2020-01-02,32817,,B\n", i, i);
  put(folder / "condition_occurrence.csv", condition_head + rows + "1,1,1,2020-01-01,32817,,A\n");
  const auto batches = other.take(Kind::omop, folder);
  REQUIRE_MESSAGE(batches.ok(), batches.error().what.en, batches.error().where);
  check_balanced(*batches);
  CHECK(batches->tables.at("condition_occurrence").reasons.at("duplicate_row") == 1);
  CHECK(batches->notes.at("shared_key_renumbered:condition_occurrence") == 30);
  CHECK(other.number("SELECT count(DISTINCT condition_occurrence_id) FROM lake(condition_occurrence)") == 430);
}

TEST_CASE("5.3 column names are read as 5.4, and identity stays outside the lake") {
  Site site;
  const auto folder = site.scratch.path() / "omop";
  put(folder / "person.csv", person_head + "1,8507,1980,1,2,0,0,p1\n");
  put(folder / "visit_occurrence.csv",
      "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_end_date,visit_type_concept_id,"
      "admitting_source_concept_id,discharge_to_source_value\n5,1,9201,2020-01-01,2020-01-03,32817,8546,home\n");
  put(folder / "identity.csv",
      "person_id,name,birth_date,sex,phone,address\n1,홍길동,1980-01-02,M,010-1,서울\n8,x,,,,\n");
  const auto receipt = site.take(Kind::omop, folder);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  CHECK(site.number("SELECT admitted_from_concept_id FROM lake(visit_occurrence)") == 8546);
  CHECK(site.text("SELECT discharged_to_source_value FROM lake(visit_occurrence)") == "home");
  CHECK(receipt->tables.at("identity").reasons.at("person_absent") == 1);
  const auto identity = site.root / "private" / "identity.parquet";
  CHECK(site.text("SELECT name FROM " + engine::parquet(identity)) == "홍길동");
  CHECK((fs::status(identity).permissions() & fs::perms::group_read) == fs::perms::none);
}

TEST_CASE("GiBleed is stored whole, with the periods of absent persons refused and absent visits noted") {
  const auto shared = test::shared_data("omop");
  if (!shared) return;
  Site site;
  const auto receipt = site.take(Kind::omop, *shared / "GiBleed_5.3_csv.zip");
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  check_balanced(*receipt);
  CHECK(site.number("SELECT count(*) FROM lake(person)") == 2694);
  CHECK(site.number("SELECT count(*) FROM lake(condition_occurrence)") == 65332);
  CHECK(site.number("SELECT count(*) FROM lake(drug_exposure)") == 67707);
  CHECK(receipt->notes.at("shared_key_renumbered:drug_exposure") == 4384);
  CHECK(site.number("SELECT count(DISTINCT person_id) FROM lake(drug_exposure) WHERE drug_concept_id = 1118084") ==
        1844);
  CHECK(site.number("SELECT count(DISTINCT person_id) FROM lake(drug_exposure) WHERE drug_concept_id = 1124300") ==
        850);
  CHECK(receipt->tables.at("observation_period").reasons.at("person_absent") == 2649);
  CHECK(receipt->notes.at("absent_visit_as_null:condition_occurrence.visit_occurrence_id") == 64680);
  CHECK(site.number("SELECT count(DISTINCT person_id) FROM lake(condition_occurrence) WHERE condition_concept_id = "
                    "192671") == 479);
}

TEST_CASE("Synthea27Nj is the same lake from CSV and from Parquet") {
  const auto shared = test::shared_data("omop");
  if (!shared) return;
  Site csv, parquet;
  const auto first = csv.take(Kind::omop, *shared / "Synthea27Nj_5.4.zip");
  const auto second = parquet.take(Kind::omop, *shared / "Synthea27NjParquet_5.4.zip");
  REQUIRE_MESSAGE(first.ok(), first.error().what.en, first.error().where);
  REQUIRE_MESSAGE(second.ok(), second.error().what.en, second.error().where);
  CHECK(first->lake == second->lake);
  CHECK(first->refused() == 0);
  CHECK(first->lake.at("measurement") == 10040);
  // The Parquet export's source codes carry a ".0"; tables without such codes are the same bytes.
  for (const std::string_view name : {"person", "visit_occurrence", "visit_detail", "measurement", "observation"}) {
    const auto file = std::string(name) + ".parquet";
    CAPTURE(file);
    CHECK(*read_file(csv.root / "lake" / file) == *read_file(parquet.root / "lake" / file));
  }
}
