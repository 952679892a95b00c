#include "govern/circumstances.h"
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

namespace {

/// Approved from today on, so that a second application falls into its period.
Application running_now() {
  auto out = application();
  out.valid_from = days_from_civil({2026, 9, 1});
  return out;
}

std::string tier_after(Desk& desk, const Application& wish) {
  const auto submitted = desk.office.submit(wish, applicant);
  REQUIRE(submitted.ok());
  return desk.office.application(submitted->id)->review->tier;
}

bool reasons_hold(Desk& desk, const std::string& id, const std::string& words, const std::string& korean) {
  const auto reasons = view_of(desk, id, secretariat)["review"]["reasons"];
  return std::ranges::any_of(reasons, [&](const Json& reason) {
    return reason["en"].get<std::string>().find(words) != std::string::npos &&
           reason["ko"].get<std::string>().find(korean) != std::string::npos;
  });
}

}  // namespace

TEST_CASE("an approved and running application for the same data and purpose makes the next one's review lighter") {
  Desk desk;
  const auto first = to_approval(desk, running_now());
  CHECK(desk.office.application(first)->review->tier == "medium");
  const auto again = desk.office.submit(running_now(), applicant);
  REQUIRE(again.ok());
  CHECK(desk.office.application(again->id)->review->tier == "low");
  CHECK(reasons_hold(desk, again->id, "repeated use: " + first + " was approved", "반복 이용: " + first));
  auto fewer = running_now();
  fewer.tables = {"person"};
  fewer.holders = {"hospital-a"};
  CHECK(tier_after(desk, fewer) == "low");
}

TEST_CASE("a use that asks for more, of another purpose or by somebody else is no repeated use") {
  Desk desk;
  to_approval(desk, running_now());
  const auto medium = [&](auto change) {
    auto wish = running_now();
    change(wish);
    CHECK(tier_after(desk, wish) == "medium");
  };
  medium([](Application& a) { a.tables.emplace_back("drug_exposure"); });
  medium([](Application& a) { a.holders.emplace_back("hospital-d"); });
  medium([](Application& a) { a.purpose_code = "DUO:0000007"; });
  medium([](Application& a) { a.ai_use = "train"; });
  medium([](Application& a) { a.release = "r2"; });
  const auto other = desk.office.submit(running_now(), {"app@other", "startup-y", {"applicant"}});
  REQUIRE(other.ok());
  CHECK(desk.office.application(other->id)->review->tier == "medium");
}

TEST_CASE("an application that is not approved, over, or whose right was revoked is no repeated use") {
  Desk desk;
  to_vote(desk, running_now());
  CHECK(tier_after(desk, running_now()) == "medium");  // the first still runs
  const auto first = to_approval(desk, running_now());
  CHECK(tier_after(desk, running_now()) == "low");
  auto key = SigningKey::from_seed(Bytes(32, 3));
  const auto right = desk.office.issue_right(first, right_terms(), *key, secretariat);
  REQUIRE_MESSAGE(right.ok(), (right.ok() ? "" : right.error().what.en));
  REQUIRE(desk.office.revoke_right(right->right.id, "misuse", secretariat).ok());
  CHECK(tier_after(desk, running_now()) == "medium");

  Desk later;
  to_approval(later, application());  // from October on; today is September
  const auto early = later.office.submit(application(), applicant);
  REQUIRE(early.ok());
  CHECK(later.office.application(early->id)->review->tier == "medium");
  CHECK(reasons_hold(later, early->id, "its period does not cover today", "그 기간이 오늘을 포함하지 않습니다"));
}

TEST_CASE("a body in the register of designated bodies is reviewed lighter on the days of its designation only") {
  const auto bodies = parse_designated_bodies(
      "bodies:\n  - {organisation: startup-x, kind: data-agency, designation: notice 2026-7, from: 2026-09-01, until: "
      "2027-08-31}\n",
      "register");
  REQUIRE_MESSAGE(bodies.ok(), (bodies.ok() ? "" : bodies.error().what.en));
  auto wish = application();
  wish.organisation = "startup-x";
  const auto on = [&](CivilDate day) { return circumstances_of(wish, {}, *bodies, days_from_civil(day)); };
  CHECK(on({2026, 9, 1}).found == std::vector<std::string>{"designated-body"});
  CHECK(on({2027, 8, 31}).found == std::vector<std::string>{"designated-body"});
  CHECK(on({2027, 9, 1}).found.empty());
  CHECK(on({2027, 9, 1}).reasons.size() == 1);
  // Whoever merely works with one is not one.
  wish.organisation = "startup-y";
  wish.partner_organisations = {"startup-x"};
  CHECK(on({2026, 9, 1}).found.empty());
  const auto policy = protect::find_policy(share, "kr-guideline");
  REQUIRE(policy.ok());
  wish.organisation = "startup-x";
  const auto need = review_need(wish, {}, *policy, on({2026, 9, 1}));
  REQUIRE(need.ok());
  CHECK(need->tier == "low");
  CHECK(need->reasons.back().en.find("notice 2026-7") != std::string::npos);
}

TEST_CASE("a register of designated bodies that does not hold together is refused with its place") {
  const auto refused_at = [](const std::string& entry) {
    const auto read = parse_designated_bodies("bodies:\n  - " + entry + "\n", "register");
    REQUIRE_FALSE(read.ok());
    return read.error().where;
  };
  const std::string good = "{organisation: a, kind: data-agency, designation: n, from: 2026-01-01, until: 2026-12-31}";
  CHECK(refused_at("{organisation: a, kind: club, designation: n, from: 2026-01-01, until: 2026-12-31}") ==
        "register.bodies[0].kind");
  CHECK(refused_at("{organisation: a, kind: data-agency, designation: n, from: 2026-01-01, until: 2025-12-31}") ==
        "register.bodies[0].until");
  CHECK(refused_at("{organisation: a, kind: data-agency, designation: n, from: soon, until: 2025-12-31}") ==
        "register.bodies[0].from");
  CHECK(refused_at(good + "\n  - " + good) == "register.bodies[1]");
  CHECK(designated_bodies(share / "sops" / "registers" / "designated-bodies.yaml").ok());
}
