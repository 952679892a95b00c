#pragma once
/// Small dense linear algebra for regression with few columns: plain double, fixed order of operations, so that the
/// same input gives the same bytes everywhere.
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace naru::evaluate {

/// Row-major.
class Matrix {
 public:
  Matrix() = default;
  Matrix(std::size_t rows, std::size_t cols) : rows_(rows), cols_(cols), values_(rows * cols, 0.0) {}
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::size_t cols() const { return cols_; }
  [[nodiscard]] double& at(std::size_t row, std::size_t col) { return values_[row * cols_ + col]; }
  [[nodiscard]] double at(std::size_t row, std::size_t col) const { return values_[row * cols_ + col]; }
  [[nodiscard]] std::span<const double> row(std::size_t row) const { return {values_.data() + row * cols_, cols_}; }

 private:
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::vector<double> values_;
};

[[nodiscard]] double dot(std::span<const double> a, std::span<const double> b);
/// m v. REQUIRES: v.size() == m.cols().
[[nodiscard]] std::vector<double> times(const Matrix& m, std::span<const double> v);
/// v' m v. REQUIRES: square.
[[nodiscard]] double quadratic(const Matrix& m, std::span<const double> v);

struct LeastSquares {
  std::vector<double> beta;
  Matrix unscaled;     ///< (X'X)^-1
  double log_det = 0;  ///< log det X'X
  double rss = 0;
};
struct Singular {
  std::size_t column = 0;  ///< first column that follows from those before it
};
/// Householder QR of X (rows >= columns). `singular` tells the column when X has not full rank.
[[nodiscard]] std::optional<LeastSquares> least_squares(const Matrix& x, std::span<const double> y,
                                                        Singular* singular = nullptr);

struct Eigen {
  std::vector<double> values;
  Matrix vectors;  ///< columns
};
/// Cyclic Jacobi. REQUIRES: symmetric.
[[nodiscard]] Eigen eigen_symmetric(Matrix m);
/// Inverse of a symmetric positive definite matrix by Cholesky; nothing when it is not.
[[nodiscard]] std::optional<Matrix> inverse_definite(const Matrix& m);
/// Lower L with m = L L'; nothing when m is not positive definite.
[[nodiscard]] std::optional<Matrix> cholesky(const Matrix& m);

}  // namespace naru::evaluate
