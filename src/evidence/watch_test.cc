#include "evidence/watch.h"

#include "evaluate/calibration.h"
#include "evaluate/drift.h"
#include "evidence/testing.h"

using namespace naru;
using namespace naru::evidence;
using namespace naru::evidence::testing;

namespace {

// Index days are 2020-01-01 + i % 100.
constexpr std::int64_t first_day = 18262;

struct Hospital {
  ScratchFolder scratch{"watch"};
  Round round = run_round(scratch, {{.persons = 900}, {.persons = 900}, {.persons = 900}});
  Report report = *build_report(report_input(round));

  Result<WatchResult> watch(const fs::path& lake, std::int64_t from, std::int64_t to) {
    WatchRequest request;
    request.site = request_for(lake, "hospital-a");
    request.site.window = Window{first_day + from, first_day + to};
    request.evidence_id = report.id;
    request.report_json = report.json;
    return watch_at_site(round.plan, request);
  }
  Json json(const fs::path& lake, std::int64_t from, std::int64_t to) {
    const auto found = watch(lake, from, to);
    REQUIRE_MESSAGE(found.ok(), found.error().what.en << " " << found.error().where);
    return *parse_json(found->json, "watch");
  }
};

}  // namespace

TEST_CASE("a watch is computed from the lake: scores of everybody in the period, outcomes of those that are known") {
  Hospital hospital;
  const auto lake = hospital.scratch.path() / "hospital-a";
  const auto all = hospital.json(lake, 0, 100);
  CHECK(all.at("scored") == 900);
  CHECK(all.at("persons") == 900);
  // The evidence is of three equal lakes: nothing moved, and O:E is the site's own.
  CHECK(all.at("psi").at("estimate").get<double>() < 0.01);
  CHECK(all.at("p_no_drift").get<double>() > 0.9);
  std::vector<double> score;
  std::vector<std::uint8_t> label;
  for (int i = 1; i <= 900; ++i) {
    score.push_back(evaluate::on_grid(expected_score(i), 1000));
    label.push_back(i % 4 == 0 ? 1 : 0);
  }
  const auto o_e = evaluate::observed_expected(*evaluate::levels_of(score, label));
  CHECK(all.at("o_e").at("estimate").get<double>() == doctest::Approx(*o_e.estimate).epsilon(1e-3));
  CHECK(all.at("o_e").at("ci95").at(0).get<double>() == doctest::Approx(o_e.ci95->lo).epsilon(1e-3));
  // Half of the index days: half of the persons.
  CHECK(hospital.json(lake, 0, 50).at("scored") == 450);
  CHECK(hospital.json(lake, 200, 300).at("psi").at("reason") == "no_rows");
  CHECK_FALSE(hospital.watch(lake, 5, 5).ok());
}

TEST_CASE("a watch sees scores that moved before any outcome is known") {
  Hospital hospital;
  // Every person is observed for 100 days of the 180: no outcome without an event is known, scores are.
  const auto lake = hospital.scratch.path() / "later";
  write_lake(lake, {.persons = 900, .event_every = 0, .short_every = 1});
  const auto early = hospital.json(lake, 0, 100);
  CHECK(early.at("scored") == 900);
  CHECK(early.at("o_e").at("estimate").is_null());
  CHECK(early.at("psi").at("estimate").is_number());
  CHECK(early.at("psi").at("ci95").size() == 2);
  // A few persons say nothing outside.
  const auto few = hospital.json(hospital.scratch.path() / "hospital-a", 0, 1);
  CHECK(few.at("scored").is_null());
  CHECK(few.at("psi").at("reason") == "suppressed");
  CHECK(few.at("p_no_drift").is_null());
}

TEST_CASE("a watch is the site's: any changed figure breaks its signature") {
  Hospital hospital;
  const auto found = hospital.watch(hospital.scratch.path() / "hospital-a", 0, 100);
  REQUIRE(found.ok());
  const auto key = test_key(3);
  const auto text = signed_watch(found->json, key);
  const auto read = read_watch(text, "file");
  REQUIRE_MESSAGE(read.ok(), read.error().what.en);
  CHECK(read->key == key.public_key());
  CHECK(read->site == "hospital-a");
  CHECK(read->from == "2020-01-01");
  CHECK(read->to == "2020-04-10");
  CHECK(read->scored == 900);
  CHECK(read->o_e.lo.has_value());
  auto changed = text;
  const auto at = changed.find("\"scored\":900");
  REQUIRE(at != std::string::npos);
  changed.replace(at, 12, "\"scored\":905");
  CHECK_FALSE(read_watch(changed, "file").ok());
  CHECK_FALSE(read_watch("{}", "file").ok());
  // Evidence of a program that told no borders cannot be compared with.
  WatchRequest request;
  request.site = request_for(hospital.scratch.path() / "hospital-a", "hospital-a");
  request.site.window = Window{first_day, first_day + 100};
  request.report_json = R"({"pooled":{"calibration_groups":[{"persons":10}]}})";
  CHECK_FALSE(watch_at_site(hospital.round.plan, request).ok());
}
