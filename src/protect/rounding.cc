#include "protect/rounding.h"

#include <algorithm>
#include <optional>

namespace naru::protect {
namespace {

/// What is left of each number above the multiple below it, in a table closed by its margins with the opposite sign: a
/// bipartite graph whose edges are the open remainders. At every node they sum to a multiple of the base, so no node
/// has exactly one open edge and there is always a cycle. Along a cycle remainders move alternately up and down, by one
/// of two amounts with chances that leave the mean where it is; each move closes at least one edge.
class Remainders {
 public:
  Remainders(const CountTable& table, std::int64_t base)
      : rows_(table.rows.size() + 1),
        columns_(table.columns.size() + 1),
        base_(base),
        floor_(rows_ * columns_),
        rest_(rows_ * columns_) {
    const auto numbers = numbers_of(table);
    const auto inner_rows = table.rows.size();
    const auto inner_columns = table.columns.size();
    for (std::size_t row = 0; row < rows_; ++row) {
      for (std::size_t column = 0; column < columns_; ++column) {
        std::size_t at = 0;
        const bool row_margin = column == inner_columns;
        const bool column_margin = row == inner_rows;
        if (row_margin && column_margin) {
          at = numbers.size() - 1;
        } else if (row_margin) {
          at = inner_rows * inner_columns + row;
        } else if (column_margin) {
          at = inner_rows * inner_columns + inner_rows + column;
        } else {
          at = row * inner_columns + column;
        }
        // With margins negative, every row and column sums to 0.
        const auto value = row_margin != column_margin ? -numbers[at] : numbers[at];
        auto rest = value % base_;
        if (rest < 0) rest += base_;
        floor_[index(row, column)] = value - rest;
        rest_[index(row, column)] = rest;
      }
    }
  }

  void close(Random& random) {
    while (const auto cycle = find_cycle()) move(*cycle, random);
  }

  [[nodiscard]] std::int64_t value(std::size_t row, std::size_t column) const {
    const auto at = index(row, column);
    const auto rounded = floor_[at] + rest_[at];
    return (row + 1 == rows_) != (column + 1 == columns_) ? -rounded : rounded;
  }

 private:
  [[nodiscard]] std::size_t index(std::size_t row, std::size_t column) const { return row * columns_ + column; }
  [[nodiscard]] bool open(std::size_t at) const { return rest_[at] != 0 && rest_[at] != base_; }

  /// Edges of a cycle in order: rows and columns in turn.
  [[nodiscard]] std::optional<std::vector<std::size_t>> find_cycle() const {
    const auto first = std::find_if(rest_.begin(), rest_.end(), [&](auto rest) { return rest != 0 && rest != base_; });
    if (first == rest_.end()) return std::nullopt;
    std::vector<std::size_t> walk{static_cast<std::size_t>(first - rest_.begin())};
    std::vector<std::size_t> seen_row(rows_, unseen);
    std::vector<std::size_t> seen_column(columns_, unseen);
    seen_row[walk[0] / columns_] = 0;
    bool at_column = true;  // the walk stands at a column now
    while (true) {
      const auto last = walk.back();
      auto& seen = at_column ? seen_column[last % columns_] : seen_row[last / columns_];
      if (seen != unseen) return std::vector(walk.begin() + static_cast<std::ptrdiff_t>(seen), walk.end());
      seen = walk.size();
      const auto next = other_open(last, at_column);
      if (!next) return std::nullopt;  // cannot be: a node never has a single open edge
      walk.push_back(*next);
      at_column = !at_column;
    }
  }

  [[nodiscard]] std::optional<std::size_t> other_open(std::size_t edge, bool in_column) const {
    const auto count = in_column ? rows_ : columns_;
    for (std::size_t other = 0; other < count; ++other) {
      const auto at = in_column ? index(other, edge % columns_) : index(edge / columns_, other);
      if (at != edge && open(at)) return at;
    }
    return std::nullopt;
  }

  void move(const std::vector<std::size_t>& cycle, Random& random) {
    std::int64_t up = base_;    // how far even edges can go up (odd ones down)
    std::int64_t down = base_;  // and the other way
    for (std::size_t at = 0; at < cycle.size(); ++at) {
      const auto rest = rest_[cycle[at]];
      up = std::min(up, at % 2 == 0 ? base_ - rest : rest);
      down = std::min(down, at % 2 == 0 ? rest : base_ - rest);
    }
    // Up by `up` with chance down / (up + down), else down by `down`: the mean stays.
    const bool rises = random.below(static_cast<std::uint64_t>(up + down)) < static_cast<std::uint64_t>(down);
    const auto step = rises ? up : -down;
    for (std::size_t at = 0; at < cycle.size(); ++at) rest_[cycle[at]] += at % 2 == 0 ? step : -step;
  }

  static constexpr std::size_t unseen = static_cast<std::size_t>(-1);
  std::size_t rows_;
  std::size_t columns_;
  std::int64_t base_;
  std::vector<std::int64_t> floor_;
  std::vector<std::int64_t> rest_;
};

}  // namespace

Result<std::vector<std::int64_t>> controlled_rounding(const CountTable& table, std::int64_t base, Random& random) {
  const bool negative = std::any_of(table.cells.begin(), table.cells.end(), [](auto cell) { return cell < 0; });
  if (base < 1 || negative || table.cells.size() != table.rows.size() * table.columns.size()) {
    return usage_error(say("rounding wants counts in a whole table and a base of at least 1",
                           "반올림에는 온전한 표의 수와 1 이상의 단위가 필요합니다"),
                       "table");
  }
  Remainders remainders(table, base);
  remainders.close(random);
  const auto rows = table.rows.size();
  const auto columns = table.columns.size();
  std::vector<std::int64_t> out;
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t column = 0; column < columns; ++column) out.push_back(remainders.value(row, column));
  for (std::size_t row = 0; row < rows; ++row) out.push_back(remainders.value(row, columns));
  for (std::size_t column = 0; column < columns; ++column) out.push_back(remainders.value(rows, column));
  out.push_back(remainders.value(rows, columns));
  return out;
}

}  // namespace naru::protect
