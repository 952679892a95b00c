#include "ingest/quality.h"

#include "base/json.h"
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
