// Sums over hospitals against the pooled rows, and what nobody may learn from them. GUSTO-I's eight US regions are the
// sites; expected values come from pROC and R (gusto_scores.expected.json).
#include "evaluate/federated.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <sstream>

#include "base/digest.h"
#include "base/json.h"
#include "base/random.h"
#include "base/testing/support.h"
#include "evaluate/calibration.h"
#include "evaluate/curves.h"
#include "evaluate/decision.h"
#include "evidence/federated.h"
#include "evidence/rounds.h"
#include "evidence/secure_sum.h"

using namespace naru;
using namespace naru::evidence;
using evaluate::Levels;

namespace {

constexpr std::int64_t grid = 10'000;
constexpr std::size_t bins = grid + 1;

struct Rows {
  std::vector<double> a;
  std::vector<double> b;
  std::vector<std::uint8_t> label;
};
using Sites = std::map<SiteName, Rows>;

Sites read_gusto(const fs::path& file) {
  const auto text = read_file(file);
  REQUIRE(text.ok());
  std::istringstream lines(*text);
  std::string line;
  std::getline(lines, line);
  REQUIRE(line == "id,region,hospital_group,us,day30,sex,age,killip,tx,tpa,p_model,p_age");
  Sites out;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    std::vector<std::string> row;
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    if (row[3] != "1") continue;
    auto& site = out["region-" + row[1]];
    site.a.push_back(std::stod(row[10]));
    site.b.push_back(std::stod(row[11]));
    site.label.push_back(row[4] == "1" ? 1 : 0);
  }
  return out;
}

Rows pooled_rows(const Sites& sites) {
  Rows out;
  for (const auto& [name, rows] : sites) {
    out.a.insert(out.a.end(), rows.a.begin(), rows.a.end());
    out.b.insert(out.b.end(), rows.b.begin(), rows.b.end());
    out.label.insert(out.label.end(), rows.label.begin(), rows.label.end());
  }
  return out;
}

Rows gridded(Rows rows) {
  for (auto* scores : {&rows.a, &rows.b}) {
    for (auto& score : *scores) score = evaluate::on_grid(score, grid);
  }
  return rows;
}

std::vector<std::uint64_t> counts(const std::vector<double>& score, const std::vector<std::uint8_t>& label) {
  std::vector<std::uint64_t> out(2 * bins, 0);
  for (std::size_t i = 0; i < score.size(); ++i) {
    const auto bin = evaluate::grid_bin(score[i], grid);
    ++out[label[i] == 1 ? bin : bins + bin];
  }
  return out;
}

Peer peer(const std::string& a, const std::string& b) {
  return {b, *from_hex(hex(sha256(std::min(a, b) + "|" + std::max(a, b))), "key")};
}

// What the authority has after a round: every site's masked vector.
template <typename Share>
std::vector<Masked> round_of(const Sites& sites, const std::string& id, Share share) {
  std::vector<Masked> out;
  for (const auto& [name, rows] : sites) {
    std::vector<Peer> peers;
    for (const auto& [other, unused] : sites) {
      if (other != name) peers.push_back(peer(name, other));
    }
    auto one = mask(share(rows), name, peers, id);
    REQUIRE_MESSAGE(one.ok(), one.error().what.en);
    out.push_back(*one);
  }
  return out;
}

template <typename Share>
std::vector<std::uint64_t> summed(const Sites& sites, const std::string& id, Share share) {
  const auto out = sum(round_of(sites, id, share));
  REQUIRE(out.ok());
  return *out;
}

Levels levels_in(const std::vector<std::uint64_t>& counted) {
  const std::span<const std::uint64_t> all(counted);
  auto out = evaluate::levels_of_grid(all.first(bins), all.subspan(bins));
  REQUIRE(out.ok());
  return *out;
}

bool near(double got, double wanted, double tolerance) {
  return std::fabs(got - wanted) <= tolerance * std::max(std::fabs(wanted), 1e-3);
}
void same(const evaluate::Estimate& a, const evaluate::Estimate& b) {
  REQUIRE(a.estimate.has_value());
  REQUIRE(b.estimate.has_value());
  CHECK(near(*a.estimate, *b.estimate, 1e-12));
  if (a.se && b.se) CHECK(near(*a.se, *b.se, 1e-12));
}

evaluate::CalibrationFit fit_over(const Sites& sites) {
  evaluate::CalibrationFit fit;
  while (!fit.done()) {
    const auto id = "newton-" + std::to_string(fit.rounds());
    const auto total =
        summed(sites, id, [&](const Rows& rows) { return evaluate::newton_share(rows.a, rows.label, fit.next()); });
    fit.take(std::span<const std::uint64_t, evaluate::newton_words>(total.data(), evaluate::newton_words));
  }
  return fit;
}

struct Gusto {
  Sites sites;
  Json expected;
};
std::optional<Gusto> gusto() {
  const auto data = test::shared_data("evaluation");
  if (!data) return std::nullopt;
  auto expected = read_json(*data / "gusto_scores.expected.json");
  REQUIRE(expected.ok());
  Gusto out{read_gusto(*data / "gusto_scores.csv"), (*expected)["expected"]};
  REQUIRE(out.sites.size() == 8);
  return out;
}

// A few hundred made-up rows a site.
Sites made_up(int count) {
  Sites out;
  SeededRandom random(7);
  for (int site = 0; site < count; ++site) {
    auto& rows = out["site-" + std::to_string(site)];
    for (int i = 0; i < 300; ++i) {
      const double p = 0.02 + 0.9 * random.unit();
      rows.a.push_back(p);
      rows.b.push_back(0.02 + 0.9 * random.unit());
      rows.label.push_back(random.unit() < p ? 1 : 0);
    }
  }
  return out;
}

Publication publication(std::vector<SiteName> sites, std::vector<std::int64_t> persons) {
  return {"plan-a", "solution-a", "{\"thresholds\":[0.1]}", std::move(sites), std::move(persons)};
}
std::vector<std::int64_t> numbers(std::int64_t from, std::int64_t to) {
  std::vector<std::int64_t> out;
  for (auto i = from; i < to; ++i) out.push_back(i);
  return out;
}

}  // namespace

TEST_CASE("GUSTO's eight regions: figures from masked sums equal the pooled rows to 12 digits, and pROC's") {
  const auto data = gusto();
  if (!data) return;
  const auto levels =
      levels_in(summed(data->sites, "gusto", [](const Rows& rows) { return counts(rows.a, rows.label); }));
  const auto rows = gridded(pooled_rows(data->sites));
  const auto direct = evaluate::levels_of(rows.a, rows.label);
  REQUIRE(direct.ok());
  CHECK(levels.n() == 23'034);
  const auto area = evaluate::auroc(levels);
  CHECK(near(*area.estimate, data->expected["us.grid1e4.p_model.auroc"]["value"], 1e-11));
  CHECK(near(*area.se, data->expected["us.grid1e4.p_model.delong_se"]["value"], 1e-11));
  same(area, evaluate::auroc(*direct));
  same(evaluate::brier(levels), evaluate::brier(*direct));
  same(evaluate::observed_expected(levels), evaluate::observed_expected(*direct));
  same(evaluate::average_precision(levels), evaluate::average_precision(*direct));
  for (int percent = 1; percent < 100; ++percent) {
    const auto a = evaluate::at_threshold(levels, percent / 100.0);
    const auto b = evaluate::at_threshold(*direct, percent / 100.0);
    CHECK(std::array{a.tp, a.fp, a.tn, a.fn} == std::array{b.tp, b.fp, b.tn, b.fn});
    same(a.net_benefit, b.net_benefit);
  }
  // Groups of calibration: the same cuts, persons, events.
  evaluate::Cuts cuts_a(levels, 10);
  evaluate::Cuts cuts_b(*direct, 10);
  cuts_a.add_scores();
  cuts_b.add_scores();
  const auto groups_a = evaluate::calibration_bins(levels, cuts_a, 10);
  const auto groups_b = evaluate::calibration_bins(*direct, cuts_b, 10);
  REQUIRE(groups_a.size() == groups_b.size());
  for (std::size_t i = 0; i < groups_a.size(); ++i) {
    CHECK(groups_a[i].persons == groups_b[i].persons);
    CHECK(groups_a[i].events == groups_b[i].events);
    CHECK(near(groups_a[i].predicted, groups_b[i].predicted, 1e-12));
  }
}

TEST_CASE("GUSTO: the paired comparison in a second round equals the pooled rows, and pROC's") {
  const auto data = gusto();
  if (!data) return;
  const auto of_a = summed(data->sites, "a", [](const Rows& rows) { return counts(rows.a, rows.label); });
  const auto of_b = summed(data->sites, "b", [](const Rows& rows) { return counts(rows.b, rows.label); });
  const std::span<const std::uint64_t> all_a(of_a);
  const std::span<const std::uint64_t> all_b(of_b);
  const auto place_a = evaluate::grid_placements(all_a.first(bins), all_a.subspan(bins));
  const auto place_b = evaluate::grid_placements(all_b.first(bins), all_b.subspan(bins));
  const auto sums = summed(data->sites, "paired", [&](const Rows& rows) {
    return evaluate::paired_share(rows.a, rows.b, rows.label, place_a, place_b);
  });
  const auto found = evaluate::compare_from_sums(
      levels_in(of_a), levels_in(of_b),
      std::span<const std::uint64_t, evaluate::paired_words>(sums.data(), evaluate::paired_words));
  const auto& expected = data->expected["us.grid1e4.paired"]["value"];
  CHECK(near(*found.covariance, expected["cov"], 1e-11));
  CHECK(near(*found.statistic, expected["z"], 1e-11));
  const auto rows = gridded(pooled_rows(data->sites));
  const auto direct =
      evaluate::compare_paired(rows.a, rows.b, rows.label, evaluate::Direction::higher, evaluate::Direction::higher);
  REQUIRE(direct.ok());
  same(found.difference, direct->difference);
  CHECK(near(*found.p, *direct->p, 1e-9));
}

TEST_CASE("GUSTO: calibration by Newton over masked sums equals glm on the pooled rows") {
  const auto data = gusto();
  if (!data) return;
  const auto fit = fit_over(data->sites);
  CHECK(fit.rounds() <= 10);
  const auto& expected = data->expected;
  CHECK(near(*fit.slope().estimate, expected["us.p_model.cal_slope"]["value"], 1e-10));
  CHECK(near(*fit.slope().se, expected["us.p_model.cal_slope_se"]["value"], 1e-9));
  CHECK(near(*fit.in_the_large().estimate, expected["us.p_model.citl"]["value"], 1e-10));
  // glm leaves the standard error one step of its iteration behind.
  CHECK(near(*fit.in_the_large().se, expected["us.p_model.citl_se"]["value"], 1e-6));
  const auto rows = pooled_rows(data->sites);
  const auto direct = evaluate::levels_of(rows.a, rows.label);
  CHECK(near(*fit.slope().estimate, *evaluate::calibration_slope(*direct).estimate, 1e-12));
  CHECK(near(*fit.in_the_large().estimate, *evaluate::calibration_in_the_large(*direct).estimate, 1e-12));
  CHECK(near(*fit.in_the_large().se, *evaluate::calibration_in_the_large(*direct).se, 1e-12));
}

TEST_CASE("a fit that cannot be ends with its reason, within the rounds that sites answer") {
  auto separated = made_up(3);
  for (auto& [name, rows] : separated) {
    for (std::size_t i = 0; i < rows.a.size(); ++i) rows.label[i] = rows.a[i] > 0.5 ? 1 : 0;
  }
  const auto runaway = fit_over(separated);
  CHECK(runaway.rounds() <= evaluate::newton_rounds_max);
  CHECK(!runaway.slope().estimate);
  CHECK(runaway.slope().reason != evaluate::Reason::none);
  auto extreme = made_up(3);
  extreme["site-1"].a[4] = 1.0;
  CHECK(fit_over(extreme).slope().reason == evaluate::Reason::score_zero_or_one);
  auto one_class = made_up(3);
  for (auto& [name, rows] : one_class) std::fill(rows.label.begin(), rows.label.end(), 0);
  CHECK(fit_over(one_class).in_the_large().reason == evaluate::Reason::one_class);
}

TEST_CASE("without one site's answer nothing comes out of a round, whatever is added or subtracted") {
  const auto sites = made_up(4);
  const auto share = [](const Rows& rows) { return counts(rows.a, rows.label); };
  auto answers = round_of(sites, "r1", share);
  const auto dropped = answers.back();
  answers.pop_back();
  const auto failed = sum(answers);
  REQUIRE(!failed.ok());
  CHECK(failed.error().kind == ErrorKind::conflict);
  CHECK(failed.error().what.en.find(dropped.site) != std::string::npos);
  // The three that answered, added by hand: masks of the fourth are still in every word.
  std::vector<std::uint64_t> by_hand(2 * bins, 0);
  std::vector<std::uint64_t> plain(2 * bins, 0);
  for (const auto& answer : answers) {
    for (std::size_t i = 0; i < by_hand.size(); ++i) by_hand[i] += answer.values[i];
    const auto own = share(sites.at(answer.site));
    for (std::size_t i = 0; i < plain.size(); ++i) plain[i] += own[i];
  }
  std::size_t equal = 0;
  for (std::size_t i = 0; i < plain.size(); ++i) equal += by_hand[i] == plain[i] ? 1 : 0;
  CHECK(equal == 0);
}

TEST_CASE("a site that dropped is not recovered by subtraction: its persons are summed over one set of sites only") {
  const ScratchFolder scratch("rounds");
  const auto folder = scratch.path();
  const std::vector<SiteName> three{"a", "b", "c"};
  const std::vector<SiteName> four{"a", "b", "c", "d"};
  REQUIRE(claim_publication(folder, publication(three, numbers(0, 1000)), 10).ok());
  CHECK(claim_publication(folder, publication(three, numbers(0, 1000)), 10).ok());
  const auto with_d = claim_publication(folder, publication(four, numbers(0, 1000)), 10);
  REQUIRE(!with_d.ok());
  CHECK(with_d.error().kind == ErrorKind::refused);
  CHECK(with_d.error().what.en.find("a, b, c") != std::string::npos);
  // Not under another plan or solution either, nor with a few other persons.
  auto renamed = publication(four, numbers(5, 1000));
  renamed.plan = "plan-b";
  renamed.solution = "solution-b";
  CHECK(claim_publication(folder, renamed, 10).error().kind == ErrorKind::refused);
  // The site's own figures are no sum, but still not about almost the same persons.
  auto own = publication({"a"}, numbers(0, 1000));
  own.alone = true;
  CHECK(claim_publication(folder, own, 10).ok());
  own.persons = numbers(3, 1000);
  CHECK(claim_publication(folder, own, 10).error().kind == ErrorKind::refused);
  own.persons = numbers(300, 1000);
  CHECK(claim_publication(folder, own, 10).ok());
  // A cohort that really is another one may have other sites.
  CHECK(claim_publication(folder, publication(four, numbers(500, 3000)), 10).ok());
}

TEST_CASE("a report on nearly the same persons is refused, and so are other thresholds on the same") {
  const ScratchFolder scratch("rounds");
  const auto folder = scratch.path();
  const std::vector<SiteName> sites{"a", "b", "c"};
  REQUIRE(claim_publication(folder, publication(sites, numbers(0, 1000)), 10).ok());
  const auto one_less = claim_publication(folder, publication(sites, numbers(1, 1000)), 10);
  REQUIRE(!one_less.ok());
  CHECK(one_less.error().kind == ErrorKind::refused);
  CHECK(claim_publication(folder, publication(sites, numbers(10, 1000)), 10).ok());
  auto closer = publication(sites, numbers(0, 1000));
  closer.figures = "{\"thresholds\":[0.101]}";
  CHECK(claim_publication(folder, closer, 10).error().kind == ErrorKind::refused);
  auto other_solution = closer;
  other_solution.solution = "solution-b";
  CHECK(claim_publication(folder, other_solution, 10).ok());
}

TEST_CASE("a second curve over time of nearly the same persons cuts time alike, whatever the solution") {
  const ScratchFolder scratch("rounds");
  const auto folder = scratch.path();
  auto first = publication({"a", "b", "c"}, numbers(0, 1000));
  first.curve = "365/12";
  REQUIRE(claim_publication(folder, first, 10).ok());
  auto second = first;
  second.solution = "solution-b";
  CHECK(claim_publication(folder, second, 10).ok());
  second.curve = "365/13";
  CHECK(claim_publication(folder, second, 10).error().kind == ErrorKind::refused);
  second.curve.clear();
  CHECK(claim_publication(folder, second, 10).ok());
  auto one_less = publication({"a", "b", "c"}, numbers(1, 1000));
  one_less.solution = "solution-c";
  one_less.curve = "365/12";
  CHECK(claim_publication(folder, one_less, 10).error().kind == ErrorKind::refused);
}
