#include "protect/distribution.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

namespace naru::protect::detail {
namespace {

// Sums that must be equal may differ in the last digits; no model's meaning lives there.
constexpr double digits = 1e-12;

bool entropy_diverse(double l, ValueCounts values) {
  double total = 0;
  double sum = 0;
  for (const auto& [code, count] : values) {
    total += count;
    sum += count * std::log2(static_cast<double>(count));
  }
  return (std::log2(total) - sum / total) * (1 + digits) >= std::log2(l);
}

bool recursive_diverse(double c, std::size_t l, ValueCounts values) {
  std::vector<std::uint32_t> counts;
  for (const auto& [code, count] : values) counts.push_back(count);
  std::ranges::sort(counts, std::greater<>());
  double tail = 0;
  for (std::size_t i = l - 1; i < counts.size(); ++i) tail += counts[i];
  return counts.front() < c * tail;
}

// Per code n(table) * size(class) - n(class) * size(table): whole numbers, so that nothing depends on an order.
std::vector<double> differences(const CodedSensitive& column, ValueCounts values, double& size, double& all) {
  all = 0;
  size = 0;
  for (const auto count : column.records) all += static_cast<double>(count);
  for (const auto& [code, count] : values) size += count;
  std::vector<double> out;
  out.reserve(column.values);
  for (const auto count : column.records) out.push_back(static_cast<double>(count) * size);
  for (const auto& [code, count] : values) out[code] -= count * all;
  return out;
}

double hierarchical(const CodedSensitive& column, std::vector<double> extra) {
  const auto height = static_cast<double>(column.parent.size());
  double cost = 0;
  for (std::size_t level = 0; level < column.parent.size(); ++level) {
    const auto& parent = column.parent[level];
    const auto nodes = 1 + *std::ranges::max_element(parent);
    std::vector<double> plus(nodes, 0);
    std::vector<double> minus(nodes, 0);
    for (std::size_t i = 0; i < parent.size(); ++i) (extra[i] > 0 ? plus : minus)[parent[i]] += std::abs(extra[i]);
    extra.assign(nodes, 0);
    for (std::size_t i = 0; i < nodes; ++i) {
      cost += static_cast<double>(level + 1) / height * std::min(plus[i], minus[i]);
      extra[i] = plus[i] - minus[i];
    }
  }
  return cost;
}

}  // namespace

bool is_diverse(const Diversity& model, ValueCounts values) {
  if (static_cast<double>(values.size()) < std::ceil(model.l - digits)) return false;
  switch (model.kind) {
    case DiversityKind::distinct:
      return true;
    case DiversityKind::entropy:
      return entropy_diverse(model.l, values);
    case DiversityKind::recursive:
      return recursive_diverse(model.c, static_cast<std::size_t>(model.l), values);
  }
  return false;
}

double distance_of(Distance distance, const CodedSensitive& column, ValueCounts values) {
  double size = 0;
  double all = 0;
  auto extra = differences(column, values, size, all);
  double cost = 0;
  switch (distance) {
    case Distance::equal:
      for (const auto one : extra) cost += std::max(0.0, one);
      break;
    case Distance::ordered: {
      if (extra.size() < 2) return 0;
      double sum = 0;
      for (const auto one : extra) cost += std::abs(sum += one);
      cost /= static_cast<double>(extra.size() - 1);
      break;
    }
    case Distance::hierarchical:
      cost = hierarchical(column, std::move(extra));
      break;
  }
  return cost / (size * all);
}

}  // namespace naru::protect::detail
