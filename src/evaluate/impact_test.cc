#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <sstream>

#include "base/json.h"
#include "base/testing/support.h"
#include "evaluate/impact.h"
#include "evaluate/impact_power.h"
#include "evaluate/impact_regression.h"

using namespace naru;
using namespace naru::evaluate;

namespace {

struct Table {
  std::map<std::string, std::vector<std::string>> texts;
  [[nodiscard]] std::vector<double> numbers(const std::string& name) const {
    std::vector<double> out;
    for (const auto& text : texts.at(name)) out.push_back(std::strtod(text.c_str(), nullptr));
    return out;
  }
  [[nodiscard]] std::vector<std::uint8_t> flags(const std::string& name) const {
    std::vector<std::uint8_t> out;
    for (const auto& text : texts.at(name)) out.push_back(text == "1" ? 1 : 0);
    return out;
  }
};

Table table_of(const fs::path& file) {
  const auto text = read_file(file);
  REQUIRE(text.ok());
  std::istringstream lines(*text);
  std::string line;
  std::vector<std::string> names;
  Table out;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::string cell;
    std::vector<std::string> row;
    while (std::getline(cells, cell, ',')) row.push_back(cell);
    if (names.empty()) {
      names = row;
      continue;
    }
    for (std::size_t i = 0; i < names.size() && i < row.size(); ++i) out.texts[names[i]].push_back(row[i]);
  }
  return out;
}

fs::path own(const std::string& file) { return fs::path(NARU_SOURCE_DIR) / "tests/statistics/impact" / file; }

Json own_expected() {
  const auto json = read_json(own("expected.json"));
  REQUIRE(json.ok());
  return *json;
}

void near(double got, double wanted, double tolerance = 1e-9) {
  CAPTURE(got);
  CAPTURE(wanted);
  CHECK(std::fabs(got - wanted) <= tolerance * std::max(std::fabs(wanted), 1e-3));
}

// An interval back to its standard error and degrees of freedom is what R states.
void same_spread(const ImpactFigure& figure, const Json& wanted, bool ratio = false, double tolerance = 1e-9) {
  const double beta = wanted.at("beta").get<double>();
  const double se = wanted.at("se").get<double>();
  const double df = wanted.value("df", 0.0);
  const double q = df > 0 ? student_quantile(0.975, df) : z975;
  near(*figure.value.estimate, ratio ? std::exp(beta) : beta, tolerance);
  near(figure.value.ci95->lo, ratio ? std::exp(beta - q * se) : beta - q * se, tolerance);
  near(figure.value.ci95->hi, ratio ? std::exp(beta + q * se) : beta + q * se, tolerance);
}

bool warns(const Impact& impact, std::string_view code) {
  for (const auto& warning : impact.warnings) {
    if (warning.code == code) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("impact: the Sicily smoking ban agrees with R's glm") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto data = table_of(*folder / "sicily_its.csv");
  const auto wanted = read_json(*folder / "sicily_its.expected.json");
  REQUIRE(wanted.ok());
  const auto& expected = wanted->at("expected");
  const auto count = data.numbers("aces");
  const auto time = data.numbers("time");
  const auto after = data.numbers("smokban");
  const auto persons = data.numbers("stdpop");
  const auto month = data.numbers("month");
  SeriesInput in{count, time, after, persons, {}, 12, 0, false, false, 12};

  const auto poisson = analyse_series(in);
  REQUIRE(poisson.ok());
  const auto& step = expected.at("poisson_step").at("value");
  near(*poisson->figure("level_ratio").value.estimate, step.at("rr").get<double>());
  near(poisson->figure("level_ratio").value.ci95->lo, step.at("ci95").at(0).get<double>());
  near(poisson->figure("level_ratio").value.ci95->hi, step.at("ci95").at(1).get<double>());
  near(poisson->facts.at("coef level"), step.at("coef").get<double>());
  near(poisson->facts.at("se level"), step.at("se").get<double>());

  in.quasi = true;
  const auto quasi = analyse_series(in);
  REQUIRE(quasi.ok());
  const auto& q = expected.at("quasipoisson_step").at("value");
  near(quasi->facts.at("se level"), q.at("se").get<double>());
  near(quasi->facts.at("dispersion"), q.at("dispersion").get<double>());
  near(quasi->figure("level_ratio").value.ci95->hi, q.at("ci95").at(1).get<double>());
  const auto& acf = expected.at("deviance_residual_acf_lag1_12").at("value");
  REQUIRE(quasi->lists.at("residual_acf").size() == 12);

  in.harmonics = 2;
  in.season = month;
  const auto season = analyse_series(in);
  REQUIRE(season.ok());
  const auto& f = expected.at("quasipoisson_step_fourier2").at("value");
  near(*season->figure("level_ratio").value.estimate, f.at("rr").get<double>());
  near(season->facts.at("se level"), f.at("se").get<double>());
  near(season->facts.at("dispersion"), f.at("dispersion").get<double>());

  in.slope = true;
  const auto full = analyse_series(in);
  REQUIRE(full.ok());
  const auto& whole = expected.at("quasipoisson_step_slope_fourier2").at("value");
  const std::pair<const char*, const char*> names[] = {{"(Intercept)", "(Intercept)"},
                                                       {"level", "smokban"},
                                                       {"time", "time"},
                                                       {"slope", "tc"},
                                                       {"sin1", "H1"},
                                                       {"cos1", "H2"},
                                                       {"sin2", "H3"},
                                                       {"cos2", "H4"}};
  for (const auto& [ours, theirs] : names) {
    CAPTURE(ours);
    near(full->facts.at(std::string("coef ") + ours), whole.at("coef").at(theirs).get<double>());
    near(full->facts.at(std::string("se ") + ours), whole.at("se").at(theirs).get<double>());
  }
  near(full->facts.at("dispersion"), whole.at("dispersion").get<double>());
  for (std::size_t i = 0; i < 12; ++i) near(quasi->lists.at("residual_acf")[i], acf.at(i).get<double>());
}

TEST_CASE("impact: a slope from time zero is the centred one moved") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto data = table_of(*folder / "sicily_its.csv");
  const auto wanted = read_json(*folder / "sicily_its.expected.json");
  REQUIRE(wanted.ok());
  const auto& raw = wanted->at("expected").at("poisson_step_slope").at("value");
  const auto count = data.numbers("aces");
  const auto time = data.numbers("time");
  const auto after = data.numbers("smokban");
  const auto persons = data.numbers("stdpop");
  const auto got = analyse_series({count, time, after, persons, {}, 12, 0, true, false, 12});
  REQUIRE(got.ok());
  const double slope = got->facts.at("coef slope");
  near(slope, raw.at("coef").at("smokban:time").get<double>());
  near(got->facts.at("se slope"), raw.at("se").at("smokban:time").get<double>());
  near(got->facts.at("coef level") - slope * got->facts.at("last_before"), raw.at("coef").at("smokban").get<double>());
}

TEST_CASE("impact: the GUSTO trial arms agree with R") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto wanted = read_json(*folder / "gusto_scores.expected.json");
  REQUIRE(wanted.ok());
  const auto& v = wanted->at("expected").at("rct_tPA_vs_SK").at("value");
  // The arms as the file states them: 653 of 10348 against 1475 of 20162.
  std::vector<double> outcome;
  std::vector<std::uint8_t> arm;
  const auto add = [&](std::uint8_t which, std::size_t events, std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) {
      outcome.push_back(i < events ? 1 : 0);
      arm.push_back(which);
    }
  };
  add(1, v.at("events").at(0).get<std::size_t>(), v.at("n").at(0).get<std::size_t>());
  add(0, v.at("events").at(1).get<std::size_t>(), v.at("n").at(1).get<std::size_t>());
  const auto got = analyse_trial({outcome, arm, {}, {}});
  REQUIRE(got.ok());
  const std::pair<const char*, const char*> names[] = {
      {"risk_difference", "rd"}, {"risk_ratio", "rr"}, {"odds_ratio", "or"}};
  for (const auto& [id, name] : names) {
    CAPTURE(id);
    near(*got->figure(id).value.estimate, v.at(name).get<double>());
    near(got->figure(id).value.ci95->lo, v.at(std::string(name) + "_ci95").at(0).get<double>());
    near(got->figure(id).value.ci95->hi, v.at(std::string(name) + "_ci95").at(1).get<double>());
  }
  near(got->facts.at("chi_squared"), v.at("chisq").get<double>());
}

TEST_CASE("impact: stepped-wedge power agrees with the closed form and with the reference") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto wanted = read_json(*folder / "synthetic_and_formula.expected.json");
  REQUIRE(wanted.ok());
  int cases = 0;
  for (const auto& [name, entry] : wanted->at("stepped_wedge").items()) {
    CAPTURE(name);
    double i = 0, t = 0, m = 0, icc = 0, d = 0;
    REQUIRE(std::sscanf(name.c_str(), "I%lf_T%lf_m%lf_icc%lf_d%lf", &i, &t, &m, &icc, &d) == 5);
    const auto& v = entry.at("value");
    const auto got = impact_power(
        {"stepped-wedge", {{"effect", d}, {"sd", 1}, {"clusters", i}, {"periods", t}, {"size", m}, {"icc", icc}}, {}});
    REQUIRE(got.ok());
    near(got->se * got->se, v.at("var_closed").get<double>());
    near(got->power, v.at("power").get<double>());
    ++cases;
  }
  CHECK(cases == 3);
}

TEST_CASE("impact: a stepped wedge agrees with lme4 and clubSandwich") {
  const auto data = table_of(own("stepped.csv"));
  const auto expected = own_expected();
  const auto treated = data.flags("treated");
  const auto period = data.numbers("period");
  const auto& cluster = data.texts.at("cluster");
  for (const std::string what : {"y", "event"}) {
    CAPTURE(what);
    const auto y = data.numbers(what);
    const auto got = analyse_stepped_wedge({y, treated, cluster, period});
    REQUIRE(got.ok());
    const std::string name = what == "event" ? "risk_difference" : "mean_difference";
    const auto& reml = expected.at("stepped_" + what + "_reml");
    // lme4 stops its search near the optimum, here the derivative is zero: agreement is lme4's tolerance.
    near(*got->figure(name).value.estimate, reml.at("beta").get<double>(), 1e-6);
    near(*got->figure(name).value.se, reml.at("se").get<double>(), 1e-6);
    near(got->facts.at("icc"), reml.at("icc").get<double>(), 1e-5);
    near(got->facts.at("residual_variance"), reml.at("sigma2").get<double>(), 1e-6);
    same_spread(got->figure(name + "_robust"), expected.at("stepped_" + what + "_cr2"), false, 1e-5);
    if (what == "event") {
      // Independence working models: exactly glm's, hence nearer than what rests on lme4's search.
      same_spread(got->figure("risk_ratio"), expected.at("stepped_event_poisson_cr2"), true, 1e-7);
      same_spread(got->figure("odds_ratio"), expected.at("stepped_event_logistic_cr2"), true, 1e-7);
    }
    CHECK(warns(*got, "few_clusters"));
    CHECK_FALSE(warns(*got, "leaves"));
  }
}

TEST_CASE("impact: a cluster trial agrees with clubSandwich, t.test and analysis of variance") {
  const auto data = table_of(own("cluster.csv"));
  const auto expected = own_expected();
  const auto arm = data.flags("arm");
  const auto& cluster = data.texts.at("cluster");
  const auto y = data.numbers("y");
  const auto number = analyse_trial({y, arm, cluster, {}});
  REQUIRE(number.ok());
  same_spread(number->figure("mean_difference"), expected.at("cluster_y_cr2"));
  const auto& t = expected.at("cluster_means_t");
  near(*number->figure("difference_of_cluster_means").value.estimate, t.at("difference").get<double>());
  near(number->figure("difference_of_cluster_means").value.ci95->lo, t.at("lo").get<double>());
  near(*number->figure("difference_of_cluster_means").p, t.at("p").get<double>());
  near(number->facts.at("icc"), expected.at("cluster_icc").at("icc").get<double>());
  const auto event = data.numbers("event");
  const auto events = analyse_trial({event, arm, cluster, {}});
  REQUIRE(events.ok());
  same_spread(events->figure("risk_difference"), expected.at("cluster_rd_cr2"));
  // clubSandwich keeps the weights of the step before the last.
  same_spread(events->figure("risk_ratio"), expected.at("cluster_rr_cr2"), true, 1e-7);
  same_spread(events->figure("odds_ratio"), expected.at("cluster_or_cr2"), true, 1e-7);
  CHECK(events->facts.at("design_effect") >= 1);

  const auto persons = analyse_trial({y, arm, {}, {}});
  REQUIRE(persons.ok());
  const auto& welch = expected.at("welch");
  near(persons->figure("mean_difference").value.ci95->lo, welch.at("lo").get<double>());
  near(*persons->figure("mean_difference").p, welch.at("p").get<double>());

  std::vector<std::string> stratum;
  for (std::size_t i = 1; i <= event.size(); ++i) stratum.push_back(i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c");
  const auto stratified = analyse_trial({event, arm, {}, stratum});
  REQUIRE(stratified.ok());
  const auto& mh = expected.at("mantel_haenszel_or");
  near(*stratified->figure("odds_ratio_stratified").value.estimate, mh.at("or").get<double>());
  near(stratified->figure("odds_ratio_stratified").value.ci95->lo, mh.at("lo").get<double>());
  near(stratified->figure("odds_ratio_stratified").value.ci95->hi, mh.at("hi").get<double>());
}

TEST_CASE("impact: difference in differences and its event study agree with lm, sandwich and clubSandwich") {
  const auto data = table_of(own("did.csv"));
  const auto expected = own_expected();
  const auto y = data.numbers("y");
  const auto treated = data.flags("treated");
  const auto period = data.numbers("period");
  const auto got = analyse_difference({y, treated, data.texts.at("unit"), period, {}, 4, 8});
  REQUIRE(got.ok());
  same_spread(got->figure("difference_in_differences"), expected.at("did_cr2"));
  near(*got->figure("difference_in_differences_cr1").value.se, expected.at("did_cr1").at("se").get<double>());
  for (const auto& [at, key] : {std::pair{0.0, "did_event_0_cr2"}, std::pair{-3.0, "did_event_m3_cr2"}}) {
    bool found = false;
    for (const auto& point : got->series) {
      if (point.at != at) continue;
      found = true;
      near(*point.fitted, expected.at(key).at("beta").get<double>());
      const double q = student_quantile(0.975, expected.at(key).at("df").get<double>());
      near(point.ci95->hi - *point.fitted, q * expected.at(key).at("se").get<double>());
    }
    CHECK(found);
  }
  CHECK(got->facts.at("never_adopting_units") == 5);
  CHECK_FALSE(warns(*got, "staggered"));
  CHECK(warns(*got, "parallel_trends"));
}

TEST_CASE("impact: Newey-West and Ljung-Box agree with sandwich and stats") {
  const auto data = table_of(own("its.csv"));
  const auto expected = own_expected();
  const auto count = data.numbers("count");
  const auto time = data.numbers("time");
  const auto after = data.numbers("after");
  const auto got = analyse_series({count, time, after, {}, {}, 12, 1, false, true, 12});
  REQUIRE(got.ok());
  const auto& v = expected.at("its_newey_west");
  near(*got->figure("level_ratio_newey_west").value.se / *got->figure("level_ratio_newey_west").value.estimate,
       v.at("se").get<double>());
  near(got->facts.at("se level"), v.at("quasi").get<double>());
  near(got->facts.at("ljung_box"), expected.at("its_ljung_box").at("q").get<double>());
  near(got->facts.at("ljung_box_p"), expected.at("its_ljung_box").at("p").get<double>());
}

TEST_CASE("impact: before and after says why it is not an effect, and sees a trend that was there") {
  std::vector<double> y;
  std::vector<double> time;
  std::vector<std::uint8_t> after;
  for (int i = 0; i < 40; ++i) {
    y.push_back(0.5 * i + (i % 3));
    time.push_back(i);
    after.push_back(i >= 20 ? 1 : 0);
  }
  const auto got = analyse_before_after({y, after, time, {}});
  REQUIRE(got.ok());
  near(*got->figure("mean_difference").value.estimate, 10.0 + (19 + 1) / 20.0 - (19 + 0) / 20.0, 0.02);
  CHECK(warns(*got, "trend_before"));
  CHECK(warns(*got, "no_comparison"));
  CHECK(warns(*got, "not_for_adoption"));
  // Paired: 4 lost, 11 gained, 5 unchanged.
  y.clear();
  after.clear();
  std::vector<std::string> person;
  for (int i = 0; i < 20; ++i) {
    const bool before = i < 4 || i >= 15;
    const bool then = i >= 4;
    for (const bool late : {false, true}) {
      person.push_back("p" + std::to_string(i));
      after.push_back(late ? 1 : 0);
      y.push_back((late ? then : before) ? 1 : 0);
    }
  }
  const auto paired = analyse_before_after({y, after, {}, person});
  REQUIRE(paired.ok());
  near(*paired->figure("risk_difference").p, own_expected().at("mcnemar").at("p").get<double>());
  CHECK(paired->facts.at("pairs") == 20);
  CHECK(warns(*paired, "no_time"));
}

TEST_CASE("impact: what a design cannot carry is refused with its place") {
  const std::vector<double> y{0, 1, 0, 1};
  const std::vector<std::uint8_t> arm{1, 1, 1, 1};
  const auto one_arm = analyse_trial({y, arm, {}, {}});
  REQUIRE_FALSE(one_arm.ok());
  CHECK(one_arm.error().where == "arm");
  const std::vector<std::uint8_t> both{0, 0, 1, 1};
  const std::vector<std::string> cluster{"a", "a", "a", "b"};
  const auto in_both = analyse_trial({y, both, cluster, {}});
  REQUIRE_FALSE(in_both.ok());
  CHECK(in_both.error().where == "cluster, row 3");
  // Everybody changes over in the same period: period and treatment cannot be told apart.
  std::vector<double> outcome;
  std::vector<std::uint8_t> treated;
  std::vector<std::string> clusters;
  std::vector<double> period;
  for (int c = 0; c < 4; ++c) {
    for (int t = 0; t < 2; ++t) {
      for (int k = 0; k < 3; ++k) {
        outcome.push_back(c + t + 0.1 * k);
        treated.push_back(t == 1 ? 1 : 0);
        clusters.push_back("c" + std::to_string(c));
        period.push_back(t);
      }
    }
  }
  const auto wedge = analyse_stepped_wedge({outcome, treated, clusters, period});
  REQUIRE_FALSE(wedge.ok());
  CHECK(wedge.error().where == "treated");
  const std::vector<double> time{1, 2, 2, 3};
  const std::vector<double> after{0, 0, 1, 1};
  const auto series = analyse_series({y, time, after, {}, {}, 12, 0, false, true, 12});
  REQUIRE_FALSE(series.ok());
  CHECK(series.error().where == "time, row 3");
}

TEST_CASE("impact: an empty cell leaves the ratio undefined, never zero or infinite") {
  const std::vector<double> y{0, 0, 0, 1, 1, 0};
  const std::vector<std::uint8_t> arm{1, 1, 1, 0, 0, 0};
  const auto got = analyse_trial({y, arm, {}, {}});
  REQUIRE(got.ok());
  CHECK_FALSE(got->figure("risk_ratio").value.estimate);
  CHECK(got->figure("risk_ratio").value.reason == Reason::empty_denominator);
  CHECK(got->figure("risk_difference_newcombe").value.ci95->hi < 1);
}

TEST_CASE("impact: order of rows does not matter beyond the last digits, and labels of clusters not at all") {
  const auto data = table_of(own("did.csv"));
  auto y = data.numbers("y");
  auto treated = data.flags("treated");
  auto period = data.numbers("period");
  auto unit = data.texts.at("unit");
  const auto first = analyse_difference({y, treated, unit, period, {}, 4, 8});
  std::reverse(y.begin(), y.end());
  std::reverse(treated.begin(), treated.end());
  std::reverse(period.begin(), period.end());
  std::reverse(unit.begin(), unit.end());
  for (auto& name : unit) name = "z" + name;
  const auto second = analyse_difference({y, treated, unit, period, {}, 4, 8});
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  near(*first->figure("difference_in_differences").value.se, *second->figure("difference_in_differences").value.se);
}

TEST_CASE("impact: power rises with size, and the size asked for is the smallest that reaches it") {
  PowerInput in{"cluster-trial", {{"p0", 0.2}, {"p1", 0.15}, {"clusters", 10}, {"size", 50}, {"icc", 0.02}}, 0.8};
  const auto got = impact_power(in);
  REQUIRE(got.ok());
  REQUIRE(got->needed);
  in.wanted = {};
  in.values["clusters"] = static_cast<double>(*got->needed);
  CHECK(impact_power(in)->power >= 0.8);
  in.values["clusters"] = static_cast<double>(*got->needed - 1);
  CHECK(impact_power(in)->power < 0.8);
  in.values.erase("icc");
  const auto missing = impact_power(in);
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().where == "icc");
  for (const auto& [design, values] : std::map<std::string, std::map<std::string, double>>{
           {"trial", {{"p0", 0.1}, {"p1", 0.05}, {"n", 300}}},
           {"before-after", {{"effect", 2}, {"sd", 8}, {"n", 150}, {"n_after", 150}}},
           {"its", {{"ratio", 0.85}, {"count", 60}, {"before", 24}, {"after", 12}, {"dispersion", 1.5}}},
           {"did",
            {{"effect", -1},
             {"sd", 4},
             {"clusters", 6},
             {"comparison_clusters", 6},
             {"size", 40},
             {"before", 4},
             {"after", 4},
             {"icc", 0.05},
             {"cluster_autocorrelation", 0.8}}}}) {
    CAPTURE(design);
    const auto power = impact_power({design, values, {}});
    REQUIRE(power.ok());
    CHECK(power->power > 0.1);
    CHECK(power->power < 1);
  }
}
