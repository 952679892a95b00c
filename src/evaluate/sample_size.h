#pragma once
/// Persons an external validation needs, criterion by criterion.
///
/// Sources: Riley et al. 2021 (Stat Med 40:4230, O:E, slope, c, net benefit; what pmvalsampsize computes); Newcombe
/// 2006 (SE of c); Pavlou et al. 2021 (linear predictor that has a given rate and c); Archer et al. 2021.
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace naru::evaluate {

/// Normal distribution of the linear predictor among all persons.
struct PredictorLaw {
  double mean = 0;
  double sd = 1;
};
/// The normal law under which a well calibrated model has this event rate and c statistic.
/// Errors: rejected when rate is not in (0, 1), c not in (0.5, 1), or no law is found.
[[nodiscard]] Result<PredictorLaw> law_of(double rate, double c);
/// Its approximation from two normal laws of equal spread, one of cases and one of controls (Pavlou et al. 2021).
[[nodiscard]] Result<PredictorLaw> binormal_law(double rate, double c);
/// Event rate and c statistic of a well calibrated model with that law.
struct RateAndC {
  double rate = 0;
  double c = 0;
};
[[nodiscard]] RateAndC rate_and_c(const PredictorLaw& law);

/// Smallest n with SE(ln O:E) <= se: (1 - rate) / (rate·se²).
[[nodiscard]] std::uint64_t size_for_observed_expected(double rate, double se_log);
/// SE of ln O:E whose 95 % interval of O:E around 1 has this width.
[[nodiscard]] double se_log_for_width(double width);
/// Smallest n with SE(slope) <= se, from the expected information of one person (unit: `slope_information`).
struct Information {
  double a = 0;   ///< E p(1 - p)
  double ab = 0;  ///< E x·p(1 - p)
  double b = 0;   ///< E x²·p(1 - p)
};
[[nodiscard]] Information information_of(const PredictorLaw& law);
[[nodiscard]] Information information_of(std::span<const double> linear_predictor);
[[nodiscard]] double exact_size_for_slope(const Information& one, double se);
[[nodiscard]] double exact_size_for_citl(const Information& one, double se);
/// Smallest n whose Newcombe SE of c is <= se.
[[nodiscard]] std::uint64_t size_for_c(double rate, double c, double se);
/// Smallest n with SE of the standardised net benefit (net benefit / rate) at threshold t <= se.
[[nodiscard]] std::uint64_t size_for_net_benefit(double rate, double sensitivity, double specificity, double threshold,
                                                 double se);
/// Sensitivity and specificity at a threshold of a well calibrated model with that law.
struct SensSpec {
  double sensitivity = 0;
  double specificity = 0;
};
[[nodiscard]] SensSpec sens_spec_of(const PredictorLaw& law, double threshold);

}  // namespace naru::evaluate
