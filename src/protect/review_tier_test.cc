#include "protect/review_tier.h"

#include "base/files.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::protect;

namespace {

std::string tier_of(const ReviewFacts& facts) {
  const auto policy = find_policy(NARU_SOURCE_DIR, "kr-guideline");
  REQUIRE(policy.ok());
  const auto demand = review_demand(*policy, facts);
  REQUIRE(demand.ok());
  CHECK_FALSE(demand->reasons.empty());
  return demand->tier.id;
}

}  // namespace

TEST_CASE("who receives data and where it is used decide how strictly it is reviewed") {
  CHECK(tier_of({.recipient = "internal", .environment = "controlled"}) == "low");
  CHECK(tier_of({.recipient = "third-party", .environment = "controlled"}) == "medium");
  CHECK(tier_of({.recipient = "third-party", .environment = "uncontrolled"}) == "high");
}

TEST_CASE("free text, images and genomes raise the tier by one and repeated use lowers it by one") {
  CHECK(tier_of({{"structured", "genome"}, "third-party", "controlled"}) == "high");
  CHECK(tier_of({{"genome", "image"}, "internal", "controlled"}) == "medium");
  CHECK(tier_of({{"genome"}, "third-party", "uncontrolled"}) == "high");
  CHECK(tier_of({{"structured"}, "third-party", "controlled", {"repeat-use"}}) == "low");
  CHECK(tier_of({{"structured"}, "internal", "controlled", {"repeat-use", "designated-body"}}) == "low");
}

TEST_CASE("a word that the review table does not know is an error, never a lighter tier") {
  const auto policy = find_policy(NARU_SOURCE_DIR, "kr-guideline");
  REQUIRE(policy.ok());
  CHECK_FALSE(review_demand(*policy, {.recipient = "friend", .environment = "controlled"}).ok());
  CHECK_FALSE(review_demand(*policy, {{"dream"}, "internal", "controlled"}).ok());
}

TEST_CASE("a review table that misses a case or becomes looser upwards does not load") {
  const auto text = read_file(fs::path(NARU_SOURCE_DIR) / "policies" / "naru-demo.yaml");
  REQUIRE(text.ok());
  const auto with = [&](std::string_view from, std::string_view to) {
    auto changed = *text;
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    return parse_policy(changed.replace(at, from.size(), to), "p");
  };
  const auto missing = with("    - { recipient: internal, environment: uncontrolled, tier: low }\n", "");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().where == "p.review_tiers.base");
  const auto looser = with("id: high, reviewers_min: 3", "id: high, reviewers_min: 1");
  REQUIRE_FALSE(looser.ok());
  CHECK(looser.error().where.find("review_tiers.tiers[2]") != std::string::npos);
}
