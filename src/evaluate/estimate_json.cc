#include "evaluate/estimate_json.h"

#include <charconv>
#include <cmath>

#include "base/json.h"

namespace naru::evaluate {
namespace {

Json number(const std::optional<double>& value, int decimals) {
  return value ? Json(rounded(*value, decimals)) : Json(nullptr);
}
Json interval(const std::optional<Interval>& value, int decimals) {
  return value ? Json::array({rounded(value->lo, decimals), rounded(value->hi, decimals)}) : Json(nullptr);
}

}  // namespace

double rounded(double value, int decimals) {
  if (decimals < 0 || !std::isfinite(value)) return value;
  // The decimal text rounds the exact value once; scaling by a power of ten would round twice.
  const auto text = fmt::format("{:.{}f}", value, decimals);
  double out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out == 0 ? 0.0 : out;
}

Json json_of(const Estimate& estimate, int decimals) {
  Json out{{"estimate", number(estimate.estimate, decimals)},
           {"se", number(estimate.se, decimals)},
           {"ci95", interval(estimate.ci95, decimals)},
           {"method", estimate.method}};
  if (estimate.ci95_logit) out["ci95_logit"] = interval(estimate.ci95_logit, decimals);
  if (estimate.reason != Reason::none) out["reason"] = code_of(estimate.reason);
  return out;
}

Json json_of(const Pooled& pooled, int decimals) {
  Json out{{"sites", pooled.sites},
           {"estimate", number(pooled.mean, decimals)},
           {"se", number(pooled.se, decimals)},
           {"ci95", interval(pooled.ci95, decimals)},
           {"ci95_wald", interval(pooled.ci95_wald, decimals)},
           {"prediction95", interval(pooled.prediction95, decimals)},
           {"prediction95_hts", interval(pooled.prediction95_hts, decimals)},
           {"tau2", number(pooled.tau2, decimals)},
           {"i2", number(pooled.i2, decimals)},
           {"q", number(pooled.q, decimals)},
           {"q_p", number(pooled.q_p, decimals)},
           {"method", pooled.method}};
  if (pooled.uninformative95) {
    out["prediction95_uninformative"] = {{"t_k_minus_1", interval(pooled.uninformative95, decimals)},
                                         {"t_k_minus_2", interval(pooled.uninformative95_hts, decimals)}};
  }
  if (pooled.reason != Reason::none) out["reason"] = code_of(pooled.reason);
  if (pooled.prediction_reason != Reason::none) out["prediction_reason"] = code_of(pooled.prediction_reason);
  return out;
}

Json json_of(const Comparison& comparison) {
  Json out{{"difference", json_of(comparison.difference)},
           {"z", number(comparison.statistic, -1)},
           {"p", number(comparison.p, -1)}};
  if (comparison.covariance) out["covariance"] = *comparison.covariance;
  if (comparison.df) out["df"] = *comparison.df;
  if (!comparison.p) out["reason"] = code_of(comparison.difference.reason);
  return out;
}

Json reasons_json() {
  Json out = Json::object();
  for (int i = static_cast<int>(Reason::none) + 1; i <= static_cast<int>(Reason::suppressed); ++i) {
    const auto reason = static_cast<Reason>(i);
    const auto text = explain(reason);
    out[std::string(code_of(reason))] = {{"en", text.en}, {"ko", text.ko}};
  }
  return out;
}

}  // namespace naru::evaluate
