#include "workspace/right_check.h"

#include <doctest/doctest.h>

#include <functional>

using namespace naru;
using namespace naru::workspace;

TEST_CASE("a right that does not cover a question says what is missing, who can grant it and how") {
  govern::UseRight right;
  right.id = "right-1";
  right.people = {"kim"};
  right.sites = {"hospital-a"};
  right.modes = {"federated"};
  right.tables = {"condition_occurrence", "observation_period", "person"};
  right.valid_from = 100;
  right.valid_until = 200;
  right.policy = "p";
  right.policy_hash = "ph";
  right.vocabulary_hash = "vh";
  right.issuer = "authority";
  const Question good{"kim", "hospital-a", "federated", "", {"person", "observation_period"}, "ph", "vh", 150};
  CHECK(check(right, good).ok());
  const auto refusal = [&](const std::function<void(Question&)>& change) {
    auto question = good;
    change(question);
    const auto done = check(right, question);
    REQUIRE(!done.ok());
    CHECK(done.error().kind == ErrorKind::refused);
    CHECK(!done.error().hint.en.empty());
    CHECK(!done.error().hint.ko.empty());
    return done.error().where;
  };
  CHECK(refusal([](Question& q) { q.today = 99; }) == "right-1.valid_from");
  CHECK(refusal([](Question& q) { q.today = 201; }) == "right-1.valid_until");
  CHECK(refusal([](Question& q) { q.account = "lee"; }) == "right-1.people");
  CHECK(refusal([](Question& q) { q.site = "hospital-b"; }) == "right-1.sites");
  CHECK(refusal([](Question& q) { q.mode = "linked"; }) == "right-1.modes");
  CHECK(refusal([](Question& q) { q.tables.emplace_back("drug_exposure"); }) == "right-1.tables.drug_exposure");
  CHECK(refusal([](Question& q) { q.policy_hash = "x"; }) == "right-1.policy_hash");
  CHECK(refusal([](Question& q) { q.vocabulary_hash = "x"; }) == "right-1.vocabulary_hash");
}
