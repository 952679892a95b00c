#include "evidence/plan.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/json.h"

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
cut_off: 0.1, a call is made
alert_burden_max: 0.2
subgroups: [sex]
score_grid: 1000
metrics: [auroc]
comparator: nobody is called
missing: rows are counted, not imputed
stopping: none
sample_size: {persons: 1000, events: 100, reason: calibration slope within 0.2}
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
