#include "evaluate/impact_power.h"

#include <cmath>
#include <numbers>
#include <set>

#include "evaluate/estimate.h"
#include "evaluate/impact_matrix.h"

namespace naru::evaluate {
namespace {

double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double power_of(double effect, double se) { return se > 0 ? normal_cdf(std::fabs(effect) / se - z975) : 0; }

// The input's values, each asked for by name and range.
class Values {
 public:
  explicit Values(const PowerInput& input) : input_(input) {}
  double operator()(const char* name, double least, double most) {
    used_.insert(name);
    const auto found = input_.values.find(name);
    if (found == input_.values.end()) {
      fail(name, say("{} is needed for {}", "{1}에는 {0} 값이 필요합니다", name, input_.design));
      return least;
    }
    if (!(found->second >= least && found->second <= most)) {
      fail(name, say("{} must be {} to {}", "{} 값은 {}에서 {} 사이여야 합니다", name, least, most));
      return least;
    }
    return found->second;
  }
  double or_else(const char* name, double least, double most, double otherwise) {
    used_.insert(name);
    return has(name) ? (*this)(name, least, most) : otherwise;
  }
  [[nodiscard]] bool has(const char* name) const { return input_.values.contains(name); }
  Done done() {
    if (error_) return *error_;
    for (const auto& [name, value] : input_.values) {
      if (!used_.contains(name)) {
        return rejected(say("{} has no place in {}", "{}은(는) {}에서 쓰지 않습니다", name, input_.design), name);
      }
    }
    return {};
  }

 private:
  void fail(const char* name, Text what) {
    if (!error_) error_ = rejected(std::move(what), name);
  }
  const PowerInput& input_;
  std::set<std::string> used_;
  std::optional<Error> error_;
};

constexpr double many = 1e9;

// What differs between the arms, and the variance of one person in each.
struct Effect {
  double size = 0;
  double variance0 = 0;
  double variance1 = 0;
  [[nodiscard]] double variance() const { return (variance0 + variance1) / 2; }
};
Effect effect_in(Values& v) {
  if (v.has("effect")) {
    const double sd = v("sd", 1e-12, 1e12);
    return {v("effect", -1e12, 1e12), sd * sd, sd * sd};
  }
  const double p0 = v("p0", 0, 1);
  const double p1 = v("p1", 0, 1);
  return {p1 - p0, p0 * (1 - p0), p1 * (1 - p1)};
}

Power plain(const Effect& effect, double n1, double n0) {
  Power out;
  out.effect = effect.size;
  out.se = std::sqrt(effect.variance1 / n1 + effect.variance0 / n0);
  out.power = power_of(out.effect, out.se);
  return out;
}

Power cluster_trial(Values& v) {
  const auto effect = effect_in(v);
  const double clusters = v("clusters", 2, many);
  const double size = v("size", 1, many);
  const double icc = v("icc", 0, 1);
  const double cv = v.or_else("size_cv", 0, 10, 0);
  const double inflation = 1 + ((1 + cv * cv) * size - 1) * icc;
  auto out = plain(effect, clusters * size / inflation, clusters * size / inflation);
  out.grows = "clusters";
  return out;
}

Power stepped_wedge(Values& v) {
  const auto effect = effect_in(v);
  const double icc = v("icc", 0, 1);
  Power out;
  out.effect = effect.size;
  out.se = std::sqrt(stepped_wedge_variance(static_cast<std::int64_t>(v("clusters", 1, 100'000)),
                                            static_cast<std::int64_t>(v("periods", 2, 1'000)), v("size", 1, many),
                                            (1 - icc) * effect.variance(), icc * effect.variance()));
  out.power = power_of(out.effect, out.se);
  out.grows = "clusters";
  return out;
}

// Expected information of the segmented model with level and trend; AR(1) noise widens by (1 + r) / (1 - r).
Power series(Values& v) {
  const double ratio = v("ratio", 1e-6, 1e6);
  const double count = v("count", 1e-6, 1e12);
  const auto before = static_cast<std::size_t>(v("before", 2, 100'000));
  const auto after = static_cast<std::size_t>(v("after", 2, 100'000));
  const double dispersion = v("dispersion", 1e-6, 1e6);
  const double r = v.or_else("autocorrelation", -0.99, 0.99, 0);
  Matrix information(3, 3);
  for (std::size_t i = 0; i < before + after; ++i) {
    const bool on = i >= before;
    const double x[3] = {1, on ? 1.0 : 0.0, static_cast<double>(i)};
    const double weight = count * (on ? ratio : 1.0);
    for (std::size_t a = 0; a < 3; ++a) {
      for (std::size_t b = 0; b < 3; ++b) information.at(a, b) += weight * x[a] * x[b];
    }
  }
  Power out;
  out.effect = std::log(ratio);
  const auto inverse = inverse_definite(information);
  if (inverse) out.se = std::sqrt(dispersion * inverse->at(1, 1) * (1 + r) / (1 - r));
  out.power = power_of(out.effect, out.se);
  out.grows = "after";
  return out;
}

Power difference(Values& v) {
  const auto effect = effect_in(v);
  const double k1 = v("clusters", 1, many);
  const double k0 = v("comparison_clusters", 1, many);
  const double size = v("size", 1, many);
  const double periods = 1 / v("before", 1, many) + 1 / v("after", 1, many);
  const double icc = v("icc", 0, 1);
  const double stays = v("cluster_autocorrelation", 0, 1);
  const double variance = effect.variance() * (icc * (1 - stays) + (1 - icc) / size) * periods;
  Power out;
  out.effect = effect.size;
  out.se = std::sqrt(variance * (1 / k1 + 1 / k0));
  out.power = power_of(out.effect, out.se);
  out.grows = "clusters";
  return out;
}

Result<Power> once(const PowerInput& input) {
  Values v(input);
  Power out;
  if (input.design == "trial") {
    const auto effect = effect_in(v);
    const double n = v("n", 1, many);
    out = plain(effect, n, n);
    out.grows = "n";
  } else if (input.design == "before-after") {
    const auto effect = effect_in(v);
    const double n = v("n", 1, many);
    out = plain(effect, v("n_after", 1, many), n);
    out.grows = "n_after";
  } else if (input.design == "cluster-trial") {
    out = cluster_trial(v);
  } else if (input.design == "stepped-wedge") {
    out = stepped_wedge(v);
  } else if (input.design == "its") {
    out = series(v);
  } else if (input.design == "did") {
    out = difference(v);
  } else {
    return usage_error(say("unknown design '{}'", "알 수 없는 설계 '{}'", input.design), "--design",
                       say("trial, cluster-trial, stepped-wedge, its, did or before-after",
                           "trial, cluster-trial, stepped-wedge, its, did, before-after 중 하나"));
  }
  NARU_CHECK(v.done());
  return out;
}

// Power rises with the size: doubling, then halving the bracket.
Result<std::optional<std::int64_t>> needed_size(const PowerInput& input, const std::string& grows) {
  auto trial = input;
  const auto reaches = [&](std::int64_t size) -> Result<bool> {
    trial.values[grows] = static_cast<double>(size);
    NARU_ASSIGN(const auto power, once(trial));
    return power.power >= *input.wanted;
  };
  std::int64_t lo = 1;
  std::int64_t hi = 2;
  const std::int64_t most = input.design == "its" || input.design == "stepped-wedge" ? 20'000 : needed_max;
  for (;; lo = hi, hi = std::min(hi * 2, most)) {
    NARU_ASSIGN(const bool enough, reaches(hi));
    if (enough) break;
    if (hi == most) return std::optional<std::int64_t>();
  }
  while (hi - lo > 1) {
    const auto middle = lo + (hi - lo) / 2;
    NARU_ASSIGN(const bool enough, reaches(std::max<std::int64_t>(middle, 2)));
    (enough ? hi : lo) = middle;
  }
  return std::optional(hi);
}

}  // namespace

double stepped_wedge_variance(std::int64_t clusters, std::int64_t periods, double size, double within, double between) {
  const auto steps = periods - 1;
  double u = 0;
  double v = 0;
  std::vector<double> by_period(static_cast<std::size_t>(periods), 0.0);
  for (std::int64_t i = 0; i < clusters; ++i) {
    const auto start = 1 + i * steps / clusters;  // first period with the solution
    const auto on = static_cast<double>(periods - start);
    u += on;
    v += on * on;
    for (auto t = start; t < periods; ++t) by_period[static_cast<std::size_t>(t)] += 1;
  }
  double w = 0;
  for (const double n : by_period) w += n * n;
  const auto i = static_cast<double>(clusters);
  const auto t = static_cast<double>(periods);
  const double s = within / size;
  return i * s * (s + t * between) / ((i * u - w) * s + (u * u + i * t * u - t * w - i * v) * between);
}

Result<Power> impact_power(const PowerInput& input) {
  NARU_ASSIGN(auto out, once(input));
  if (!input.wanted) return out;
  if (!(*input.wanted > 0 && *input.wanted < 1)) {
    return usage_error(say("the wanted power must be between 0 and 1", "원하는 검정력은 0과 1 사이여야 합니다"),
                       "--power");
  }
  if (out.effect == 0) {
    return rejected(say("no size shows an effect of zero", "효과가 0이면 어떤 크기로도 보일 수 없습니다"), "effect");
  }
  NARU_ASSIGN(out.needed, needed_size(input, out.grows));
  return out;
}

}  // namespace naru::evaluate
