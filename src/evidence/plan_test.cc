#include "evidence/plan.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/json.h"
#include "engine/database.h"
#include "evidence/overlap.h"

using namespace naru;
using namespace naru::evidence;

namespace {

constexpr std::string_view whole_text = R"(id: whole
version: 2
title: {en: Whole, ko: 전체}
intended_use: {en: tests, ko: 시험}
population: adults in general hospitals
target: target.json
unit_of_analysis: one person
index_time: the day of the first entry
outcome: outcome.json
solution: scorecard.json
horizon_days: 180
thresholds: [0.1]
cut_off: {en: "0.1, a call is made", ko: "0.1, 전화를 합니다"}
alert_burden_max: 0.2
subgroups: [sex]
score_grid: 1000
metrics: [auroc]
comparator: nobody is called
missing: rows are counted, not imputed
stopping: none
sample_size: {persons: 1000, events: 100, reason: calibration slope within 0.2}
bootstrap: {replicates: 200, seed: 7}
survival_steps: 12
impact: {en: stepped wedge over six wards, ko: 여섯 병동의 계단식 설계}
changes: {en: a lower threshold, ko: 임계값을 낮춤}
statements: {tripod-ai/3c: {en: none known, ko: 알려진 것 없음}}
)";

Result<Plan> without(const std::string& line) {
  std::string text = "\n" + std::string(whole_text);
  const auto at = text.find("\n" + line + ":");
  REQUIRE(at != std::string::npos);
  text.erase(at + 1, text.find('\n', at + 1) - at);
  return parse_plan(text, "plan.yaml");
}

}  // namespace

TEST_CASE("a plan reads back as itself, with every field of its schema") {
  const auto plan = parse_plan(whole_text, "plan.yaml");
  REQUIRE(plan.ok());
  CHECK(plan->sample_persons == 1000);
  CHECK(plan->stopping.ko == "none");
  CHECK(parse_json(canonical_plan(*plan), "plan")->at("stopping") == "none");
  CHECK(plan->statements.at("tripod-ai/3c").ko == "알려진 것 없음");
  const auto once = canonical_plan(*plan);
  const auto again = parse_plan(once, "again");
  REQUIRE(again.ok());
  CHECK(canonical_plan(*again) == once);

  const auto schema = read_json(fs::path(NARU_SOURCE_DIR) / "schemas/plan.json");
  REQUIRE(schema.ok());
  std::vector<std::string> stated;
  for (const auto& [name, value] : schema->at("properties").items()) stated.push_back(name);
  std::vector<std::string> written;
  const auto json = parse_json(once, "plan");
  REQUIRE(json.ok());
  for (const auto& [name, value] : json->items()) written.push_back(name);
  CHECK(stated == written);
}

TEST_CASE("a plan that leaves something unanswered names it and cannot be locked") {
  CHECK(unanswered(*parse_plan(whole_text, "plan.yaml")).empty());
  const auto schema = read_json(fs::path(NARU_SOURCE_DIR) / "schemas/plan.json");
  REQUIRE(schema.ok());
  for (const auto& field : schema->at("lockRequires")) {
    const auto name = field.get<std::string>();
    CAPTURE(name);
    CHECK(unanswered(*without(name)) == std::vector<std::string>{name});
  }
  CHECK(unanswered(*without("changes")) == std::vector<std::string>{"changes"});
  for (const auto& field : schema->at("required")) {
    const auto name = field.get<std::string>();
    CAPTURE(name);
    CHECK_FALSE(without(name).ok());
  }
  const ScratchFolder folder("plan-test");
  REQUIRE(write_file_atomic(folder.path() / "plan.yaml", canonical_plan(*without("cut_off"))).ok());
  const auto locked = lock(folder.path() / "plan.yaml");
  REQUIRE_FALSE(locked.ok());
  CHECK(locked.error().what.en.find("cut_off") != std::string::npos);
}

TEST_CASE("a statement names a checklist and an item") {
  std::string text(whole_text);
  text.replace(text.find("tripod-ai/3c"), 12, "tripod-ai");
  const auto plan = parse_plan(text, "plan.yaml");
  REQUIRE_FALSE(plan.ok());
  CHECK(plan.error().where.find("statements") != std::string::npos);
}

TEST_CASE("overlap with the training set is counted by tokens of the target cohort, and a changed phone hides nobody") {
  const ScratchFolder scratch("overlap");
  const auto root = scratch.path();
  REQUIRE(make_folder(root / "lake").ok());
  REQUIRE(make_folder(root / "private").ok());
  auto database = engine::Database::open({.allowed_folders = {root}});
  REQUIRE(database.ok());
  const auto table = [&](const std::string& select, const fs::path& file) {
    const auto written = database->copy_to_parquet(select, "1", file);
    REQUIRE_MESSAGE(written.ok(), written.error().what.en);
  };
  const std::string people = " FROM range(1, 101) AS r(i)";
  table("SELECT i::BIGINT AS person_id, 8507::BIGINT AS gender_concept_id, 1960::BIGINT AS year_of_birth" + people,
        root / "lake/person.parquet");
  table(
      "SELECT i::BIGINT AS observation_period_id, i::BIGINT AS person_id, DATE '2019-01-01' AS "
      "observation_period_start_date, DATE '2022-01-01' AS observation_period_end_date" +
          people,
      root / "lake/observation_period.parquet");
  // Persons 1 to 60 have the target condition.
  table(
      "SELECT i::BIGINT AS condition_occurrence_id, i::BIGINT AS person_id, 100::BIGINT AS condition_concept_id, DATE "
      "'2020-01-01' AS condition_start_date" +
          people + " WHERE i <= 60",
      root / "lake/condition_occurrence.parquet");
  table(
      "SELECT 100::BIGINT AS concept_id, 'target' AS concept_name, 'Condition' AS domain_id, 'T' AS vocabulary_id, 'T' "
      "AS "
      "concept_class_id, 'S' AS standard_concept, '100' AS concept_code, DATE '2000-01-01' AS valid_start_date, DATE "
      "'2099-12-31' AS valid_end_date, NULL::VARCHAR AS invalid_reason",
      root / "lake/concept.parquet");
  const auto identity = [&](const std::string& phone, const fs::path& file) {
    table(
        "SELECT i::BIGINT AS person_id, '김' || chr((44032 + i * 28)::INTEGER) || '수' AS name, '1960-01-0' || (1 + i "
        "% "
        "9)::VARCHAR AS birth_date, 'M' AS sex, '" +
            phone + "' || (10000000 + i)::VARCHAR AS phone, '' AS address" + people,
        file);
  };
  identity("010", root / "private/identity.parquet");
  identity("011", root / "private/training_identity.parquet");  // other phones
  REQUIRE(
      write_file_atomic(root / "train.csv", "person_id\n41\n42\n43\n44\n45\n46\n47\n48\n49\n50\n51\n52\n99\n").ok());
  const Bytes salt(16, 7);
  const auto made =
      training_tokens(root / "private/training_identity.parquet", root / "train.csv", salt, root / "t.parquet");
  REQUIRE_MESSAGE(made.ok(), made.error().what.en);
  CHECK(*made == 13);
  constexpr std::string_view target =
      R"({"ConceptSets":[{"id":0,"name":"t","expression":{"items":[{"concept":{"CONCEPT_ID":100},
    "includeDescendants":false,"isExcluded":false,"includeMapped":false}]}}],"PrimaryCriteria":{"CriteriaList":[{"ConditionOccurrence":
    {"CodesetId":0}}],"ObservationWindow":{"PriorDays":0,"PostDays":0},"PrimaryCriteriaLimit":{"Type":"First"}},"QualifiedLimit":{"Type":"First"},
    "ExpressionLimit":{"Type":"First"},"InclusionRules":[],"CensoringCriteria":[],"CollapseSettings":{"CollapseType":"ERA","EraPad":0},"CensorWindow":{}})";
  constexpr std::string_view card =
      R"({"id":"c","version":"1","kind":"logistic","intercept":0,"features":[{"name":"age","source":{"kind":"age"},"coefficient":0.1,"missing":60}]})";
  const auto plan =
      lock_parts(*parse_plan(whole_text, "plan.yaml"), std::string(target), std::string(target), std::string(card));
  REQUIRE_MESSAGE(plan.ok(), plan.error().what.en << plan.error().where);
  OverlapRequest request;
  request.site.site = "h";
  request.site.lake = root / "lake";
  request.site.rules = {10, 1, false, 4};
  request.identity = root / "private/identity.parquet";
  request.training = root / "t.parquet";
  request.salt = salt;
  const auto found = training_overlap(*plan, request);
  REQUIRE_MESSAGE(found.ok(), found.error().what.en << found.error().where);
  CHECK(found->overlap == 12);  // 99 is not in the target cohort
  const auto json = parse_json(found->json, "overlap");
  CHECK(json->at("target") == 60);
  CHECK(json->at("checked") == 60);
  CHECK(json->at("overlap") == 12);
  // What a round takes along: nothing under other rules, and no target where the report hides it.
  const auto evidence_folder = root / "evidence";
  REQUIRE(make_folder(overlap_folder(evidence_folder, plan->hash)).ok());
  REQUIRE(write_file_atomic(overlap_folder(evidence_folder, plan->hash) / "t.json", found->json).ok());
  const auto beside = [&](const OutputRules& rules, const char* shared) {
    return overlaps_beside(evidence_folder, plan->hash, rules, shared);
  };
  CHECK(*beside(request.site.rules, R"({"flow":[{"step":"target","persons":60}]})") ==
        std::vector<std::string>{found->json});
  const auto hidden = beside(request.site.rules, R"({"flow":[{"step":"target","persons":null}]})");
  REQUIRE(hidden.ok());
  const auto cut = parse_json(hidden->front(), "overlap");
  CHECK(cut->at("target").is_null());
  CHECK(cut->at("checked").is_null());
  CHECK(cut->at("overlap") == 12);
  CHECK_FALSE(beside({5, 1, false, 4}, R"({"flow":[]})").ok());
  CHECK(overlaps_beside(evidence_folder, std::string(64, 'f'), request.site.rules, "{}")->empty());
  // Under another salt nobody is recognised: the tokens are useless without it.
  request.salt = Bytes(16, 8);
  CHECK(training_overlap(*plan, request)->overlap == 0);
  request.salt = Bytes(4, 8);
  CHECK_FALSE(training_overlap(*plan, request).ok());
}

TEST_CASE("a curve over time has at most as many parts as the horizon has days") {
  std::string text(whole_text);
  text.replace(text.find("survival_steps: 12"), 18, "survival_steps: 61");
  CHECK(parse_plan(text, "plan.yaml").error().where == "plan.yaml.survival_steps");
  text = whole_text;
  text.replace(text.find("horizon_days: 180"), 17, "horizon_days: 11");
  CHECK(parse_plan(text, "plan.yaml").error().where == "plan.yaml.survival_steps");
  CHECK(canonical_plan(*without("survival_steps")).find("survival_steps") == std::string::npos);
}
