#include "evidence/checklist.h"

#include <doctest/doctest.h>

#include "base/json.h"
#include "evidence/deviations.h"

using namespace naru;
using namespace naru::evidence;

namespace {

Json item_of(const Json& list, const std::string& id) {
  for (const auto& item : list.at("items")) {
    if (item.at("id") == id) return item;
  }
  return {};
}

Json report() {
  return Json::parse(R"({
    "locked_at":"2026-07-01T00:00:00Z","created_at":"2026-07-02T00:00:00Z","approvals":[],"overlaps":[],
    "plan":{"title":{"en":"T","ko":"티"},"thresholds":[0.2]},
    "sites":[{"site":"a","vocabulary":"v1","input_schema":"s","failed":[]},{"site":"b","vocabulary":"v2","input_schema":"s","failed":[{"reason":"missing:x","rows":null}]}],
    "pooled":{"persons":900,"events":120,"auroc":{"estimate":null,"reason":"one_class"},"flow":[{"step":"target","persons":null}],
      "thresholds":[{"threshold":0.2,"alerts":{"estimate":0.31}}],
      "subgroups":[{"persons":null},{"persons":10}]}})");
}

std::string state_of(const Json& deviations, const std::string& check) {
  for (const auto& one : deviations) {
    if (one.at("check") == check) return one.at("state").get<std::string>();
  }
  return "absent";
}

}  // namespace

TEST_CASE("every reporting list is well formed, in both languages") {
  auto ids = report_checklists();
  ids.push_back("target-trial");
  for (const auto& id : ids) {
    CAPTURE(id);
    const auto list = checklist(id);
    REQUIRE_MESSAGE(list.ok(), list.error().where);
    CHECK(list->id == id);
    CHECK(list->items.size() >= 11);
    for (const auto& item : list->items) {
      CHECK_FALSE(item.text.en.empty());
      CHECK_FALSE(item.text.ko.empty());
    }
  }
  CHECK_FALSE(checklist("no-such-list").ok());
}

TEST_CASE("an item is answered by what the report holds or by what the author states, never by silence") {
  const auto list = checklist("tripod-ai");
  REQUIRE(list.ok());
  const auto out = answered(*list, report(), {{"tripod-ai/18a", say("public funds", "공적 재원")}});
  CHECK(item_of(out, "1").at("state") == "report");
  CHECK(item_of(out, "1").at("where") == Json{"/plan/title"});
  CHECK(item_of(out, "18a").at("state") == "stated");
  CHECK(item_of(out, "18a").at("statement").at("ko") == "공적 재원");
  CHECK(item_of(out, "3c").at("state") == "open");
  // An undefined estimate and an empty list answer nothing.
  CHECK(item_of(out, "2").at("state") == "open");
  CHECK(item_of(out, "17").at("state") == "open");
  const auto total = out.at("report").get<int>() + out.at("stated").get<int>() + out.at("open").get<int>();
  CHECK(static_cast<std::size_t>(total) == list->items.size());
}

TEST_CASE("a list with a repeated item or a place that is no pointer is refused") {
  CHECK_FALSE(parse_checklist(
                  "id: x\ntitle: {en: X, ko: X}\nsource: s\nitems:\n  - {id: '1', en: a, ko: 가, by: [plan]}\n", "x")
                  .ok());
  CHECK_FALSE(parse_checklist("id: x\ntitle: {en: X, ko: X}\nsource: s\nitems:\n  - {id: '1', en: a, ko: 가, by: []}\n "
                              " - {id: '1', en: b, ko: 나, by: []}\n",
                              "x")
                  .ok());
}

TEST_CASE("the plan is held against what was done, and what cannot be known is not called kept") {
  Plan plan;
  plan.sample_persons = 1000;
  plan.sample_events = 100;
  plan.alert_burden_max = 0.25;
  auto found = deviations(plan, report());
  CHECK(state_of(found, "lock") == "kept");
  CHECK(state_of(found, "version") == "kept");
  CHECK(state_of(found, "sample_persons") == "departed");
  CHECK(state_of(found, "sample_events") == "kept");
  CHECK(state_of(found, "alerts") == "departed");
  CHECK(state_of(found, "vocabulary") == "departed");
  CHECK(state_of(found, "inputs") == "kept");
  CHECK(state_of(found, "unscored") == "departed");
  CHECK(state_of(found, "subgroups") == "departed");
  CHECK(state_of(found, "overlap") == "unknown");
  CHECK(state_of(found, "approvals") == "unknown");
  auto other = report();
  other["locked_at"] = "";
  other["overlaps"] = Json::parse(R"([{"site":"a","overlap":null,"target":900}])");
  plan.version = 2;
  plan.changes = say("a lower threshold", "임계값을 낮춤");
  plan.sample_events = {};
  found = deviations(plan, other);
  CHECK(state_of(found, "lock") == "unknown");
  CHECK(state_of(found, "version") == "departed");
  CHECK(state_of(found, "overlap") == "departed");
  CHECK(state_of(found, "sample_events") == "unknown");
}
