// Local regression.
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "evaluate/smoothers.h"

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
std::vector<double> knots_of(const Levels& levels, std::size_t knots) {
  std::vector<double> out;
  const double last = static_cast<double>(levels.n() - 1);
  std::size_t level = 0;
  std::uint64_t passed = levels.count(0);
  for (std::size_t k = 0; k < knots; ++k) {
    const auto rank =
        static_cast<std::uint64_t>(std::floor(last * static_cast<double>(k) / static_cast<double>(knots - 1)));
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

// Neighbouring levels put together to groups of about equal size, each at its mean score.
Levels merged(const Levels& levels, std::size_t groups) {
  Levels out;
  out.n_cases = levels.n_cases;
  out.n_controls = levels.n_controls;
  const std::uint64_t wanted = (levels.n() + groups - 1) / groups;
  std::uint64_t cases = 0;
  std::uint64_t controls = 0;
  double weighted = 0;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    cases += levels.cases[i];
    controls += levels.controls[i];
    weighted += static_cast<double>(levels.count(i)) * levels.score[i];
    if (cases + controls < wanted && i + 1 < levels.size()) continue;
    out.score.push_back(weighted / static_cast<double>(cases + controls));
    out.cases.push_back(cases);
    out.controls.push_back(controls);
    cases = 0;
    controls = 0;
    weighted = 0;
  }
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

std::vector<double> loess_at_knots(const Levels& levels, std::size_t knots) {
  const auto x = knots_of(levels, knots);
  const auto y = levels.size() > loess_groups ? loess(merged(levels, loess_groups), x) : loess(levels, x);
  return interpolated(x, y, levels.score);
}

}  // namespace naru::evaluate
