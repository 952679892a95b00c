// The attacks must fail against the rules, and must succeed where a rule is missing: else they prove nothing.
#include "protect/attack.h"

#include "base/files.h"
#include "base/json.h"
#include "base/random.h"
#include "base/testing/support.h"
#include "protect/policy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

using namespace naru;
using namespace naru::protect;

namespace {

// Sanitizers make an attempt twelve times as slow and do not change what it measures: there the code runs with few
// attempts, and what only many attempts can show is shown by the other builds.
using test::sanitized;

bool long_tests() { return std::getenv("NARU_TEST_LONG") != nullptr; }

AttackGround ground_of(std::uint32_t persons) {
  AttackGround out{persons, {}};
  SeededRandom random(77);
  for (int group = 0; group < 12; ++group) {
    People people;
    const auto one_in = 2 + random.below(12);
    for (std::uint32_t person = 0; person < persons; ++person)
      if (random.below(one_in) == 0) people.push_back(person);
    if (people.size() >= 10) out.groups.push_back(people);
  }
  return out;
}

OutputControl control_of(std::int64_t depth, std::int64_t exact, std::int64_t attempts) {
  OutputControl out;
  out.zeros = Zeros::hidden;
  out.ledger = {depth, exact, 60, 400};
  out.perturbation = {24, 150};
  out.attack = {60, attempts, 0.3};
  return out;
}

const AttackResult& named(const AttackReport& report, std::string_view name) {
  return *std::ranges::find(report.attacks, name, &AttackResult::name);
}

}  // namespace

TEST_CASE("every attack on the protections as they stand stays within the bound, and measures as the formula says") {
  const OutputRules rules{10, 5, true, Zeros::hidden};
  const auto control = control_of(3, 3, long_tests() ? 4'000 : sanitized ? 4 : 200);
  const auto report = run_attacks(ground_of(400), rules, control, 1);
  REQUIRE(report.ok());
  REQUIRE(report->attacks.size() == 10);
  for (const auto& attack : report->attacks) {
    MESSAGE(attack.name << " advantage " << attack.advantage << " [" << attack.low << ", " << attack.high
                        << "] ceiling " << attack.ceiling << " attempts " << attack.attempts);
    CHECK(attack.low <= attack.advantage);
    CHECK(attack.advantage <= attack.high);
    CHECK((attack.within || sanitized));
    // Those within the ledger's depth learn nothing at all.
    if (!attack.name.starts_with("beyond_depth")) CHECK(std::abs(attack.advantage) < 0.05);
    if (attack.name == "nested_cohorts" || attack.name == "averaging" || attack.name == "empty_answer")
      CHECK(attack.ceiling == 0);
  }
  const auto& beyond = named(*report, "beyond_depth_based");  // the better of the two here
  CHECK(report->advantage_expected == doctest::Approx(0.097).epsilon(0.02));
  CHECK(beyond.low <= report->advantage_expected);
  CHECK(report->advantage_expected <= beyond.high);
  const auto again = run_attacks(ground_of(400), rules, control, 1);
  CHECK(attack_json(*again) == attack_json(*report));
}

TEST_CASE("the ledger alone, without noise or rounding, lets nothing through that lies within its reach") {
  // Each of these succeeds when its layer of the ledger is taken out of the code (docs/methods/attack-tests.md).
  auto control = control_of(3, 400, sanitized ? 4 : 40);
  control.perturbation = {};
  const auto report = run_attacks(ground_of(300), {10, 1, true, Zeros::hidden}, control, 5);
  REQUIRE(report.ok());
  for (const char* name : {"tracker", "nested_cohorts", "averaging", "one_hot", "empty_answer", "withdrawal_pairs",
                           "release_pairs", "table_cells"}) {
    CAPTURE(name);
    CHECK(named(*report, name).advantage == 0);
  }
}

TEST_CASE("with a protection switched off its attack passes the bound") {
  if (sanitized) return;
  const AttackGround ground = ground_of(300);
  const OutputRules rules{10, 1, true, Zeros::hidden};
  const auto attacked = [&](const OutputRules& with, const OutputControl& control) {
    auto report = run_attacks(ground, with, control, 3);
    REQUIRE(report.ok());
    CHECK(!report->within());
    return *report;
  };
  SUBCASE("without noise beyond the depth") {
    auto control = control_of(3, 400, 40);
    control.perturbation = {};
    const auto report = attacked(rules, control);
    CHECK(named(report, "beyond_depth").low > control.attack.advantage_max);
    CHECK(named(report, "tracker").within);
    CHECK(report.advantage_expected > 0.9);
    // Rounding to 5 alone is not noise enough either.
    control.attack.attempts = 150;
    CHECK(!named(attacked({10, 5, true, Zeros::hidden}, control), "beyond_depth").within);
  }
  SUBCASE("with exact answers beyond the depth") {
    CHECK(!named(attacked(rules, control_of(3, 20, 60)), "beyond_depth").within);
  }
  SUBCASE("with a ledger too shallow for its attack") {
    auto control = control_of(2, 400, 40);
    control.perturbation = {};
    const auto report = attacked(rules, control);
    CHECK(named(report, "tracker").low > 0.8);
    CHECK(named(report, "release_pairs").low > 0.8);
  }
  SUBCASE("where zeros are shown") {
    const auto report = attacked({10, 1, true, Zeros::shown}, control_of(3, 3, 40));
    CHECK(named(report, "empty_answer").advantage == 1);
  }
}

TEST_CASE("a result that was measured is remembered by all it depends on") {
  const auto control = control_of(3, 3, sanitized ? 4 : 20);
  const OutputRules rules{10, 5, true, Zeros::hidden};
  const auto ground = ground_of(150);
  const auto first = measured_attacks(ground, rules, control, 1);
  REQUIRE(first.ok());
  CHECK(attack_json(*measured_attacks(ground, rules, control, 1)) == attack_json(*first));
  CHECK(attack_json(*run_attacks(ground, rules, control, 1, Attempts::enough)) == attack_json(*first));
  CHECK(attack_json(*measured_attacks(ground, rules, control, 2)) != attack_json(*first));
  auto other = control;
  other.perturbation.variance = 40;
  CHECK(measured_attacks(ground, rules, other, 1)->advantage_expected > first->advantage_expected);
}

TEST_CASE("too few persons to hide among are refused, and Wilson's interval is the published one") {
  CHECK(run_attacks(ground_of(50), {10, 5, true, Zeros::hidden}, control_of(3, 3, 20), 1).error().kind ==
        ErrorKind::rejected);
  const auto interval = wilson(15, 20);  // Newcombe 1998, method 3
  CHECK(interval.low == doctest::Approx(0.5313).epsilon(1e-4));
  CHECK(interval.high == doctest::Approx(0.8881).epsilon(1e-4));
}

TEST_CASE("every preset of output rules is whole, and a misspelt or missing field is named") {
  const fs::path share = NARU_SOURCE_DIR;
  const auto cms = find_output_preset(share, "cms");
  REQUIRE_MESSAGE(cms.ok(), cms.error().what.en << " " << cms.error().where);
  CHECK(cms->rules.min_cell == 11);
  CHECK(find_output_preset(share, "all-of-us")->rules.min_cell == 21);
  const auto nhs = find_output_preset(share, "nhs-opensafely");
  REQUIRE(nhs.ok());
  CHECK(!release_count(7, nhs->rules).value);
  CHECK(*release_count(8, nhs->rules).value == 10);
  CHECK(find_output_preset(share, "strict").ok());
  CHECK(find_output_preset(share, "nobody").error().kind == ErrorKind::not_found);
  auto text = *read_file(share / "policies" / "outputs" / "cms.yaml");
  const auto change = [&](std::string_view from, std::string_view to) {
    auto changed = text;
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    const auto parsed = parse_output_preset(changed, "cms.yaml");
    REQUIRE(!parsed.ok());
    return parsed.error().where;
  };
  CHECK(change("depth: 3", "deep: 3").find("ledger") != std::string::npos);
  CHECK(change("depth: 3", "depth: 9") == "cms.yaml.disclosure.ledger.depth");
  CHECK(change("min_cell: 11", "min_cell: 1") == "cms.yaml.outputs.min_cell");
  CHECK(change("spread: 24, variance: 150", "spread: 0, variance: 0") == "cms.yaml.disclosure.perturbation.spread");
  CHECK(change("answers_exact: 3", "answers_exact: 4") == "cms.yaml.disclosure.ledger.answers_exact");
  CHECK(change("advantage_max: 0.3", "advantage_max: 0.1") == "cms.yaml.disclosure.attack.advantage_max");
  CHECK(change("zeros: shown", "zeros: maybe") == "cms.yaml.disclosure.zeros");
  CHECK(find_policy(share, "naru-demo")->disclosure.has_value());
}
