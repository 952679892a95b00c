#pragma once
/// One figure with its uncertainty, or the reason why it is undefined.
#include "base/text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace naru::evaluate {

/// Why a figure, or only its interval, is undefined. The code (`code_of`) stands in JSON, `explain` is for people.
enum class Reason {
  none,
  no_rows,
  one_class,               ///< cases or controls are missing
  one_case,                ///< a variance needs two cases
  one_control,             ///< a variance needs two controls
  scores_all_equal,        ///< nothing varies
  scores_not_probability,  ///< a score is outside [0, 1]
  score_zero_or_one,       ///< the logit of a score is infinite
  perfect_separation,      ///< the logistic fit has no finite maximum
  not_converged,
  empty_denominator,  ///< e.g. PPV with nobody positive
  threshold_not_probability,
  no_closed_form,  ///< the interval would need resampling
  too_few_sites,
  uninformative,             ///< a prediction interval from three sites
  identical_ranks,           ///< two scores rank everybody alike
  horizon_beyond_follow_up,  ///< nobody is observed that long
  no_horizon,                ///< the measure needs one
  no_comparable_pairs,       ///< nobody's event came before somebody else's time
  competing_events,          ///< the measure is not defined with them
  suppressed,                ///< too few persons: output rules
};
[[nodiscard]] std::string_view code_of(Reason reason);
[[nodiscard]] Text explain(Reason reason);

struct Interval {
  double lo = 0;
  double hi = 0;
  bool operator==(const Interval&) const = default;
};

/// `reason` is `none` when estimate and interval are both there; it tells about the estimate when that is empty, else
/// about what is missing of se and interval.
struct Estimate {
  std::optional<double> estimate;
  std::optional<double> se;
  std::optional<Interval> ci95;
  std::optional<Interval> ci95_logit;  ///< AUROC only
  std::string method;
  Reason reason = Reason::none;
  bool operator==(const Estimate&) const = default;
};
[[nodiscard]] Estimate undefined(Reason reason, std::string method);

/// Normal quantile 0.975.
inline constexpr double z975 = 1.959963984540054;

[[nodiscard]] double logit(double p);
[[nodiscard]] double expit(double x);
/// Two-sided p of a standard normal; accurate in the far tail.
[[nodiscard]] double normal_p_two_sided(double z);
[[nodiscard]] double normal_quantile(double p);
[[nodiscard]] double student_p_two_sided(double t, double df);
[[nodiscard]] double student_quantile(double p, double df);
[[nodiscard]] double chi_squared_upper(double x, double df);

/// Wilson score interval (1927) of `count` out of `total`. Undefined for total 0 (`empty_denominator`).
[[nodiscard]] Estimate wilson(std::uint64_t count, std::uint64_t total);
/// Clopper and Pearson (1934), exact, from beta quantiles. REQUIRES: total > 0, count <= total.
[[nodiscard]] Interval clopper_pearson(std::uint64_t count, std::uint64_t total);

/// Compensated sum (Neumaier 1974): the order is the caller's, and fixed.
class Sum {
 public:
  void add(double x) {
    const double t = sum_ + x;
    carry_ += (sum_ >= 0 ? sum_ : -sum_) >= (x >= 0 ? x : -x) ? (sum_ - t) + x : (x - t) + sum_;
    sum_ = t;
  }
  [[nodiscard]] double value() const { return sum_ + carry_; }

 private:
  double sum_ = 0;
  double carry_ = 0;
};

}  // namespace naru::evaluate
