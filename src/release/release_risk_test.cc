#include "base/json.h"
#include "release/testing.h"

#include <algorithm>

using namespace naru;
using namespace naru::release;
using namespace naru::release::testing;

TEST_CASE("codes that few persons have climb until enough share what is shown, and never past the top") {
  Combiner combiner;
  const auto folder = combiner.scratch.path() / "protected" / "a";
  combiner.write(
      folder / "coded.parquet",
      "SELECT * REPLACE (CAST(CASE WHEN condition_occurrence_id < 5 THEN 111 WHEN condition_occurrence_id < 9 "
      "THEN 112 WHEN condition_occurrence_id < 11 THEN 113 ELSE 100 END AS BIGINT) AS condition_concept_id), "
      "CAST(7 AS BIGINT) AS condition_source_concept_id, 'E11.9' AS condition_source_value FROM " +
          engine::parquet(folder / "condition_occurrence.parquet"));
  fs::rename(folder / "coded.parquet", folder / "condition_occurrence.parquet");
  const auto report = combiner.build_now(combiner.request());
  const auto conditions = engine::parquet(report.folder / "data" / "condition_occurrence.parquet");
  const auto count = [&](const std::string& where) {
    auto n = combiner.database.integer("SELECT count(*) FROM " + conditions + " WHERE " + where);
    REQUIRE(n.ok());
    return *n;
  };
  CHECK(count("condition_concept_id IN (111, 112, 113, 114)") == 0);
  CHECK(count("condition_concept_id = 110") >= 5);
  CHECK(count("condition_concept_id = 0") >= 1);
  // The source's own code of what climbed would tell what was hidden.
  CHECK(count("condition_concept_id IN (0, 110) AND (condition_source_concept_id <> 0 OR condition_source_value IS NOT "
              "NULL)") == 0);
  CHECK(count("condition_concept_id = 100 AND condition_source_value = 'E11.9'") > 0);
  const auto table = std::ranges::find(report.tables, std::string("condition_occurrence"), &BuiltTable::table);
  REQUIRE(table != report.tables.end());
  CHECK(table->rare.concepts_climbed == 2);
  CHECK(table->rare.concepts_hidden == 1);
}

TEST_CASE("without the vocabulary rare codes cannot climb, so nothing is built") {
  Combiner combiner;
  auto request = combiner.request();
  request.vocabulary = combiner.scratch.path() / "nowhere";
  Progress silent;
  const auto report = build(request, policy(), silent);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().kind == ErrorKind::not_found);
  CHECK_FALSE(fs::exists(combiner.releases / ".built" / "r1"));
}

TEST_CASE("a place in which few persons live is shown as the place around it") {
  Combiner combiner;
  const auto folder = combiner.scratch.path() / "protected" / "a";
  // Holder a alone knows counties: Jung with all but nine persons of Seoul, Ulleung with nine.
  combiner.write(folder / "location.parquet",
                 "SELECT * FROM (VALUES (1, 'Jung', 'Seoul'), (2, NULL, 'Busan'), (3, 'Ulleung', 'Seoul')) AS "
                 "t(location_id, county, state), (SELECT CAST(0 AS BIGINT) AS country_concept_id)");
  combiner.write(folder / "persons.parquet",
                 "SELECT * REPLACE (CAST(CASE WHEN person_id < 1000010 THEN 3 ELSE location_id END AS BIGINT) AS "
                 "location_id) FROM " +
                     engine::parquet(folder / "person.parquet"));
  fs::rename(folder / "persons.parquet", folder / "person.parquet");
  const auto report = combiner.build_now(combiner.request());
  CHECK(report.persons_in_small_regions == 9);
  const auto places =
      combiner.database.integer("SELECT count(*) FROM " + engine::parquet(report.folder / "data" / "location.parquet") +
                                " WHERE county = 'Ulleung'");
  REQUIRE(places.ok());
  CHECK(*places == 0);
}

TEST_CASE("every release carries what attackers could do before and after, as figures and as a page for a board") {
  Combiner combiner;
  const auto report = combiner.build_now(combiner.request());
  const auto risk = read_json(report.folder / "risk.json");
  REQUIRE(risk.ok());
  const auto& assessment = (*risk)["assessment"];
  std::vector<std::string> ids;
  for (const auto& attacker : assessment["after"]["attackers"]) ids.push_back(attacker["id"]);
  CHECK(ids == std::vector<std::string>{"demographics", "visit-dates", "any-visits", "rare-code", "code-trajectory",
                                        "other-hospital"});
  CHECK(assessment["after"]["k"].get<int>() >= 5);
  CHECK(assessment["before"]["k"].get<int>() <= assessment["after"]["k"].get<int>());
  CHECK(assessment["after"]["attackers"][0]["prosecutor"]["max"].get<double>() <= 0.2);
  CHECK(assessment["before"]["persons"].get<std::int64_t>() == report.persons_linked);
  CHECK(assessment["after"]["persons"].get<std::int64_t>() == report.persons);
  const auto page = read_file(report.folder / "risk.html");
  REQUIRE(page.ok());
  CHECK(page->find("재식별 위험 보고서: r1") != std::string::npos);
  // The same assessment of the folder, made from outside.
  const auto outside = protect::assess_omop(report.folder, protect::assumptions_of(policy().risk));
  REQUIRE(outside.ok());
  CHECK(outside->k == report.assessed_after.k);
  CHECK(outside->attackers.back().class_sizes == report.assessed_after.attackers.back().class_sizes);
}

TEST_CASE("a policy with an unverified rule builds no release and the rule is named") {
  Combiner combiner;
  const auto preset = protect::find_policy(NARU_SOURCE_DIR, "kr-guideline");
  REQUIRE(preset.ok());
  Progress silent;
  const auto report = build(combiner.request(), *preset, silent);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().kind == ErrorKind::refused);
  CHECK(exit_status(report.error().kind) == 3);
  CHECK(report.error().where.find("kr-guideline") != std::string::npos);
}
