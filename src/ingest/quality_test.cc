#include "ingest/quality.h"

#include "base/json.h"
#include "ingest/characterise.h"
#include "ingest/testing.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

TEST_CASE("quality checks count their violations, and say when they do not apply") {
  Site site;
  put(site.scratch.path() / "omop/person.csv",
      "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1980,0,0\n"
      "2,8532,1850,0,0\n3,8532,1990,0,0\n");
  put(site.scratch.path() / "omop/condition_occurrence.csv",
      "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_type_concept_id\n"
      "1,1,0,2020-01-01,32817\n2,1,5,1970-01-01,32817\n");
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "omop").ok());
  const auto report = assess_quality(site.root, fs::path(NARU_SOURCE_DIR) / "policies" / "quality.yaml", site.clock);
  REQUIRE_MESSAGE(report.ok(), report.error().what.en, report.error().where);
  const auto state = [&](std::string_view id) {
    const auto found = std::ranges::find(report->checks, id, &CheckResult::id);
    REQUIRE(found != report->checks.end());
    return *found;
  };
  CHECK(state("conformance-gender").state == CheckState::passed);
  CHECK(state("plausibility-birth-year").violations == 1);
  CHECK(state("plausibility-birth-year").state == CheckState::failed);
  CHECK(state("completeness-mapped-condition_occurrence").violations == 1);
  CHECK(state("plausibility-before-birth-condition_occurrence").violations == 1);
  CHECK(state("plausibility-order-drug_exposure").state == CheckState::not_applicable);
  const auto document = parse_json(report->document, "report");
  REQUIRE(document.ok());
  CHECK((*document)["summary"]["failed"].get<int>() >= 3);
  CHECK(report->html.find("데이터 품질") != std::string::npos);
}

TEST_CASE("a quality check that cannot be computed is named") {
  Site site;
  put(site.scratch.path() / "omop/person.csv",
      "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1980,0,0\n");
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "omop").ok());
  put(site.scratch.path() / "q.yaml",
      "id: q\nversion: 1\nchecks:\n  - id: wrong\n    category: conformance\n    title: {en: a, ko: b}\n    needs: "
      "[person]\n    from: person\n    violation: no_such_column = 1\n    at_most: 0\n");
  const auto report = assess_quality(site.root, site.scratch.path() / "q.yaml", site.clock);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().where == "q.yaml: wrong");
}

TEST_CASE("a failed check is of the source that failed, under its own threshold, and a release can require them all") {
  Site site;
  put(site.scratch.path() / "omop/person.csv",
      "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n1,8507,1980,0,0\n");
  put(site.scratch.path() / "omop/condition_occurrence.csv",
      "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_type_concept_id,"
      "condition_source_value\n1,1,7,2020-01-01,32817,E11\n");
  put(site.scratch.path() / "hira/t20.csv", "MID,JID,SEX_TP_CD,AGE,RECU_FR_DD\nM1,J1,1,40,20200110\n");
  put(site.scratch.path() / "hira/t40.csv", "MID,SICK_CD\nM1,I219\n");
  put(site.scratch.path() / "q.yaml",
      "id: q\nversion: 1\nchecks:\n  - id: mapped\n    category: completeness\n    title: {en: '{table}', ko: "
      "'{table}'}\n"
      "    for: coded\n    violation: e.{concept} = 0\n    at_most: 0.1\n    thresholds: {hira: 1}\n");
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "omop").ok());
  const auto hira = site.take(Kind::hira, site.scratch.path() / "hira");
  REQUIRE(hira.ok());
  const auto file = site.scratch.path() / "q.yaml";
  const auto lenient = assess_quality(site.root, file, site.clock);
  REQUIRE_MESSAGE(lenient.ok(), lenient.error().what.en, lenient.error().where);
  const auto mapped = std::ranges::find(lenient->checks, "mapped-condition_occurrence", &CheckResult::id);
  REQUIRE(mapped != lenient->checks.end());
  CHECK(mapped->rows == 2);
  CHECK(mapped->violations == 1);
  CHECK(mapped->state == CheckState::passed);
  put(site.scratch.path() / "good.json", lenient->document);
  CHECK(require_quality(site.scratch.path() / "good.json").ok());
  auto strict = *read_file(file);
  strict.replace(strict.find("hira: 1"), 7, "hira: 0");
  put(file, strict);
  const auto report = assess_quality(site.root, file, site.clock);
  REQUIRE(report.ok());
  const auto failed = std::ranges::find(report->checks, "mapped-condition_occurrence", &CheckResult::id);
  CHECK(failed->failed_sources == std::vector<std::string>{hira->id});
  CHECK(report->history.size() == 1);  // the same sources again: one entry in the trend
  put(site.scratch.path() / "bad.json", report->document);
  const auto refused = require_quality(site.scratch.path() / "bad.json");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().what.en.find("mapped-condition_occurrence") != std::string::npos);
}

TEST_CASE("a characterisation withholds small cells, and the cell that a sum would give away with them") {
  Site site;
  std::string persons = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n";
  std::string periods =
      "observation_period_id,person_id,observation_period_start_date,observation_period_end_date,period_type_concept_"
      "id\n";
  for (int i = 0; i < 30; ++i) {
    persons += fmt::format("{},{},{},0,0\n", i, i < 20 ? 8507 : 8532, i == 0 ? 1940 : i < 10 ? 1985 : 1995);
    periods += fmt::format("{},{},2015-01-01,2020-06-01,32817\n", i, i);
  }
  put(site.scratch.path() / "omop/person.csv", persons);
  put(site.scratch.path() / "omop/observation_period.csv", periods);
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "omop").ok());
  CHECK_FALSE(characterise({.site = site.root, .least_persons = 1}, site.clock).ok());
  const auto text = characterise({.site = site.root, .least_persons = 5}, site.clock);
  REQUIRE_MESSAGE(text.ok(), text.error().what.en, text.error().where);
  const auto document = *parse_json(*text, "character");
  CHECK(document["persons"] == 30);
  int withheld = 0;
  for (const auto& cell : document["age_sex"]) {
    if (cell["age"] == "80-89") CHECK(cell["reason"] == "fewer_than_least_persons");
    if (cell["age"] == "30-39") CHECK(cell["reason"] == "withheld_with_another");
    if (cell["persons"].is_null()) ++withheld;
  }
  CHECK(withheld == 2);
  CHECK(document["observation_years"][0]["persons"] == 30);
}
