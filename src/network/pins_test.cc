#include "network/pins.h"

#include "base/files.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::network;

TEST_CASE("a peer keeps the sealing key it was first known by: a directory that names another is refused, for good") {
  const ScratchFolder scratch("pins");
  const FixedClock clock{1'800'000'000'000};
  SystemRandom random;
  const model::SiteLayout layout(scratch.path() / "a");
  REQUIRE(init_site(layout, "hospital-a", "hospital", clock, random).ok());
  const auto site = std::move(Site::open(layout.root(), clock, random).value());
  const auto member = [](std::string_view name, std::uint8_t key) {
    Member out;
    out.name = name;
    out.role = "hospital";
    out.sealing_key.fill(key);
    return out;
  };
  CHECK(pin_peer(*site, member("hospital-b", 1)).ok());
  CHECK(pin_peer(*site, member("hospital-b", 1)).ok());
  for (int again = 0; again < 2; ++again) {
    const auto other = pin_peer(*site, member("hospital-b", 2));
    REQUIRE_FALSE(other.ok());
    CHECK(other.error().kind == ErrorKind::refused);
    CHECK(other.error().where == "hospital-b");
    CHECK(other.error().hint.en.find("fingerprints") != std::string::npos);
  }
  // The first key still counts, and another peer has a pin of its own.
  CHECK(pin_peer(*site, member("hospital-b", 1)).ok());
  CHECK(pin_peer(*site, member("hospital-c", 2)).ok());
}
