// The fall-back for large two-way tables: flows instead of linear programmes, a greedy choice instead of the cheapest.
#include "protect/circulation.h"

#include <algorithm>
#include <numeric>

namespace naru::protect {
namespace {

constexpr std::int64_t dearest = std::int64_t{1} << 60;

/// A two-way table with margins is a circulation: source → row i (row total) → column j (cell) → sink (column total) →
/// source (total). What is known leaves no freedom on its edge, so the range of a number is what flow can be pushed
/// around through the hidden edges.
class Circulation {
 public:
  Circulation(const LinkedTables& tables, std::size_t rows, std::size_t columns)
      : rows_(rows), columns_(columns), numbers_(tables.numbers) {
    const std::size_t source = rows_ + columns_;
    const std::size_t sink = source + 1;
    for (std::size_t row = 0; row < rows_; ++row)
      for (std::size_t column = 0; column < columns_; ++column) edges_.push_back({row, rows_ + column, 0});
    for (std::size_t row = 0; row < rows_; ++row) edges_.push_back({source, row, 0});
    for (std::size_t column = 0; column < columns_; ++column) edges_.push_back({rows_ + column, sink, 0});
    edges_.push_back({sink, source, 0});
    for (std::size_t edge = 0; edge < edges_.size(); ++edge) edges_[edge].value = numbers_[edge].value;
  }

  [[nodiscard]] std::size_t size() const { return edges_.size(); }
  [[nodiscard]] std::int64_t value(std::size_t edge) const { return edges_[edge].value; }
  [[nodiscard]] std::int64_t room_up(std::size_t edge) const { return numbers_[edge].most - edges_[edge].value; }
  [[nodiscard]] std::int64_t room_down(std::size_t edge) const { return edges_[edge].value - numbers_[edge].least; }

  [[nodiscard]] Range range(std::size_t edge, const std::vector<bool>& hidden) const {
    const auto value = edges_[edge].value;
    if (!hidden[edge]) return {value, value};
    return {value - push(edge, false, hidden), value + push(edge, true, hidden)};
  }

  /// Edges of the cheapest way around that lets the number move by `amount`; empty when there is none. `cost` of a
  /// hidden edge is nothing.
  [[nodiscard]] std::vector<std::size_t> cheapest_way(std::size_t edge, bool up, std::int64_t amount,
                                                      const std::vector<bool>& hidden) const {
    const std::size_t from = up ? edges_[edge].to : edges_[edge].from;
    const std::size_t to = up ? edges_[edge].from : edges_[edge].to;
    const std::size_t nodes = rows_ + columns_ + 2;
    std::vector<std::int64_t> cost(nodes, dearest);
    std::vector<std::size_t> by(nodes, size());
    cost[from] = 0;
    for (std::size_t round = 0; round < nodes; ++round) {
      for (std::size_t other = 0; other < size(); ++other) {
        if (other == edge) continue;
        const auto price = hidden[other] ? 0 : price_of(other);
        relax(other, true, amount, price, cost, by);
        relax(other, false, amount, price, cost, by);
      }
    }
    std::vector<std::size_t> way;
    if (by[to] == size() && to != from) return way;
    for (auto node = to; node != from;) {
      const auto other = by[node];
      way.push_back(other);
      node = edges_[other].to == node ? edges_[other].from : edges_[other].to;
      if (way.size() > nodes) return {};
    }
    return way;
  }

  [[nodiscard]] std::int64_t price_of(std::size_t edge) const { return numbers_[edge].cost; }

 private:
  struct Edge {
    std::size_t from;
    std::size_t to;
    std::int64_t value;
  };

  void relax(std::size_t edge, bool forward, std::int64_t amount, std::int64_t price, std::vector<std::int64_t>& cost,
             std::vector<std::size_t>& by) const {
    if ((forward ? room_up(edge) : room_down(edge)) < amount) return;
    const auto from = forward ? edges_[edge].from : edges_[edge].to;
    const auto to = forward ? edges_[edge].to : edges_[edge].from;
    if (cost[from] + price >= cost[to]) return;
    cost[to] = cost[from] + price;
    by[to] = edge;
  }

  /// The most by which a hidden number can move: a maximum flow (Ford and Fulkerson) through the other hidden ones.
  [[nodiscard]] std::int64_t push(std::size_t edge, bool up, const std::vector<bool>& hidden) const {
    const auto own_room = up ? room_up(edge) : room_down(edge);
    std::vector<std::int64_t> moved(size(), 0);
    std::int64_t pushed = 0;
    while (pushed < own_room) {
      const auto more = augment(edge, up, own_room - pushed, hidden, moved);
      if (more == 0) break;
      pushed += more;
    }
    return pushed;
  }

  std::int64_t augment(std::size_t edge, bool up, std::int64_t wanted, const std::vector<bool>& hidden,
                       std::vector<std::int64_t>& moved) const {
    const std::size_t from = up ? edges_[edge].to : edges_[edge].from;
    const std::size_t to = up ? edges_[edge].from : edges_[edge].to;
    std::vector<std::pair<std::size_t, bool>> by(rows_ + columns_ + 2, {size(), true});
    std::vector<std::size_t> waiting{from};
    std::vector<bool> seen(by.size(), false);
    seen[from] = true;
    for (std::size_t at = 0; at < waiting.size() && !seen[to]; ++at) {
      for (std::size_t other = 0; other < size(); ++other) {
        if (other == edge || !hidden[other]) continue;
        for (const bool forward : {true, false}) {
          const auto begin = forward ? edges_[other].from : edges_[other].to;
          const auto end = forward ? edges_[other].to : edges_[other].from;
          if (begin != waiting[at] || seen[end] || room(other, forward, moved) == 0) continue;
          seen[end] = true;
          by[end] = {other, forward};
          waiting.push_back(end);
        }
      }
    }
    if (!seen[to]) return 0;
    auto amount = wanted;
    for (auto node = to; node != from; node = before(by[node])) {
      amount = std::min(amount, room(by[node].first, by[node].second, moved));
    }
    for (auto node = to; node != from; node = before(by[node])) {
      moved[by[node].first] += by[node].second ? amount : -amount;
    }
    return amount;
  }

  [[nodiscard]] std::size_t before(const std::pair<std::size_t, bool>& step) const {
    return step.second ? edges_[step.first].from : edges_[step.first].to;
  }
  [[nodiscard]] std::int64_t room(std::size_t edge, bool forward, const std::vector<std::int64_t>& moved) const {
    return forward ? room_up(edge) - moved[edge] : room_down(edge) + moved[edge];
  }

  std::size_t rows_;
  std::size_t columns_;
  const std::vector<LinkedNumber>& numbers_;
  std::vector<Edge> edges_ = {};
};

std::int64_t width(const Range& range) { return range.most - range.least + 1; }

/// Hides more until `edge` can be any of `target` values.
void protect(const Circulation& circulation, std::size_t edge, std::int64_t target, std::vector<bool>& hidden) {
  while (width(circulation.range(edge, hidden)) < target) {
    std::vector<std::size_t> best;
    std::int64_t best_price = dearest;
    for (const bool up : {true, false}) {
      const auto room = up ? circulation.room_up(edge) : circulation.room_down(edge);
      for (auto amount = std::min(room, target - 1); amount > 0; --amount) {
        std::vector<std::size_t> fresh;
        std::int64_t price = 0;
        for (const auto other : circulation.cheapest_way(edge, up, amount, hidden)) {
          if (hidden[other]) continue;
          fresh.push_back(other);
          price += circulation.price_of(other);
        }
        // A way that moves the number further is worth more than a cheap one that hardly does.
        price += (target - 1 - amount) * circulation.value(circulation.size() - 1);
        if (!fresh.empty() && price < best_price) {
          best = fresh;
          best_price = price;
        }
      }
    }
    if (best.empty()) {
      for (std::size_t other = 0; other < circulation.size(); ++other) {
        if (hidden[other] || circulation.price_of(other) >= best_price) continue;
        best = {other};
        best_price = circulation.price_of(other);
      }
    }
    if (best.empty()) return;
    for (const auto other : best) hidden[other] = true;
  }
}

}  // namespace

std::vector<Range> ranges_by_flow(const LinkedTables& numbers, std::size_t rows, std::size_t columns,
                                  const std::vector<bool>& hidden) {
  const Circulation circulation(numbers, rows, columns);
  std::vector<Range> out;
  for (std::size_t edge = 0; edge < circulation.size(); ++edge) out.push_back(circulation.range(edge, hidden));
  return out;
}

std::vector<bool> suppress_by_flow(const LinkedTables& numbers, std::size_t rows, std::size_t columns) {
  const Circulation circulation(numbers, rows, columns);
  std::vector<bool> hidden(circulation.size());
  for (std::size_t edge = 0; edge < hidden.size(); ++edge) hidden[edge] = numbers.numbers[edge].sensitive;
  const std::vector<bool> everything(hidden.size(), true);
  // Hiding for a later number never narrows an earlier one, so one pass is enough.
  for (std::size_t edge = 0; edge < hidden.size(); ++edge) {
    if (!numbers.numbers[edge].sensitive) continue;
    const auto most = width(circulation.range(edge, everything));
    protect(circulation, edge, std::min(numbers.numbers[edge].wanted, most), hidden);
  }
  return hidden;
}

}  // namespace naru::protect
