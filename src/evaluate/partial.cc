#include "evaluate/partial.h"

#include <algorithm>
#include <cmath>

namespace naru::evaluate {
namespace {

const std::string method_name = "partial area, trapezoid; variance of truncated placements";

// Σ, Σ² of per-person contributions and their number.
struct Spread {
  Sum sum;
  Sum squares;
  void add(std::uint64_t count, double value) {
    const double weight = static_cast<double>(count);
    sum.add(weight * value);
    squares.add(weight * value * value);
  }
  [[nodiscard]] double variance_of_mean(std::uint64_t count) const {
    const double n = static_cast<double>(count);
    const double mean = sum.value() / n;
    return std::max(0.0, squares.value() - n * mean * mean) / (n - 1) / n;
  }
};

// Area left of false positive rate `limit` as a mean over cases of (limit − FPR at the case)₊, and what each control
// adds: the cases between it and the limit. A tie is a straight piece of the curve, so its members share its mean.
struct Piece {
  double limit = 0;
  std::vector<double> of_case;     // per level, from the highest score down
  std::vector<double> of_control;  // likewise
};
Piece piece_of(const Levels& levels, double limit) {
  Piece out{limit, {}, {}};
  const double m = static_cast<double>(levels.n_cases);
  const double n = static_cast<double>(levels.n_controls);
  // Sensitivity where the curve crosses the limit.
  double reach = 0;
  double u = 0;
  double v = 0;
  for (std::size_t i = levels.size(); i-- > 0;) {
    const double du = static_cast<double>(levels.controls[i]) / n;
    const double dv = static_cast<double>(levels.cases[i]) / m;
    if (u >= limit) break;
    const double share = du > 0 ? std::min(1.0, (limit - u) / du) : 1.0;
    reach = v + share * dv;
    u += du;
    v += dv;
  }
  std::uint64_t controls = 0;
  std::uint64_t cases = 0;
  for (std::size_t i = levels.size(); i-- > 0;) {
    const double before = static_cast<double>(controls) / n;
    const double du = static_cast<double>(levels.controls[i]) / n;
    const double dv = static_cast<double>(levels.cases[i]) / m;
    const double left = std::max(0.0, limit - before);
    const double share = du > 0 ? std::min(1.0, left / du) : (left > 0 ? 1.0 : 0.0);
    out.of_case.push_back(share * (left - share * du / 2));
    const double rest = std::max(0.0, reach - static_cast<double>(cases) / m);
    out.of_control.push_back(share * (rest - share * dv / 2));
    controls += levels.controls[i];
    cases += levels.cases[i];
  }
  return out;
}

Reason no_area(const Levels& levels) {
  if (levels.n() == 0) return Reason::no_rows;
  if (levels.n_cases == 0 || levels.n_controls == 0) return Reason::one_class;
  return Reason::none;
}

void add_interval(Estimate& out, double variance, const Levels& levels) {
  if (levels.n_cases < 2 || levels.n_controls < 2) {
    out.reason = levels.n_cases < 2 ? Reason::one_case : Reason::one_control;
    return;
  }
  out.se = std::sqrt(variance);
  if (!(*out.se > 0)) {
    out.reason = levels.size() == 1 ? Reason::scores_all_equal : Reason::perfect_separation;
    return;
  }
  out.ci95 = Interval{*out.estimate - z975 * *out.se, *out.estimate + z975 * *out.se};
}

}  // namespace

PartialArea partial_auroc(const Levels& given, Axis axis, double from, double to) {
  if (const auto reason = no_area(given); reason != Reason::none) {
    return {undefined(reason, method_name), undefined(reason, method_name)};
  }
  // Sensitivity of a score is specificity of its mirror image.
  const Levels turned = axis == Axis::sensitivity ? mirrored(given) : Levels{};
  const Levels& levels = axis == Axis::sensitivity ? turned : given;
  const auto outer = piece_of(levels, 1 - from);
  const auto inner = piece_of(levels, 1 - to);
  Spread cases;
  Spread controls;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    const auto level = levels.size() - 1 - k;
    cases.add(levels.cases[level], outer.of_case[k] - inner.of_case[k]);
    controls.add(levels.controls[level], outer.of_control[k] - inner.of_control[k]);
  }
  PartialArea out;
  out.area.method = method_name;
  out.area.estimate = cases.sum.value() / static_cast<double>(levels.n_cases);
  double variance = 0;
  if (levels.n_cases > 1 && levels.n_controls > 1) {
    variance = cases.variance_of_mean(levels.n_cases) + controls.variance_of_mean(levels.n_controls);
  }
  add_interval(out.area, variance, levels);
  const double least = ((1 - from) * (1 - from) - (1 - to) * (1 - to)) / 2;
  const double scale = 2 * (to - from - least);
  out.corrected = out.area;
  out.corrected.method += "; McClish";
  out.corrected.estimate = (1 + 2 * (*out.area.estimate - least) / scale) / 2;
  if (out.area.se) out.corrected.se = *out.area.se / scale;
  if (out.area.ci95) {
    out.corrected.ci95 = Interval{*out.corrected.estimate - z975 * *out.corrected.se,
                                  *out.corrected.estimate + z975 * *out.corrected.se};
  }
  return out;
}

std::optional<BestPoint> youden_point(const Levels& levels) {
  if (no_area(levels) != Reason::none || levels.size() < 2) return std::nullopt;
  // Compared as integers: tp·n − fp·m, exact, so that ties are ties.
  __extension__ using Wide = __int128;
  Wide best = -static_cast<Wide>(levels.n_cases) * static_cast<Wide>(levels.n_controls) - 1;
  std::size_t place = 0;
  std::uint64_t best_tp = 0;
  std::uint64_t best_fp = 0;
  std::uint64_t tp = 0;
  std::uint64_t fp = 0;
  for (std::size_t i = levels.size(); i-- > 1;) {
    tp += levels.cases[i];
    fp += levels.controls[i];
    const Wide gain = static_cast<Wide>(tp) * static_cast<Wide>(levels.n_controls) -
                      static_cast<Wide>(fp) * static_cast<Wide>(levels.n_cases);
    if (gain <= best) continue;
    best = gain;
    place = i;
    best_tp = tp;
    best_fp = fp;
  }
  BestPoint out;
  out.threshold = levels.score[place - 1] + (levels.score[place] - levels.score[place - 1]) / 2;
  out.sensitivity = static_cast<double>(best_tp) / static_cast<double>(levels.n_cases);
  out.specificity = 1 - static_cast<double>(best_fp) / static_cast<double>(levels.n_controls);
  return out;
}

}  // namespace naru::evaluate
