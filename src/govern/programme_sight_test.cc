#include "govern/programme_sight.h"

#include "govern/testing.h"

using namespace naru;
using namespace naru::govern;
using namespace naru::govern::testing;

TEST_CASE("a firm sees its own vouchers, a holder what was charged there, an officer all") {
  constexpr std::string_view id = "medical-data-voucher-2026";
  Desk desk;
  auto& programmes = desk.office.programmes();
  REQUIRE(desk.office.open_programme(id, officer).ok());
  const auto x = programmes.grant(id, {"startup-x", "startup", "class-80", 0}, officer);
  const auto y = programmes.grant(id, {"startup-y", "startup", "class-80", 0}, officer);
  REQUIRE(x.ok());
  REQUIRE(y.ok());
  REQUIRE(programmes.pay(id, x->id, x->copay, officer).ok());
  REQUIRE(programmes.pay(id, y->id, y->copay, officer).ok());
  REQUIRE(programmes.charge(id, x->id, "hospital-a", 5'000'000, "Q-1", officer).ok());
  REQUIRE(programmes.charge(id, y->id, "hospital-b", 6'000'000, "Q-2", officer).ok());
  const auto state = *programmes.get(id);
  const auto all = programme_view_json(state, officer);
  CHECK(all == programme_view_json(state));
  const auto seen_by = [&](const Actor& actor) {
    const auto text = programme_view_json(state, actor);
    const auto view = Json::parse(text);
    CHECK(view.at("spent") == Json::parse(all).at("spent"));
    CHECK(view.at("places_taken") == 2);
    return std::pair{text.find("startup-x") != std::string::npos || text.find(x->id) != std::string::npos,
                     text.find("startup-y") != std::string::npos || text.find(y->id) != std::string::npos};
  };
  CHECK(seen_by({"a", "startup-x", {"applicant"}}) == std::pair{true, false});
  CHECK(seen_by({"b", "startup-y", {"applicant"}}) == std::pair{false, true});
  CHECK(seen_by({"c", "hospital-a", {"steward"}}) == std::pair{true, false});
  CHECK(seen_by({"d", "elsewhere", {"applicant", "member"}}) == std::pair{false, false});
  CHECK(seen_by({"e", "", {"applicant"}}) == std::pair{false, false});
  CHECK(seen_by({"f", "elsewhere", {"auditor"}}) == std::pair{true, true});
}
