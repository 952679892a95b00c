#include "evidence/model_rules.h"

#include "base/json.h"
#include "evidence/released.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::evidence;

namespace {

OutputRules rules_of(std::int64_t freedom, std::int64_t events) {
  OutputRules out{5, 1, true, 4};
  out.models = protect::ModelOutputPolicy{freedom, events};
  out.dominance = protect::DominancePolicy{1, 0.75, 0.1};
  return out;
}

/// `each` events and as many others at every one of the scores.
evaluate::Levels levels_at(const std::vector<double>& scores, std::uint64_t each) {
  evaluate::Levels out;
  for (const double score : scores) {
    out.score.push_back(score);
    out.cases.push_back(each);
    out.controls.push_back(each);
    out.n_cases += each;
    out.n_controls += each;
  }
  return out;
}

Json figures(const evaluate::Levels& levels, const OutputRules& rules) {
  Plan plan;
  plan.thresholds = {};
  plan.subgroups = {};
  const std::vector<StratumLevels> strata;
  const auto out = released_figures({plan, levels, strata, rules, false, true});
  REQUIRE(out.ok());
  return *out;
}

}  // namespace

TEST_CASE("a recalibration fit leaves with enough degrees of freedom and enough persons on either side, else not") {
  const auto rules = rules_of(10, 5);
  CHECK(fit_may_leave(6, 6, 2, rules));
  CHECK_FALSE(fit_may_leave(6, 5, 2, rules));    // 9 degrees of freedom
  CHECK(fit_may_leave(6, 5, 1, rules));          // 10
  CHECK_FALSE(fit_may_leave(4, 100, 2, rules));  // four persons are the events
  auto none = rules;
  none.models.reset();
  CHECK(fit_may_leave(4, 1, 2, none));
}

TEST_CASE("a site's calibration slope is withheld where a fit has too few degrees of freedom, and told where it has") {
  const auto levels = levels_at({0.2, 0.5, 0.8}, 6);  // 36 persons, 18 of them with the event
  const auto shown = figures(levels, rules_of(34, 5));
  CHECK(shown["calibration"]["slope"]["estimate"].is_number());
  const auto hidden = figures(levels, rules_of(35, 5));
  CHECK(hidden["calibration"]["slope"]["estimate"].is_null());
  CHECK(hidden["calibration"]["slope"]["reason"] == "suppressed");
  CHECK(hidden["calibration"]["citl"]["estimate"].is_number());  // one parameter: 35 degrees
  CHECK(hidden["auroc"]["estimate"].is_number());
}

TEST_CASE("no step of a curve holds fewer events than the model rule asks, whatever the smallest cell is") {
  const auto levels = levels_at({0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}, 6);
  CHECK(figures(levels, rules_of(10, 6))["roc"].size() > figures(levels, rules_of(10, 12))["roc"].size());
  for (const std::int64_t events : {6, 12, 20}) {
    const auto out = figures(levels, rules_of(10, events));
    double before = 0;
    for (const auto& point : out["roc"]) {
      const double step = (point["sensitivity"].get<double>() - before) * 48;
      CHECK((step < 0.01 || step > static_cast<double>(events) - 0.01));
      before = point["sensitivity"].get<double>();
    }
  }
}

TEST_CASE("the expected number of events is withheld where one person's risk makes up nearly all of it") {
  evaluate::Levels one = levels_at({0.0}, 30);
  one.score.push_back(0.9);
  one.cases.push_back(1);
  one.controls.push_back(0);
  one.n_cases += 1;
  CHECK_FALSE(score_sum_may_leave(one, rules_of(10, 5)));
  CHECK(figures(one, rules_of(10, 5))["calibration"]["o_e"]["estimate"].is_null());
  CHECK(score_sum_may_leave(levels_at({0.1, 0.4}, 30), rules_of(10, 5)));
  CHECK(figures(levels_at({0.1, 0.4}, 30), rules_of(10, 5))["calibration"]["o_e"]["estimate"].is_number());
}
