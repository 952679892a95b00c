#include "evidence/watches.h"

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
  CHECK(read->o_e.ci95.has_value());
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

namespace {

struct Told {
  std::string site;
  double o_e = 1;
  double se = 0.1;
  std::int64_t persons = 500;
  double psi = 0.02;
};

std::string watch_file(const Told& told, const std::string& evidence = "ev-1") {
  const auto estimate = [](double value, double se) {
    return Json{{"estimate", value}, {"se", se}, {"ci95", {value - 1.96 * se, value + 1.96 * se}}, {"method", "m"}};
  };
  const Json body{{"format", "naru-watch-1"},
                  {"site", told.site},
                  {"plan", "p"},
                  {"evidence", evidence},
                  {"solution", {{"id", "s"}, {"version", "1"}}},
                  {"period", {{"from", "2026-10-01"}, {"to", "2027-01-01"}}},
                  {"scored", told.persons},
                  {"persons", told.persons},
                  {"events", told.persons / 5},
                  {"psi", estimate(told.psi, 0.01)},
                  {"p_no_drift", 0.02},
                  {"o_e", estimate(told.o_e, told.se)},
                  {"citl", estimate(0, 0.1)},
                  {"slope", estimate(1, 0.1)},
                  {"auroc", estimate(0.75, 0.02)}};
  return signed_watch(canonical(body), test_key(static_cast<std::uint8_t>(told.site.back())));
}

const govern::DemonstrationProgramme& programme() {
  static const govern::DemonstrationProgramme of{
      .id = "m", .title = {}, .source = {}, .places = 20, .watch = {0.2, 0.8, 1.25, 400}, .canonical_text = {}};
  return of;
}

std::vector<Trusted> trusted(std::initializer_list<const char*> sites) {
  std::vector<Trusted> out;
  for (const std::string site : sites) {
    out.push_back({site, test_key(static_cast<std::uint8_t>(site.back())).public_key()});
  }
  return out;
}

Result<std::string> together(const std::vector<Told>& sites) {
  std::vector<WatchFile> files;
  for (const auto& one : sites) files.push_back({one.site, watch_file(one)});
  return watches_together(files, trusted({"a", "b", "c"}), programme());
}

}  // namespace

TEST_CASE("sites too small to tell by themselves raise an alarm together, whatever the order of their files") {
  const std::vector<Told> sites{{.site = "a", .o_e = 1.34, .persons = 150},
                                {.site = "b", .o_e = 1.36, .persons = 150},
                                {.site = "c", .o_e = 1.38, .persons = 150}};
  const auto told = together(sites);
  REQUIRE_MESSAGE(told.ok(), told.error().what.en);
  const auto json = *parse_json(*told, "watches");
  CHECK(json.at("alarm") == true);
  const auto& period = json.at("periods").at(0);
  for (const auto& site : period.at("sites")) {
    CHECK(site.at("within") == true);
    CHECK(site.at("enough") == false);
    // Holm: the smallest of three p values of 0.02 counts three times.
    CHECK(site.at("p_no_drift_holm").get<double>() == doctest::Approx(0.06));
  }
  CHECK(period.at("why").size() == 1);
  CHECK(period.at("pooled").at("persons") == 450);
  CHECK(period.at("pooled").at("o_e").at("estimate").get<double>() == doctest::Approx(1.36).epsilon(0.01));
  CHECK(*together({sites[2], sites[0], sites[1]}) == *told);
  const auto page = watches_html(*told, "watches");
  REQUIRE(page.ok());
  CHECK(page->find("모든 기관: 관측/예측 비의 평균 구간 전체가") != std::string::npos);
  CHECK(page->find("too few to tell") != std::string::npos);
  CHECK_FALSE(watches_html("{}", "watches").ok());
}

TEST_CASE("one site outside its limits is named though the mean of all is within") {
  const auto told = together({{.site = "a"}, {.site = "b"}, {.site = "c", .psi = 0.4}});
  REQUIRE(told.ok());
  const auto json = *parse_json(*told, "watches");
  const auto& why = json.at("periods").at(0).at("why");
  REQUIRE(why.size() == 1);
  CHECK(why.at(0).at("en") == "c by itself is outside the limits");
  const auto calm = *parse_json(*together({{.site = "a"}, {.site = "b"}, {.site = "c"}}), "watches");
  CHECK(calm.at("alarm") == false);
}

TEST_CASE("watches stand beside each other only signed by their sites, about one evidence, a site once in a period") {
  const WatchFile a{"a.json", watch_file({.site = "a"})};
  const WatchFile b{"b.json", watch_file({.site = "b"})};
  const auto refused = [&](const std::vector<WatchFile>& files, const std::vector<Trusted>& trust) {
    const auto told = watches_together(files, trust, programme());
    return told.ok() ? std::string("accepted") : told.error().where;
  };
  CHECK(refused({}, trusted({"a"})) == "FILE");
  CHECK(refused({a, b}, trusted({"a"})) == "b.json");
  CHECK(refused({a, b}, {trusted({"a"})[0], {"b", test_key('a').public_key()}}) == "b.json");
  CHECK(refused({a, b, {"again.json", b.text}}, trusted({"a", "b"})) == "again.json");
  CHECK(refused({a, {"other.json", watch_file({.site = "b"}, "ev-2")}}, trusted({"a", "b"})) == "other.json");
  CHECK(refused({a, b}, trusted({"a", "b"})) == "accepted");
}
