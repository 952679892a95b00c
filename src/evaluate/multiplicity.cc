#include "evaluate/multiplicity.h"

#include <algorithm>
#include <utility>

namespace naru::evaluate {

std::string_view name_of(Adjustment how) {
  switch (how) {
    case Adjustment::bonferroni:
      return "bonferroni";
    case Adjustment::holm:
      return "holm";
    case Adjustment::hochberg:
      return "hochberg";
    case Adjustment::bh:
      return "bh";
    case Adjustment::by:
      return "by";
  }
  return "";
}

std::vector<std::optional<double>> adjusted(std::span<const std::optional<double>> p, Adjustment how) {
  std::vector<std::optional<double>> out(p.size());
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i]) order.push_back(i);
  }
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return std::pair(*p[a], a) < std::pair(*p[b], b); });
  const auto m = order.size();
  const double count = static_cast<double>(m);
  double harmonic = 0;
  for (std::size_t k = 1; k <= m; ++k) harmonic += 1 / static_cast<double>(k);
  double running = how == Adjustment::holm ? 0.0 : 1.0;
  for (std::size_t step = 0; step < m; ++step) {
    // Holm goes up from the smallest, the others that need an order come down from the largest.
    const auto rank = how == Adjustment::holm ? step : m - 1 - step;
    const double value = *p[order[rank]];
    const double place = static_cast<double>(rank + 1);
    switch (how) {
      case Adjustment::bonferroni:
        running = value * count;
        break;
      case Adjustment::holm:
        running = std::max(running, (count - place + 1) * value);
        break;
      case Adjustment::hochberg:
        running = std::min(running, (count - place + 1) * value);
        break;
      case Adjustment::bh:
        running = std::min(running, count / place * value);
        break;
      case Adjustment::by:
        running = std::min(running, harmonic * count / place * value);
        break;
    }
    out[order[rank]] = std::min(1.0, running);
  }
  return out;
}

}  // namespace naru::evaluate
