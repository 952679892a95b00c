// Distances between a smoothed and the predicted risk, and the smoothers other than loess.
#include "evaluate/smoothers.h"

#include <algorithm>
#include <cmath>

namespace naru::evaluate {
namespace {

Estimate distance(double value, const std::string& method) {
  Estimate out;
  out.method = method;
  out.estimate = value;
  out.reason = Reason::no_closed_form;
  return out;
}

CalibrationDistances all_undefined(Reason reason, const std::string& method) {
  const auto none = undefined(reason, method);
  return {none, none, none, none};
}

CalibrationDistances distances_of(const Levels& levels, const std::vector<double>& smooth, const std::string& method) {
  Sum sum;
  std::vector<std::pair<double, std::uint64_t>> distances;
  distances.reserve(levels.size());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double d = std::fabs(smooth[i] - levels.score[i]);
    sum.add(d * static_cast<double>(levels.count(i)));
    distances.emplace_back(d, levels.count(i));
  }
  std::sort(distances.begin(), distances.end());
  const auto n = levels.n();
  return {distance(sum.value() / static_cast<double>(n), method),
          distance(weighted_quantile(distances, n, 0.5), method),
          distance(weighted_quantile(distances, n, 0.9), method), distance(distances.back().first, method)};
}

Reason no_smoothing(const Levels& levels) {
  if (levels.n() == 0) return Reason::no_rows;
  if (!levels.probabilities()) return Reason::scores_not_probability;
  if (levels.n_cases == 0 || levels.n_controls == 0) return Reason::one_class;
  return Reason::none;
}

CalibrationDistances logistic_distances(const Levels& levels) {
  const std::string method = "logistic recalibration";
  const auto fit = recalibration(levels);
  if (!fit) return all_undefined(calibration_slope(levels).reason, method);
  std::vector<double> smooth;
  smooth.reserve(levels.size());
  for (const double score : levels.score) smooth.push_back(expit(fit->intercept + fit->slope * logit(score)));
  return distances_of(levels, smooth, method);
}

// Rows in ascending order; members of a tie share the mean of their outcomes, so that row order cannot matter.
struct Rows {
  std::vector<double> x;
  std::vector<double> y;
};
Rows rows_of(const Levels& levels) {
  Rows out;
  out.x.reserve(levels.n());
  out.y.reserve(levels.n());
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const double mean = static_cast<double>(levels.cases[i]) / static_cast<double>(levels.count(i));
    out.x.insert(out.x.end(), levels.count(i), levels.score[i]);
    out.y.insert(out.y.end(), levels.count(i), mean);
  }
  return out;
}

// Weighted local line at x0 over the window [left, right] and the ties beyond its right end.
double local_line(const Rows& rows, double x0, std::size_t left, std::size_t right) {
  const auto n = rows.x.size();
  const double range = rows.x[n - 1] - rows.x[0];
  const double h = std::max(x0 - rows.x[left], rows.x[right] - x0);
  const double far = 0.999 * h;
  const double close = 0.001 * h;
  std::vector<double> weight;
  double total = 0;
  for (std::size_t j = left; j < n; ++j) {
    const double r = std::fabs(rows.x[j] - x0);
    if (r > far && rows.x[j] > x0) break;
    double w = 0;
    if (r <= far) {
      const double share = r / h;
      const double cube = 1 - share * share * share;
      w = r > close ? cube * cube * cube : 1;
    }
    weight.push_back(w);
    total += w;
  }
  if (!(total > 0)) return rows.y[left];
  double centre = 0;
  for (std::size_t k = 0; k < weight.size(); ++k) {
    weight[k] /= total;
    centre += weight[k] * rows.x[left + k];
  }
  if (h > 0) {
    const double offset = x0 - centre;
    double spread = 0;
    for (std::size_t k = 0; k < weight.size(); ++k) {
      const double d = rows.x[left + k] - centre;
      spread += weight[k] * d * d;
    }
    if (std::sqrt(spread) > 0.001 * range) {
      for (std::size_t k = 0; k < weight.size(); ++k) weight[k] *= offset / spread * (rows.x[left + k] - centre) + 1;
    }
  }
  double value = 0;
  for (std::size_t k = 0; k < weight.size(); ++k) value += weight[k] * rows.y[left + k];
  return value;
}

// Cleveland's scheme: fit, jump as far as `delta` allows, interpolate what was jumped.
std::vector<double> lowess_rows(const Rows& rows) {
  const auto n = rows.x.size();
  std::vector<double> out(n);
  const auto wanted = static_cast<std::size_t>((2.0 / 3.0) * static_cast<double>(n) + 1e-7);
  const std::size_t window = std::clamp<std::size_t>(wanted, std::min<std::size_t>(2, n), n);
  const double delta = 0.01 * (rows.x[n - 1] - rows.x[0]);
  std::size_t left = 0;
  std::size_t right = window - 1;
  std::size_t fitted = 0;
  bool any = false;
  std::size_t i = 0;
  while (true) {
    while (right + 1 < n && rows.x[i] - rows.x[left] > rows.x[right + 1] - rows.x[i]) {
      ++left;
      ++right;
    }
    out[i] = local_line(rows, rows.x[i], left, right);
    if (any && fitted + 1 < i) {
      const double gap = rows.x[i] - rows.x[fitted];
      for (std::size_t j = fitted + 1; j < i; ++j) {
        const double share = (rows.x[j] - rows.x[fitted]) / gap;
        out[j] = share * out[i] + (1 - share) * out[fitted];
      }
    }
    any = true;
    fitted = i;
    const double reach = rows.x[fitted] + delta;
    for (i = fitted + 1; i < n; ++i) {
      if (rows.x[i] > reach) break;
      if (rows.x[i] == rows.x[fitted]) {
        out[i] = out[fitted];
        fitted = i;
      }
    }
    i = std::max(fitted + 1, i - 1);
    if (fitted + 1 >= n) return out;
  }
}

}  // namespace

std::optional<Smoother> smoother_named(std::string_view name) {
  if (name == "loess") return Smoother::loess;
  if (name == "lowess") return Smoother::lowess;
  if (name == "logistic") return Smoother::logistic;
  return std::nullopt;
}

double weighted_quantile(const std::vector<std::pair<double, std::uint64_t>>& sorted, std::uint64_t total, double p) {
  const double place = p * static_cast<double>(total - 1);
  const auto rank = static_cast<std::uint64_t>(std::floor(place));
  std::uint64_t passed = 0;
  std::size_t at = 0;
  while (at + 1 < sorted.size() && passed + sorted[at].second <= rank) passed += sorted[at++].second;
  const double low = sorted[at].first;
  const bool same = rank + 1 < passed + sorted[at].second || at + 1 == sorted.size();
  const double high = same ? low : sorted[at + 1].first;
  return low + (place - static_cast<double>(rank)) * (high - low);
}

std::vector<double> lowess(const Levels& levels) {
  const auto rows = rows_of(levels);
  const auto smooth = lowess_rows(rows);
  std::vector<double> out;
  out.reserve(levels.size());
  std::size_t row = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    out.push_back(smooth[row]);
    row += levels.count(i);
  }
  return out;
}

CalibrationDistances calibration_distances(const Levels& levels, Smoother smoother) {
  const bool direct = levels.n() <= loess_direct_rows_max;
  std::string method = direct ? "loess span 0.75 degree 2 direct"
                              : "loess span 0.75 degree 2 at 512 equally ranked knots, linear between";
  if (smoother == Smoother::lowess) method = "lowess span 2/3 degree 1, no robustness rounds, delta 0.01 of the range";
  if (smoother == Smoother::logistic) method = "logistic recalibration";
  if (const auto reason = no_smoothing(levels); reason != Reason::none) return all_undefined(reason, method);
  if (smoother == Smoother::logistic) return logistic_distances(levels);
  if (smoother == Smoother::lowess) return distances_of(levels, lowess(levels), method);
  return distances_of(levels, direct ? loess(levels, levels.score) : loess_at_knots(levels, loess_knots), method);
}

CalibrationDistances calibration_distances_at_knots(const Levels& levels, std::size_t knots) {
  const auto method = "loess span 0.75 degree 2 at " + std::to_string(knots) + " equally ranked knots, linear between";
  if (const auto reason = no_smoothing(levels); reason != Reason::none) return all_undefined(reason, method);
  return distances_of(levels, loess_at_knots(levels, knots), method);
}

}  // namespace naru::evaluate
