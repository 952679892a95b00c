#pragma once
/// For this room's tests: a small plan with its definitions and scorecard, lakes made to measure, and a masked round.
#include <doctest/doctest.h>
#include "base/digest.h"
#include "base/json.h"
#include "base/random.h"
#include "base/testing/support.h"
#include "engine/database.h"
#include "evaluate/discrimination.h"
#include "evidence/features.h"
#include "evidence/report.h"
#include "evidence/seal.h"
#include "evidence/secure_sum.h"
#include "evidence/solution.h"

#include <cmath>

namespace naru::evidence::testing {

inline std::string definition(std::int64_t concept_id, const std::string& limit) {
  const Json item{{"concept",
                   {{"CONCEPT_ID", concept_id},
                    {"CONCEPT_NAME", "made up"},
                    {"STANDARD_CONCEPT", "S"},
                    {"CONCEPT_CODE", "X"},
                    {"DOMAIN_ID", "Condition"},
                    {"VOCABULARY_ID", "None"},
                    {"CONCEPT_CLASS_ID", "None"},
                    {"INVALID_REASON", "V"}}},
                  {"isExcluded", false},
                  {"includeDescendants", true},
                  {"includeMapped", false}};
  const Json out{
      {"ConceptSets", Json::array({{{"id", 0}, {"name", "set"}, {"expression", {{"items", Json::array({item})}}}}})},
      {"PrimaryCriteria",
       {{"CriteriaList", Json::array({{{"ConditionOccurrence", {{"CodesetId", 0}}}}})},
        {"ObservationWindow", {{"PriorDays", 0}, {"PostDays", 0}}},
        {"PrimaryCriteriaLimit", {{"Type", limit}}}}},
      {"QualifiedLimit", {{"Type", limit}}},
      {"ExpressionLimit", {{"Type", limit}}},
      {"InclusionRules", Json::array()},
      {"EndStrategy", {{"DateOffset", {{"DateField", "StartDate"}, {"Offset", 1}}}}},
      {"CensoringCriteria", Json::array()},
      {"CollapseSettings", {{"CollapseType", "ERA"}, {"EraPad", 0}}},
      {"CensorWindow", Json::object()}};
  return pretty(out);
}

inline constexpr std::string_view plan_text = R"(id: small
title: {en: Small plan, ko: 작은 계획}
intended_use: {en: tests, ko: 시험}
target: target.json
outcome: outcome.json
solution: scorecard.json
horizon_days: 180
thresholds: [0.3, 0.1]
subgroups: [sex]
score_grid: 1000
)";

inline constexpr std::string_view card_text =
    R"({"id":"card","version":"1","kind":"logistic","intercept":-6,"features":[
 {"name":"age","source":{"kind":"age"},"coefficient":0.05,"missing":60},
 {"name":"male","source":{"kind":"sex_male"},"coefficient":0.3,"missing":0},
 {"name":"comorbid","source":{"kind":"condition","concepts":[300],"include_descendants":false,"window_days":365},"coefficient":0.8,"missing":0},
 {"name":"drug","source":{"kind":"drug","concepts":[400],"include_descendants":true,"window_days":30},"coefficient":-0.5,"missing":0},
 {"name":"value","source":{"kind":"measurement_last","concepts":[500],"include_descendants":false,"window_days":365},"coefficient":0.4,"missing":5}]})";

inline LockedPlan locked() {
  auto plan = parse_plan(plan_text, "plan.yaml");
  REQUIRE(plan.ok());
  auto out = lock_parts(*plan, definition(100, "First"), definition(200, "All"), std::string(card_text));
  REQUIRE_MESSAGE(out.ok(), out.error().what.en << " " << out.error().where);
  return *out;
}

struct LakeOptions {
  int persons = 400;
  int event_every = 4;  // every nth person has the outcome 30 days after the index day
  int event_gap = 0;    // or so many days later, up to four times so many
  int prior_every = 0;  // every nth person had it 10 days before as well
  int short_every = 0;  // every nth person is observed for 100 days only
};

inline std::string fill(std::string text, const LakeOptions& options) {
  const auto swap = [&](const std::string& key, int value) {
    for (auto at = text.find(key); at != std::string::npos; at = text.find(key)) {
      text.replace(at, key.size(), std::to_string(value));
    }
  };
  swap("$N", options.persons);
  swap("$GAP", options.event_gap);
  swap("$EVENT", options.event_every > 0 ? options.event_every : 1'000'000);
  swap("$PRIOR", options.prior_every > 0 ? options.prior_every : 1'000'000);
  swap("$SHORT", options.short_every > 0 ? options.short_every : 1'000'000);
  return text;
}

// Person i: index day 2020-01-01 + i % 100; the target concept is 100, or 101 below it for odd persons.
inline void write_lake(const fs::path& folder, const LakeOptions& options) {
  REQUIRE(make_folder(folder).ok());
  auto database = engine::Database::open({.allowed_folders = {folder}});
  REQUIRE(database.ok());
  const auto table = [&](const std::string& name, const std::string& order, const std::string& select) {
    const auto written = database->copy_to_parquet(fill(select, options), order, folder / (name + ".parquet"));
    REQUIRE_MESSAGE(written.ok(), name << ": " << written.error().what.en);
  };
  const std::string people =
      "(SELECT i::BIGINT AS i, DATE '2020-01-01' + (i % 100)::INTEGER AS d FROM range(1, $N + 1) AS r(i))";
  table("person", "person_id",
        "SELECT i AS person_id, CASE WHEN i % 2 = 0 THEN 8507 ELSE 8532 END::BIGINT AS gender_concept_id, "
        "(1930 + i % 60)::INTEGER AS year_of_birth, 0::BIGINT AS race_concept_id, 0::BIGINT AS ethnicity_concept_id "
        "FROM " +
            people);
  table("observation_period", "observation_period_id",
        "SELECT i AS observation_period_id, i AS person_id, DATE '2018-01-01' AS observation_period_start_date, "
        "CASE WHEN i % $SHORT = 0 THEN d + 100 ELSE d + 400 END::DATE AS observation_period_end_date, "
        "32817::BIGINT AS period_type_concept_id FROM " +
            people);
  table("condition_occurrence", "condition_occurrence_id",
        "SELECT row_number() OVER (ORDER BY person_id, c, day)::BIGINT AS condition_occurrence_id, person_id, "
        "c::BIGINT AS "
        "condition_concept_id, day::DATE AS condition_start_date, 32817::BIGINT AS condition_type_concept_id FROM ("
        "SELECT i AS person_id, 100 + i % 2 AS c, d AS day FROM " +
            people + " UNION ALL SELECT i, 200, d + (30 + (i % 5) * $GAP)::INTEGER FROM " + people +
            " WHERE i % $EVENT = 0"
            " UNION ALL SELECT i, 200, d - 10 FROM " +
            people +
            " WHERE i % $PRIOR = 0"
            " UNION ALL SELECT i, 300, d - 365 FROM " +
            people +
            " WHERE i % 3 = 0"
            " UNION ALL SELECT i, 300, d - 366 FROM " +
            people +
            " WHERE i % 3 = 1"
            " UNION ALL SELECT i, 300, d + 1 FROM " +
            people + " WHERE i % 3 = 2)");
  table("drug_exposure", "drug_exposure_id",
        "SELECT i AS drug_exposure_id, i AS person_id, 401::BIGINT AS drug_concept_id, d AS drug_exposure_start_date, "
        "d AS drug_exposure_end_date, 32838::BIGINT AS drug_type_concept_id FROM " +
            people + " WHERE i % 5 = 0");
  table("measurement", "measurement_id",
        "SELECT row_number() OVER (ORDER BY person_id, day)::BIGINT AS measurement_id, person_id, 500::BIGINT AS "
        "measurement_concept_id, day::DATE AS measurement_date, v::DOUBLE AS value_as_number, 32817::BIGINT AS "
        "measurement_type_concept_id FROM (SELECT i AS person_id, d - 20 AS day, 9.0 AS v FROM " +
            people + " UNION ALL SELECT i, d - 2, (i % 8)::DOUBLE FROM " + people +
            " WHERE i % 7 <> 0 UNION ALL SELECT i, d + 3, 99.0 FROM " + people + ")");
  table(
      "concept", "concept_id",
      "SELECT id::BIGINT AS concept_id, 'made up' AS concept_name, 'Condition' AS domain_id, 'None' AS vocabulary_id, "
      "'None' AS concept_class_id, 'S' AS standard_concept, id::VARCHAR AS concept_code, DATE '1970-01-01' AS "
      "valid_start_date, DATE '2099-12-31' AS valid_end_date, NULL::VARCHAR AS invalid_reason "
      "FROM (VALUES (100), (101), (200), (300), (400), (401), (500)) AS t(id)");
  table("concept_ancestor", "ancestor_concept_id, descendant_concept_id",
        "SELECT * FROM (VALUES (100::BIGINT, 100::BIGINT, 0, 0), (100, 101, 1, 1), (200, 200, 0, 0), (400, 401, 1, 1)) "
        "AS "
        "t(ancestor_concept_id, descendant_concept_id, min_levels_of_separation, max_levels_of_separation)");
}

inline SiteRequest request_for(const fs::path& lake, const std::string& site) {
  SiteRequest out;
  out.site = site;
  out.lake = lake;
  out.vocabulary = lake;
  out.lake_digest = "digest-of-" + site;
  out.rules = {10, 5, true, 4};
  out.threads = 1;
  return out;
}

// What the scorecard should say of person i, by hand.
inline double expected_score(int i) {
  const double age = 2020 - (1930 + i % 60);
  const double value = i % 7 != 0 ? i % 8 : 9.0;
  const double x = -6 + 0.05 * age + 0.3 * (i % 2 == 0) + 0.8 * (i % 3 == 0) - 0.5 * (i % 5 == 0) + 0.4 * value;
  return 1 / (1 + std::exp(-x));
}

inline Peer peer(const std::string& a, const std::string& b) {
  const auto key = hex(sha256(std::min(a, b) + "|" + std::max(a, b)));
  return {b, *from_hex(key, "key")};
}

struct Round {
  LockedPlan plan;
  std::vector<std::string> shared;
  std::vector<std::uint64_t> pooled;
  std::vector<std::vector<std::uint64_t>> plain;
};

inline Round run_round(const ScratchFolder& scratch, const std::vector<LakeOptions>& lakes,
                       LockedPlan plan = locked()) {
  Round out{std::move(plan), {}, {}, {}};
  const std::vector<std::string> names{"hospital-a", "hospital-b", "hospital-c"};
  std::vector<Masked> answers;
  for (std::size_t s = 0; s < names.size(); ++s) {
    write_lake(scratch.path() / names[s], lakes[s]);
    const auto result = run_plan_at_site(out.plan, request_for(scratch.path() / names[s], names[s]));
    REQUIRE_MESSAGE(result.ok(), result.error().what.en << " " << result.error().where);
    out.shared.push_back(result->shared);
    out.plain.push_back(result->histogram);
    std::vector<Peer> peers;
    for (const auto& other : names) {
      if (other != names[s]) peers.push_back(peer(names[s], other));
    }
    auto masked = mask(result->histogram, names[s], peers, "round-1");
    REQUIRE(masked.ok());
    answers.push_back(*masked);
  }
  auto pooled = sum(answers);
  REQUIRE(pooled.ok());
  out.pooled = *pooled;
  return out;
}

inline ReportInput report_input(const Round& round) {
  ReportInput out;
  out.plan = round.plan;
  out.shared = round.shared;
  out.pooled = round.pooled;
  out.rules = {10, 5, true, 4};
  out.round = "round-1";
  out.mode = "federated";
  out.created_at = "2026-11-23T00:00:00.000Z";
  out.software = "naru test";
  return out;
}

inline SigningKey test_key(std::uint8_t seed) {
  auto key = SigningKey::from_seed(Bytes(32, seed));
  REQUIRE(key.ok());
  return std::move(key).value();
}

}  // namespace naru::evidence::testing
