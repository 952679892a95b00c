#include "evaluate/impact_matrix.h"

#include <algorithm>
#include <cmath>

namespace naru::evaluate {
namespace {

constexpr double rank_tolerance = 1e-10;  // of a column's own length
constexpr int jacobi_sweeps_max = 60;

// Column-major copy: Householder works down columns.
struct Columns {
  explicit Columns(const Matrix& x) : rows(x.rows()), cols(x.cols()), a(rows * cols) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < cols; ++j) a[j * rows + i] = x.at(i, j);
    }
  }
  [[nodiscard]] double* col(std::size_t j) { return a.data() + j * rows; }
  std::size_t rows;
  std::size_t cols;
  std::vector<double> a;
};

double length(const double* from, std::size_t n) {
  double scale = 0;
  for (std::size_t i = 0; i < n; ++i) scale = std::max(scale, std::fabs(from[i]));
  if (scale == 0) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += (from[i] / scale) * (from[i] / scale);
  return scale * std::sqrt(sum);
}

// Applies I - 2vv' (v of unit length) to n numbers.
void reflect(const double* v, double* target, std::size_t n) {
  double s = 0;
  for (std::size_t i = 0; i < n; ++i) s += v[i] * target[i];
  for (std::size_t i = 0; i < n; ++i) target[i] -= 2 * s * v[i];
}

// Solves R b = rhs for the upper triangle that stands in `a`, its diagonal in `diagonal`.
std::vector<double> back_substitute(Columns& a, const std::vector<double>& diagonal, std::vector<double> rhs) {
  for (std::size_t k = a.cols; k-- > 0;) {
    for (std::size_t j = k + 1; j < a.cols; ++j) rhs[k] -= a.col(j)[k] * rhs[j];
    rhs[k] /= diagonal[k];
  }
  return rhs;
}

}  // namespace

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<double> times(const Matrix& m, std::span<const double> v) {
  std::vector<double> out(m.rows());
  for (std::size_t i = 0; i < m.rows(); ++i) out[i] = dot(m.row(i), v);
  return out;
}

double quadratic(const Matrix& m, std::span<const double> v) { return dot(times(m, v), v); }

std::optional<LeastSquares> least_squares(const Matrix& x, std::span<const double> y, Singular* singular) {
  Columns a(x);
  std::vector<double> rhs(y.begin(), y.end());
  std::vector<double> diagonal(a.cols);
  for (std::size_t k = 0; k < a.cols; ++k) {
    const double whole = length(a.col(k), a.rows);
    double* v = a.rows > k ? a.col(k) + k : nullptr;
    const std::size_t n = a.rows > k ? a.rows - k : 0;
    const double norm = n > 0 ? length(v, n) : 0;
    if (!(norm > rank_tolerance * whole) || !std::isfinite(norm)) {
      if (singular != nullptr) singular->column = k;
      return std::nullopt;
    }
    diagonal[k] = v[0] > 0 ? -norm : norm;
    v[0] -= diagonal[k];
    const double unit = length(v, n);
    for (std::size_t i = 0; i < n; ++i) v[i] /= unit;
    for (std::size_t j = k + 1; j < a.cols; ++j) reflect(v, a.col(j) + k, n);
    reflect(v, rhs.data() + k, n);
  }
  LeastSquares out;
  out.unscaled = Matrix(a.cols, a.cols);
  Matrix inverse(a.cols, a.cols);  // of R
  for (std::size_t k = 0; k < a.cols; ++k) {
    out.log_det += 2 * std::log(std::fabs(diagonal[k]));
    std::vector<double> unit(a.cols, 0.0);
    unit[k] = 1;
    const auto column = back_substitute(a, diagonal, std::move(unit));
    for (std::size_t i = 0; i < a.cols; ++i) inverse.at(i, k) = column[i];
  }
  for (std::size_t i = 0; i < a.cols; ++i) {
    for (std::size_t j = 0; j < a.cols; ++j) out.unscaled.at(i, j) = dot(inverse.row(i), inverse.row(j));
  }
  for (std::size_t i = a.cols; i < a.rows; ++i) out.rss += rhs[i] * rhs[i];
  out.beta = back_substitute(a, diagonal, {rhs.begin(), rhs.begin() + static_cast<std::ptrdiff_t>(a.cols)});
  return out;
}

Eigen eigen_symmetric(Matrix m) {
  const std::size_t n = m.rows();
  Eigen out;
  out.vectors = Matrix(n, n);
  for (std::size_t i = 0; i < n; ++i) out.vectors.at(i, i) = 1;
  for (int sweep = 0; sweep < jacobi_sweeps_max; ++sweep) {
    double off = 0;
    double all = 0;
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        all += m.at(i, j) * m.at(i, j);
        if (i != j) off += m.at(i, j) * m.at(i, j);
      }
    }
    if (off <= 1e-34 * all) break;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (m.at(p, q) == 0) continue;
        const double theta = (m.at(q, q) - m.at(p, p)) / (2 * m.at(p, q));
        const double t = (theta >= 0 ? 1 : -1) / (std::fabs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1);
        const double s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double a = m.at(k, p);
          const double b = m.at(k, q);
          m.at(k, p) = c * a - s * b;
          m.at(k, q) = s * a + c * b;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double a = m.at(p, k);
          const double b = m.at(q, k);
          m.at(p, k) = c * a - s * b;
          m.at(q, k) = s * a + c * b;
          const double va = out.vectors.at(k, p);
          const double vb = out.vectors.at(k, q);
          out.vectors.at(k, p) = c * va - s * vb;
          out.vectors.at(k, q) = s * va + c * vb;
        }
      }
    }
  }
  for (std::size_t i = 0; i < n; ++i) out.values.push_back(m.at(i, i));
  return out;
}

std::optional<Matrix> cholesky(const Matrix& m) {
  const std::size_t n = m.rows();
  Matrix l(n, n);
  for (std::size_t j = 0; j < n; ++j) {
    double d = m.at(j, j);
    for (std::size_t k = 0; k < j; ++k) d -= l.at(j, k) * l.at(j, k);
    if (!(d > 1e-13 * m.at(j, j)) || !std::isfinite(d)) return std::nullopt;
    l.at(j, j) = std::sqrt(d);
    for (std::size_t i = j + 1; i < n; ++i) {
      double s = m.at(i, j);
      for (std::size_t k = 0; k < j; ++k) s -= l.at(i, k) * l.at(j, k);
      l.at(i, j) = s / l.at(j, j);
    }
  }
  return l;
}

std::optional<Matrix> inverse_definite(const Matrix& m) {
  const auto l = cholesky(m);
  if (!l) return std::nullopt;
  const std::size_t n = m.rows();
  Matrix inverse(n, n);  // of L
  for (std::size_t k = 0; k < n; ++k) {
    inverse.at(k, k) = 1 / l->at(k, k);
    for (std::size_t i = k + 1; i < n; ++i) {
      double s = 0;
      for (std::size_t j = k; j < i; ++j) s -= l->at(i, j) * inverse.at(j, k);
      inverse.at(i, k) = s / l->at(i, i);
    }
  }
  Matrix out(n, n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t k = std::max(i, j); k < n; ++k) out.at(i, j) += inverse.at(k, i) * inverse.at(k, j);
    }
  }
  return out;
}

}  // namespace naru::evaluate
