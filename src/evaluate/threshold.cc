#include "evaluate/threshold.h"

#include <array>
#include <cmath>

namespace naru::evaluate {
namespace {

// A value and its derivatives by the four cell shares (tp, fp, tn, fn).
struct Dual {
  double value = 0;
  std::array<double, 4> by{};
};
Dual operator+(Dual a, const Dual& b) {
  a.value += b.value;
  for (std::size_t i = 0; i < 4; ++i) a.by[i] += b.by[i];
  return a;
}
Dual operator-(Dual a, const Dual& b) {
  a.value -= b.value;
  for (std::size_t i = 0; i < 4; ++i) a.by[i] -= b.by[i];
  return a;
}
Dual operator*(const Dual& a, const Dual& b) {
  Dual out{a.value * b.value, {}};
  for (std::size_t i = 0; i < 4; ++i) out.by[i] = a.by[i] * b.value + a.value * b.by[i];
  return out;
}
Dual operator*(double a, const Dual& b) { return Dual{a, {}} * b; }
Dual operator/(const Dual& a, const Dual& b) {
  Dual out{a.value / b.value, {}};
  for (std::size_t i = 0; i < 4; ++i) out.by[i] = (a.by[i] - out.value * b.by[i]) / b.value;
  return out;
}
Dual root(const Dual& a) {
  Dual out{std::sqrt(a.value), {}};
  for (std::size_t i = 0; i < 4; ++i) out.by[i] = a.by[i] / (2 * out.value);
  return out;
}

struct Cells {
  Dual tp, fp, tn, fn;
  std::array<double, 4> share{};
  double n = 0;
};
Cells cells_of(const Confusion& at) {
  Cells out;
  out.n = static_cast<double>(at.n());
  const std::array<std::uint64_t, 4> counts{at.tp, at.fp, at.tn, at.fn};
  const std::array<Dual*, 4> places{&out.tp, &out.fp, &out.tn, &out.fn};
  for (std::size_t i = 0; i < 4; ++i) {
    out.share[i] = static_cast<double>(counts[i]) / out.n;
    places[i]->value = out.share[i];
    places[i]->by[i] = 1;
  }
  return out;
}

Estimate delta(const Dual& f, const Cells& cells, std::string method) {
  Estimate out;
  out.method = std::move(method) + "; delta method";
  out.estimate = f.value;
  double mean = 0;
  double square = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    mean += cells.share[i] * f.by[i];
    square += cells.share[i] * f.by[i] * f.by[i];
  }
  out.se = std::sqrt(std::max(0.0, square - mean * mean) / cells.n);
  out.ci95 = Interval{f.value - z975 * *out.se, f.value + z975 * *out.se};
  return out;
}

std::optional<Interval> exact(std::uint64_t count, std::uint64_t total) {
  if (total == 0) return std::nullopt;
  return clopper_pearson(count, total);
}

Estimate scaled(Estimate share, double by, std::string method) {
  share.method = std::move(method);
  if (share.estimate) *share.estimate *= by;
  if (share.se) *share.se *= by;
  if (share.ci95) share.ci95 = Interval{share.ci95->lo * by, share.ci95->hi * by};
  return share;
}

// 1 / PPV: the interval is the inverse of Wilson's, open above when Wilson's starts at 0.
Estimate alerts_per_case(const Confusion& at) {
  const std::string method = "alerts per case found; inverse Wilson";
  if (at.tp == 0) return undefined(Reason::empty_denominator, method);
  const auto ppv = wilson(at.tp, at.tp + at.fp);
  Estimate out;
  out.method = method;
  out.estimate = 1 / *ppv.estimate;
  out.se = *ppv.se / (*ppv.estimate * *ppv.estimate);
  out.ci95 = Interval{1 / ppv.ci95->hi, 1 / ppv.ci95->lo};
  return out;
}

void agreement(const Confusion& at, ThresholdDetail& out) {
  const std::string f1 = "2TP/(2TP+FP+FN)";
  const std::string mcc = "Matthews correlation";
  const std::string kappa = "Cohen's kappa";
  const std::string balanced = "mean of sensitivity and specificity";
  out.f1 = undefined(Reason::empty_denominator, f1);
  out.mcc = undefined(Reason::empty_denominator, mcc);
  out.kappa = undefined(Reason::empty_denominator, kappa);
  out.balanced_accuracy = undefined(Reason::empty_denominator, balanced);
  if (at.n() == 0) return;
  const auto c = cells_of(at);
  if (at.tp + at.fp + at.fn > 0) out.f1 = delta(2 * c.tp / (2 * c.tp + c.fp + c.fn), c, f1);
  const auto positive = c.tp + c.fp;
  const auto negative = c.tn + c.fn;
  const auto cases = c.tp + c.fn;
  const auto controls = c.tn + c.fp;
  const Dual one{1, {}};
  const bool both = at.cases() > 0 && at.controls() > 0;
  if (both && at.tp + at.fp > 0 && at.tn + at.fn > 0) {
    out.mcc = delta((c.tp * c.tn - c.fp * c.fn) / root(positive * negative * cases * controls), c, mcc);
  }
  const auto chance = positive * cases + negative * controls;
  if (chance.value < 1) out.kappa = delta((c.tp + c.tn - chance) / (one - chance), c, kappa);
  if (both) out.balanced_accuracy = delta(0.5 * (c.tp / cases + c.tn / controls), c, balanced);
}

}  // namespace

Estimate ratio_of_proportions(std::uint64_t a, std::uint64_t m, std::uint64_t b, std::uint64_t n) {
  Estimate out;
  out.method = "ratio of proportions; log interval";
  if (m == 0 || n == 0 || b == 0) return undefined(Reason::empty_denominator, out.method);
  const double x = static_cast<double>(a) / static_cast<double>(m);
  const double y = static_cast<double>(b) / static_cast<double>(n);
  out.estimate = x / y;
  if (a == 0) {
    out.reason = Reason::empty_denominator;
    return out;
  }
  const double se_log = std::sqrt((1 - x) / static_cast<double>(a) + (1 - y) / static_cast<double>(b));
  out.se = *out.estimate * se_log;
  out.ci95 = Interval{*out.estimate * std::exp(-z975 * se_log), *out.estimate * std::exp(z975 * se_log)};
  return out;
}

ThresholdDetail threshold_detail(const Confusion& at) {
  ThresholdDetail out;
  out.sensitivity_exact = exact(at.tp, at.cases());
  out.specificity_exact = exact(at.tn, at.controls());
  out.ppv_exact = exact(at.tp, at.tp + at.fp);
  out.npv_exact = exact(at.tn, at.tn + at.fn);
  out.alerts_exact = exact(at.tp + at.fp, at.n());
  out.lr_positive = ratio_of_proportions(at.tp, at.cases(), at.fp, at.controls());
  out.lr_negative = ratio_of_proportions(at.fn, at.cases(), at.tn, at.controls());
  out.alerts_per_100 = scaled(wilson(at.tp + at.fp, at.n()), 100, "alerts per 100 persons; Wilson");
  out.missed_per_100 = scaled(wilson(at.fn, at.cases()), 100, "cases not alerted per 100 cases; Wilson");
  out.alerts_per_case = alerts_per_case(at);
  agreement(at, out);
  return out;
}

}  // namespace naru::evaluate
