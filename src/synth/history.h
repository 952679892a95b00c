#pragma once
/// What happens to one person: chronic conditions, visits at the sites, and the planted outcome. The generating formula
/// stands in `Truth`; effects.json and docs/methods/synthetic-nation.md tell the same.
#include "synth/people.h"
#include "synth/vocabulary.h"

#include <cstdint>
#include <vector>

namespace naru::synth {

/// The planted logistic risk of an acute cardiorenal event within a year after the first diabetes diagnosis.
struct Truth {
  double intercept = -1.75;
  double age_per_year = 0.045;  ///< over 60
  double male = 0.40;
  double kidney_disease = 0.95;  ///< recorded in the year before
  double atrial_fibrillation = 0.80;
  double hypertension = 0.35;
  double statin = -0.70;            ///< exposed in the year before: the planted treatment effect
  double hba1c_per_percent = 0.40;  ///< over 7.5
  int horizon_days = 365;
  double metformin_hba1c_drop = 0.9;    ///< percent points from 60 days after start
  double respiratory_winter_ratio = 3;  ///< frequency in January over July
};

/// Planted differences between hospitals; index modulo 3.
struct SiteTraits {
  double hba1c_bias_tenths;  ///< another laboratory method
  double hba1c_missing;
  double local_code_share;  ///< hypertension written with a local code that nobody mapped
};
[[nodiscard]] const SiteTraits& traits_of(int site);

enum class VisitKind : std::uint8_t { outpatient, inpatient, emergency };
inline constexpr std::int8_t clinic = -1;  ///< a practice outside the hospitals: seen by the agency only

struct Visit {
  Day start = 0;
  Day end = 0;
  VisitKind kind = VisitKind::outpatient;
  std::int8_t site = clinic;
};
struct Coded {
  std::uint32_t visit = 0;
  std::uint32_t code = 0;  ///< index into the vocabulary's table
  std::int32_t value = 0;  ///< tests: tenths; drugs: days of supply; conditions: 1 for a local code
};

struct History {
  std::vector<Visit> visits;  ///< in no order
  std::vector<Coded> conditions, drugs, tests, procedures;
  std::vector<int> hospitals;  ///< visited, ascending
  bool insured = false;        ///< known to the agency
  bool diabetic = false;       ///< enters the target cohort
  bool event = false;          ///< planted outcome within the horizon
  Day entry = 0;
  Day death = 0;           ///< 0: alive
  double probability = 0;  ///< of the outcome
  void clear();
};

/// Draws histories; holds the sampling tables. One instance, used by one thread.
class HistoryMaker {
 public:
  HistoryMaker(const Vocabulary& vocabulary, std::uint64_t seed, int hospitals);
  void make(const Person& person, History& out) const;
  [[nodiscard]] const Truth& truth() const { return truth_; }

 private:
  struct Chronic {
    bool hypertension = false, kidney = false, fibrillation = false, lipids = false, statin = false, metformin = false;
    double hba1c = 0;
  };
  [[nodiscard]] Chronic draw_chronic(Rng& rng, const Person& person, History& out) const;
  void choose_sites(Rng& rng, const Person& person, History& out) const;
  void diabetes_course(Rng& rng, const Chronic& chronic, int site, Day outcome, Day late_outcome, History& out) const;
  void everyday_visits(Rng& rng, const Person& person, const Chronic& chronic, int site, History& out) const;
  void everyday_visit(Rng& rng, const Person& person, int site, Day day, History& out) const;
  void chronic_codes(Rng& rng, const Chronic& chronic, int site, std::uint32_t visit, History& out) const;
  void hba1c(Rng& rng, double level, int site, std::uint32_t visit, History& out) const;
  void vital_signs(Rng& rng, bool hypertensive, std::uint32_t visit, History& out) const;
  [[nodiscard]] Day winter_day(Rng& rng) const;
  [[nodiscard]] double outcome_probability(const Person& person, const Chronic& chronic, Day entry) const;

  const Vocabulary& vocabulary_;
  std::uint64_t seed_;
  int hospitals_;
  Truth truth_;
  std::vector<double> condition_weights_;
  std::vector<double> winter_conditions_;
  std::vector<std::uint32_t> winter_codes_;
  std::vector<double> procedure_weights_;
  std::vector<double> acute_drug_weights_;
  std::vector<std::uint32_t> acute_drugs_;
  std::vector<double> month_weights_;
  std::uint32_t e119_, e112_, i109_, i119_, n189_, i489_, e785_, z000_;
  std::uint32_t metformin_, glimepiride_, sitagliptin_, empagliflozin_, glargine_, losartan_, amlodipine_,
      atorvastatin_, apixaban_;
  std::uint32_t a1c_, systolic_, diastolic_, creatinine_, weight_, ldl_;
  std::vector<std::uint32_t> outcomes_;
};

}  // namespace naru::synth
