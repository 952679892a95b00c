#include "govern/demonstration.h"

#include "govern/testing.h"

using namespace naru;
using namespace naru::govern;
using namespace naru::govern::testing;

namespace {

const std::string hash(64, 'a');

struct Bench {
  Desk desk;
  Demonstrations demos{desk.records, desk.clock, desk.journal};
  Bench() {
    const auto text = read_file(share / "programmes/medical-ai-demonstration-2026.yaml");
    REQUIRE(text.ok());
    const auto programme = parse_demonstration(*text, "programme");
    REQUIRE_MESSAGE(programme.ok(), programme.error().where);
    REQUIRE(demos.open(*programme, officer).ok());
    const auto made = demos.add(
        R"({"id":"p1","programme":"medical-ai-demonstration-2026","title":{"en":"P","ko":"피"},"organisation":"firm","solution":{"id":"s","version":"1"},"sites":["hospital-a","hospital-b"]})",
        "project", officer);
    REQUIRE_MESSAGE(made.ok(), made.error().what.en);
  }
  Result<Project> act(const std::string& action, const Actor& actor = officer) {
    return demos.act("p1", action, actor);
  }
  Project must(const std::string& action, const Actor& actor = officer) {
    auto done = act(action, actor);
    REQUIRE_MESSAGE(done.ok(), action << ": " << done.error().what.en);
    return *done;
  }
  void to_silent() {
    must(R"({"type":"plan","hash":")" + hash + R"(","version":1})");
    must(R"({"type":"stage","stage":"silent"})");
  }
  static ComputedWatch computed(const std::string& period, std::int64_t persons, double psi, const ProjectFigure& o_e) {
    return {"hospital-a",        hash, "ev-1", "1", period, persons, persons, {psi, psi / 2, 2 * psi}, o_e,
            std::string(64, 'c')};
  }
  Project watch(const std::string& period, std::int64_t persons, double psi, const ProjectFigure& o_e) {
    auto done = demos.watched("p1", computed(period, persons, psi, o_e), officer);
    REQUIRE_MESSAGE(done.ok(), done.error().what.en);
    return *done;
  }
  int reports = 0;
  void evidence(const std::string& version) {
    must(R"({"type":"evidence","id":"ev-)" + std::to_string(++reports) + R"(","solution_version":")" + version +
         R"(","auroc":{"estimate":0.8,"lo":0.77,"hi":0.83},"o_e":{"estimate":1.02,"lo":0.9,"hi":1.1},"sites":2})");
  }
};

const std::string approvals =
    R"("approvals":[{"kind":"irb","reference":"IRB-1"},{"kind":"site","reference":"A-1","site":"hospital-a"},{"kind":"site","reference":"B-1","site":"hospital-b"}])";

}  // namespace

TEST_CASE("a project goes from plan to routine, and no stage is skipped") {
  Bench bench;
  CHECK(bench.act(R"({"type":"stage","stage":"silent"})").error().what.en.find("locked plan") != std::string::npos);
  bench.to_silent();
  CHECK_FALSE(bench.act(R"({"type":"stage","stage":"routine"})").ok());
  // Live needs evidence, then the approvals of the IRB and of every site.
  CHECK(bench.act(R"({"type":"stage","stage":"live",)" + approvals + "}").error().what.en.find("evidence") !=
        std::string::npos);
  bench.evidence("1");
  CHECK(bench.act(R"({"type":"stage","stage":"live"})").error().what.en.find("IRB") != std::string::npos);
  const auto without = bench.act(
      R"({"type":"stage","stage":"live","approvals":[{"kind":"irb","reference":"IRB-1"},{"kind":"site","reference":"A-1","site":"hospital-a"}]})");
  REQUIRE_FALSE(without.ok());
  CHECK(without.error().kind == ErrorKind::refused);
  CHECK(without.error().what.en.find("hospital-b") != std::string::npos);
  bench.must(R"({"type":"stage","stage":"live",)" + approvals + "}");
  CHECK_FALSE(bench.act(R"({"type":"stage","stage":"routine"})").ok());
  bench.must(R"({"type":"decision","decision":"adopt_with_monitoring","reason":"net benefit at the threshold"})");
  const auto routine = bench.must(R"({"type":"stage","stage":"routine"})");
  CHECK(routine.stage == "routine");
  CHECK(routine.approvals.size() == 3);
  CHECK(routine.history.size() == 7);
}

TEST_CASE("a change, a drift or a serious safety event asks for verification again, and blocks until it is there") {
  Bench bench;
  bench.to_silent();
  bench.evidence("1");
  bench.must(R"({"type":"stage","stage":"live",)" + approvals + "}");
  // Within the limits, too few persons, then outside, by calibration and by scores.
  CHECK(bench.watch("10", 500, 0.1, {1.3, 1.1, 1.5}).due_reason.empty());
  CHECK(bench.watch("11", 50, 0.9, {}).due_reason.empty());
  CHECK(bench.watch("12", 500, 0.1, {1.6, 1.3, 1.9}).due_reason == "watch 12");
  CHECK(bench.act(R"({"type":"decision","decision":"adopt","reason":"r"})").error().what.en.find("due") !=
        std::string::npos);
  // The evidence in question does not answer it, new evidence does.
  CHECK(bench.act(R"({"type":"evidence","id":"ev-1","solution_version":"1","auroc":{},"o_e":{},"sites":2})")
            .error()
            .kind == ErrorKind::refused);
  bench.evidence("1");
  CHECK(bench.demos.get("p1")->due_reason.empty());
  bench.must(R"({"type":"safety","severity":"minor","what":"late alert"})", steward("hospital-a"));
  CHECK(bench.demos.get("p1")->due_reason.empty());
  CHECK(bench.must(R"({"type":"safety","severity":"serious","what":"missed case"})").due_reason == "safety");
  bench.evidence("1");
  CHECK(bench.must(R"({"type":"changed","what":"new version","solution_version":"2"})").due_reason == "changed");
  // Old evidence is about another version.
  CHECK_FALSE(
      bench.act(R"({"type":"evidence","id":"ev-1","solution_version":"1","auroc":{},"o_e":{},"sites":2})").ok());
  bench.evidence("2");
  CHECK(bench.demos.get("p1")->due_reason.empty());
}

TEST_CASE("observations are the officer's and the participating sites' to record, decisions are not a site's") {
  Bench bench;
  bench.to_silent();
  const std::string observed = R"({"type":"observed","uses":100,"overrides":12,"errors":1})";
  CHECK(bench.must(observed, steward("hospital-a")).overrides == 12);
  CHECK_FALSE(bench.act(observed, steward("hospital-c")).ok());
  CHECK_FALSE(bench.act(observed, applicant).ok());
  bench.evidence("1");
  const std::string decision = R"({"type":"decision","decision":"adopt","reason":"r"})";
  CHECK_FALSE(bench.act(decision, steward("hospital-a")).ok());
  CHECK(bench.act(decision, chair).ok());
  CHECK_FALSE(bench.act(R"({"type":"decision","decision":"perhaps","reason":"r"})").ok());
  CHECK_FALSE(bench.act(R"({"type":"observed","uses":-1,"overrides":0,"errors":0})").ok());
  CHECK_FALSE(bench.act(R"({"type":"stage","stage":"stopped"})").ok());
  CHECK(bench.must(R"({"type":"stage","stage":"stopped","reason":"the firm withdrew"})").stage == "stopped");
}

TEST_CASE("the programme has twenty places and its page counts stages and decisions") {
  Bench bench;
  const auto text = read_file(share / "programmes/medical-ai-demonstration-2026.projects.yaml");
  REQUIRE(text.ok());
  const auto list = parse_yaml(*text, "projects");
  REQUIRE(list.ok());
  int added = 0;
  for (auto project : list->at("projects")) {
    project["programme"] = "medical-ai-demonstration-2026";
    const auto made = bench.demos.add(canonical(project), "project", officer);
    added += made.ok() ? 1 : 0;
    if (!made.ok()) CHECK(made.error().kind == ErrorKind::refused);
  }
  CHECK(added == 19);  // p1 has the first place
  bench.to_silent();
  bench.evidence("1");
  bench.must(R"({"type":"decision","decision":"do_not_adopt","reason":"no net benefit"})");
  const auto page = bench.demos.demonstrations_json("medical-ai-demonstration-2026");
  REQUIRE(page.ok());
  const auto json = parse_json(*page, "page");
  REQUIRE(json.ok());
  CHECK(json->at("projects").size() == 20);
  CHECK(json->at("stages").at("silent") == 1);
  CHECK(json->at("stages").at("planned") == 19);
  CHECK(json->at("decisions").at("do_not_adopt") == 1);
  CHECK(json->at("decisions").at("open") == 19);
}

TEST_CASE("the use that a report tells is what was recorded, and nothing recorded is not none") {
  Bench bench;
  const auto told = [&] { return parse_json(*bench.demos.stage_json("p1", hash, "1"), "stage").value(); };
  CHECK(bench.demos.stage_json("p1", hash, "1").error().kind == ErrorKind::conflict);  // no plan yet
  bench.to_silent();
  CHECK(told().at("stage") == "silent");
  CHECK(told().at("overrides").is_null());
  CHECK(told().at("safety").is_null());
  bench.must(R"({"type":"observed","uses":100,"overrides":12,"errors":0})");
  bench.must(R"({"type":"observed","uses":50,"overrides":3,"errors":1})", steward("hospital-b"));
  bench.must(R"({"type":"safety","severity":"minor","what":"late alert"})");
  CHECK(told().at("uses") == 150);
  CHECK(told().at("overrides") == 15);
  CHECK(told().at("errors") == 1);
  CHECK(told().at("safety") == Json{{"minor", 1}, {"serious", 0}});
  bench.must(R"({"type":"changed","what":"new lookup table"})");
  CHECK(told().at("changes").at(0).at("what") == "new lookup table");
  CHECK_FALSE(bench.demos.stage_json("p1", std::string(64, 'b'), "1").ok());
  CHECK_FALSE(bench.demos.stage_json("p1", hash, "2").ok());
  CHECK(bench.demos.stage_json("p9", hash, "1").error().kind == ErrorKind::not_found);
}

TEST_CASE("a watched period is computed at a site about the evidence in force, never entered, never twice") {
  Bench bench;
  const auto one = Bench::computed("2026-10-01..2026-11-01", 500, 0.3, {1.0, 0.9, 1.1});
  CHECK_FALSE(bench.demos.watched("p1", one, officer).ok());  // nothing runs yet
  bench.to_silent();
  CHECK(bench.demos.watched("p1", one, officer).error().kind == ErrorKind::conflict);  // no evidence yet
  bench.evidence("1");
  const auto typed = bench.act(R"({"type":"watch","period":"2026-10","persons":500,"psi":0.1,"o_e":{}})");
  REQUIRE_FALSE(typed.ok());
  CHECK(typed.error().kind == ErrorKind::refused);
  CHECK(typed.error().hint.en.find("naru verify watch") != std::string::npos);
  for (const auto change : {&ComputedWatch::plan_hash, &ComputedWatch::evidence, &ComputedWatch::solution_version}) {
    auto other = one;
    other.*change = "other";
    CHECK(bench.demos.watched("p1", other, officer).error().kind == ErrorKind::conflict);
  }
  CHECK_FALSE(bench.demos.watched("p1", one, steward("hospital-b")).ok());
  auto outsider = one;
  outsider.site = "hospital-c";
  CHECK(bench.demos.watched("p1", outsider, officer).error().kind == ErrorKind::refused);
  const auto after = bench.demos.watched("p1", one, steward("hospital-a"));
  REQUIRE_MESSAGE(after.ok(), after.error().what.en);
  CHECK(after->due_reason == "watch 2026-10-01..2026-11-01");  // scores moved
  CHECK(after->watch.front().psi_lo == 0.15);
  CHECK(bench.demos.watched("p1", one, officer).error().kind == ErrorKind::conflict);
  const auto told = parse_json(*bench.demos.stage_json("p1", hash, "1"), "stage").value();
  CHECK(told.at("watch").at("outside") == 1);
  CHECK(told.at("watch").at("list").at(0).at("site") == "hospital-a");
  // Suppressed counts say nothing.
  auto few = one;
  few.period = "2026-11-01..2026-12-01";
  few.evidence = "ev-2";
  few.scored.reset();
  few.persons.reset();
  bench.evidence("1");
  CHECK(bench.demos.watched("p1", few, officer)->due_reason.empty());
}
