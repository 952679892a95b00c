// What the impact designs share.
#include <algorithm>
#include <cmath>
#include <map>

#include "evaluate/impact.h"

namespace naru::evaluate {

const ImpactFigure& Impact::figure(std::string_view id) const {
  return *std::find_if(estimates.begin(), estimates.end(), [&](const ImpactFigure& one) { return one.id == id; });
}

Done same_length(std::size_t rows, std::span<const std::pair<const char*, std::size_t>> columns) {
  if (rows == 0) return rejected(say("there are no rows", "자료가 없습니다"), "rows");
  for (const auto& [name, size] : columns) {
    if (size != rows) {
      return rejected(say("{} values for {} rows", "{1}행에 값이 {0}개입니다", size, rows), name);
    }
  }
  return {};
}

Interval newcombe(std::uint64_t a, std::uint64_t n, std::uint64_t b, std::uint64_t m) {
  const auto first = wilson(a, n);
  const auto second = wilson(b, m);
  const double p = *first.estimate;
  const double q = *second.estimate;
  const double down = std::hypot(p - first.ci95->lo, second.ci95->hi - q);
  const double up = std::hypot(first.ci95->hi - p, q - second.ci95->lo);
  return {p - q - down, p - q + up};
}

double anova_icc(std::span<const double> y, std::span<const std::uint32_t> cluster, std::span<const std::uint8_t> arm) {
  struct Cell {
    double n = 0;
    double sum = 0;
    double square = 0;
  };
  std::map<std::pair<int, std::uint32_t>, Cell> cells;
  std::map<int, Cell> arms;
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (auto* cell : {&cells[{arm[i], cluster[i]}], &arms[arm[i]]}) {
      cell->n += 1;
      cell->sum += y[i];
      cell->square += y[i] * y[i];
    }
  }
  double between = 0;
  double within = 0;
  double sizes = 0;  // sum over arms of sum n_i^2 / n
  for (const auto& [key, cell] : cells) {
    const auto& whole = arms.at(key.first);
    const double d = cell.sum / cell.n - whole.sum / whole.n;
    between += cell.n * d * d;
    within += std::max(cell.square - cell.sum * cell.sum / cell.n, 0.0);
    sizes += cell.n * cell.n / whole.n;
  }
  const auto k = static_cast<double>(cells.size());
  const auto groups = static_cast<double>(arms.size());
  const auto n = static_cast<double>(y.size());
  if (k <= groups || n <= k) return 0;
  const double msb = between / (k - groups);
  const double msw = within / (n - k);
  const double size = (n - sizes) / (k - groups);
  const double bottom = msb + (size - 1) * msw;
  return bottom > 0 ? (msb - msw) / bottom : 0;
}

}  // namespace naru::evaluate
