#include "evidence/intervals.h"

#include "evidence/testing.h"

using namespace naru;
using namespace naru::evidence;
using namespace naru::evidence::testing;

namespace {

// The estimates of a report that have neither an interval nor a reason: there must be none.
void bare_estimates(const Json& json, const std::string& place, std::vector<std::string>& out) {
  if (json.is_object()) {
    const bool estimate = json.contains("estimate") && json.contains("method");
    if (estimate && json.at("estimate").is_number()) {
      const auto interval = json.find("ci95");
      const bool shown = interval != json.end() && interval->is_array();
      if (!shown && json.value("reason", std::string()).empty()) out.push_back(place);
    }
    for (const auto& [key, value] : json.items()) bare_estimates(value, place + "/" + key, out);
  }
  if (json.is_array()) {
    for (std::size_t i = 0; i < json.size(); ++i) bare_estimates(json[i], place + "/" + std::to_string(i), out);
  }
}

}  // namespace

TEST_CASE("every estimate of a report has its interval, those without a closed form by the plan's bootstrap") {
  const ScratchFolder scratch("intervals");
  auto round = run_round(scratch, {{.persons = 900}, {.persons = 700}, {.persons = 800}});
  auto plan = round.plan.plan;
  plan.bootstrap_replicates = 200;
  plan.bootstrap_seed = 4;
  round.plan = *lock_parts(plan, round.plan.target, round.plan.outcome, round.plan.solution);
  for (auto& shared : round.shared) {
    auto json = *parse_json(shared, "shared");
    json["plan"] = round.plan.hash;
    shared = canonical(json);
  }
  const auto report = build_report(report_input(round));
  REQUIRE_MESSAGE(report.ok(), report.error().what.en);
  const auto pooled = parse_json(report->json, "report")->at("pooled");
  std::vector<std::string> bare;
  bare_estimates(pooled, "", bare);
  CHECK(bare == std::vector<std::string>{});
  for (const char* name : {"ici", "e50", "e90", "emax", "ece"}) {
    CAPTURE(name);
    const auto& one = pooled.at("calibration").at(name);
    REQUIRE(one.at("ci95").is_array());
    CHECK(one.at("ci95").at(0).get<double>() <= one.at("ci95").at(1).get<double>());
    CHECK(one.at("method").get<std::string>().find("200 person bootstrap samples, percentile, seed 4") !=
          std::string::npos);
  }
  const auto& gaps = pooled.at("gaps");
  REQUIRE(gaps.size() == 6);  // AUROC and O:E, and two rates at two thresholds
  // No woman of these lakes has an event: their AUROC is undefined, and so is a gap to it.
  CHECK(gaps.at(0).at("measure") == "auroc");
  CHECK(gaps.at(0).at("difference").at("estimate").is_null());
  CHECK(gaps.at(1).at("measure") == "o_e");
  CHECK(gaps.at(1).at("least") == "F");
  CHECK(gaps.at(1).at("difference").at("ci95").at(0).get<double>() > 0);
  // The same plan, the same bytes; another seed, other intervals and the same estimates.
  CHECK(build_report(report_input(round))->json == report->json);
  plan.bootstrap_seed = 5;
  const auto other = calibration_errors(plan,
                                        *evaluate::levels_of(std::vector<double>{0.1, 0.2, 0.3, 0.4, 0.6, 0.9},
                                                             std::vector<std::uint8_t>{0, 1, 0, 1, 0, 1}),
                                        true);
  CHECK(other.distances.ici.method.find("seed 5") != std::string::npos);
  // Without a bootstrap in the plan there is no interval, and the reason says so: nothing is chosen silently.
  plan.bootstrap_replicates.reset();
  const auto none = calibration_errors(
      plan, *evaluate::levels_of(std::vector<double>{0.1, 0.2, 0.3, 0.9}, std::vector<std::uint8_t>{0, 1, 0, 1}), true);
  CHECK_FALSE(none.distances.ici.ci95.has_value());
  CHECK(none.distances.ici.reason == evaluate::Reason::no_closed_form);
}

TEST_CASE("a gap is told of shown groups only, and at a threshold only when no cell is small") {
  Plan plan;
  plan.thresholds = {0.5};
  plan.bootstrap_replicates = 200;
  const auto group = [](const std::string& value, int persons, double step) {
    std::vector<double> score;
    std::vector<std::uint8_t> label;
    for (int i = 0; i < persons; ++i) {
      score.push_back(((i * 7) % 10 + 0.5) / 10);
      label.push_back((i * 3) % 10 < 10 * (step + (score.back() - 0.5) / 2) ? 1 : 0);
    }
    return StratumLevels{"sex", value, *evaluate::levels_of(score, label)};
  };
  const auto a = group("F", 400, 0.3);
  const auto b = group("M", 400, 0.6);
  CHECK(subgroup_gaps(plan, {&a}, 10).empty());
  const auto gaps = subgroup_gaps(plan, {&a, &b}, 10);
  REQUIRE(gaps.size() == 4);
  CHECK(gaps[1].measure == "o_e");
  CHECK(gaps[1].most == "M");
  CHECK(gaps[1].difference.ci95->lo > 0);
  CHECK(gaps[2].difference.estimate.has_value());
  const auto few = subgroup_gaps(plan, {&a, &b}, 300);
  CHECK(few[2].difference.reason == evaluate::Reason::suppressed);
  CHECK(few[2].most.empty());
}
