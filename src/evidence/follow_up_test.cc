#include "evidence/follow_up.h"

#include "evidence/testing.h"

#include <numeric>

using namespace naru;
using namespace naru::evidence;
using namespace naru::evidence::testing;

namespace {

OutputRules curve_rules() {
  OutputRules out{10, 1, true, 4};
  out.models = protect::ModelOutputPolicy{10, 10};
  return out;
}

Plan in_parts(std::int64_t parts) {
  Plan out;
  out.horizon_days = 120;
  out.survival_steps = parts;
  return out;
}

bool says(const Json& curve, const std::string& en, const std::string& ko) {
  for (const auto& note : curve.at("notes")) {
    if (note.at("en").get<std::string>().find(en) != std::string::npos &&
        note.at("ko").get<std::string>().find(ko) != std::string::npos) {
      return true;
    }
  }
  return false;
}

LockedPlan plan_with_curve() {
  auto plan = parse_plan(std::string(plan_text) + "survival_steps: 6\n", "plan.yaml");
  REQUIRE(plan.ok());
  auto out = lock_parts(*plan, definition(100, "First"), definition(200, "All"), std::string(card_text));
  REQUIRE(out.ok());
  return *out;
}

}  // namespace

TEST_CASE("days fall into the parts of the horizon, the last day of a part into that part") {
  const auto parts = by_part(in_parts(4), {0, 1, 30, 31, 60, 61, 90, 91, 120});
  CHECK(parts == std::vector<std::uint64_t>{3, 2, 2, 2});
  auto uneven = in_parts(3);
  uneven.horizon_days = 100;
  CHECK(by_part(uneven, {33, 34, 66, 67, 100}) == std::vector<std::uint64_t>{1, 2, 2});
}

TEST_CASE("a curve over time holds the Kaplan-Meier figures where every step may be shown") {
  const FollowUpCounts counts{{20, 12, 0, 15}, {10, 0, 20, 0}, 200};
  const auto curve = released_follow_up(in_parts(4), counts, curve_rules(), {});
  REQUIRE(curve.ok());
  REQUIRE(curve->at("steps").size() == 3);
  CHECK(curve->at("steps").at(0) == Json{{"day", 30}, {"events", 20}, {"at_risk", 277}, {"event_free", 0.9278}});
  CHECK(curve->at("steps").at(1).at("at_risk") == 247);
  CHECK(curve->at("steps").at(2).at("at_risk") == 215);
  CHECK(curve->at("steps").at(2).at("event_free") ==
        doctest::Approx(257.0 / 277 * 235 / 247 * 200 / 215).epsilon(1e-4));
  CHECK(curve->at("notes").empty());
  CHECK(curve->at("ends_at").is_null());
}

TEST_CASE("a step of few events is merged and the curve says so in both languages") {
  const FollowUpCounts counts{{20, 3, 15, 0}, {0, 0, 0, 0}, 200};
  const auto curve = released_follow_up(in_parts(4), counts, curve_rules(), {});
  REQUIRE(curve->at("steps").size() == 2);
  CHECK(curve->at("steps").at(1).at("events") == 18);
  CHECK(curve->at("merged") == 1);
  CHECK(says(*curve, "1 parts of the horizon are not shown by themselves", "1개 구간은 따로 보이지 않고"));
}

TEST_CASE("events after which few persons remain are withheld, and so is a curve without a step that may be shown") {
  const FollowUpCounts few_left{{20, 12, 0, 15}, {0, 0, 30, 0}, 11};
  auto rules = curve_rules();
  rules.min_cell = 12;
  rules.models->events = 12;
  const auto withheld = released_follow_up(in_parts(4), few_left, rules, {});
  CHECK(withheld->at("steps").empty());  // eleven without the event: not told either
  CHECK(withheld->at("reason") == "suppressed");
  CHECK(says(*withheld, "withheld", "비공개"));

  // Six more are observed to the end and four leave after day 60: after the last events six remain.
  const FollowUpCounts ended{{30, 20, 12, 0}, {0, 10, 0, 0}, 14};
  rules = curve_rules();
  rules.min_cell = 15;
  rules.models->events = 12;
  const auto hidden = released_follow_up(in_parts(4), ended, rules, {});
  CHECK(hidden->at("steps").empty());

  const FollowUpCounts few{{3, 2, 1, 0}, {0, 0, 0, 0}, 200};
  const auto none = released_follow_up(in_parts(4), few, curve_rules(), {});
  CHECK(none->at("steps").empty());
  CHECK(none->at("reason") == "suppressed");
  const auto totals =
      released_follow_up(in_parts(4), {{20, 12, 0, 15}, {0, 0, 0, 0}, 200}, curve_rules(), {true, false});
  CHECK(totals->at("steps").empty());
  CHECK(says(*totals, "are not shown either", "공개되지 않습니다"));
}

TEST_CASE("few persons of short follow-up cannot be read from the persons at risk") {
  const FollowUpCounts counts{{20, 12, 0, 15}, {4, 0, 0, 0}, 200};
  const auto curve = released_follow_up(in_parts(4), counts, curve_rules(), {});
  CHECK(curve->at("early_ends") == "left_out");
  CHECK(curve->at("steps").at(0).at("at_risk") == 247);  // the analysed alone
  CHECK(says(*curve, "too few to be counted", "너무 적어"));
  const auto enough =
      released_follow_up(in_parts(4), {{20, 12, 0, 15}, {14, 0, 0, 0}, 200}, curve_rules(), {false, true});
  CHECK(enough->at("early_ends") == "left_out");  // the report hides their number for another reason
}

TEST_CASE("the curve of a round is that of all sites' persons, in the report's figures and on its page") {
  const ScratchFolder scratch("curve");
  const std::vector<LakeOptions> lakes{{.persons = 400, .event_gap = 30, .short_every = 9},
                                       {.persons = 500, .event_every = 3, .event_gap = 30, .short_every = 7},
                                       {.persons = 300, .event_every = 5, .event_gap = 30, .short_every = 8}};
  const auto round = run_round(scratch, lakes, plan_with_curve());
  auto input = report_input(round);
  input.rules.round_to = 1;
  input.rules.models = protect::ModelOutputPolicy{10, 10};
  const auto report = build_report(input);
  REQUIRE_MESSAGE(report.ok(), report.error().what.en);
  const auto json = parse_json(report->json, "report");
  const auto& curve = json->at("pooled").at("follow_up");

  // The same from the sites' rows, by hand.
  std::vector<std::int64_t> events(6);
  std::int64_t at_risk = 0;
  std::vector<std::int64_t> left(6);
  for (const auto* name : {"hospital-a", "hospital-b", "hospital-c"}) {
    const auto rows = study_rows(round.plan, request_for(scratch.path() / name, name));
    REQUIRE(rows.ok());
    at_risk += static_cast<std::int64_t>(rows->person.size() + rows->short_days.size());
    for (const auto day : rows->event_day)
      if (day > 0) ++events[static_cast<std::size_t>((day - 1) / 30)];
    for (const auto day : rows->short_days) ++left[static_cast<std::size_t>((day - 1) / 30)];
  }
  double share = 1;
  REQUIRE(curve.at("steps").size() >= 4);
  std::size_t part = 0;
  for (const auto& step : curve.at("steps")) {
    while (static_cast<std::int64_t>(part + 1) * 30 < step.at("day").get<std::int64_t>()) {
      CHECK(events[part] == 0);
      at_risk -= left[part++];
    }
    CHECK(step.at("events") == events[part]);
    CHECK(step.at("at_risk") == at_risk);
    share *= 1 - static_cast<double>(events[part]) / static_cast<double>(at_risk);
    CHECK(step.at("event_free").get<double>() == doctest::Approx(share).epsilon(1e-4));
    at_risk -= events[part] + left[part];
    ++part;
  }

  // With a higher threshold steps are merged; figures, page and text say so.
  input.rules.models->events = std::accumulate(events.begin(), events.end(), std::int64_t{0}) / 2;
  const auto strict = build_report(input);
  REQUIRE(strict.ok());
  const auto merged = parse_json(strict->json, "report")->at("pooled").at("follow_up");
  CHECK(merged.at("steps").size() < curve.at("steps").size());
  for (const auto& step : merged.at("steps"))
    CHECK(step.at("events").get<std::int64_t>() >= input.rules.models->events);
  CHECK(strict->html.find("not shown by themselves but together") != std::string::npos);
  CHECK(strict->html.find("따로 보이지 않고 뒤 구간과 합쳤습니다") != std::string::npos);
  CHECK(report_markdown(strict->json, Language::korean, "report")->find("뒤 구간과 합쳤습니다") != std::string::npos);

  // A sum whose parts are not its total is no sum of this plan.
  input.pooled[layout_of(round.plan.plan).events_at(0)] += 1;
  CHECK_FALSE(build_report(input).ok());
}

TEST_CASE("the pooled number of short follow-ups does not betray the one site that hides its own") {
  const ScratchFolder scratch("short");
  const auto round = run_round(
      scratch,
      {{.persons = 400, .short_every = 9}, {.persons = 400, .short_every = 9}, {.persons = 200, .short_every = 45}},
      plan_with_curve());
  const auto report = build_report(report_input(round));
  REQUIRE(report.ok());
  const auto json = parse_json(report->json, "report");
  REQUIRE(json->at("sites").at(2).at("flow").at(2).at("persons").is_null());
  CHECK(json->at("pooled").at("flow").at(2).at("persons").is_null());
  CHECK(json->at("pooled").at("flow").at(0).at("persons").is_null());
  CHECK(json->at("pooled").at("follow_up").at("early_ends") == "left_out");
}
