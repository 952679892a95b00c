#include "synth/history.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace naru::synth {
namespace {

constexpr std::array<SiteTraits, 3> traits{{{0.0, 0.05, 0.0}, {2.0, 0.08, 0.0}, {0.0, 0.12, 0.25}}};

// By age band 0–9 … 80–89.
constexpr std::array<double, 9> hypertension_by_band{0, .003, .02, .07, .16, .30, .45, .58, .60};
constexpr std::array<double, 9> diabetes_by_band{0, .002, .012, .06, .13, .22, .31, .33, .28};
constexpr std::array<double, 9> kidney_by_band{0, .002, .01, .02, .04, .08, .14, .22, .26};
constexpr std::array<double, 9> fibrillation_by_band{0, 0, .005, .01, .02, .04, .08, .13, .16};
constexpr std::array<double, 9> lipids_by_band{0, .01, .05, .14, .25, .36, .40, .38, .30};
constexpr std::array<double, 9> visits_by_band{3.2, 2.2, 2.2, 2.4, 2.6, 3.0, 3.6, 4.2, 4.2};

double by_band(const std::array<double, 9>& table, int band) { return table[static_cast<std::size_t>(band)]; }

/// A count with the given mean between 0 and 3 times it: the sum of a whole part and a triangle.
int count_around(Rng& rng, double mean) { return static_cast<int>(mean * (rng.unit() + rng.unit()) + rng.unit()); }

}  // namespace

const SiteTraits& traits_of(int site) { return traits[static_cast<std::size_t>(site % 3)]; }

void History::clear() {
  visits.clear();
  conditions.clear();
  drugs.clear();
  tests.clear();
  procedures.clear();
  hospitals.clear();
  insured = diabetic = event = false;
  entry = death = 0;
  probability = 0;
}

HistoryMaker::HistoryMaker(const Vocabulary& vocabulary, std::uint64_t seed, int hospitals)
    : vocabulary_(vocabulary), seed_(seed), hospitals_(hospitals) {
  const auto& conditions = vocabulary.conditions();
  const auto index = [&](std::string_view kcd) { return static_cast<std::uint32_t>(vocabulary.condition(kcd)); };
  const auto drug = [&](std::string_view atc) { return static_cast<std::uint32_t>(vocabulary.drug(atc)); };
  const auto test = [&](std::string_view name) { return static_cast<std::uint32_t>(vocabulary.test(name)); };
  e119_ = index("E11.9"), e112_ = index("E11.2"), i109_ = index("I10.9"), i119_ = index("I11.9");
  n189_ = index("N18.9"), i489_ = index("I48.9"), e785_ = index("E78.5"), z000_ = index("Z00.0");
  metformin_ = drug("A10BA02"), glimepiride_ = drug("A10BB12"), sitagliptin_ = drug("A10BH01");
  empagliflozin_ = drug("A10BK03"), glargine_ = drug("A10AE04"), losartan_ = drug("C09CA01");
  amlodipine_ = drug("C08CA01"), atorvastatin_ = drug("C10AA05"), apixaban_ = drug("B01AF02");
  a1c_ = test("Haemoglobin A1c"), systolic_ = test("Systolic blood pressure");
  diastolic_ = test("Diastolic blood pressure"), creatinine_ = test("Serum creatinine"), weight_ = test("Body weight");
  ldl_ = test("LDL cholesterol");
  outcomes_ = {index("I21.9"), index("I50.9"), index("I63.9"), index("N17.9")};
  // Zipf over everyday codes: planted ones are drawn by their own rules, not here.
  double sum = 0;
  double winter_sum = 0;
  double rank = 0;
  for (std::uint32_t i = 0; i < conditions.size(); ++i) {
    const std::string& kcd = conditions[i].kcd;
    const bool planted = kcd.starts_with("E11") || kcd.starts_with("I48") || kcd.starts_with("N18") ||
                         kcd.starts_with("I10") || kcd.starts_with("I11") ||
                         std::find(outcomes_.begin(), outcomes_.end(), i) != outcomes_.end();
    const double weight = planted ? 0 : 1 / (++rank + 3);
    // Rare and sensitive codes stay rare wherever they stand in the table.
    const bool rare = kcd.starts_with("B2") || kcd.starts_with("G71") || kcd.starts_with("E75") ||
                      kcd.starts_with("D84") || kcd.starts_with("Q87") || kcd.starts_with("T74");
    condition_weights_.push_back(sum += rare ? 0.002 : weight);
    if (conditions[i].winter) {
      winter_codes_.push_back(i);
      winter_conditions_.push_back(winter_sum += weight);
    }
  }
  sum = 0;
  for (std::size_t i = 0; i < vocabulary.procedures().size(); ++i) {
    procedure_weights_.push_back(sum += 1 / (static_cast<double>(i) + 2));
  }
  sum = 0;
  for (std::uint32_t i = 0; i < vocabulary.drugs().size(); ++i) {
    const std::string& atc = vocabulary.drugs()[i].atc;
    if (atc.starts_with("A10") || atc.starts_with("C10")) continue;  // planted: never by accident
    acute_drugs_.push_back(i);
    acute_drug_weights_.push_back(sum += 1 / (static_cast<double>(acute_drugs_.size()) + 4));
  }
  sum = 0;
  for (int month = 0; month < 12; ++month) {  // a triangle: January `ratio`, July 1
    const int from_july = std::abs(month - 6);
    month_weights_.push_back(sum += 1 + (truth_.respiratory_winter_ratio - 1) * std::min(from_july, 6) / 6.0);
  }
}

HistoryMaker::Chronic HistoryMaker::draw_chronic(Rng& rng, const Person& person, History& out) const {
  Chronic chronic;
  chronic.hypertension = rng.chance(by_band(hypertension_by_band, person.age_band));
  chronic.kidney = rng.chance(by_band(kidney_by_band, person.age_band));
  chronic.fibrillation = rng.chance(by_band(fibrillation_by_band, person.age_band));
  chronic.lipids = rng.chance(by_band(lipids_by_band, person.age_band));
  chronic.statin = rng.chance(chronic.lipids ? 0.75 : 0.08);
  out.diabetic = rng.chance(by_band(diabetes_by_band, person.age_band) * (chronic.hypertension ? 1.25 : 0.9));
  chronic.metformin = rng.chance(0.8);
  chronic.hba1c = std::clamp(7.6 + 1.3 * rng.normal(), 5.6, 13.5);
  return chronic;
}

void HistoryMaker::choose_sites(Rng& rng, const Person& person, History& out) const {
  // Each hospital has home regions; the sick travel more.
  for (int site = 0; site < hospitals_; ++site) {
    const bool home = person.region % hospitals_ == site;
    const double base = out.diabetic ? (home ? 0.62 : 0.30) : (home ? 0.46 : 0.20);
    if (rng.chance(base)) out.hospitals.push_back(site);
  }
  out.insured = rng.chance(0.93);
}

double HistoryMaker::outcome_probability(const Person& person, const Chronic& chronic, Day entry) const {
  const double x = truth_.intercept + truth_.age_per_year * (person.age_on(entry) - 60) +
                   (person.male ? truth_.male : 0) + (chronic.kidney ? truth_.kidney_disease : 0) +
                   (chronic.fibrillation ? truth_.atrial_fibrillation : 0) +
                   (chronic.hypertension ? truth_.hypertension : 0) + (chronic.statin ? truth_.statin : 0) +
                   truth_.hba1c_per_percent * (chronic.hba1c - 7.5);
  return 1 / (1 + std::exp(-x));
}

void HistoryMaker::make(const Person& person, History& out) const {
  out.clear();
  Rng rng(seed_, Purpose::history, static_cast<std::uint64_t>(person.index));
  const Chronic chronic = draw_chronic(rng, person, out);
  choose_sites(rng, person, out);
  Day outcome = 0;
  Day late_outcome = 0;
  if (out.diabetic) {
    out.entry = day_of(2020, 3, 1) + static_cast<Day>(rng.below(4 * 365 + 180));
    out.probability = outcome_probability(person, chronic, out.entry);
    out.event = rng.chance(out.probability);
    // Sites see the entry up to 60 days later, so that every site's own horizon holds the event (or does not).
    if (out.event) outcome = out.entry + 70 + static_cast<Day>(rng.below(280));
    if (!out.event && rng.chance(0.06)) late_outcome = out.entry + 440 + static_cast<Day>(rng.below(200));
  } else if (person.age_band >= 7 && rng.chance(0.12)) {
    out.death = study_end - 30 - static_cast<Day>(rng.below(700));
  }
  for (const int site : out.hospitals) {
    if (out.diabetic) diabetes_course(rng, chronic, site, outcome, late_outcome, out);
    everyday_visits(rng, person, chronic, site, out);
  }
  if (out.insured) {
    if (out.diabetic && out.hospitals.empty()) diabetes_course(rng, chronic, clinic, outcome, late_outcome, out);
    everyday_visits(rng, person, chronic, clinic, out);
  }
}

namespace {
std::uint32_t open_visit(History& out, int site, Day start, Day end, VisitKind kind) {
  out.visits.push_back({start, end, kind, static_cast<std::int8_t>(site)});
  return static_cast<std::uint32_t>(out.visits.size() - 1);
}
}  // namespace

void HistoryMaker::hba1c(Rng& rng, double level, int site, std::uint32_t visit, History& out) const {
  if (site == clinic || rng.chance(traits_of(site).hba1c_missing)) return;
  const double tenths = 10 * (level + 0.15 * rng.normal()) + traits_of(site).hba1c_bias_tenths;
  out.tests.push_back({visit, a1c_, static_cast<std::int32_t>(std::lround(std::max(tenths, 40.0)))});
}

void HistoryMaker::vital_signs(Rng& rng, bool hypertensive, std::uint32_t visit, History& out) const {
  if (out.visits[visit].site == clinic || !rng.chance(0.5)) return;
  const double systolic = 1220 + (hypertensive ? 160 : 0) + 110 * rng.normal();
  out.tests.push_back({visit, systolic_, static_cast<std::int32_t>(std::lround(systolic / 10) * 10)});
  out.tests.push_back({visit, diastolic_, static_cast<std::int32_t>(std::lround(systolic * 0.063) * 10)});
}

void HistoryMaker::chronic_codes(Rng& rng, const Chronic& chronic, int site, std::uint32_t visit, History& out) const {
  if (chronic.hypertension) {
    const bool local = site != clinic && rng.chance(traits_of(site).local_code_share);
    out.conditions.push_back({visit, rng.chance(0.9) ? i109_ : i119_, local ? 1 : 0});
    out.drugs.push_back({visit, (rng.chance(0.5) ? losartan_ : amlodipine_) + rng.below(2), 90});
  }
  if (chronic.kidney) out.conditions.push_back({visit, n189_, 0});
  if (chronic.fibrillation) {
    out.conditions.push_back({visit, i489_, 0});
    if (rng.chance(0.6)) out.drugs.push_back({visit, apixaban_ + rng.below(2), 90});
  }
  if (chronic.lipids && rng.chance(0.8)) out.conditions.push_back({visit, e785_, 0});
  if (chronic.statin) out.drugs.push_back({visit, atorvastatin_ + rng.below(2), 90});
}

void HistoryMaker::diabetes_course(Rng& rng, const Chronic& chronic, int site, Day outcome, Day late_outcome,
                                   History& out) const {
  const Day entry = out.entry + static_cast<Day>(rng.below(60));
  const Day before = entry - 12 - static_cast<Day>(rng.below(180));
  // The visit before: what a predictor may know. It carries no diabetes code.
  const std::uint32_t first = open_visit(out, site, before, before, VisitKind::outpatient);
  if (!chronic.hypertension && !chronic.kidney && !chronic.fibrillation) {
    out.conditions.push_back({first, z000_, 0});
  }
  Chronic sure = chronic;
  if (chronic.hypertension && site != clinic && traits_of(site).local_code_share > 0 && rng.chance(0.75)) {
    // Most local codes stand beside the mapped one.
    out.conditions.push_back({first, i109_, 0});
  }
  chronic_codes(rng, sure, site, first, out);
  hba1c(rng, chronic.hba1c, site, first, out);
  vital_signs(rng, chronic.hypertension, first, out);
  const int follow_ups = 3 + static_cast<int>(rng.below(3));
  Day day = entry;
  for (int i = 0; i <= follow_ups; ++i) {
    if (day > study_end) break;
    const std::uint32_t visit = open_visit(out, site, day, day, VisitKind::outpatient);
    out.conditions.push_back({visit, chronic.kidney && rng.chance(0.4) ? e112_ : e119_, 0});
    if (i > 0 && rng.chance(0.5)) chronic_codes(rng, chronic, site, visit, out);
    if (chronic.metformin) out.drugs.push_back({visit, metformin_ + rng.below(2), 90});
    if (!chronic.metformin || rng.chance(0.25)) {
      out.drugs.push_back({visit, (rng.chance(0.5) ? glimepiride_ : sitagliptin_) + rng.below(2), 90});
    }
    if (chronic.hba1c > 8.5 && rng.chance(0.3)) {
      out.drugs.push_back({visit, (rng.chance(0.6) ? empagliflozin_ : glargine_) + rng.below(2), 90});
    }
    const bool treated = chronic.metformin && day - entry >= 60;
    if (i > 0) hba1c(rng, chronic.hba1c - (treated ? truth_.metformin_hba1c_drop : 0), site, visit, out);
    if (i > 0) vital_signs(rng, chronic.hypertension, visit, out);
    if (site != clinic && rng.chance(0.3)) {
      const double level = 9 + (chronic.kidney ? 9 : 0) + 2 * rng.normal();
      out.tests.push_back({visit, creatinine_, static_cast<std::int32_t>(std::lround(std::max(level, 4.0)))});
    }
    day += 80 + static_cast<Day>(rng.below(30));
  }
  // The yearly review: follow-up beyond the horizon is on record for nearly everybody.
  const Day review = std::min(entry + 368 + static_cast<Day>(rng.below(80)), study_end);
  if (rng.chance(0.95)) {
    const std::uint32_t visit = open_visit(out, site, review, review, VisitKind::outpatient);
    out.conditions.push_back({visit, e119_, 0});
    hba1c(rng, chronic.hba1c - (chronic.metformin ? truth_.metformin_hba1c_drop : 0), site, visit, out);
  }
  for (const Day acute : {outcome, late_outcome}) {
    if (acute == 0) continue;
    const Day admitted = acute + static_cast<Day>(rng.below(6));
    if (admitted + 9 > study_end) continue;
    const std::uint32_t stay = open_visit(out, site, admitted, admitted + 2 + static_cast<Day>(rng.below(7)),
                                          rng.chance(0.8) ? VisitKind::inpatient : VisitKind::emergency);
    if (out.visits[stay].kind == VisitKind::emergency) out.visits[stay].end = admitted;
    out.conditions.push_back({stay, outcomes_[rng.below(4)], 0});
    if (rng.chance(0.7)) out.procedures.push_back({stay, 1, 0});
  }
}

Day HistoryMaker::winter_day(Rng& rng) const {
  const int year = rng.between(2019, 2025);
  const int month = static_cast<int>(pick(rng, month_weights_)) + 1;
  return day_of(year, month, 1) + static_cast<Day>(rng.below(28));
}

void HistoryMaker::everyday_visits(Rng& rng, const Person& person, const Chronic& chronic, int site,
                                   History& out) const {
  // Diabetics' yearly care is drawn above; what is left is the same for everybody.
  const double mean =
      by_band(visits_by_band, person.age_band) * (site == clinic ? 0.9 : 1.0) * (out.diabetic ? 0.7 : 1.1);
  const int count = count_around(rng, mean) + (site == clinic ? 0 : 1);
  for (int i = 0; i < count; ++i) {
    const Day day = rng.chance(0.25) ? winter_day(rng) : study_start + static_cast<Day>(rng.below(365 * 7 + 1));
    everyday_visit(rng, person, site, day, out);
  }
  if (out.diabetic || !(chronic.hypertension || chronic.kidney || chronic.fibrillation || chronic.statin)) return;
  // Chronic repeats: one course of four quarterly visits somewhere in the period.
  Day day = study_start + static_cast<Day>(rng.below(365 * 6));
  for (int i = 0; i < 4; ++i, day += 80 + static_cast<Day>(rng.below(25))) {
    if (day < person.birth || day > study_end || (out.death != 0 && day > out.death)) continue;
    const std::uint32_t visit = open_visit(out, site, day, day, VisitKind::outpatient);
    chronic_codes(rng, chronic, site, visit, out);
    vital_signs(rng, chronic.hypertension, visit, out);
    if (out.conditions.empty() || out.conditions.back().visit != visit) out.conditions.push_back({visit, e785_, 0});
  }
}

void HistoryMaker::everyday_visit(Rng& rng, const Person& person, int site, Day day, History& out) const {
  if (day < person.birth || day > study_end || (out.death != 0 && day > out.death)) return;
  const double u = rng.unit();
  const VisitKind kind = u < 0.90 ? VisitKind::outpatient : u < 0.96 ? VisitKind::emergency : VisitKind::inpatient;
  const Day stay = kind == VisitKind::inpatient ? 1 + static_cast<Day>(rng.below(9)) : 0;
  const std::uint32_t visit = open_visit(out, site, day, std::min(day + stay, study_end), kind);
  const int month = civil(day).month;
  const bool winter = month <= 2 || month >= 11;
  const int codes = 1 + (rng.chance(0.4) ? 1 : 0);
  for (int i = 0; i < codes; ++i) {
    std::uint32_t code = 0;
    if (winter && rng.chance(0.35)) {
      code = winter_codes_[pick(rng, winter_conditions_)];
    } else {
      code = static_cast<std::uint32_t>(pick(rng, condition_weights_));
    }
    // Codes that would contradict the person's sex or age are replaced by a plain one.
    const std::string& kcd = vocabulary_.conditions()[code].kcd;
    const bool odd = (kcd.starts_with("N40") && (!person.male || person.age_band < 4)) ||
                     ((kcd.starts_with("O") || kcd.starts_with("C50")) &&
                      (person.male || person.age_band < 2 || person.age_band > (kcd.starts_with("O") ? 4 : 8)));
    out.conditions.push_back({visit, odd ? z000_ : code, 0});
  }
  // A few acute cardiorenal events also happen to persons outside the target cohort.
  if (!out.diabetic && person.age_band >= 5 && kind == VisitKind::inpatient && rng.chance(0.25)) {
    out.conditions.push_back({visit, outcomes_[rng.below(4)], 0});
  }
  if (rng.chance(0.75)) {
    out.drugs.push_back({visit, acute_drugs_[pick(rng, acute_drug_weights_)], 3 + static_cast<int>(rng.below(12))});
  }
  if (rng.chance(0.35)) {
    out.procedures.push_back({visit, static_cast<std::uint32_t>(pick(rng, procedure_weights_)), 0});
  }
  if (site != clinic && rng.chance(0.5)) {
    const auto& tests = vocabulary_.tests();
    const auto which = static_cast<std::uint32_t>(3 + rng.below(static_cast<std::uint32_t>(tests.size() - 3)));
    const double value = tests[which].mean_tenths + tests[which].spread_tenths * rng.normal();
    out.tests.push_back({visit, which, static_cast<std::int32_t>(std::lround(std::max(value, 1.0)))});
  }
}

}  // namespace naru::synth
