#include "govern/testing.h"

using namespace naru;
using namespace naru::govern;
using namespace naru::govern::testing;

namespace {

Json decision_of(bool in_person) {
  Json out{{"action", "decide"}, {"decision", "approve"}, {"reason", "carried"}};
  if (in_person) out["in_person"] = true;
  return out;
}

void all_approve(Desk& desk, const std::string& id) {
  REQUIRE(vote(desk, id, chair, "approve").ok());
  REQUIRE(vote(desk, id, member("m1", "hospital-a"), "approve").ok());
  REQUIRE(vote(desk, id, member("m2", "hospital-b"), "approve").ok());
  REQUIRE(vote(desk, id, member("m3", "patients-union"), "approve").ok());
}

}  // namespace

TEST_CASE("an application carries the review tier of its SOP's policy, with the steps that led to it") {
  Desk desk;
  const auto id = to_vote(desk);
  const auto state = *desk.office.application(id);
  REQUIRE(state.review.has_value());
  CHECK(state.review->policy == "kr-guideline");
  CHECK(state.review->tier == "medium");
  CHECK(state.review->reviewers_min == 2);
  CHECK_FALSE(state.review->in_person);
  CHECK(view_of(desk, id, applicant)["review"]["tier"] == "medium");
  CHECK_FALSE(view_of(desk, id, applicant)["review"]["reasons"].empty());
  // The board's own rule asks for three; the tier never lowers it.
  CHECK(count_votes(state).quorum == 3);
}

TEST_CASE("free text, and results that leave as weights, make a review stricter") {
  Desk desk;
  auto wish = application();
  wish.tables.push_back("note");
  CHECK(desk.office.application(to_vote(desk, wish))->review->tier == "high");
  auto weights = application();
  weights.ai_use = "export-weights";
  CHECK(desk.office.application(to_vote(desk, weights))->review->tier == "high");
}

TEST_CASE("a high tier is approved only by a meeting in person, and the refusal names the policy") {
  Desk desk;
  auto wish = application();
  wish.tables.push_back("note");
  const auto id = to_vote(desk, wish);
  all_approve(desk, id);
  const auto early = desk.office.act(id, action(decision_of(false)), chair);
  REQUIRE_FALSE(early.ok());
  CHECK(early.error().kind == ErrorKind::refused);
  CHECK(early.error().where == "kr-guideline, review_tiers");
  const auto decided = desk.office.act(id, action(decision_of(true)), chair);
  REQUIRE_MESSAGE(decided.ok(), (decided.ok() ? "" : decided.error().what.en));
  CHECK(decided->decision == "approve");
}

TEST_CASE("a tier that asks for more reviewers or more from outside than the board's rule holds the vote open") {
  Desk desk;
  const auto id = to_vote(desk);
  auto state = *desk.office.application(id);
  all_approve(desk, id);
  state = *desk.office.application(id);
  REQUIRE(count_votes(state).quorum_met);
  state.review->reviewers_min = 5;
  CHECK(count_votes(state).quorum == 5);
  CHECK_FALSE(count_votes(state).quorum_met);
  state.review->reviewers_min = 1;
  state.review->external_min = 3;  // chair and m3 are external
  CHECK_FALSE(count_votes(state).quorum_met);
}
