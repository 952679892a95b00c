// Local regression and the distances between a smoothed and the predicted risk.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "evaluate/calibration.h"

namespace naru::evaluate {
namespace {

constexpr double span_share = 0.75;

// Weighted sums of powers of u = (x - x0) / h and of y·u^k, over a window [from, to).
struct Sums {
  std::array<double, 5> power{};
  std::array<double, 3> product{};
};

// Solves the (degree+1)-square normal equations by elimination with pivoting; the value at u = 0 is the first
// coefficient. A near-singular system (fewer distinct scores than coefficients) lowers the degree.
double intercept_of(const Sums& sums) {
  for (std::size_t order = 3; order > 1; --order) {
    std::array<std::array<double, 4>, 3> m{};
    for (std::size_t r = 0; r < order; ++r) {
      for (std::size_t c = 0; c < order; ++c) m[r][c] = sums.power[r + c];
      m[r][order] = sums.product[r];
    }
    bool singular = false;
    for (std::size_t c = 0; c < order && !singular; ++c) {
      std::size_t best = c;
      for (std::size_t r = c + 1; r < order; ++r) {
        if (std::fabs(m[r][c]) > std::fabs(m[best][c])) best = r;
      }
      std::swap(m[c], m[best]);
      singular = std::fabs(m[c][c]) < 1e-12 * sums.power[0];
      for (std::size_t r = c + 1; r < order && !singular; ++r) {
        const double factor = m[r][c] / m[c][c];
        for (std::size_t k = c; k <= order; ++k) m[r][k] -= factor * m[c][k];
      }
    }
    if (singular) continue;
    std::array<double, 3> solution{};
    for (std::size_t r = order; r-- > 0;) {
      double value = m[r][order];
      for (std::size_t k = r + 1; k < order; ++k) value -= m[r][k] * solution[k];
      solution[r] = value / m[r][r];
    }
    return solution[0];
  }
  return sums.product[0] / sums.power[0];
}

// The window of the `wanted` nearest persons around x0 as levels [from, to), and its half width.
struct Window {
  std::size_t from = 0;
  std::size_t to = 0;
  double half = 0;
};
Window window_at(const Levels& levels, double x0, std::uint64_t wanted) {
  const auto begin = levels.score.begin();
  auto right = static_cast<std::size_t>(std::lower_bound(begin, levels.score.end(), x0) - begin);
  std::size_t left = right;
  std::uint64_t held = 0;
  double half = 0;
  while (held < wanted && (left > 0 || right < levels.size())) {
    const bool take_left =
        right == levels.size() || (left > 0 && x0 - levels.score[left - 1] <= levels.score[right] - x0);
    if (take_left) {
      --left;
      held += levels.count(left);
      half = x0 - levels.score[left];
    } else {
      held += levels.count(right);
      half = levels.score[right] - x0;
      ++right;
    }
  }
  return {left, right, half};
}

double fit_at(const Levels& levels, double x0, std::uint64_t wanted) {
  const auto window = window_at(levels, x0, wanted);
  Sums sums;
  if (!(window.half > 0)) {
    Sum cases;
    Sum all;
    for (std::size_t i = window.from; i < window.to; ++i) {
      cases.add(static_cast<double>(levels.cases[i]));
      all.add(static_cast<double>(levels.count(i)));
    }
    return cases.value() / all.value();
  }
  const double scale = 1 / window.half;
  for (std::size_t i = window.from; i < window.to; ++i) {
    const double u = (levels.score[i] - x0) * scale;
    const double d = std::fabs(u);
    const double c = 1 - d * d * d;
    const double tricube = d < 1 ? c * c * c : 0;
    const double w = tricube * static_cast<double>(levels.count(i));
    const double wy = tricube * static_cast<double>(levels.cases[i]);
    const double w1 = w * u;
    const double w2 = w1 * u;
    const double w3 = w2 * u;
    sums.power[0] += w;
    sums.power[1] += w1;
    sums.power[2] += w2;
    sums.power[3] += w3;
    sums.power[4] += w3 * u;
    sums.product[0] += wy;
    sums.product[1] += wy * u;
    sums.product[2] += wy * u * u;
  }
  return intercept_of(sums);
}

// Scores at equally spaced ranks, ends included, without repetition.
std::vector<double> knots_of(const Levels& levels) {
  std::vector<double> out;
  const double last = static_cast<double>(levels.n() - 1);
  std::size_t level = 0;
  std::uint64_t passed = levels.count(0);
  for (std::size_t k = 0; k < loess_knots; ++k) {
    const auto rank =
        static_cast<std::uint64_t>(std::floor(last * static_cast<double>(k) / static_cast<double>(loess_knots - 1)));
    while (passed <= rank) passed += levels.count(++level);
    if (out.empty() || out.back() < levels.score[level]) out.push_back(levels.score[level]);
  }
  return out;
}

std::vector<double> interpolated(const std::vector<double>& x, const std::vector<double>& y,
                                 const std::vector<double>& at) {
  std::vector<double> out;
  out.reserve(at.size());
  std::size_t k = 0;
  for (const double value : at) {
    while (k + 2 < x.size() && x[k + 1] < value) ++k;
    if (x.size() == 1) {
      out.push_back(y[0]);
      continue;
    }
    const double share = (value - x[k]) / (x[k + 1] - x[k]);
    out.push_back(y[k] + share * (y[k + 1] - y[k]));
  }
  return out;
}

// Quantile type 7 of weighted values sorted ascending.
double quantile(const std::vector<std::pair<double, std::uint64_t>>& sorted, std::uint64_t total, double p) {
  const double place = p * static_cast<double>(total - 1);
  const auto rank = static_cast<std::uint64_t>(std::floor(place));
  const auto value_at = [&](std::uint64_t wanted) {
    std::uint64_t passed = 0;
    for (const auto& [value, count] : sorted) {
      passed += count;
      if (passed > wanted) return value;
    }
    return sorted.back().first;
  };
  const double low = value_at(rank);
  const double high = value_at(std::min(rank + 1, total - 1));
  return low + (place - static_cast<double>(rank)) * (high - low);
}

Estimate distance(double value, const std::string& method) {
  Estimate out;
  out.method = method;
  out.estimate = value;
  out.reason = Reason::no_closed_form;
  return out;
}

}  // namespace

std::vector<double> loess(const Levels& levels, const std::vector<double>& at) {
  const auto wanted = static_cast<std::uint64_t>(std::floor(static_cast<double>(levels.n()) * span_share + 1e-5));
  std::vector<double> out;
  out.reserve(at.size());
  for (const double x : at) out.push_back(fit_at(levels, x, std::max<std::uint64_t>(wanted, 1)));
  return out;
}

CalibrationDistances calibration_distances(const Levels& levels) {
  const bool direct = levels.n() <= loess_direct_rows_max;
  const std::string method = direct ? "loess span 0.75 degree 2 direct"
                                    : "loess span 0.75 degree 2 at 512 equally ranked knots, linear between";
  auto reason = Reason::none;
  if (levels.n() == 0) reason = Reason::no_rows;
  if (reason == Reason::none && !levels.probabilities()) reason = Reason::scores_not_probability;
  if (reason == Reason::none && (levels.n_cases == 0 || levels.n_controls == 0)) reason = Reason::one_class;
  if (reason != Reason::none) {
    const auto none = undefined(reason, method);
    return {none, none, none, none};
  }
  std::vector<double> smooth;
  if (direct) {
    smooth = loess(levels, levels.score);
  } else {
    const auto knots = knots_of(levels);
    smooth = interpolated(knots, loess(levels, knots), levels.score);
  }
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
  return {distance(sum.value() / static_cast<double>(n), method), distance(quantile(distances, n, 0.5), method),
          distance(quantile(distances, n, 0.9), method), distance(distances.back().first, method)};
}

}  // namespace naru::evaluate
