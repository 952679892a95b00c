#include "govern/testing.h"

using namespace naru;
using namespace naru::govern;
using namespace naru::govern::testing;

namespace {

SigningKey key_of(std::uint8_t seed) { return std::move(*SigningKey::from_seed(Bytes(32, seed))); }

UseRight right() {
  UseRight r;
  r.id = "right-2026-0001";
  r.project = "prj-00";
  r.organisation = "startup-x";
  r.people = {"b@startup", "a@startup"};
  r.release = "r1";
  r.sites = {"hospital-b", "hospital-a"};
  r.modes = {"linked", "federated"};
  r.tables = {"person", "condition_occurrence"};
  r.cohort = R"({ "b":1, "a":[2] })";
  r.purpose = "DUO:0000006";
  r.valid_from = 20'000;
  r.valid_until = 20'100;
  r.query_budget = 20;
  r.policy = "naru-demo";
  r.policy_hash = std::string(64, 'a');
  r.vocabulary_hash = std::string(64, 'b');
  r.issued_at = "2026-09-14T00:00:00.000Z";
  r.issuer = "authority";
  return r;
}

}  // namespace

TEST_CASE("a right is signed over sorted canonical JSON and read back the same") {
  const auto key = key_of(1);
  const auto token = sign_right(right(), key);
  REQUIRE(token.ok());
  const auto file = right_file(*token);
  const auto back = parse_right(file, "right.json");
  REQUIRE(back.ok());
  CHECK(back->right == token->right);
  CHECK(right_file(*back) == file);
  CHECK(back->right.people.front() == "a@startup");
  CHECK(verify_right(*back, key.public_key(), 20'050).ok());
  CHECK(back->right.allows_table("person"));
  CHECK_FALSE(back->right.allows_mode("raw"));
}

TEST_CASE("a right with any one byte altered is refused") {
  const auto key = key_of(1);
  const auto file = right_file(*sign_right(right(), key));
  int accepted = 0;
  for (std::size_t i = 0; i + 1 < file.size(); ++i) {
    for (const int bit : {0x01, 0x20}) {
      auto altered = file;
      altered[i] = static_cast<char>(altered[i] ^ bit);
      const auto token = parse_right(altered, "f");
      if (token.ok() && verify_right(*token, key.public_key(), 20'050).ok()) ++accepted;
    }
  }
  CHECK(accepted == 0);
}

TEST_CASE("another's key, an early and an expired right are refused with who can help") {
  const auto key = key_of(1);
  const auto other = key_of(2);
  const auto token = *sign_right(right(), key);
  CHECK(verify_right(token, other.public_key(), 20'050).error().kind == ErrorKind::rejected);
  CHECK(verify_right(*sign_right(right(), other), key.public_key(), 20'050).error().kind == ErrorKind::rejected);
  CHECK(verify_right(token, key.public_key(), 19'999).error().kind == ErrorKind::refused);
  CHECK(verify_right(token, key.public_key(), 20'000).ok());
  CHECK(verify_right(token, key.public_key(), 20'100).ok());
  const auto late = verify_right(token, key.public_key(), 20'101);
  CHECK(late.error().kind == ErrorKind::refused);
  CHECK(late.error().hint.en.find("authority") != std::string::npos);
}

TEST_CASE("a right without people, with reversed dates or without a budget is not signed") {
  const auto key = key_of(1);
  const auto broken = [&](auto change) {
    auto r = right();
    change(r);
    return sign_right(r, key).error().where;
  };
  CHECK(broken([](UseRight& r) { r.people.clear(); }) == "right.people");
  CHECK(broken([](UseRight& r) { r.valid_until = 1; }) == "right.valid_until");
  CHECK(broken([](UseRight& r) { r.query_budget = 0; }) == "right.query_budget");
  CHECK(broken([](UseRight& r) { r.release.clear(); }) == "right.release");
  CHECK(broken([](UseRight& r) { r.policy_hash = "x"; }) == "right.policy_hash");
  CHECK(broken([](UseRight& r) { r.modes = {"raw"}; }) == "right.modes");
}

TEST_CASE("a revocation list is trusted only from the authority and never an older one") {
  const auto key = key_of(1);
  RevocationList list{"authority", 2, "2026-09-14T00:00:00.000Z", {{"right-b", "t", "x"}, {"right-a", "t", "y"}}};
  const auto file = revocation_file(list, key);
  const auto back = read_revocations(file, "f", key.public_key(), 2);
  REQUIRE(back.ok());
  CHECK(back->names("right-a"));
  CHECK_FALSE(back->names("right-c"));
  CHECK_FALSE(read_revocations(file, "f", key.public_key(), 3).ok());
  CHECK_FALSE(read_revocations(file, "f", key_of(2).public_key(), 0).ok());
  auto forged = file;
  forged.replace(forged.find("right-a"), 7, "right-z");
  CHECK_FALSE(read_revocations(forged, "f", key.public_key(), 0).ok());
}

TEST_CASE("an approved case becomes a right for the holders that agreed, and once only") {
  Desk desk;
  const auto key = key_of(3);
  const auto early = *desk.office.submit(application(), applicant);
  const auto refused_early = desk.office.issue_right(early.id, right_terms(), key, secretariat);
  CHECK(refused_early.error().kind == ErrorKind::refused);
  CHECK(refused_early.error().where.find("steps.completeness") != std::string::npos);
  const auto id = to_approval(desk);
  CHECK(desk.office.issue_right(id, right_terms(), key, applicant).error().kind == ErrorKind::refused);
  const auto token = desk.office.issue_right(id, right_terms(), key, secretariat);
  REQUIRE(token.ok());
  const auto& r = token->right;
  CHECK(r.project == desk.office.application(id)->application.project);
  CHECK(r.project.find("startup") == std::string::npos);
  CHECK(r.sites == std::vector<SiteName>{"agency", "combiner", "hospital-a", "hospital-b", "hospital-c"});
  CHECK(r.people == std::vector<std::string>{"analyst@startup", "app@startup"});
  CHECK(desk.office.issue_right(id, right_terms(), key, secretariat).error().kind == ErrorKind::conflict);
  CHECK(desk.office.right(r.id)->right == r);
}

TEST_CASE("a revoked right is on the next list and refused from then on") {
  Desk desk;
  const auto key = key_of(3);
  const auto id = to_approval(desk);
  const auto token = *desk.office.issue_right(id, right_terms(), key, secretariat);
  const auto day = token.right.valid_from;
  CHECK(desk.office.revocations("authority")->number == 0);
  CHECK(verify_right_now(token, key.public_key(), day, *desk.office.revocations("authority")).ok());
  CHECK(desk.office.revoke_right(token.right.id, "breach", applicant).error().kind == ErrorKind::refused);
  REQUIRE(desk.office.revoke_right(token.right.id, "breach", secretariat).ok());
  CHECK(desk.office.revoke_right(token.right.id, "breach", secretariat).error().kind == ErrorKind::conflict);
  const auto list = *desk.office.revocations("authority");
  CHECK(list.number == 1);
  const auto now = verify_right_now(token, key.public_key(), day, list);
  CHECK(now.error().kind == ErrorKind::refused);
  CHECK(now.error().what.en.find("breach") != std::string::npos);
  const auto view = Json::parse(*desk.office.right_view_json(token.right.id, secretariat, {}));
  CHECK(view.at("state") == "revoked");
  CHECK(view.at("meter").at("used").is_null());
  const auto rights = Json::parse(*desk.office.rights_json(applicant, [](std::string_view) { return 4; }));
  CHECK(rights.at("rights").at(0).at("meter").at("used") == 4);
  CHECK(Json::parse(*desk.office.rights_json({"x", "other", {"applicant"}}, {})).at("rights").empty());
  CHECK(desk.office.issue_right(id, right_terms(), key, secretariat).ok());
}

TEST_CASE("no right begins before a dataset's embargo ends") {
  Desk desk;
  catalogue::Catalogue catalogue(desk.records, desk.clock, desk.journal);
  catalogue::Dataset d;
  d.id = "sleep";
  d.title = {"Sleep", "수면"};
  d.description = {"-", "-"};
  d.holder = "hospital-b";
  d.tier = catalogue::Tier::registered;
  d.legal_basis = "consent";
  d.embargo_until = days_from_civil({2026, 12, 1});
  REQUIRE(catalogue.put(d, "steward").ok());
  auto a = application();
  a.datasets = {"sleep"};
  const auto id = to_approval(desk, a);
  const auto answer = desk.office.issue_right(id, right_terms(), key_of(3), secretariat);
  CHECK(answer.error().where == "dataset sleep, embargo_until");
  a.datasets = {"nothing"};
  CHECK(desk.office.submit(a, applicant).error().kind == ErrorKind::not_found);
}

TEST_CASE("every act of the office is noted in the journal before it stands") {
  Desk desk;
  const auto id = to_approval(desk);
  REQUIRE(desk.office.issue_right(id, right_terms(), key_of(3), secretariat).ok());
  std::vector<std::string> events;
  for (const auto& one : desk.journal.entries) events.push_back(one.event);
  for (const auto* wanted :
       {"case.opened", "case.checked", "case.answered", "case.board_assigned", "case.recused", "case.voted",
        "case.vote_closed", "case.decided", "case.certificate_issued", "case.notified", "right.issued"}) {
    INFO(wanted);
    CHECK(std::find(events.begin(), events.end(), wanted) != events.end());
  }
  class Broken final : public catalogue::Journal {
    Done note(std::string_view, std::string_view, std::string_view) override {
      return internal_error(say("disk full", "디스크가 가득 찼습니다"));
    }
  } broken;
  Office office(desk.records, desk.clock, desk.random, broken, share);
  const auto before = desk.records.streams("case")->size();
  CHECK_FALSE(office.submit(application(), applicant).ok());
  CHECK(desk.records.streams("case")->size() == before);
}
