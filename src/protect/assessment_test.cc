#include "protect/assessment.h"

#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "protect/attackers.h"
#include "protect/risk_report.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace naru;
using namespace naru::protect;

namespace {

// The definition, term by term: the population size is f plus the failures before the f-th success.
double by_sum(std::int64_t f, double pi) {
  double probability = std::pow(pi, static_cast<double>(f));
  double sum = 0;
  for (std::int64_t h = f; h < f + 200'000; ++h) {
    sum += probability / static_cast<double>(h);
    probability *= (1 - pi) * static_cast<double>(h) / static_cast<double>(h - f + 1);
  }
  return sum;
}

engine::Database opened() {
  auto database = engine::Database::open({});
  REQUIRE(database.ok());
  return std::move(*database);
}

const AttackerRisk& attacker(const Assessment& assessment, std::string_view id) {
  for (const auto& each : assessment.attackers) {
    if (each.id == id) return each;
  }
  FAIL("no such attacker");
  return assessment.attackers.front();
}

// Four persons. 1 and 2 look alike and visit with the same gaps, 40 days apart; 3 shares their demographics but visits
// otherwise; 4 differs. Person 4 has a diagnosis of its own and the other three have two in common.
struct People {
  engine::Database database = opened();
  PersonData data{.persons = "person", .quasi = {"sex", "born"}, .visits = "visit", .codes = "code", .shifted = true};
  Assumptions assumptions{
      .high_risk_above = 0.3, .population_persons = std::nullopt, .visits_known = 3, .codes_known = 2};

  People() {
    REQUIRE(
        database
            .run("CREATE TABLE person AS SELECT * FROM (VALUES (1, 'f', '1970'), (2, 'f', '1970'), (3, 'f', '1970'), "
                 "(4, 'm', '1980')) AS t(person_id, sex, born);"
                 "CREATE TABLE visit AS SELECT person_id, site, DATE '2020-01-01' + CAST(d AS INTEGER) AS day FROM "
                 "(VALUES (1, 'a', 0), (1, 'a', 10), (1, 'a', 30), (2, 'a', 40), (2, 'a', 50), (2, 'a', 70), (3, "
                 "'b', 0), (3, 'b', 10), (3, 'b', 31), (4, 'b', 5)) AS t(person_id, site, d);"
                 "CREATE TABLE code AS SELECT person_id, site, DATE '2020-01-01' + CAST(d AS INTEGER) AS day, "
                 "concept_id FROM (VALUES (1, 'a', 0, 11), (1, 'a', 10, 12), (2, 'a', 40, 11), (2, 'a', 50, 12), (3, "
                 "'b', 0, 12), (3, 'b', 10, 11), (4, 'b', 5, 13)) AS t(person_id, site, d, concept_id)")
            .ok());
  }
  Assessment assessed() {
    auto out = assess_persons(database, data, assumptions);
    REQUIRE_MESSAGE(out.ok(), (out.ok() ? "" : out.error().what.en + out.error().hint.en));
    return *out;
  }
};

}  // namespace

TEST_CASE("the expected inverse of a class in the population is what the sum over its sizes gives") {
  for (const double pi : {0.02, 0.3, 0.49, 0.5, 0.7, 0.95}) {
    for (const std::int64_t f : {1, 2, 3, 7, 20}) {
      CAPTURE(pi);
      CAPTURE(f);
      CHECK(expected_inverse(f, pi) == doctest::Approx(by_sum(f, pi)).epsilon(1e-6));
    }
  }
  CHECK(expected_inverse(4, 1) == 0.25);
  // One unique in a sample of one in ten: ln(10) / 9.
  CHECK(expected_inverse(1, 0.1) == doctest::Approx(std::log(10.0) / 9));
  CHECK(expected_inverse(5000, 0.01) == doctest::Approx(0.01 / 5000).epsilon(1e-3));
}

TEST_CASE("figures of an attacker follow from the classes by hand") {
  // Two persons alone, four in a class of four, and four of whom nothing is known.
  const auto risk = attacker_risk("x", {}, {{1, 2}, {4, 4}}, 10, {.high_risk_above = 0.3, .population_persons = 10});
  CHECK(risk.exposed == 6);
  CHECK(risk.unique == 2);
  CHECK(*risk.unique_share == 0.2);
  CHECK(*risk.prosecutor.most == 1);
  CHECK(*risk.prosecutor.average == doctest::Approx(0.3));
  CHECK(*risk.prosecutor.at_risk == doctest::Approx(0.2));
  // The data is the whole population: not knowing changes nothing.
  CHECK(*risk.journalist.average == *risk.prosecutor.average);
  CHECK(*risk.marketer == doctest::Approx(0.3));
  const auto sample = attacker_risk("x", {}, {{1, 2}, {4, 4}}, 10, {.high_risk_above = {}, .population_persons = 1000});
  CHECK(*sample.journalist.most < 0.06);
  CHECK_FALSE(sample.journalist.at_risk.has_value());
}

TEST_CASE("an attacker who knows visits uses dates before the shift and intervals after it") {
  People people;
  auto risk = people.assessed();
  const auto& visits = attacker(risk, "visit-dates");
  CHECK(visits.exposed == 3);  // person 4 has one visit
  CHECK(visits.class_sizes == std::map<std::int64_t, std::int64_t>{{1, 1}, {2, 2}});
  people.data.shifted = false;
  risk = people.assessed();
  CHECK(attacker(risk, "visit-dates").class_sizes == std::map<std::int64_t, std::int64_t>{{1, 3}});
}

TEST_CASE("any visits and visits in a row are two attackers, and neither knows more than the other for everybody") {
  People people;
  // 1: days 0, 10, 30. 2: 0, 10, 15, 30. 3: 0, 7, 14, 21. 4: 0, 7, 14, 40, all of one sex and age.
  REQUIRE(
      people.database
          .run("UPDATE person SET sex = 'f', born = '1970'; CREATE TABLE stay AS SELECT person_id, 'a' AS site, DATE "
               "'2020-01-01' + CAST(d AS INTEGER) AS day FROM (VALUES (1, 0), (1, 10), (1, 30), (2, 0), (2, 10), "
               "(2, 15), (2, 30), (3, 0), (3, 7), (3, 14), (3, 21), (4, 0), (4, 7), (4, 14), (4, 40)) AS "
               "t(person_id, d)")
          .ok());
  people.data.visits = "stay";
  const auto risk = people.assessed();
  // In a row, 1 is alone with its gaps 10 and 20. Who knows three visits but not that nothing lies between them cannot
  // tell 1 from 2.
  CHECK(attacker(risk, "visit-dates").class_sizes == std::map<std::int64_t, std::int64_t>{{1, 3}, {2, 1}});
  // In a row, 3 shares 7 and 7 with 4. Among any three days, 7 and 14 are 3's alone.
  CHECK(attacker(risk, "any-visits").class_sizes == std::map<std::int64_t, std::int64_t>{{1, 3}, {2, 1}});
  people.assumptions.visits_known = 2;
  const auto two = people.assessed();
  CHECK(attacker(two, "any-visits").exposed == 4);
  people.data.shifted = false;
  CHECK(attacker(people.assessed(), "any-visits").class_sizes.contains(1));
}

TEST_CASE("a rare diagnosis, an order of diagnoses and another hospital's records each tell persons apart") {
  People people;
  const auto risk = people.assessed();
  CHECK(risk.k == 1);
  CHECK(attacker(risk, "demographics").class_sizes == std::map<std::int64_t, std::int64_t>{{1, 1}, {3, 3}});
  CHECK(attacker(risk, "rare-code").class_sizes == std::map<std::int64_t, std::int64_t>{{1, 1}, {3, 3}});
  // 11 before 12 for two, 12 before 11 for one; person 4 has no second.
  CHECK(attacker(risk, "code-trajectory").class_sizes == std::map<std::int64_t, std::int64_t>{{1, 1}, {2, 2}});
  CHECK(attacker(risk, "other-hospital").class_sizes == std::map<std::int64_t, std::int64_t>{{1, 2}, {2, 2}});
}

TEST_CASE("the columns that make people unique are told, alone, together and by what their absence would change") {
  People people;
  REQUIRE(people.database.run("INSERT INTO person VALUES (5, 'm', '1970')").ok());
  const auto risk = people.assessed();
  REQUIRE(risk.column_sets.size() == 3);
  CHECK(risk.column_sets.front().columns == std::vector<std::string>{"sex", "born"});
  CHECK(risk.column_sets.front().unique == 2);
  CHECK(risk.column_sets[1].columns == std::vector<std::string>{"born"});
  CHECK(risk.column_sets[1].unique == 1);
  REQUIRE(risk.without.size() == 2);
  CHECK(risk.without[0].columns == std::vector<std::string>{"sex"});
  CHECK(risk.without[0].unique == 1);
}

TEST_CASE("diversity and closeness of a small table are those computed by hand") {
  const ScratchFolder scratch("assess");
  const auto file = scratch.path() / "t.csv";
  REQUIRE(write_file_atomic(file, "zip,illness\n1,flu\n1,flu\n1,cold\n2,flu\n2,cold\n2,gout\n").ok());
  const auto risk = assess_table(file, {"zip"}, "illness", {}, {});
  REQUIRE_MESSAGE(risk.ok(), (risk.ok() ? "" : risk.error().what.en));
  REQUIRE(risk->diversity.has_value());
  CHECK(risk->k == 3);
  CHECK(risk->diversity->distinct == 2);
  // Class 1: shares 2/3 and 1/3.
  CHECK(risk->diversity->entropy == doctest::Approx(std::exp(-(2.0 / 3) * std::log(2.0 / 3) - std::log(1.0 / 3) / 3)));
  // Whole: flu 1/2, cold 1/3, gout 1/6; either class is 1/6 away.
  CHECK(risk->diversity->closeness == doctest::Approx(1.0 / 6));
}

TEST_CASE("a population table gives the exact risk of somebody who does not know who is in") {
  const ScratchFolder scratch("assess");
  const auto sample = scratch.path() / "s.csv";
  const auto whole = scratch.path() / "p.csv";
  REQUIRE(write_file_atomic(sample, "sex\nf\nf\nm\n").ok());
  REQUIRE(write_file_atomic(whole, "sex\nf\nf\nf\nf\nm\nm\n").ok());
  const auto risk = assess_table(sample, {"sex"}, "", whole, {.high_risk_above = 0.3, .population_persons = {}});
  REQUIRE(risk.ok());
  CHECK(*risk->attackers.front().journalist.most == 0.5);
  CHECK(*risk->attackers.front().journalist.average == doctest::Approx(1.0 / 3));
  CHECK(*risk->attackers.front().journalist.at_risk == doctest::Approx(1.0 / 3));
  // The two the other way round cannot be.
  const auto wrong = assess_table(whole, {"sex"}, "", sample, {});
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.error().kind == ErrorKind::rejected);
}

TEST_CASE("nobody and nothing known are told as absent with a reason, not as nought") {
  const ScratchFolder scratch("assess");
  const auto file = scratch.path() / "t.csv";
  REQUIRE(write_file_atomic(file, "zip\n").ok());
  const auto risk = assess_table(file, {"zip"}, "", {}, {});
  REQUIRE_MESSAGE(risk.ok(), (risk.ok() ? "" : risk.error().what.en + risk.error().hint.en));
  const auto json = parse_json(assessment_json(*risk), "x");
  REQUIRE(json.ok());
  CHECK((*json)["k"].is_null());
  CHECK((*json)["reason"].is_string());
  CHECK((*json)["attackers"][0]["prosecutor"]["max"].is_null());
  CHECK((*json)["attackers"][0]["prosecutor"]["reason"] == "nobody is exposed");
  const auto html = risk_report_html({.subject = "empty", .before = *risk});
  CHECK(html.find("The table holds nobody") != std::string::npos);
}

TEST_CASE("the report stands alone, speaks both languages and hides what a name could smuggle in") {
  People people;
  RiskReport report{.subject = "<script>alert(1)</script>", .before = people.assessed()};
  report.after = people.assessed();
  report.k_wanted = 5;
  report.impact = impact_of({50'000, 500'000, 1'000'000}, 60'000, 0, 60'000);
  report.thresholds = ImpactThresholds{50'000, 500'000, 1'000'000};
  const auto html = risk_report_html(report);
  CHECK(html == risk_report_html(report));
  CHECK(html.find("<script") == std::string::npos);
  CHECK(html.find("http://") == std::string::npos);
  CHECK(html.find("https://") == std::string::npos);
  CHECK(html.find("src=") == std::string::npos);
  for (const auto* words : {"재식별 위험 보고서", "Re-identification risk", "<svg", "@page",
                            "impact assessment by law is due", "다른 병원의 기록", "Another hospital&#39;s records"}) {
    CAPTURE(words);
    CHECK(html.find(words) != std::string::npos);
  }
  const auto occurrences = [&](std::string_view what) {
    std::size_t count = 0;
    for (auto at = html.find(what); at != std::string::npos; at = html.find(what, at + 1)) ++count;
    return count;
  };
  CHECK(occurrences("<span class=\"ko\"") == occurrences("<span class=\"en\""));
  CHECK(occurrences("<svg") == occurrences("</svg>"));
  CHECK(occurrences("<svg") == 7);
}

TEST_CASE("an OMOP folder is assessed by what its persons and events show") {
  const ScratchFolder scratch("assess");
  REQUIRE(write_file_atomic(scratch.path() / "person.csv",
                            "person_id,year_of_birth,gender_concept_id\n1,1970,8507\n2,1970,8507\n3,1980,8507\n")
              .ok());
  REQUIRE(write_file_atomic(scratch.path() / "condition_occurrence.csv",
                            "person_id,condition_start_date,condition_concept_id\n1,2020-01-01,5\n2,2020-01-01,6\n")
              .ok());
  const auto risk = assess_omop(
      scratch.path(), {.high_risk_above = 0.2, .population_persons = 100, .visits_known = 2, .codes_known = 2});
  REQUIRE_MESSAGE(risk.ok(), (risk.ok() ? "" : risk.error().what.en + risk.error().hint.en));
  // Everybody is male, so sex tells nothing and is no quasi-identifier here.
  CHECK(risk->quasi_identifiers == std::vector<std::string>{"year_of_birth"});
  CHECK(attacker(*risk, "rare-code").unique == 2);
  CHECK(attacker(*risk, "code-trajectory").exposed == 0);
  const auto nothing = assess_omop(scratch.path() / "none", {});
  REQUIRE_FALSE(nothing.ok());
  CHECK(nothing.error().kind == ErrorKind::not_found);
}
