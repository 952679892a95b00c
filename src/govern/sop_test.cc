#include "govern/sop.h"

#include "base/json.h"
#include "govern/calendar.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace naru;
using namespace naru::govern;

namespace {

const fs::path sops = fs::path(NARU_SOURCE_DIR) / "sops";

Json packaged() { return *read_yaml(sops / "shared-drb-irb-exemption.yaml"); }

std::vector<SopFinding> check(const Json& json) {
  const auto sop = parse_sop_json(canonical(json), "test");
  REQUIRE(sop.ok());
  return check_sop(*sop);
}

const SopFinding* find(const std::vector<SopFinding>& all, std::string_view kind, std::string_view step) {
  const auto at =
      std::find_if(all.begin(), all.end(), [&](const SopFinding& f) { return f.kind == kind && f.step == step; });
  return at == all.end() ? nullptr : &*at;
}

Json& step(Json& sop, std::string_view id) {
  for (auto& one : sop["steps"]) {
    if (one.at("id") == id) return one;
  }
  throw std::runtime_error("no step");
}

}  // namespace

TEST_CASE("every packaged SOP is without faults and can be simulated") {
  int count = 0;
  const auto files = *list_files(sops, false);
  for (const auto& file : files) {
    const auto sop = read_sop(sops / file);
    INFO(file);
    REQUIRE(sop.ok());
    const auto findings = check_sop(*sop);
    for (const auto& one : findings) MESSAGE(one.kind << " " << one.step << " " << one.what.en);
    CHECK(findings.empty());
    CHECK(simulate_sop(*sop, 50, 1).ok());
    CHECK(Calendar::read(sops / "calendars" / (sop->calendar + ".yaml")).ok());
    ++count;
  }
  CHECK(count >= 1);
}

TEST_CASE("a dead end is found with the path that leads to it") {
  auto sop = packaged();
  step(sop, "irb_exemption")["on"]["issued"] = "irb_exemption";
  const auto findings = check(sop);
  const auto* found = find(findings, "dead-end", "irb_exemption");
  REQUIRE(found != nullptr);
  CHECK(found->path ==
        std::vector<std::string>{"completeness", "local_context", "review", "decision", "irb_exemption"});
  CHECK(find(findings, "unreachable", "notice") != nullptr);
}

TEST_CASE("unreachable steps, unknown steps and missing outcomes are found") {
  auto sop = packaged();
  step(sop, "completeness")["on"].erase("incomplete");
  step(sop, "decision")["on"].erase("revise");
  step(sop, "review")["on"]["voted"] = "nowhere";
  const auto findings = check(sop);
  CHECK(find(findings, "unreachable", "correction") != nullptr);
  CHECK(find(findings, "unknown-step", "review") != nullptr);
  CHECK(find(findings, "unreachable", "decision") != nullptr);
  auto second = packaged();
  step(second, "local_context")["on"].erase("all_declined");
  CHECK(find(check(second), "missing-outcome", "local_context") != nullptr);
}

TEST_CASE("a clock without an owner and an unknown role are found") {
  auto sop = packaged();
  step(sop, "notice")["owner"] = "";
  step(sop, "review")["owner"] = "king";
  const auto findings = check(sop);
  const auto* found = find(findings, "clock-without-owner", "notice");
  REQUIRE(found != nullptr);
  CHECK(found->path.size() == 6);
  CHECK(find(findings, "unknown-role", "review") != nullptr);
}

TEST_CASE("a quorum that the smallest board cannot meet is found") {
  auto sop = packaged();
  sop["boards"]["drb"]["quorum"]["least"] = 6;
  CHECK(find(check(sop), "quorum-impossible", "review") != nullptr);
  sop["boards"]["drb"]["quorum"]["least"] = 5;  // possible, but not after one recusal
  CHECK(find(check(sop), "quorum-impossible", "review") != nullptr);
  sop["boards"]["drb"]["quorum"]["least"] = 4;
  CHECK(check(sop).empty());
  sop["boards"]["drb"]["external_min"] = 6;
  CHECK(find(check(sop), "composition-impossible", "review") != nullptr);
  sop["boards"]["drb"]["external_min"] = 0;
  CHECK(find(check(sop), "quorum-impossible", "review") != nullptr);
}

TEST_CASE("an SOP with an unknown key, a wrong share or a missing language is refused with its place") {
  auto sop = packaged();
  sop["quorrum"] = 1;
  CHECK_FALSE(parse_sop_json(canonical(sop), "f").ok());
  sop = packaged();
  sop["boards"]["drb"]["approve_more_than"] = "2/1";
  CHECK(parse_sop_json(canonical(sop), "f").error().where == "f.boards.drb.approve_more_than");
  sop = packaged();
  step(sop, "notice")["title"].erase("ko");
  CHECK_FALSE(parse_sop_json(canonical(sop), "f").ok());
}

TEST_CASE("quorum is more than the share of all assigned members") {
  BoardRule rule;
  rule.quorum_more_than = {1, 2};
  CHECK(rule.quorum_of(5) == 3);
  CHECK(rule.quorum_of(6) == 4);
  rule.quorum_more_than = {2, 3};
  CHECK(rule.quorum_of(6) == 5);
  rule.quorum_least = 7;
  CHECK(rule.quorum_of(6) == 7);
}

TEST_CASE("a simulation repeats with its seed and counts breaches of clocks") {
  const auto sop = *read_sop(sops / "shared-drb-irb-exemption.yaml");
  const auto a = *simulate_sop(sop, 2000, 11);
  CHECK(simulation_json(sop, a) == simulation_json(sop, *simulate_sop(sop, 2000, 11)));
  CHECK(simulation_json(sop, a) != simulation_json(sop, *simulate_sop(sop, 2000, 12)));
  CHECK(a.median_days > 10);
  CHECK(a.p90_days > a.median_days);
  CHECK(a.breaches > 0);
  CHECK(a.outcomes.at("approved") + a.outcomes.at("rejected") == 2000);
  CHECK_FALSE(simulate_sop(sop, 0, 1).ok());
}

TEST_CASE("working days skip the weekend, Chuseok and a substitute holiday") {
  const auto kr = *Calendar::read(sops / "calendars" / "kr.yaml");
  const auto day = [](int month, int d) {
    return days_from_civil({2026, static_cast<unsigned>(month), static_cast<unsigned>(d)});
  };
  CHECK(kr.add_working_days(day(9, 22), 2) == day(9, 28));  // 23rd, then 24–27 off
  CHECK(kr.add_working_days(day(10, 2), 1) == day(10, 6));  // weekend and 5 October instead of the 3rd
  CHECK(kr.working_days_between(day(9, 22), day(9, 28)) == 2);
  CHECK(kr.working_days_between(day(9, 28), day(9, 22)) == -2);
  CHECK_FALSE(kr.is_working_day(day(9, 25)));
  CHECK(kr.covers(day(1, 1)));
  CHECK_FALSE(kr.covers(days_from_civil({2040, 1, 1})));
  // 23:30 UTC is the next morning in Seoul.
  CHECK(kr.date_at((static_cast<std::int64_t>(day(9, 22)) * 24 * 60 + 23 * 60 + 30) * 60'000) == day(9, 23));
}
