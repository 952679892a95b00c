#include "evaluate/estimate.h"

#include <array>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <utility>

namespace naru::evaluate {
namespace {

// Plain double all through: long double differs between processors.
using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

struct Word {
  Reason reason;
  std::string_view code;
  std::string_view en;
  std::string_view ko;
};
constexpr std::array<Word, 21> words{{
    {Reason::none, "", "", ""},
    {Reason::no_rows, "no_rows", "there are no rows", "자료가 없습니다"},
    {Reason::one_class, "one_class", "only one outcome class is present", "결과가 한 가지뿐입니다"},
    {Reason::one_case, "one_case", "a variance needs at least two events", "분산을 구하려면 사건이 둘 이상 필요합니다"},
    {Reason::one_control, "one_control", "a variance needs at least two non-events",
     "분산을 구하려면 비사건이 둘 이상 필요합니다"},
    {Reason::scores_all_equal, "scores_all_equal", "all scores are equal", "모든 점수가 같습니다"},
    {Reason::scores_not_probability, "scores_not_probability", "scores leave the range 0 to 1",
     "점수가 0과 1 사이를 벗어납니다"},
    {Reason::score_zero_or_one, "score_zero_or_one", "a score of exactly 0 or 1 has no finite logit",
     "정확히 0 또는 1인 점수는 유한한 로짓이 없습니다"},
    {Reason::perfect_separation, "perfect_separation", "scores separate the classes perfectly",
     "점수가 두 결과를 완전히 나눕니다"},
    {Reason::not_converged, "not_converged", "the fit did not converge", "적합이 수렴하지 않았습니다"},
    {Reason::empty_denominator, "empty_denominator", "nobody is in the denominator", "분모에 해당하는 사람이 없습니다"},
    {Reason::threshold_not_probability, "threshold_not_probability",
     "net benefit needs a threshold strictly between 0 and 1", "순이익은 0과 1 사이의 임계값이 필요합니다"},
    {Reason::no_closed_form, "no_closed_form", "no closed-form interval exists for this measure",
     "이 지표에는 닫힌 형태의 구간이 없습니다"},
    {Reason::too_few_sites, "too_few_sites", "too few sites have an estimate", "추정값이 있는 기관이 너무 적습니다"},
    {Reason::uninformative, "uninformative", "a prediction interval from three sites is uninformative",
     "세 기관에서 얻은 예측구간은 정보가 없습니다"},
    {Reason::identical_ranks, "identical_ranks", "the two scores rank everybody alike", "두 점수의 순위가 같습니다"},
    {Reason::horizon_beyond_follow_up, "horizon_beyond_follow_up", "nobody is followed up to the horizon",
     "예측 시점까지 추적된 사람이 없습니다"},
    {Reason::no_horizon, "no_horizon", "the measure needs a horizon", "예측 시점이 필요한 지표입니다"},
    {Reason::no_comparable_pairs, "no_comparable_pairs", "no pair of persons can be compared",
     "비교할 수 있는 쌍이 없습니다"},
    {Reason::competing_events, "competing_events", "not defined with competing events",
     "경쟁 사건이 있으면 정의되지 않습니다"},
    {Reason::suppressed, "suppressed", "too few persons: suppressed by the output rules",
     "인원이 적어 반출 규칙에 따라 가렸습니다"},
}};

const Word& word(Reason reason) {
  for (const auto& entry : words) {
    if (entry.reason == reason) return entry;
  }
  return words.front();
}

}  // namespace

std::string_view code_of(Reason reason) { return word(reason).code; }
Text explain(Reason reason) { return {std::string(word(reason).en), std::string(word(reason).ko)}; }

Estimate undefined(Reason reason, std::string method) {
  Estimate out;
  out.method = std::move(method);
  out.reason = reason;
  return out;
}

double logit(double p) { return std::log(p) - std::log1p(-p); }

double expit(double x) {
  if (x >= 0) return 1.0 / (1.0 + std::exp(-x));
  const double e = std::exp(x);
  return e / (1.0 + e);
}

double normal_p_two_sided(double z) { return std::erfc(std::fabs(z) / std::sqrt(2.0)); }

double normal_quantile(double p) {
  return boost::math::quantile(boost::math::normal_distribution<double, Policy>(), p);
}

double student_p_two_sided(double t, double df) {
  const boost::math::students_t_distribution<double, Policy> law(df);
  return 2.0 * boost::math::cdf(boost::math::complement(law, std::fabs(t)));
}

double student_quantile(double p, double df) {
  return boost::math::quantile(boost::math::students_t_distribution<double, Policy>(df), p);
}

double chi_squared_upper(double x, double df) {
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared_distribution<double, Policy>(df), x));
}

Estimate wilson(std::uint64_t count, std::uint64_t total) {
  Estimate out;
  out.method = "Wilson";
  if (total == 0) return undefined(Reason::empty_denominator, out.method);
  const double n = static_cast<double>(total);
  const double p = static_cast<double>(count) / n;
  const double z2 = z975 * z975;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = z975 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  out.estimate = p;
  out.se = std::sqrt(p * (1 - p) / n);
  out.ci95 = Interval{count == 0 ? 0.0 : middle - half, count == total ? 1.0 : middle + half};
  return out;
}

Interval clopper_pearson(std::uint64_t count, std::uint64_t total) {
  const double k = static_cast<double>(count);
  const double n = static_cast<double>(total);
  using Beta = boost::math::beta_distribution<double, Policy>;
  Interval out{0.0, 1.0};
  if (count > 0) out.lo = boost::math::quantile(Beta(k, n - k + 1), 0.025);
  if (count < total) out.hi = boost::math::quantile(Beta(k + 1, n - k), 0.975);
  return out;
}

}  // namespace naru::evaluate
