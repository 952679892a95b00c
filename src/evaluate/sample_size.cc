#include "evaluate/sample_size.h"

#include <cmath>

#include "evaluate/estimate.h"

namespace naru::evaluate {
namespace {

// Points and normal weights from -8 to 8 standard deviations; the trapezoid rule converges faster than any power for
// such integrands.
constexpr int points = 3201;
double node(int i) { return -8.0 + 16.0 * i / (points - 1); }
double weight(int i) {
  const double z = node(i);
  return std::exp(-z * z / 2) / std::sqrt(2 * 3.14159265358979323846) * 16.0 / (points - 1);
}

std::uint64_t up(double n) { return static_cast<std::uint64_t>(std::ceil(n - 1e-9)); }

// Smallest whole n for which `fine` holds; `fine` is monotone.
template <typename Fine>
std::uint64_t smallest(Fine fine) {
  std::uint64_t high = 4;
  while (!fine(high) && high < (1ULL << 50U)) high *= 2;
  std::uint64_t low = high / 2;
  while (low + 1 < high) {
    const auto middle = low + (high - low) / 2;
    (fine(middle) ? high : low) = middle;
  }
  return high;
}

// The mean that gives the rate at this standard deviation, by bisection: the rate grows with the mean.
double mean_for(double rate, double sd) {
  double low = -60;
  double high = 60;
  for (int round = 0; round < 64; ++round) {
    const double middle = low + (high - low) / 2;
    double sum = 0;
    for (int i = 0; i < points; ++i) sum += weight(i) * expit(middle + sd * node(i));
    (sum < rate ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

}  // namespace

RateAndC rate_and_c(const PredictorLaw& law) {
  // Cases and controls have densities proportional to p·phi and (1 - p)·phi; ties of a point count half.
  double cases = 0;
  double controls = 0;
  double pairs = 0;
  for (int i = 0; i < points; ++i) {
    const double p = expit(law.mean + law.sd * node(i));
    const double case_share = weight(i) * p;
    const double control_share = weight(i) * (1 - p);
    pairs += case_share * (controls + control_share / 2);
    cases += case_share;
    controls += control_share;
  }
  return {cases, pairs / (cases * controls)};
}

namespace {

Done check_rate_and_c(double rate, double c) {
  if (!(rate > 0 && rate < 1)) {
    return rejected(say("an event rate lies between 0 and 1", "사건 비율은 0과 1 사이입니다"), "rate");
  }
  if (!(c > 0.5 && c < 1)) {
    return rejected(say("a c statistic lies between 0.5 and 1", "c 통계량은 0.5와 1 사이입니다"), "c");
  }
  return {};
}

}  // namespace

Result<PredictorLaw> binormal_law(double rate, double c) {
  NARU_CHECK(check_rate_and_c(rate, c));
  const double apart = 2 * normal_quantile(c) * normal_quantile(c);
  return PredictorLaw{0.5 * (2 * rate - 1) * apart + logit(rate), std::sqrt(apart * (1 + rate * (1 - rate) * apart))};
}

Result<PredictorLaw> law_of(double rate, double c) {
  NARU_CHECK(check_rate_and_c(rate, c));
  double low = 0;
  double high = 12;
  if (rate_and_c({mean_for(rate, high), high}).c < c) {
    return rejected(
        say("no normal linear predictor has this c statistic", "이 c 통계량을 갖는 정규 선형예측값이 없습니다"), "c");
  }
  for (int round = 0; round < 60; ++round) {
    const double middle = low + (high - low) / 2;
    (rate_and_c({mean_for(rate, middle), middle}).c < c ? low : high) = middle;
  }
  const double sd = low + (high - low) / 2;
  return PredictorLaw{mean_for(rate, sd), sd};
}

std::uint64_t size_for_observed_expected(double rate, double se_log) {
  return up((1 - rate) / (rate * se_log * se_log));
}

double se_log_for_width(double width) {
  // exp(z·se) - exp(-z·se) = width.
  return std::asinh(width / 2) / z975;
}

Information information_of(const PredictorLaw& law) {
  Information out;
  for (int i = 0; i < points; ++i) {
    const double x = law.mean + law.sd * node(i);
    const double p = expit(x);
    const double w = weight(i) * p * (1 - p);
    out.a += w;
    out.ab += w * x;
    out.b += w * x * x;
  }
  return out;
}

Information information_of(std::span<const double> linear_predictor) {
  Sum a, ab, b;
  for (const double x : linear_predictor) {
    const double p = expit(x);
    const double w = p * (1 - p);
    a.add(w);
    ab.add(w * x);
    b.add(w * x * x);
  }
  const double n = static_cast<double>(linear_predictor.size());
  return {a.value() / n, ab.value() / n, b.value() / n};
}

double exact_size_for_slope(const Information& one, double se) {
  return one.a / (se * se * (one.a * one.b - one.ab * one.ab));
}

double exact_size_for_citl(const Information& one, double se) { return 1 / (se * se * one.a); }

std::uint64_t size_for_c(double rate, double c, double se) {
  return smallest([&](std::uint64_t n) {
    const double half = static_cast<double>(n) / 2 - 1;
    const double top = c * (1 - c) * (1 + half * (1 - c) / (2 - c) + half * c / (1 + c));
    return std::sqrt(top / (rate * (1 - rate))) / static_cast<double>(n) <= se;
  });
}

std::uint64_t size_for_net_benefit(double rate, double sensitivity, double specificity, double threshold, double se) {
  const double w = (1 - rate) / rate * threshold / (1 - threshold);
  const double one = sensitivity * (1 - sensitivity) / rate + w * w * specificity * (1 - specificity) / (1 - rate) +
                     w * w * (1 - specificity) * (1 - specificity) / (rate * (1 - rate));
  return up(one / (se * se));
}

SensSpec sens_spec_of(const PredictorLaw& law, double threshold) {
  // Closed in neither; a fine rule over the part at or above the threshold keeps the step's error below 1e-4.
  const double border = logit(threshold);
  double hit = 0;
  double cases = 0;
  double rejected_controls = 0;
  double controls = 0;
  for (int i = 0; i < points; ++i) {
    const double x = law.mean + law.sd * node(i);
    const double p = expit(x);
    // The share of this step that lies above the border.
    const double step = law.sd * 16.0 / (points - 1);
    const double above = std::fmin(1.0, std::fmax(0.0, (x - border) / step + 0.5));
    cases += weight(i) * p;
    controls += weight(i) * (1 - p);
    hit += weight(i) * p * above;
    rejected_controls += weight(i) * (1 - p) * (1 - above);
  }
  return {hit / cases, rejected_controls / controls};
}

}  // namespace naru::evaluate
