#include "base/files.h"
#include "base/json.h"
#include "network/hub.h"
#include "server/routes/portal.h"
#include "server/sessions.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace naru;
using namespace naru::server;

namespace {

constexpr std::int64_t monday_ms = 1'795'392'000'000;  // 2026-11-23T00:00:00Z

/// An authority's context without a listener: handlers are called as the workers call them.
struct Counter {
  ScratchFolder scratch{"portal"};
  FixedClock clock{monday_ms};
  SeededRandom random{7};
  std::unique_ptr<network::Site> site;
  std::unique_ptr<network::Hub> hub;
  std::unique_ptr<Sessions> sessions;
  std::vector<Route> routes = portal_routes();

  Counter() {
    const auto root = scratch.path() / "authority";
    REQUIRE(network::init_site(model::SiteLayout(root), "authority", "authority", clock, random).ok());
    site = std::move(network::Site::open(root, clock, random).value());
    hub = std::move(network::Hub::open(*site).value());
    sessions = std::make_unique<Sessions>(site->records(), clock, random);
  }
  ServerContext context() {
    return {*site, site->layout(), site->records(), clock, random, site->log(), *hub, *sessions, NARU_SOURCE_DIR};
  }
  const Route& route(std::string_view method, std::string_view path) {
    const auto found =
        std::find_if(routes.begin(), routes.end(), [&](const auto& r) { return r.method == method && r.path == path; });
    REQUIRE(found != routes.end());
    return *found;
  }
  Result<Json> call(std::string_view method, std::string_view path, Request request) {
    auto with = context();
    const auto answer = route(method, path).handler(request, with);
    if (!answer.ok()) return answer.error();
    return parse_json(answer->body, path);
  }
};

Request as(std::string account, std::string organisation, std::vector<std::string> roles) {
  Request request;
  request.caller = Caller{std::move(account), say("Somebody", "누군가"), std::move(roles), std::move(organisation)};
  return request;
}

Request with_id(Request request, std::string id) {
  request.params["id"] = std::move(id);
  return request;
}

catalogue::Dataset dataset(std::string id, catalogue::Tier tier) {
  catalogue::Dataset out;
  out.id = std::move(id);
  out.title = say("A dataset", "데이터셋");
  out.description = say("What it holds", "담긴 내용");
  out.holder = "hospital-a";
  out.tier = tier;
  out.persons = 1200;
  out.legal_basis = "pseudonymised-use";
  return out;
}

}  // namespace

TEST_CASE("the first page counts what there is, for somebody who is not signed in") {
  Counter counter;
  auto with = counter.context();
  portal::Desk desk(with);
  REQUIRE(desk.catalogue.put(dataset("hospital-a", catalogue::Tier::registered), "authority").ok());
  REQUIRE(counter.call("GET", "/api/v1/status", {}).ok());
  const auto status = counter.call("GET", "/api/v1/status", {}).value();
  CHECK(status["journey"]["datasets"] == 1);
  CHECK(status["journey"]["release"].is_null());
  CHECK(status["journey"]["log_entries"].get<int>() >= 1);
}

TEST_CASE("a controlled dataset does not exist for the public and shows no figures to an applicant") {
  Counter counter;
  auto with = counter.context();
  portal::Desk desk(with);
  REQUIRE(desk.catalogue.put(dataset("r1", catalogue::Tier::controlled), "authority").ok());
  const auto hidden = counter.call("GET", "/api/v1/catalogue/{id}", with_id({}, "r1"));
  REQUIRE_FALSE(hidden.ok());
  CHECK(hidden.error().kind == ErrorKind::not_found);
  const auto summary =
      counter.call("GET", "/api/v1/catalogue/{id}", with_id(as("kim", "startup", {"applicant"}), "r1"));
  REQUIRE(summary.ok());
  CHECK(summary.value()["sight"] == "summary");
  CHECK(summary.value()["persons"].is_null());
}

TEST_CASE("the public sees that something was logged, and only those signed in see who did it") {
  Counter counter;
  REQUIRE(counter.site->record("case.voted", "{\"case\":\"APP-1\"}", "member-1").ok());
  const auto open = counter.call("GET", "/api/v1/log", {}).value();
  const auto entry = open["entries"].back();
  CHECK(entry["event"] == "case.voted");
  CHECK(entry["actor"] == "");
  CHECK(entry["fields"].empty());
  CHECK(entry["fields_hidden"] == true);
  const auto whole = counter.call("GET", "/api/v1/log", as("lee", "", {"auditor"})).value();
  CHECK(whole["entries"].back()["actor"] == "member-1");
  CHECK(whole["entries"].back()["fields"]["case"] == "APP-1");
}

TEST_CASE("a proof from the portal verifies offline against the authority's key") {
  Counter counter;
  REQUIRE(counter.site->record("case.voted", "{}", "member-1").ok());
  Request request;
  request.params["index"] = "1";
  auto with = counter.context();
  const auto answer = counter.route("GET", "/api/v1/log/proof/{index}").handler(request, with);
  REQUIRE(answer.ok());
  CHECK(audit::verify_proof(answer->body, counter.site->description().signing_key, "proof").ok());
  request.params["index"] = "99";
  const auto beyond = counter.route("GET", "/api/v1/log/proof/{index}").handler(request, with);
  REQUIRE_FALSE(beyond.ok());
  CHECK(beyond.error().kind == ErrorKind::not_found);
}

TEST_CASE("a question names a definition on offer or brings its own, and an unknown right is not found") {
  Counter counter;
  auto request = as("kim", "startup", {"applicant"});
  request.body = R"({"right":"right-2026-0001","mode":"federated","definition":"nothing-like-it"})";
  const auto unknown = counter.call("POST", "/api/v1/questions", request);
  REQUIRE_FALSE(unknown.ok());
  CHECK(unknown.error().kind == ErrorKind::not_found);
  CHECK(unknown.error().where == "definition");
  request.body = R"({"right":"right-2026-0001","mode":"federated","definition":{"PrimaryCriteria":{}}})";
  const auto no_right = counter.call("POST", "/api/v1/questions", request);
  REQUIRE_FALSE(no_right.ok());
  CHECK(no_right.error().kind == ErrorKind::not_found);
  request.body = R"({"right":"x","mode":"federated","definition":{},"extra":1})";
  CHECK_FALSE(counter.call("POST", "/api/v1/questions", request).ok());
}

TEST_CASE("an application is submitted, acted on by role, and hidden from strangers") {
  Counter counter;
  auto request = as("kim", "startup", {"applicant"});
  request.body = R"({"title":{"en":"Trial","ko":"시험"},"people":[{"account":"kim","name":"Kim","role":"principal"}],
    "holders":["hospital-a"],"datasets":[],"release":"","modes":["federated"],"tables":["person"],"cohort":null,
    "purpose_code":"DUO:0000006","ai_use":"","commercial":false,"purpose":"To see.","query_budget":5,
    "valid_from":"2026-12-01","valid_until":"2027-11-30","forms":{}})";
  const auto made = counter.call("POST", "/api/v1/applications", request);
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().what.en + " " + made.error().where));
  const auto id = made.value()["id"].get<std::string>();
  CHECK(made.value()["boards"].empty());
  const auto stranger = counter.call("GET", "/api/v1/applications/{id}", with_id(as("oh", "other", {"applicant"}), id));
  CHECK_FALSE(stranger.ok());
  auto check = with_id(as("sec", "authority", {"secretariat"}), id);
  check.body = R"({"action":"complete_check","outcome":"incomplete","note":"the protocol is missing"})";
  const auto checked = counter.call("POST", "/api/v1/applications/{id}/actions", check);
  REQUIRE_MESSAGE(checked.ok(), (checked.ok() ? "" : checked.error().what.en));
  CHECK(checked.value()["step"]["id"] == "correction");
  CHECK(checked.value()["policies"].size() >= 1);
  auto vote = with_id(as("kim", "startup", {"applicant"}), id);
  vote.body = R"({"action":"vote","vote":"approve","reason":"mine"})";
  const auto refusal = counter.call("POST", "/api/v1/applications/{id}/actions", vote);
  REQUIRE_FALSE(refusal.ok());
  CHECK(refusal.error().kind == ErrorKind::refused);
  auto issue = with_id(as("sec", "authority", {"secretariat"}), id);
  issue.body = R"({"policy":"naru-demo"})";
  CHECK_FALSE(counter.call("POST", "/api/v1/applications/{id}/right", issue).ok());
}

TEST_CASE("a report's name cannot leave the evidence folder") {
  Counter counter;
  for (const auto* name : {"../keys/master", "..", ".hidden", "a/b"}) {
    const auto answer = counter.call("GET", "/api/v1/evidence/{id}", with_id({}, name));
    REQUIRE_FALSE(answer.ok());
    CHECK(answer.error().kind == ErrorKind::not_found);
  }
  CHECK(counter.call("GET", "/api/v1/evidence", {}).value()["evidence"].empty());
}
