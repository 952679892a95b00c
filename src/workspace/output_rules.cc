#include "workspace/output_rules.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace naru::workspace {
namespace {

/// A two-way table with margins is a circulation: source → row i (row total) → column j (cell) → sink (column total) →
/// source (total). What is known leaves no freedom on its edge, so the range of a number is what flow can be pushed
/// around through the hidden edges.
class Circulation {
 public:
  Circulation(const CountTable& table, std::int64_t min_cell)
      : rows_(table.rows.size()), columns_(table.columns.size()), min_cell_(min_cell) {
    const std::size_t source = rows_ + columns_;
    const std::size_t sink = source + 1;
    std::vector<std::int64_t> row_totals(rows_, 0);
    std::vector<std::int64_t> column_totals(columns_, 0);
    for (std::size_t row = 0; row < rows_; ++row) {
      for (std::size_t column = 0; column < columns_; ++column) {
        const auto value = table.cells[row * columns_ + column];
        edges_.push_back({row, rows_ + column, value});
        row_totals[row] += value;
        column_totals[column] += value;
      }
    }
    for (std::size_t row = 0; row < rows_; ++row) edges_.push_back({source, row, row_totals[row]});
    for (std::size_t column = 0; column < columns_; ++column) {
      edges_.push_back({rows_ + column, sink, column_totals[column]});
    }
    edges_.push_back({sink, source, std::accumulate(row_totals.begin(), row_totals.end(), std::int64_t{0})});
  }

  [[nodiscard]] std::size_t size() const { return edges_.size(); }
  [[nodiscard]] std::int64_t value(std::size_t edge) const { return edges_[edge].value; }
  [[nodiscard]] bool small(std::size_t edge) const { return edges_[edge].value > 0 && edges_[edge].value < min_cell_; }
  [[nodiscard]] bool is_total(std::size_t edge) const { return edge >= rows_ * columns_; }
  [[nodiscard]] std::int64_t room_up(std::size_t edge) const {
    return small(edge) ? min_cell_ - 1 - edges_[edge].value : unbounded - edges_[edge].value;
  }
  [[nodiscard]] std::int64_t room_down(std::size_t edge) const { return edges_[edge].value - (small(edge) ? 1 : 0); }

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
    std::vector<std::int64_t> cost(nodes, unbounded * 4);
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

  /// What hiding a shown number costs the reader. A zero hides badly: readers often know that it is one.
  [[nodiscard]] std::int64_t price_of(std::size_t edge) const {
    const auto total = edges_.back().value;
    if (edge + 1 == size()) return 16 * total + 16;
    if (edges_[edge].value == 0) return 8 * total + 8;
    return (is_total(edge) ? 4 : 1) * (edges_[edge].value + 1);
  }

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
  std::int64_t min_cell_;
  std::vector<Edge> edges_ = {};
};

std::int64_t width(const Range& range) { return range.most - range.least + 1; }

/// Hides more until `edge` can be any of `target` values.
void protect(const Circulation& circulation, std::size_t edge, std::int64_t target, std::vector<bool>& hidden) {
  while (width(circulation.range(edge, hidden)) < target) {
    std::vector<std::size_t> best;
    std::int64_t best_price = unbounded * 8;
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

ReleasedCount shown(std::int64_t count, bool hidden, const OutputRules& rules) {
  if (count > 0 && count < rules.min_cell) return {std::nullopt, Suppressed::small};
  if (hidden) return {std::nullopt, Suppressed::complementary};
  return {(count + rules.round_to / 2) / rules.round_to * rules.round_to, Suppressed::no};
}

}  // namespace

std::string_view name_of(Suppressed reason) {
  switch (reason) {
    case Suppressed::no:
      return "";
    case Suppressed::small:
      return "small";
    case Suppressed::complementary:
      return "complementary";
  }
  return "";
}

ReleasedCount release_count(std::int64_t count, const OutputRules& rules) {
  return shown(count, false, {rules.min_cell, std::max<std::int64_t>(rules.round_to, 1), rules.complementary});
}

std::vector<Range> deducible(const CountTable& table, const std::vector<bool>& hidden, std::int64_t min_cell) {
  const Circulation circulation(table, min_cell);
  std::vector<Range> out;
  for (std::size_t edge = 0; edge < circulation.size(); ++edge) out.push_back(circulation.range(edge, hidden));
  return out;
}

Result<ReleasedTable> release_table(const CountTable& table, const OutputRules& rules) {
  if (rules.min_cell < 1 || rules.round_to < 1) {
    return rejected(say("output rules want min_cell and round_to of at least 1",
                        "출력 규칙의 min_cell과 round_to는 1 이상이어야 합니다"),
                    "outputs");
  }
  const auto rows = table.rows.size();
  const auto columns = table.columns.size();
  const bool negative = std::any_of(table.cells.begin(), table.cells.end(), [](auto cell) { return cell < 0; });
  if (table.cells.size() != rows * columns || negative) {
    return usage_error(say("the table's cells do not fit", "표의 칸이 맞지 않습니다"), "table");
  }
  const Circulation circulation(table, rules.min_cell);
  std::vector<bool> hidden(circulation.size());
  for (std::size_t edge = 0; edge < hidden.size(); ++edge) hidden[edge] = circulation.small(edge);
  if (rules.complementary) {
    const std::vector<bool> everything(hidden.size(), true);
    const auto wanted = std::max<std::int64_t>(2, rules.min_cell / 2);
    // Hiding for a later number never narrows an earlier one, so one pass is enough.
    for (std::size_t edge = 0; edge < hidden.size(); ++edge) {
      if (!circulation.small(edge)) continue;
      protect(circulation, edge, std::min(wanted, width(circulation.range(edge, everything))), hidden);
    }
  }
  ReleasedTable out{table.rows, table.columns, {}, {}, {}, {}};
  for (std::size_t edge = 0; edge < hidden.size(); ++edge) {
    const auto count = shown(circulation.value(edge), hidden[edge], rules);
    if (edge < rows * columns)
      out.cells.push_back(count);
    else if (edge < rows * columns + rows)
      out.row_totals.push_back(count);
    else if (edge + 1 < hidden.size())
      out.column_totals.push_back(count);
    else
      out.total = count;
  }
  return out;
}

}  // namespace naru::workspace
