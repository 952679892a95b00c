#include <doctest/doctest.h>

#include <cmath>
#include <sstream>

#include "audit/log.h"
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
#include "evidence/stage.h"
#include "evidence/testing.h"

using namespace naru;
using namespace naru::evidence;
using namespace naru::evidence::testing;

TEST_CASE("a plan says which field is wrong") {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text(plan_text);
    text.replace(text.find(from), from.size(), to);
    return parse_plan(text, "plan.yaml");
  };
  CHECK(parse_plan(plan_text, "plan.yaml")->thresholds == std::vector<double>{0.1, 0.3});
  CHECK(with("horizon_days: 180", "horizon_days: 0").error().where == "plan.yaml.horizon_days");
  CHECK(with("0.3, 0.1", "0.3, 1.0").error().where.find("thresholds") != std::string::npos);
  CHECK(with("0.3, 0.1", "0.3, 0.3").error().kind == ErrorKind::rejected);
  CHECK(with("subgroups: [sex]", "subgroups: [postcode]").error().what.en.find("postcode") != std::string::npos);
  CHECK(with("score_grid: 1000", "colour: red").error().what.en.find("colour") != std::string::npos);
}

TEST_CASE("a locked plan has the same hash everywhere and another one after any change") {
  const auto plan = locked();
  const auto again = parse_locked(locked_text(plan), "wire");
  REQUIRE(again.ok());
  CHECK(again->hash == plan.hash);
  CHECK(again->plan_json == plan.plan_json);
  auto card = plan.solution;
  card.replace(card.find("0.05"), 4, "0.06");
  CHECK(lock_parts(plan.plan, plan.target, plan.outcome, card)->hash != plan.hash);
  CHECK(lock_parts(plan.plan, plan.target + "\n", plan.outcome, plan.solution)->hash != plan.hash);
  auto text = locked_text(plan);
  text.replace(text.find("\"horizon_days\":180"), 18, "\"horizon_days\":181");
  const auto changed = parse_locked(text, "wire");
  REQUIRE_FALSE(changed.ok());
  CHECK(changed.error().kind == ErrorKind::rejected);
}

TEST_CASE("a plan whose solution or definition does not parse cannot be locked") {
  const auto plan = locked();
  CHECK_FALSE(lock_parts(plan.plan, "{", plan.outcome, plan.solution).ok());
  CHECK_FALSE(lock_parts(plan.plan, plan.target, plan.outcome, R"({"kind":"python"})").ok());
}

TEST_CASE("a scorecard scores by its formula, counts rows it cannot score, and names its inputs by hash") {
  const auto card = parse_solution(
      R"({"id":"c","version":2,"kind":"logistic","intercept":-1,"features":[{"name":"a","source":{"kind":"age"},"coefficient":2},{"name":"b","source":{"kind":"sex_male"},"coefficient":1,"missing":0.5}]})",
      "card");
  REQUIRE(card.ok());
  const double nan = std::nan("");
  const auto scores = run_solution(*card, {3, 2, {0.25, 1, nan, 1, 1, nan}});
  REQUIRE(scores.ok());
  CHECK(*scores->score[0] == doctest::Approx(1 / (1 + std::exp(-0.5))));
  CHECK_FALSE(scores->score[1].has_value());
  CHECK(*scores->score[2] == doctest::Approx(1 / (1 + std::exp(-1.5))));
  CHECK(scores->failed.at("missing:a") == 1);
  auto other = *card;
  other.features[0].coefficient = 3;
  CHECK(input_schema_hash(other) == input_schema_hash(*card));
  other.features[0].name = "years";
  CHECK(input_schema_hash(other) != input_schema_hash(*card));
  CHECK_FALSE(run_solution(*card, {1, 3, {1, 2, 3}}).ok());
  CHECK(
      parse_solution(
          R"({"id":"c","version":"1","kind":"logistic","intercept":0,"features":[{"name":"a","source":{"kind":"shoe_size"},"coefficient":2}]})",
          "card")
          .error()
          .where.find("kind") != std::string::npos);
}

TEST_CASE("study rows hold the right persons, inputs from the past only, and the outcome within the horizon") {
  const ScratchFolder scratch("study");
  write_lake(scratch.path() / "lake", {.persons = 420, .event_every = 4, .prior_every = 6, .short_every = 5});
  const auto plan = locked();
  const auto rows = study_rows(plan, request_for(scratch.path() / "lake", "a"));
  REQUIRE_MESSAGE(rows.ok(), rows.error().what.en << " " << rows.error().where);
  std::vector<int> kept;
  int prior = 0;
  int short_follow = 0;
  for (int i = 1; i <= 420; ++i) {
    if (i % 6 == 0) {
      ++prior;
    } else if (i % 5 == 0 && i % 4 != 0) {
      ++short_follow;
    } else {
      kept.push_back(i);
    }
  }
  CHECK(rows->flow.at("target") == 420);
  CHECK(rows->flow.at("prior_outcome") == prior);
  CHECK(rows->flow.at("short_follow_up") == short_follow);
  REQUIRE(rows->matrix.rows == kept.size());
  const auto scores = run_solution(*parse_solution(plan.solution, "card"), rows->matrix);
  REQUIRE(scores.ok());
  for (std::size_t row = 0; row < kept.size(); ++row) {
    INFO("row " << row);
    CHECK(rows->label[row] == (kept[row] % 4 == 0 ? 1 : 0));
    CHECK(*scores->score[row] == doctest::Approx(expected_score(kept[row])).epsilon(1e-12));
  }
}

TEST_CASE("persons who withdrew are not in the study, and the epoch is told") {
  const ScratchFolder scratch("withdrawn");
  write_lake(scratch.path() / "lake", {});
  auto request = request_for(scratch.path() / "lake", "a");
  request.withdrawn = scratch.path() / "withdrawn.json";
  REQUIRE(write_file_atomic(request.withdrawn, R"({"epoch":3,"persons":[4,8,9]})").ok());
  const auto rows = study_rows(locked(), request);
  REQUIRE(rows.ok());
  CHECK(rows->matrix.rows == 397);
  CHECK(rows->consent_epoch == 3);
}

TEST_CASE("a site with one outcome class or too few events has a result that says so") {
  const ScratchFolder scratch("one-class");
  write_lake(scratch.path() / "none", {.persons = 200, .event_every = 0});
  const auto none = run_plan_at_site(locked(), request_for(scratch.path() / "none", "a"));
  REQUIRE(none.ok());
  const auto summary = summary_of(none->shared, "shared");
  REQUIRE(summary.ok());
  CHECK_FALSE(summary->auroc.has_value());
  CHECK(summary->reason == "one_class");
  CHECK(*summary->persons == 200);
  CHECK(*summary->events == 0);
  write_lake(scratch.path() / "few", {.persons = 200, .event_every = 40});
  const auto few = run_plan_at_site(locked(), request_for(scratch.path() / "few", "b"));
  REQUIRE(few.ok());
  const auto hidden = summary_of(few->shared, "shared");
  CHECK(hidden->reason == "suppressed");
  CHECK_FALSE(hidden->events.has_value());
  write_lake(scratch.path() / "nobody", {.persons = 0});
  const auto nobody = run_plan_at_site(locked(), request_for(scratch.path() / "nobody", "c"));
  REQUIRE_MESSAGE(nobody.ok(), nobody.error().what.en);
  CHECK(summary_of(nobody->shared, "shared")->reason == "no_rows");
}

TEST_CASE("exact figures stay in the private folder, readable by the owner only") {
  const ScratchFolder scratch("private");
  write_lake(scratch.path() / "lake", {.persons = 203});
  auto request = request_for(scratch.path() / "lake", "a");
  request.private_folder = scratch.path() / "private" / "evidence";
  const auto plan = locked();
  const auto run = run_plan_at_site(plan, request);
  REQUIRE(run.ok());
  const auto file = request.private_folder / ("run-" + plan.hash.substr(0, 12) + ".json");
  CHECK((fs::status(file).permissions() & fs::perms::others_all) == fs::perms::none);
  CHECK(read_json(file)->at("persons") == 203);
  CHECK(*summary_of(run->shared, "shared")->persons == 205);
}

TEST_CASE(
    "three sites under masks give the pooled figures of all their gridded scores, and a report in two languages") {
  const ScratchFolder scratch("round");
  const auto round =
      run_round(scratch, {{.persons = 400}, {.persons = 500, .event_every = 3}, {.persons = 300, .event_every = 5}});
  auto direct = round.plain[0];
  for (std::size_t i = 0; i < direct.size(); ++i) direct[i] += round.plain[1][i] + round.plain[2][i];
  CHECK(direct == round.pooled);
  const auto report = build_report(report_input(round));
  REQUIRE_MESSAGE(report.ok(), report.error().what.en << " " << report.error().where);
  const auto json = parse_json(report->json, "report");
  REQUIRE(json.ok());
  CHECK(report->json == canonical(*json));
  const auto pooled = pooled_summary(report->json, "report");
  const auto layout = layout_of(round.plan.plan);
  const std::span<const std::uint64_t> all(direct);
  const auto levels =
      evaluate::levels_of_grid(all.subspan(layout.cases_at(0), 1001), all.subspan(layout.controls_at(0), 1001));
  CHECK(std::fabs(*pooled->auroc - *evaluate::auroc(*levels).estimate) <= 0.5e-4 + 1e-12);
  CHECK(*pooled->persons == 1200);
  CHECK(json->at("across_sites").at("auroc").at("prediction_reason") == "uninformative");
  CHECK(json->at("pooled").at("roc").size() > 3);
  // One page, both languages, nothing fetched from anywhere.
  CHECK(report->html.find("작은 계획") != std::string::npos);
  CHECK(report->html.find("Small plan") != std::string::npos);
  for (const char* outside : {"<script", "src=", "@import", "url(", "https://"}) {
    CHECK_MESSAGE(report->html.find(outside) == std::string::npos, outside);
  }
  CHECK(build_report(report_input(round))->html == report->html);
  for (const char* part : {"Flow of persons", "AUROC by subgroup", "AUROC by site", "Held against the plan",
                           "TRIPOD+AI", "STARD-AI", "DECIDE-AI", "CONSORT-AI", "미응답", "consent epoch"}) {
    CHECK_MESSAGE(report->html.find(part) != std::string::npos, part);
  }
  const auto markdown = report_markdown(report->json, Language::korean, "report");
  REQUIRE(markdown.ok());
  CHECK(markdown->starts_with("# 작은 계획\n"));
  CHECK(report_markdown(report->json, Language::english, "report")->starts_with("# Small plan\n"));
  CHECK(report_markdown(report->json, Language::korean, "report").value() == markdown.value());
}

TEST_CASE("a report refuses sites of another plan, a repeated site, and sums whose masks did not cancel") {
  const ScratchFolder scratch("refuse");
  const auto round = run_round(scratch, {{}, {}, {}});
  auto input = report_input(round);
  input.shared[1] = input.shared[0];
  CHECK_FALSE(build_report(input).ok());
  input = report_input(round);
  auto other = parse_json(input.shared[0], "shared");
  (*other)["plan"] = "0000";
  input.shared[0] = canonical(*other);
  CHECK(build_report(input).error().what.en.find("another plan") != std::string::npos);
  input = report_input(round);
  input.pooled[5] += 1;
  CHECK(build_report(input).error().kind == ErrorKind::rejected);
  input.pooled[5] = ~0ULL;
  CHECK_FALSE(build_report(input).ok());
}

TEST_CASE("a report holds training overlap of its own sites and plan, and the recorded use with intervals") {
  const ScratchFolder scratch("stage");
  const auto round = run_round(scratch, {{.persons = 400}, {.persons = 300}, {.persons = 300}});
  auto input = report_input(round);
  const auto overlap = [&](const std::string& site, const std::string& plan) {
    return canonical(Json{{"site", site},
                          {"plan", plan},
                          {"training", std::string(64, 'd')},
                          {"target", 300},
                          {"checked", 290},
                          {"overlap", 15}});
  };
  input.overlaps = {overlap("hospital-b", round.plan.hash)};
  input.stage =
      R"({"project":"p1","programme":"m","stage":"live","solution_version":"1","uses":200,"overrides":20,"errors":null,)"
      R"("safety":{"minor":2,"serious":1},"changes":[],"watch":{"periods":0,"outside":0},"approvals":[],"decision":null})";
  const auto report = build_report(input);
  REQUIRE_MESSAGE(report.ok(), report.error().what.en << " " << report.error().where);
  const auto json = *parse_json(report->json, "report");
  CHECK(json.at("overlaps").size() == 1);
  const auto& stage = json.at("stage");
  CHECK(stage.at("overrides").at("count") == 20);
  const auto share = evaluate::wilson(20, 200);
  CHECK(stage.at("overrides").at("share").at("estimate").get<double>() == doctest::Approx(0.1));
  CHECK(stage.at("overrides").at("share").at("ci95").at(0).get<double>() ==
        doctest::Approx(share.ci95->lo).epsilon(1e-3));
  CHECK(stage.at("errors").is_null());
  const auto state = [&](const std::string& list, const std::string& item) {
    for (const auto& one : json.at("checklists")) {
      if (one.at("id") != list) continue;
      for (const auto& entry : one.at("items")) {
        if (entry.at("id") == item) return entry.at("state").get<std::string>();
      }
    }
    return std::string("absent");
  };
  // Recorded use fills the items about use; what was not recorded stays open.
  CHECK(state("decide-ai", "5") == "report");
  CHECK(state("decide-ai", "11") == "report");
  CHECK(state("decide-ai", "15") == "report");
  CHECK(state("decide-ai", "14") == "open");
  CHECK(state("consort-ai", "19") == "open");
  std::size_t unchecked = 0;
  for (const auto& one : json.at("deviations")) {
    unchecked += one.at("check") == "overlap" && one.at("state") == "unknown" ? 1 : 0;
  }
  CHECK(unchecked == 2);
  CHECK(report->html.find("지금까지의 사용") != std::string::npos);
  // Of another plan or another site: no report.
  input.overlaps = {overlap("hospital-b", std::string(64, 'e'))};
  CHECK_FALSE(build_report(input).ok());
  input.overlaps = {overlap("hospital-x", round.plan.hash)};
  CHECK_FALSE(build_report(input).ok());
  input.overlaps = {};
  input.stage.replace(input.stage.find("\"overrides\":20"), 14, "\"overrides\":900");
  CHECK_FALSE(build_report(input).ok());
}

TEST_CASE("a record of use that lacks a part is refused by the name of that part") {
  const Json whole = Json::parse(
      R"({"project":"p1","stage":"live","uses":200,"overrides":20,"errors":null,"safety":{"minor":2,"serious":1},)"
      R"("changes":[{"at":"2026-10-01T00:00:00Z","what":"new scanner"}],"watch":{"periods":1,"outside":0,"list":)"
      R"([{"site":"a","period":"q4","psi":null,"o_e":{"estimate":1,"lo":null,"hi":null},"within":true}]},)"
      R"("approvals":[{"kind":"irb","reference":"7"}],"decision":{"decision":"adopt","reason":"fits"}})");
  REQUIRE(stage_with_shares(canonical(whole), 4).ok());
  const std::vector<std::pair<std::string, std::string>> parts{
      {"/project", "stage.project"},
      {"/stage", "stage.stage"},
      {"/uses", "stage.uses"},
      {"/changes/0/what", "stage.changes[0].what"},
      {"/watch/outside", "stage.watch.outside"},
      {"/watch/list/0/psi", "stage.watch.list[0].psi"},
      {"/watch/list/0/o_e/hi", "stage.watch.list[0].o_e.hi"},
      {"/watch/list/0/within", "stage.watch.list[0].within"},
      {"/approvals/0/reference", "stage.approvals[0].reference"},
      {"/decision/reason", "stage.decision.reason"},
      {"/safety/minor", "stage.safety.minor"},
      {"/safety", "stage.safety"},
      {"/decision", "stage.decision"}};
  for (const auto& [pointer, where] : parts) {
    auto without = whole;
    const auto slash = pointer.rfind('/');
    without[Json::json_pointer(pointer.substr(0, slash))].erase(pointer.substr(slash + 1));
    const auto told = stage_with_shares(canonical(without), 4);
    REQUIRE_MESSAGE(!told.ok(), where);
    CHECK(told.error().where == where);
  }
}

TEST_CASE("the pooled count does not betray the one site whose count is hidden") {
  const ScratchFolder scratch("betray");
  const auto round = run_round(scratch, {{.persons = 400}, {.persons = 400}, {.persons = 200, .event_every = 40}});
  const auto report = build_report(report_input(round));
  REQUIRE(report.ok());
  const auto json = parse_json(report->json, "report");
  CHECK(json->at("pooled").at("events").is_null());
  CHECK(json->at("pooled").at("persons") == 1000);
}

TEST_CASE("a secure sum needs three sites, all of them, of one round, and hides each vector") {
  const std::vector<std::uint64_t> values{1, 2, 3, 1'000'000, 0};
  const std::vector<std::string> names{"a", "b", "c", "d"};
  std::vector<Masked> answers;
  for (const auto& name : names) {
    std::vector<Peer> peers;
    for (const auto& other : names) {
      if (other != name) peers.push_back(peer(name, other));
    }
    answers.push_back(*mask(values, name, peers, "r"));
    CHECK(answers.back().values != values);
    const auto back = parse_masked(masked_text(answers.back()), "wire");
    REQUIRE(back.ok());
    CHECK(back->values == answers.back().values);
  }
  CHECK(*sum(answers) == std::vector<std::uint64_t>{4, 8, 12, 4'000'000, 0});
  const std::vector<Masked> without(answers.begin(), answers.begin() + 3);
  CHECK(sum(without).error().kind == ErrorKind::conflict);
  CHECK(sum(without).error().what.en.find("d") != std::string::npos);
  auto twice = answers;
  twice[3] = twice[0];
  CHECK_FALSE(sum(twice).ok());
  auto mixed = answers;
  mixed[1].round = "other";
  CHECK_FALSE(sum(mixed).ok());
  const std::vector<Peer> one{peer("a", "b")};
  CHECK(mask(values, "a", one, "r").error().kind == ErrorKind::refused);
  const std::vector<Peer> self{peer("a", "b"), peer("a", "a")};
  CHECK_FALSE(mask(values, "a", self, "r").ok());
  // Another round, other masks.
  const std::vector<Peer> peers{peer("a", "b"), peer("a", "c"), peer("a", "d")};
  CHECK(mask(values, "a", peers, "r2")->values != answers[0].values);
}

TEST_CASE("a round is answered once: the same answer may be repeated, another one is a conflict") {
  const ScratchFolder scratch("rounds");
  CHECK(claim_round(scratch.path(), "r1", "content").ok());
  CHECK(claim_round(scratch.path(), "r1", "content").ok());
  CHECK(claim_round(scratch.path(), "r1", "other").error().kind == ErrorKind::conflict);
  CHECK(claim_round(scratch.path(), "r2", "other").ok());
  CHECK_FALSE(claim_round(scratch.path(), "../r", "x").ok());
}

TEST_CASE("GUSTO: eight regions under masks give the published pooled AUROC and standard error") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  std::istringstream lines(*read_file(*folder / "gusto_scores.csv"));
  std::string line;
  std::getline(lines, line);
  constexpr std::size_t grid = 10'000;
  std::map<std::string, std::vector<std::uint64_t>> regions;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    if (row[3] != "1") continue;
    auto& vector = regions["region-" + row[1]];
    vector.resize(2 * (grid + 1));
    ++vector[(row[4] == "1" ? 0 : grid + 1) + evaluate::grid_bin(std::strtod(row[10].c_str(), nullptr), grid)];
  }
  CHECK(regions.size() == 8);
  std::vector<Masked> answers;
  for (const auto& [name, vector] : regions) {
    std::vector<Peer> peers;
    for (const auto& [other, unused] : regions) {
      if (other != name) peers.push_back(peer(name, other));
    }
    answers.push_back(*mask(vector, name, peers, "gusto"));
  }
  const auto pooled = sum(answers);
  REQUIRE(pooled.ok());
  const std::span<const std::uint64_t> all(*pooled);
  const auto area = evaluate::auroc(*evaluate::levels_of_grid(all.first(grid + 1), all.last(grid + 1)));
  CHECK(std::fabs(*area.estimate - 0.8179799627875664) < 1e-13);
  CHECK(std::fabs(*area.se - 0.0055689961786482) < 1e-13);
}

TEST_CASE("sealed evidence verifies offline, and any changed byte is noticed and named") {
  const ScratchFolder scratch("seal");
  const auto round = run_round(scratch, {{}, {}, {}});
  const auto report = build_report(report_input(round));
  REQUIRE(report.ok());
  const auto key = test_key(7);
  const SealInput input{round.plan, *report, "authority", "2026-11-23T01:00:00.000Z"};
  const auto sealed = seal(input, key);
  REQUIRE(sealed.ok());
  const std::vector<Trusted> trust{{"authority", key.public_key()}};
  const auto good = verify_evidence(*sealed, trust, report->html);
  CHECK(good.ok);
  CHECK(good.html == "matches");
  CHECK(good.log == "absent");
  CHECK(good.plan_hash == round.plan.hash);
  CHECK(good.body_digest == *body_digest(input));
  CHECK(seal(input, key).value() == *sealed);

  for (std::size_t at = 0; at < sealed->size(); at += 97) {
    auto flipped = *sealed;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    const auto check = verify_evidence(flipped, trust, report->html);
    CHECK_MESSAGE(!check.ok, "byte " << at);
    CHECK_FALSE(check.changed.empty());
  }
  auto page = report->html;
  page[page.size() / 2] = static_cast<char>(page[page.size() / 2] ^ 1);
  CHECK(verify_evidence(*sealed, trust, page).html == "changed");
  auto forged = parse_json(*sealed, "sealed");
  (*forged)["body"]["report"]["pooled"]["auroc"]["estimate"] = 0.99;
  const auto named = verify_evidence(canonical(*forged) + "\n", trust);
  CHECK_FALSE(named.ok);
  CHECK(named.changed.front().en.find("report") != std::string::npos);
  // Another signer's own seal of the same content is not trusted.
  const auto stranger = test_key(8);
  CHECK_FALSE(verify_evidence(*seal(input, stranger), trust).ok);
  CHECK_FALSE(verify_evidence(*sealed + " ", trust).ok);
  CHECK_FALSE(verify_evidence("", trust).ok);
  const auto later = verify_evidence(*sealed, trust, {}, {{"hospital-b", 2}});
  CHECK(later.ok);
  CHECK(later.superseded == std::vector<std::string>{"hospital-b"});
}

TEST_CASE("a log proof ties the seal to an entry of the signer's log, and only the right one does") {
  const ScratchFolder scratch("seal-log");
  const auto round = run_round(scratch, {{}, {}, {}});
  const auto report = build_report(report_input(round));
  REQUIRE(report.ok());
  const auto key = test_key(7);
  const SealInput input{round.plan, *report, "authority", "2026-11-23T01:00:00.000Z"};
  const FixedClock clock(1'790'000'000'000);
  SeededRandom random(1);
  auto log = audit::Log::open(scratch.path() / "log", "authority", key, clock, random);
  REQUIRE(log.ok());
  REQUIRE(log->append({"other", "someone", R"({"body":"0000"})"}).ok());
  const auto index = log->append({"evidence.sealed", "someone", canonical(Json{{"body", *body_digest(input)}})});
  REQUIRE(index.ok());
  const std::vector<Trusted> trust{{"authority", key.public_key()}};
  const auto proof = bound_log_proof(scratch.path() / "log", *index);
  REQUIRE_MESSAGE(proof.ok(), proof.error().what.en);
  const auto sealed = *seal(input, key, *proof);
  CHECK(verify_evidence(sealed, trust).ok);
  CHECK(verify_evidence(sealed, trust).log == "proven");
  for (auto at = sealed.find("\"log\":"); at < sealed.size(); at += 7) {
    auto flipped = sealed;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    CHECK_MESSAGE(!verify_evidence(flipped, trust).ok, "byte " << at);
  }
  const auto wrong = *seal(input, key, *bound_log_proof(scratch.path() / "log", 0));
  CHECK(verify_evidence(wrong, trust).log == "changed");
  const auto alone = *seal(input, key, audit::proof_json(*log->prove(*index)));
  CHECK(verify_evidence(alone, trust).log == "unbound");
}

TEST_CASE("a trust file that is not a list of names and keys says where") {
  CHECK_FALSE(parse_trust("{}", "trust.json").ok());
  CHECK(parse_trust(R"([{"name":"a","key":"zz"}])", "trust.json").error().where.find("[0]") != std::string::npos);
  CHECK(parse_trust("[]", "trust.json")->empty());
}
