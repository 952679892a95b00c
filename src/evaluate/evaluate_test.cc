#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <sstream>

#include "base/json.h"
#include "base/random.h"
#include "base/testing/support.h"
#include "evaluate/calibration.h"
#include "evaluate/contrasts.h"
#include "evaluate/curves.h"
#include "evaluate/decision.h"
#include "evaluate/discrimination.h"
#include "evaluate/pooling.h"
#include "evaluate/testing.h"

using namespace naru;
using namespace naru::evaluate;
using testing::draw;

namespace {

// Columns of a plain CSV (no quotes in the reference files).
std::map<std::string, std::vector<std::string>> columns_of(const fs::path& file) {
  const auto text = read_file(file);
  REQUIRE(text.ok());
  std::istringstream lines(*text);
  std::string line;
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::string>> out;
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::istringstream cells(line);
    std::string cell;
    std::vector<std::string> row;
    while (std::getline(cells, cell, ',')) row.push_back(cell);
    if (names.empty()) {
      names = row;
      continue;
    }
    for (std::size_t i = 0; i < names.size() && i < row.size(); ++i) out[names[i]].push_back(row[i]);
  }
  return out;
}

std::vector<double> numbers(const std::vector<std::string>& texts) {
  std::vector<double> out;
  for (const auto& text : texts) out.push_back(std::strtod(text.c_str(), nullptr));
  return out;
}
std::vector<std::uint8_t> labels(const std::vector<std::string>& texts) {
  std::vector<std::uint8_t> out;
  for (const auto& text : texts) out.push_back(text == "1" ? 1 : 0);
  return out;
}

// The reference values hold 12 digits: 1e-9 relative, absolute near zero.
bool near(double got, double wanted, double tolerance = 1e-9) {
  return std::fabs(got - wanted) <= tolerance * std::max(std::fabs(wanted), 1e-3);
}

struct Reference {
  std::map<std::string, std::vector<std::string>> data;
  Json expected;
  const Json& value(const std::string& key) const { return expected.at(key).at("value"); }
  bool has(const std::string& key) const { return expected.contains(key); }
};

Reference reference(const fs::path& folder, const std::string& name) {
  const auto json = read_json(folder / (name + ".expected.json"));
  REQUIRE(json.ok());
  return {columns_of(folder / (name + ".csv")), json->at("expected")};
}

void check_interval(const std::optional<Interval>& got, const Json& wanted, double tolerance = 1e-9) {
  REQUIRE(got.has_value());
  CHECK(near(got->lo, wanted.at(0).get<double>(), tolerance));
  CHECK(near(got->hi, wanted.at(1).get<double>(), tolerance));
}

// Every value the file gives for one score and this room computes; returns how many were compared.
int check_score(const Reference& ref, const std::string& key, const Levels& levels) {
  int compared = 0;
  const auto number = [&](const std::string& name, std::optional<double> got, double tolerance = 1e-9) {
    if (!ref.has(key + name)) return;
    INFO(key << name);
    REQUIRE(got.has_value());
    CHECK_MESSAGE(near(*got, ref.value(key + name).get<double>(), tolerance), "got " << *got);
    ++compared;
  };
  const auto area = auroc(levels);
  number(".auroc", area.estimate);
  number(".sk_roc_auc", area.estimate);
  number(".delong_se", area.se);
  if (area.se) number(".delong_var", *area.se * *area.se);
  if (ref.has(key + ".delong_ci95")) check_interval(area.ci95, ref.value(key + ".delong_ci95"));
  if (ref.has(key + ".delong_logit_ci95")) check_interval(area.ci95_logit, ref.value(key + ".delong_logit_ci95"));
  number(".sk_average_precision", average_precision(levels).estimate);
  number(".sk_auprc_trapezoid", auprc_trapezoid(levels).estimate);
  number(".brier", brier(levels).estimate);
  number(".sk_brier", brier(levels).estimate);
  // R's glm stops at a relative change of the deviance of 1e-8, so its last digits are not the maximum's.
  number(".cal_slope", calibration_slope(levels).estimate, 1e-7);
  number(".cal_slope_se", calibration_slope(levels).se, 1e-6);
  number(".citl", calibration_in_the_large(levels).estimate, 1e-5);
  number(".citl_se", calibration_in_the_large(levels).se, 1e-6);
  const auto oe = observed_expected(levels);
  number(".OE", oe.estimate);
  if (ref.has(key + ".OE_ci95_log")) check_interval(oe.ci95, ref.value(key + ".OE_ci95_log"));
  if (ref.has(key + ".ici_loess_direct")) {
    const auto distances = calibration_distances(levels);
    number(".ici_loess_direct", distances.ici.estimate);
    number(".e50_loess_direct", distances.e50.estimate);
    number(".e90_loess_direct", distances.e90.estimate);
    number(".emax_loess_direct", distances.emax.estimate);
  }
  if (ref.has(key + ".net_benefit")) {
    for (const auto& [t, wanted] : ref.value(key + ".net_benefit").items()) {
      INFO(key << " net benefit at " << t);
      const auto at = at_threshold(levels, std::strtod(t.c_str(), nullptr));
      CHECK(near(*at.net_benefit.estimate, wanted.at("model").get<double>()));
      CHECK(near(*at.treat_all.estimate, wanted.at("all").get<double>()));
      CHECK(near(*at.sensitivity.estimate, wanted.at("sens").get<double>()));
      CHECK(near(*at.specificity.estimate, wanted.at("spec").get<double>()));
      compared += 4;
    }
  }
  for (const std::string t : {"0.1", "0.2", "0.3", "0.5"}) {
    if (!ref.has(key + ".threshold_" + t)) continue;
    INFO(key << " threshold " << t);
    const auto& wanted = ref.value(key + ".threshold_" + t);
    const auto at = at_threshold(levels, std::strtod(t.c_str(), nullptr));
    CHECK(at.tp == wanted.at("tp").get<std::uint64_t>());
    CHECK(at.fp == wanted.at("fp").get<std::uint64_t>());
    CHECK(near(*at.sensitivity.estimate, wanted.at("sens").at("est").get<double>()));
    check_interval(at.sensitivity.ci95, wanted.at("sens").at("wilson"));
    check_interval(at.specificity.ci95, wanted.at("spec").at("wilson"));
    check_interval(at.ppv.ci95, wanted.at("ppv").at("wilson"));
    check_interval(at.npv.ci95, wanted.at("npv").at("wilson"));
    compared += 7;
  }
  return compared;
}

Levels levels_for(const Reference& ref, const std::string& score, const std::string& label,
                  const std::string& only = {}, const std::string& value = {}) {
  const auto x = numbers(ref.data.at(score));
  const auto y = labels(ref.data.at(label));
  std::vector<double> kept_x;
  std::vector<std::uint8_t> kept_y;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!only.empty() && ref.data.at(only)[i] != value) continue;
    kept_x.push_back(x[i]);
    kept_y.push_back(y[i]);
  }
  auto out = levels_of(kept_x, kept_y);
  REQUIRE(out.ok());
  return *out;
}

void check_pair(const Reference& ref, const std::string& key, const std::string& a, const std::string& b,
                const std::string& label) {
  INFO(key);
  const auto y = labels(ref.data.at(label));
  const auto x = numbers(ref.data.at(a));
  const auto z = numbers(ref.data.at(b));
  const auto paired = compare_paired(x, z, y, Direction::higher, Direction::higher);
  REQUIRE(paired.ok());
  const auto& wanted = ref.value(key + ".delong_paired");
  CHECK(near(*paired->statistic, wanted.at("z").get<double>()));
  CHECK(near(*paired->covariance, wanted.at("cov").get<double>(), 1e-8));
  CHECK(near(*paired->difference.estimate, wanted.at("diff").get<double>()));
  CHECK(std::fabs(*paired->p / wanted.at("p").get<double>() - 1) < 1e-8);
  check_interval(paired->difference.ci95, wanted.at("ci95"));
  const auto unpaired = compare_unpaired(*levels_of(x, y), *levels_of(z, y));
  const auto& welch = ref.value(key + ".delong_unpaired");
  CHECK(near(*unpaired.statistic, welch.at("D").get<double>()));
  CHECK(near(*unpaired.df, welch.at("df").get<double>()));
  CHECK(near(*unpaired.p, welch.at("p").get<double>()));
}

}  // namespace

TEST_CASE("aSAH agrees with pROC and scikit-learn, subgroups included") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto ref = reference(*folder, "asah");
  int compared = 0;
  for (const std::string score : {"s100b", "ndka", "wfns"}) {
    compared += check_score(ref, score, levels_for(ref, score, "outcome_poor"));
    for (const std::string sex : {"Male", "Female"}) {
      compared += check_score(ref, score + ".gender_" + sex, levels_for(ref, score, "outcome_poor", "gender", sex));
    }
  }
  CHECK(compared >= 30);
  check_pair(ref, "wfns_vs_s100b", "wfns", "s100b", "outcome_poor");
  check_pair(ref, "wfns_vs_ndka", "wfns", "ndka", "outcome_poor");
  check_pair(ref, "ndka_vs_s100b", "ndka", "s100b", "outcome_poor");
}

TEST_CASE("the ovarian data of DeLong 1988, birth weights, dcurves and CalibrationCurves agree with their tools") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  struct Set {
    std::string file, label;
    std::vector<std::string> scores;
  };
  for (const auto& set :
       {Set{"delong1988_ovarian", "popind", {"alb", "tp", "kg"}}, Set{"birthwt_lbw", "low", {"p", "p_small"}},
        Set{"dcurves_dca", "cancer", {"cancerpredmarker", "marker"}}, Set{"calcurves_test500", "y", {"p"}},
        Set{"breast_cancer_scores", "malignant", {"p_full", "p_two"}}}) {
    const auto ref = reference(*folder, set.file);
    for (const auto& score : set.scores) CHECK(check_score(ref, score, levels_for(ref, score, set.label)) >= 3);
  }
  const auto ovarian = reference(*folder, "delong1988_ovarian");
  check_pair(ovarian, "kg_vs_alb", "kg", "alb", "popind");
  check_pair(ovarian, "kg_vs_tp", "kg", "tp", "popind");
  check_pair(ovarian, "alb_vs_tp", "alb", "tp", "popind");
  check_pair(reference(*folder, "birthwt_lbw"), "p_vs_p_small", "p", "p_small", "low");
}

TEST_CASE("GUSTO: whole trial, eight regions, subgroups, and the exact grid") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto ref = reference(*folder, "gusto_scores");
  const auto us = levels_for(ref, "p_model", "day30", "us", "1");
  CHECK(check_score(ref, "us.p_model", us) >= 30);
  CHECK(check_score(ref, "all.p_model", levels_for(ref, "p_model", "day30")) >= 3);
  // Each region as a site, and their sums on the grid of 10,000.
  std::vector<std::uint64_t> cases(10'001);
  std::vector<std::uint64_t> controls(10'001);
  const auto x = numbers(ref.data.at("p_model"));
  const auto y = labels(ref.data.at("day30"));
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (ref.data.at("us")[i] == "1") ++(y[i] == 1 ? cases : controls)[grid_bin(x[i], 10'000)];
  }
  const auto pooled = auroc(*levels_of_grid(cases, controls));
  CHECK(near(*pooled.estimate, ref.value("us.grid1e4.p_model.auroc").get<double>(), 1e-11));
  CHECK(near(*pooled.se, ref.value("us.grid1e4.p_model.delong_se").get<double>()));
  std::vector<Estimate> sites;
  for (const auto& site : ref.value("us.sites.p_model")) {
    const auto region = std::to_string(site.at("region").get<int>());
    sites.push_back(auroc(levels_for(ref, "p_model", "day30", "region", region)));
    CHECK(near(*sites.back().estimate, site.at("auc").get<double>()));
  }
  const auto random_effects = pool_auroc(sites);
  const auto& meta = ref.value("us.sites.meta_logit_auc.REML");
  // metafor stops Fisher scoring at a change of tau2 of 1e-5, here it runs to the maximum.
  CHECK(near(*random_effects.tau2, meta.at("tau2").get<double>(), 1e-2));
  CHECK(near(*random_effects.mean, meta.at("back_mu").get<double>(), 1e-6));
  check_interval(random_effects.ci95, meta.at("back_ci_hk"), 1e-5);
  check_interval(random_effects.prediction95, meta.at("back_pi"), 1e-5);
  CHECK(near(*random_effects.q, meta.at("Q").get<double>()));
  CHECK(near(*random_effects.q_p, meta.at("Q_p").get<double>()));
  const auto three = pool_auroc(std::vector<Estimate>(sites.begin(), sites.begin() + 3));
  CHECK_FALSE(three.prediction95.has_value());
  CHECK(three.prediction_reason == Reason::uninformative);
}

TEST_CASE("EuroSCORE II: the pooled c statistic and O:E of 23 studies") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto ref = reference(*folder, "euroscore2_meta");
  const auto check = [&](const std::string& from, const std::string& meta) {
    const auto y = ref.value(from).at("yi").get<std::vector<double>>();
    const auto se = ref.value(from).at("sei").get<std::vector<double>>();
    std::vector<double> v;
    for (const double s : se) v.push_back(s * s);
    const auto pooled = pool(y, v);
    const auto& wanted = ref.value(meta);
    INFO(meta);
    CHECK(near(*pooled.mean, wanted.at("mu").get<double>(), 1e-6));
    CHECK(near(*pooled.tau2, wanted.at("tau2").get<double>(), 1e-4));
    CHECK(near(*pooled.se, wanted.at("se_hk").get<double>(), 1e-5));
    check_interval(pooled.ci95, wanted.at("ci95_hk"), 1e-5);
    check_interval(pooled.ci95_wald, wanted.at("ci95_wald"), 1e-5);
    check_interval(pooled.prediction95, wanted.at("pi95_hk_tk_1df_metafor_default"), 1e-5);
    CHECK(near(*pooled.q, wanted.at("Q").get<double>()));
    CHECK(near(100 * *pooled.i2, wanted.at("I2").get<double>(), 1e-5));
  };
  check("cstat_valmeta", "cstat_logit.REML");
  check("oe_valmeta", "oe_log.REML");
}

TEST_CASE("edge cases give exact rationals or say why they are undefined") {
  const auto folder = test::shared_data("evaluation");
  if (!folder) return;
  const auto json = read_json(*folder / "synthetic_and_formula.expected.json");
  REQUIRE(json.ok());
  for (const auto& [name, edge] : json->at("edge_cases").at("cases").at("value").items()) {
    INFO(name);
    std::vector<double> score;
    for (const auto& s : edge.at("score")) {
      score.push_back(s.is_string() ? std::strtod(s.get<std::string>().c_str(), nullptr) : s.get<double>());
    }
    const auto area = auroc(*levels_of(score, edge.at("y").get<std::vector<std::uint8_t>>()));
    if (edge.contains("auroc_hex")) {
      CHECK(*area.estimate == std::strtod(edge.at("auroc_hex").get<std::string>().c_str(), nullptr));
    } else if (edge.value("auroc", Json()).is_null()) {
      CHECK_FALSE(area.estimate.has_value());
      CHECK(area.reason == Reason::one_class);
    } else {
      CHECK(near(*area.estimate, edge.at("auroc_float").get<double>()));
      if (edge.at("delong_var").is_null()) {
        CHECK_FALSE(area.se.has_value());
        CHECK(area.reason == Reason::one_case);
      } else {
        CHECK(near(*area.se * *area.se, edge.at("delong_var_float").get<double>()));
      }
    }
  }
  for (const auto& [name, interval] : json->at("binomial_ci").items()) {
    const auto split = name.find("_of_");
    const auto k = static_cast<std::uint64_t>(std::stoi(name.substr(0, split)));
    const auto n = static_cast<std::uint64_t>(std::stoi(name.substr(split + 4)));
    check_interval(wilson(k, n).ci95, interval.at("value").at("wilson"));
    check_interval(clopper_pearson(k, n), interval.at("value").at("clopper_pearson"));
  }
}

TEST_CASE("perfect separation has an interval although its DeLong variance is 0") {
  const std::vector<double> score{0.1, 0.2, 0.3, 0.8, 0.9};
  const auto area = auroc(*levels_of(score, std::vector<std::uint8_t>{0, 0, 0, 1, 1}));
  CHECK(*area.estimate == 1.0);
  CHECK(*area.se == 0.0);
  REQUIRE(area.ci95.has_value());
  CHECK(area.ci95->hi == 1.0);
  CHECK(area.ci95->lo == doctest::Approx(std::sqrt(0.025)));
  const auto slope = calibration_slope(*levels_of(score, std::vector<std::uint8_t>{0, 0, 0, 1, 1}));
  CHECK_FALSE(slope.estimate.has_value());
  CHECK(slope.reason == Reason::perfect_separation);
}

TEST_CASE("a NaN or infinite score and a label that is not 0 or 1 are refused with their row") {
  const std::vector<std::uint8_t> label{0, 1};
  const auto nan = levels_of(std::vector<double>{0.5, std::nan("")}, label);
  REQUIRE_FALSE(nan.ok());
  CHECK(nan.error().where == "row 2");
  CHECK_FALSE(levels_of(std::vector<double>{INFINITY, 0.5}, label).ok());
  CHECK_FALSE(levels_of(std::vector<double>{0.1, 0.5}, std::vector<std::uint8_t>{0, 2}).ok());
  CHECK_FALSE(levels_of(std::vector<double>{0.1}, label).ok());
}

TEST_CASE("probability measures refuse scores outside 0 to 1, and logits refuse exact 0 and 1") {
  const std::vector<std::uint8_t> label{0, 1, 0, 1};
  const auto outside = *levels_of(std::vector<double>{-1, 2, 0.5, 0.1}, label);
  CHECK(brier(outside).reason == Reason::scores_not_probability);
  CHECK(calibration_slope(outside).reason == Reason::scores_not_probability);
  CHECK(calibration_distances(outside).ici.reason == Reason::scores_not_probability);
  CHECK(at_threshold(outside, 0.3).net_benefit.reason == Reason::scores_not_probability);
  const auto edge = *levels_of(std::vector<double>{0, 0.9, 0.95, 0.1}, label);
  CHECK(calibration_slope(edge).reason == Reason::score_zero_or_one);
  CHECK(brier(edge).estimate.has_value());
  CHECK(calibration_slope(inside_unit(edge, 1000)).estimate.has_value());
}

TEST_CASE("a permutation of rows gives identical bits everywhere") {
  const auto rows = draw(7, 3'000, 200);
  auto shuffled = rows;
  SeededRandom random(8);
  for (std::size_t i = rows.score.size() - 1; i > 0; --i) {
    const auto j = random.below(i + 1);
    std::swap(shuffled.score[i], shuffled.score[j]);
    std::swap(shuffled.label[i], shuffled.label[j]);
  }
  const auto a = *levels_of(rows.score, rows.label);
  const auto b = *levels_of(shuffled.score, shuffled.label);
  CHECK(auroc(a) == auroc(b));
  CHECK(average_precision(a) == average_precision(b));
  CHECK(brier(a) == brier(b));
  CHECK(calibration_slope(a) == calibration_slope(b));
  CHECK(calibration_distances(a).ici == calibration_distances(b).ici);
  CHECK(at_threshold(a, 0.3).net_benefit == at_threshold(b, 0.3).net_benefit);
}

TEST_CASE("monotone transforms change nothing, swapped labels mirror, duplication keeps the area") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto rows = draw(seed, 50 + 17 * seed, 3 + seed);
    const auto levels = *levels_of(rows.score, rows.label);
    if (levels.n_cases < 2 || levels.n_controls < 2) continue;
    const auto area = auroc(levels);
    auto stretched = rows.score;
    for (auto& s : stretched) s = std::exp(7 * s) - 100;
    const auto same = auroc(*levels_of(stretched, rows.label));
    CHECK(same.estimate == area.estimate);
    CHECK(same.se == area.se);
    auto swapped = rows.label;
    for (auto& y : swapped) y = y == 1 ? 0 : 1;
    const auto mirror = auroc(*levels_of(rows.score, swapped));
    CHECK(*mirror.estimate + *area.estimate == doctest::Approx(1).epsilon(1e-14));
    CHECK(*mirror.se == doctest::Approx(*area.se).epsilon(1e-13));
    const auto lower = auroc(*levels_of(rows.score, rows.label, Direction::lower));
    CHECK(*lower.estimate == doctest::Approx(*mirror.estimate).epsilon(1e-14));
    auto twice = rows;
    twice.score.insert(twice.score.end(), rows.score.begin(), rows.score.end());
    twice.label.insert(twice.label.end(), rows.label.begin(), rows.label.end());
    CHECK(*auroc(*levels_of(twice.score, twice.label)).estimate == *area.estimate);
    CHECK(*brier(*levels_of(twice.score, twice.label)).estimate == doctest::Approx(*brier(levels).estimate));
  }
}

TEST_CASE("the area equals the double loop over all pairs") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto rows = draw(seed, 80, 7);
    const auto levels = *levels_of(rows.score, rows.label);
    double wins = 0;
    for (std::size_t i = 0; i < rows.score.size(); ++i) {
      for (std::size_t j = 0; j < rows.score.size(); ++j) {
        if (rows.label[i] != 1 || rows.label[j] != 0) continue;
        wins += rows.score[i] > rows.score[j] ? 1 : (rows.score[i] == rows.score[j] ? 0.5 : 0);
      }
    }
    if (levels.n_cases == 0 || levels.n_controls == 0) continue;
    CHECK(*auroc(levels).estimate ==
          doctest::Approx(wins / static_cast<double>(levels.n_cases * levels.n_controls)).epsilon(1e-14));
  }
}

TEST_CASE("a score compared with itself has no difference and no test") {
  const auto rows = draw(3, 200, 20);
  const auto same = compare_paired(rows.score, rows.score, rows.label, Direction::higher, Direction::higher);
  REQUIRE(same.ok());
  CHECK(*same->difference.estimate == 0);
  CHECK_FALSE(same->p.has_value());
  CHECK(same->difference.reason == Reason::identical_ranks);
}

TEST_CASE("curves for release have no step with fewer than the least number of cases or controls") {
  const auto rows = draw(11, 2'000, 1'000);
  const auto levels = *levels_of(rows.score, rows.label);
  Cuts cuts(levels, 10);
  CHECK(cuts.add(0.5));
  CHECK_FALSE(cuts.add(levels.score[1]));
  CHECK_FALSE(cuts.add(0.5 + 2e-3));
  CHECK(cuts.add(0.2));
  cuts.add_scores();
  CHECK(cuts.ascending().size() > 20);
  std::uint64_t tp = levels.n_cases;
  std::uint64_t fp = levels.n_controls;
  const auto fine = [](std::uint64_t more) { return more == 0 || more >= 10; };
  for (const auto& cut : cuts.ascending()) {
    CHECK(fine(tp - cut.tp));
    CHECK(fine(fp - cut.fp));
    const auto at = at_threshold(levels, cut.threshold);
    CHECK(at.tp == cut.tp);
    CHECK(at.fp == cut.fp);
    tp = cut.tp;
    fp = cut.fp;
  }
  CHECK(fine(tp));
  CHECK(fine(fp));
  CHECK(roc_curve(levels, cuts).size() == cuts.ascending().size());
  std::uint64_t persons = 0;
  const auto bins = calibration_bins(levels, cuts, 10);
  CHECK(bins.size() >= 5);
  for (const auto& bin : bins) {
    CHECK(fine(bin.events));
    CHECK(fine(bin.persons - bin.events));
    persons += bin.persons;
  }
  CHECK(persons == 2'000);
}

TEST_CASE("with a least number of 1 the curve holds every distinct score") {
  const auto rows = draw(12, 300, 40);
  const auto levels = *levels_of(rows.score, rows.label);
  Cuts cuts(levels, 1);
  cuts.add_scores();
  CHECK(cuts.ascending().size() == levels.size());
}

TEST_CASE("above 20,000 rows the smoother is the interpolated one, says so, and stays close to the direct fit") {
  const auto rows = draw(5, 21'000, 900);
  const auto levels = *levels_of(rows.score, rows.label);
  const auto distances = calibration_distances(levels);
  CHECK(distances.ici.method.find("512") != std::string::npos);
  const auto direct = loess(levels, levels.score);
  double sum = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    sum += std::fabs(direct[i] - levels.score[i]) * static_cast<double>(levels.count(i));
  }
  CHECK(*distances.ici.estimate == doctest::Approx(sum / 21'000).epsilon(1e-3));
}
