#include "evaluate/impact_mixed.h"

#include <algorithm>
#include <cmath>

namespace naru::evaluate {
namespace {

constexpr double ratio_max = 1e8;
constexpr int halvings = 200;

// Everything the likelihood needs, once per data set.
struct Sums {
  std::size_t rows = 0;
  std::size_t p = 0;
  Matrix cross;            // X'X
  std::vector<double> xy;  // X'y
  double yy = 0;
  std::vector<double> n;               // rows of each cluster
  std::vector<std::vector<double>> x;  // column sums of each cluster
  std::vector<double> y;               // outcome sums of each cluster
};

Sums sums_of(const Design& design, std::span<const double> y, std::span<const std::uint32_t> cluster) {
  Sums out;
  out.rows = y.size();
  out.p = design.x.cols();
  std::uint32_t k = 0;
  for (const auto c : cluster) k = std::max(k, c + 1);
  out.cross = Matrix(out.p, out.p);
  out.xy.assign(out.p, 0.0);
  out.n.assign(k, 0.0);
  out.x.assign(k, std::vector<double>(out.p, 0.0));
  out.y.assign(k, 0.0);
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto row = design.x.row(i);
    const auto c = cluster[i];
    for (std::size_t a = 0; a < out.p; ++a) {
      for (std::size_t b = 0; b < out.p; ++b) out.cross.at(a, b) += row[a] * row[b];
      out.xy[a] += row[a] * y[i];
      out.x[c][a] += row[a];
    }
    out.yy += y[i] * y[i];
    out.n[c] += 1;
    out.y[c] += y[i];
  }
  return out;
}

// Derivative of -2 log likelihood by the variance ratio; its sign decides where the optimum lies.
std::optional<double> derivative(const Sums& s, double ratio) {
  Matrix a = s.cross;
  auto b = s.xy;
  double whole = s.yy;
  for (std::size_t c = 0; c < s.n.size(); ++c) {
    const double shrink = ratio / (1 + ratio * s.n[c]);
    for (std::size_t i = 0; i < s.p; ++i) {
      for (std::size_t j = 0; j < s.p; ++j) a.at(i, j) -= shrink * s.x[c][i] * s.x[c][j];
      b[i] -= shrink * s.x[c][i] * s.y[c];
    }
    whole -= shrink * s.y[c] * s.y[c];
  }
  const auto inverse = inverse_definite(a);
  if (!inverse) return std::nullopt;
  const auto beta = times(*inverse, b);
  const double rss = whole - dot(b, beta);
  double explained = 0;
  double trace = 0;
  for (std::size_t c = 0; c < s.n.size(); ++c) {
    const double size = 1 + ratio * s.n[c];
    const double residual = (s.y[c] - dot(s.x[c], beta)) / size;
    explained += residual * residual;
    trace += s.n[c] / size - quadratic(*inverse, s.x[c]) / (size * size);
  }
  return trace - static_cast<double>(s.rows - s.p) * explained / rss;
}

std::optional<double> best_ratio(const Sums& s) {
  auto slope = derivative(s, 0);
  if (!slope) return std::nullopt;
  if (*slope >= 0) return 0.0;
  double lo = 0;
  double hi = 1e-3;
  while (hi < ratio_max) {
    slope = derivative(s, hi);
    if (!slope) return std::nullopt;
    if (*slope >= 0) break;
    lo = hi;
    hi *= 2;
  }
  for (int i = 0; i < halvings && hi > lo; ++i) {
    const double middle = lo + (hi - lo) / 2;
    if (middle <= lo || middle >= hi) break;
    slope = derivative(s, middle);
    if (!slope) return std::nullopt;
    (*slope >= 0 ? hi : lo) = middle;
  }
  return lo + (hi - lo) / 2;
}

}  // namespace

Result<MixedFit> fit_random_intercept(const Design& design, std::span<const double> y,
                                      std::span<const std::uint32_t> cluster) {
  // Names the column, should the terms not be separable.
  NARU_ASSIGN(auto plain, fit_model(design, y, Family::gaussian));
  // Residuals stand for the outcome: the same ratio, and no cancellation in the sums of squares.
  std::vector<double> rest(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) rest[i] = y[i] - plain.fitted[i];
  const auto sums = sums_of(design, rest, cluster);
  const auto ratio = best_ratio(sums);
  if (!ratio) return rejected(say("the mixed model cannot be fitted", "혼합모형을 적합할 수 없습니다"), "model");
  MixedFit out;
  out.ratio = *ratio;
  out.icc = *ratio / (1 + *ratio);
  Design turned = design;
  std::vector<double> response(y.begin(), y.end());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto c = cluster[i];
    const double theta = 1 - 1 / std::sqrt(1 + *ratio * sums.n[c]);
    for (std::size_t j = 0; j < sums.p; ++j) turned.x.at(i, j) -= theta * sums.x[c][j] / sums.n[c];
  }
  std::vector<double> mean(sums.n.size(), 0.0);
  for (std::size_t i = 0; i < y.size(); ++i) mean[cluster[i]] += y[i];
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto c = cluster[i];
    response[i] -= (1 - 1 / std::sqrt(1 + *ratio * sums.n[c])) * mean[c] / sums.n[c];
  }
  NARU_ASSIGN(out.fit, fit_model(turned, response, Family::gaussian));
  return out;
}

}  // namespace naru::evaluate
