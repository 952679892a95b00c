// Sandwich standard errors. CR2 needs (I - H_ii)^(-1/2) for every cluster; with (X'X)^-1 = L L' and U_i = X_i L it is
// reached through the eigenvalues of the p×p matrix U_i'U_i, whatever the number of rows in the cluster.
#include <algorithm>
#include <cmath>
#include <map>

#include "evaluate/impact_regression.h"

namespace naru::evaluate {
namespace {

constexpr double left_min = 1e-10;
// More kinds of rows in one cluster than this: an eigenproblem of that size would take too long.
constexpr std::size_t kinds_max = 400;

struct Sums {
  std::vector<std::vector<double>> by_cluster;  // score of each cluster
};
Sums scores_by_cluster(const Fit& fit, std::span<const std::uint32_t> cluster) {
  std::uint32_t k = 0;
  for (const auto c : cluster) k = std::max(k, c + 1);
  Sums out;
  out.by_cluster.assign(k, std::vector<double>(fit.working_x.cols(), 0.0));
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const auto row = fit.working_x.row(i);
    for (std::size_t j = 0; j < row.size(); ++j) out.by_cluster[cluster[i]][j] += row[j] * fit.working_residual[i];
  }
  return out;
}

// Stata's factor: k/(k-1) · (n-1)/(n-p).
double cr1_factor(const Fit& fit, std::size_t clusters, std::size_t absorbed) {
  const auto k = static_cast<double>(clusters);
  const auto n = static_cast<double>(fit.rows);
  return k / (k - 1) * (n - 1) / (n - static_cast<double>(fit.beta.size() + absorbed));
}

// L'v for lower L.
std::vector<double> down(const Matrix& l, std::span<const double> v) {
  std::vector<double> out(v.size(), 0.0);
  for (std::size_t j = 0; j < v.size(); ++j) {
    for (std::size_t i = j; i < v.size(); ++i) out[j] += l.at(i, j) * v[i];
  }
  return out;
}

// X_i'X_i of every cluster.
std::vector<Matrix> cross_products(const Fit& fit, std::span<const std::uint32_t> cluster, std::size_t clusters) {
  const std::size_t p = fit.beta.size();
  std::vector<Matrix> out(clusters, Matrix(p, p));
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const auto row = fit.working_x.row(i);
    auto& sum = out[cluster[i]];
    for (std::size_t a = 0; a < p; ++a) {
      if (row[a] == 0) continue;
      for (std::size_t b = 0; b < p; ++b) sum.at(a, b) += row[a] * row[b];
    }
  }
  return out;
}

// L' m L.
Matrix between(const Matrix& l, const Matrix& m) {
  const std::size_t p = m.rows();
  Matrix half(p, p);
  for (std::size_t a = 0; a < p; ++a) {
    const auto row = down(l, m.row(a));  // (m L)' by symmetry of m
    for (std::size_t b = 0; b < p; ++b) half.at(b, a) = row[b];
  }
  Matrix out(p, p);
  for (std::size_t a = 0; a < p; ++a) {
    const auto row = down(l, half.row(a));
    for (std::size_t b = 0; b < p; ++b) out.at(a, b) = row[b];
  }
  return out;
}

// What one cluster adds: g = U'A U w, |A U w|^2, and w'U'A e.
struct Part {
  std::vector<double> g;
  double own = 0;
  double score = 0;
};
Part part_of(const Eigen& eigen, std::span<const double> w, std::span<const double> score) {
  const std::size_t p = w.size();
  Part out;
  out.g.assign(p, 0.0);
  for (std::size_t j = 0; j < p; ++j) {
    const double left = 1 - eigen.values[j];
    if (left < left_min) continue;  // a direction that this cluster alone decides: its residuals are zero there
    double of_w = 0;
    double of_score = 0;
    for (std::size_t a = 0; a < p; ++a) {
      of_w += eigen.vectors.at(a, j) * w[a];
      of_score += eigen.vectors.at(a, j) * score[a];
    }
    const double s = std::max(eigen.values[j], 0.0);
    out.own += s / left * of_w * of_w;
    out.score += of_w * of_score / std::sqrt(left);
    for (std::size_t a = 0; a < p; ++a) out.g[a] += eigen.vectors.at(a, j) * s / std::sqrt(left) * of_w;
  }
  return out;
}

}  // namespace

Matrix cr1_covariance(const Fit& fit, std::span<const std::uint32_t> cluster, std::size_t absorbed) {
  const auto sums = scores_by_cluster(fit, cluster);
  const std::size_t p = fit.beta.size();
  Matrix out(p, p);
  for (const auto& score : sums.by_cluster) {
    const auto influence = times(fit.unscaled, score);
    for (std::size_t a = 0; a < p; ++a) {
      for (std::size_t b = 0; b < p; ++b) out.at(a, b) += influence[a] * influence[b];
    }
  }
  const double factor = cr1_factor(fit, sums.by_cluster.size(), absorbed);
  for (std::size_t a = 0; a < p; ++a) {
    for (std::size_t b = 0; b < p; ++b) out.at(a, b) *= factor;
  }
  return out;
}

Spread cr1_spread(const Fit& fit, std::span<const std::uint32_t> cluster, std::span<const double> contrast,
                  std::size_t absorbed) {
  const auto sums = scores_by_cluster(fit, cluster);
  const auto direction = times(fit.unscaled, contrast);
  double sum = 0;
  for (const auto& score : sums.by_cluster) sum += std::pow(dot(score, direction), 2);
  const auto k = sums.by_cluster.size();
  return {std::sqrt(sum * cr1_factor(fit, k, absorbed)), static_cast<double>(k) - 1,
          "cluster-robust CR1, t with k-1 df"};
}

namespace {

// Meat and Satterthwaite's tr(P)^2 / tr(P^2) with the working covariance itself as target; P_ij = p_i'(I - H)_ij p_j.
Spread spread_of(const std::vector<Part>& parts) {
  Spread out{0, 0, "cluster-robust CR2, t with Satterthwaite df"};
  double meat = 0;
  double trace = 0;
  for (const auto& part : parts) {
    meat += part.score * part.score;
    trace += part.own - dot(part.g, part.g);
  }
  double square = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    for (std::size_t j = 0; j < parts.size(); ++j) {
      const double between_clusters = dot(parts[i].g, parts[j].g);
      const double cell = i == j ? parts[i].own - between_clusters : between_clusters;
      square += cell * cell;
    }
  }
  out.se = std::sqrt(meat);
  out.df = square > 0 ? trace * trace / square : 0;
  return out;
}

// Rows of one cluster with the same working row: they have the same weight, and what CR2 does to them acts on their
// mean alone.
struct Kind {
  std::vector<double> row;  // x L of one of them
  double count = 0;
  double residual = 0;  // sum
  double variance = 0;
};
using Kinds = std::vector<Kind>;

std::vector<Kinds> kinds_of(const Fit& fit, std::span<const std::uint32_t> cluster, std::size_t clusters,
                            const Matrix& root) {
  std::vector<std::map<std::vector<double>, Kind>> seen(clusters);
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const auto row = fit.working_x.row(i);
    auto& kind = seen[cluster[i]][std::vector<double>(row.begin(), row.end())];
    if (kind.count == 0) {
      kind.row = down(root, row);
      kind.variance = fit.variance[i];
    }
    kind.count += 1;
    kind.residual += fit.working_residual[i];
  }
  std::vector<Kinds> out(clusters);
  for (std::size_t c = 0; c < clusters; ++c) {
    for (auto& [row, kind] : seen[c]) out[c].push_back(std::move(kind));
  }
  return out;
}

// With target D = diag(variance) the adjustment is D^(1/2) B^(-1/2) D^(1/2), B = D (I - H) D (Pustejovsky & Tipton).
Part part_with_target(const Kinds& kinds, std::span<const double> w) {
  const std::size_t n = kinds.size();
  Matrix b(n, n);
  std::vector<double> of_w(n);
  for (std::size_t i = 0; i < n; ++i) {
    of_w[i] = std::sqrt(kinds[i].count) * dot(kinds[i].row, w);
    for (std::size_t j = 0; j < n; ++j) {
      const double h = std::sqrt(kinds[i].count * kinds[j].count) * dot(kinds[i].row, kinds[j].row);
      b.at(i, j) = kinds[i].variance * kinds[j].variance * ((i == j ? 1.0 : 0.0) - h);
    }
  }
  double largest = 0;
  for (const auto& kind : kinds) largest = std::max(largest, kind.variance * kind.variance);
  const auto eigen = eigen_symmetric(b);
  std::vector<double> h(n, 0.0);
  for (std::size_t k = 0; k < n; ++k) {
    if (eigen.values[k] < left_min * largest) continue;
    double share = 0;
    for (std::size_t i = 0; i < n; ++i) share += eigen.vectors.at(i, k) * of_w[i];
    share /= std::sqrt(eigen.values[k]);
    for (std::size_t i = 0; i < n; ++i) h[i] += kinds[i].variance * eigen.vectors.at(i, k) * share;
  }
  Part out;
  out.g.assign(w.size(), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    out.own += h[i] * h[i];
    out.score += h[i] * kinds[i].residual / std::sqrt(kinds[i].count);
    for (std::size_t a = 0; a < w.size(); ++a) out.g[a] += h[i] * std::sqrt(kinds[i].count) * kinds[i].row[a];
  }
  return out;
}

}  // namespace

Spread cr2_spread(const Fit& fit, std::span<const std::uint32_t> cluster, std::span<const double> contrast) {
  const auto root = cholesky(fit.unscaled);
  if (!root) return {0, 0, "cluster-robust CR2, t with Satterthwaite df"};
  const auto sums = scores_by_cluster(fit, cluster);
  const std::size_t k = sums.by_cluster.size();
  const auto w = down(*root, contrast);
  std::vector<Part> parts;
  if (!fit.variance.empty()) {
    const auto kinds = kinds_of(fit, cluster, k, *root);
    const bool few = std::all_of(kinds.begin(), kinds.end(), [](const auto& one) { return one.size() <= kinds_max; });
    if (few) {
      for (const auto& one : kinds) parts.push_back(part_with_target(one, w));
      return spread_of(parts);
    }
  }
  const auto cross = cross_products(fit, cluster, k);
  for (std::size_t c = 0; c < k; ++c) {
    parts.push_back(part_of(eigen_symmetric(between(*root, cross[c])), w, down(*root, sums.by_cluster[c])));
  }
  auto out = spread_of(parts);
  if (!fit.variance.empty()) out.method = "cluster-robust CR2 (symmetric root), t with Satterthwaite df";
  return out;
}

Spread newey_west_spread(const Fit& fit, std::size_t lags, std::span<const double> contrast) {
  const auto direction = times(fit.unscaled, contrast);
  std::vector<double> influence;
  for (std::size_t i = 0; i < fit.rows; ++i) {
    influence.push_back(dot(fit.working_x.row(i), direction) * fit.working_residual[i]);
  }
  double sum = 0;
  for (std::size_t lag = 0; lag <= lags && lag < fit.rows; ++lag) {
    double product = 0;
    for (std::size_t i = lag; i < fit.rows; ++i) product += influence[i] * influence[i - lag];
    const double weight = 1 - static_cast<double>(lag) / static_cast<double>(lags + 1);
    sum += (lag == 0 ? 1 : 2) * weight * product;
  }
  sum *= static_cast<double>(fit.rows) / fit.df_residual;
  return {std::sqrt(std::max(sum, 0.0)), fit.df_residual,
          "Newey-West with " + std::to_string(lags) + " lags, t with n-p df"};
}

}  // namespace naru::evaluate
