#include "protect/output_table.h"

#include "protect/circulation.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace naru::protect {
namespace {

// Above it the flow method chooses; below it the cheapest choice is proven.
constexpr std::size_t numbers_exact = 130;
constexpr SuppressionLimits limits{numbers_exact, 40, 20'000};

/// What hiding a shown number costs the reader. A zero hides badly: readers often know that it is one.
std::int64_t price_of(std::int64_t value, bool is_total, bool is_whole, std::int64_t whole) {
  if (is_whole) return 16 * whole + 16;
  if (value == 0) return 8 * whole + 8;
  return (is_total ? 4 : 1) * (value + 1);
}

LinkedTables linked(const CountTable& table, const OutputRules& rules, const std::vector<bool>& near) {
  const auto values = numbers_of(table);
  const auto cells = table.cells.size();
  LinkedTables out;
  for (std::size_t at = 0; at < values.size(); ++at) {
    LinkedNumber number;
    number.value = values[at];
    number.cost = price_of(values[at], at >= cells, at + 1 == values.size(), values.back());
    number.least = 0;
    number.most = unbounded;
    number.wanted = std::max<std::int64_t>(2, rules.min_cell / 2);
    if (rules.small(values[at])) {
      number.sensitive = true;
      number.least = rules.zeros == Zeros::hidden ? 0 : 1;
      number.most = rules.min_cell - 1;
    } else if (!near.empty() && near[at]) {
      number.sensitive = true;
      number.least = std::max<std::int64_t>(0, values[at] - (rules.min_cell - 1));
      number.most = values[at] + rules.min_cell - 1;
    }
    out.numbers.push_back(number);
  }
  out.equations = margin_equations(table.rows.size(), table.columns.size());
  return out;
}

ReleasedCount shown(std::int64_t count, bool hidden, const OutputRules& rules) {
  if (rules.small(count)) return {std::nullopt, Suppressed::small};
  if (hidden) return {std::nullopt, Suppressed::complementary};
  return {rounded_to(count, rules.round_to), Suppressed::no};
}

Done check_input(const CountTable& table, const OutputRules& rules) {
  if (rules.min_cell < 1 || rules.round_to < 1) {
    return rejected(say("output rules want min_cell and round_to of at least 1",
                        "출력 규칙의 min_cell과 round_to는 1 이상이어야 합니다"),
                    "outputs");
  }
  const bool negative = std::any_of(table.cells.begin(), table.cells.end(), [](auto cell) { return cell < 0; });
  if (table.cells.size() != table.rows.size() * table.columns.size() || negative) {
    return usage_error(say("the table's cells do not fit", "표의 칸이 맞지 않습니다"), "table");
  }
  return {};
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

std::vector<Equation> margin_equations(std::size_t rows, std::size_t columns) {
  std::vector<Equation> out;
  const auto row_total = [&](std::size_t row) { return rows * columns + row; };
  const auto column_total = [&](std::size_t column) { return rows * columns + rows + column; };
  const auto total = rows * columns + rows + columns;
  for (std::size_t row = 0; row < rows; ++row) {
    Equation one{{row_total(row), -1}};
    for (std::size_t column = 0; column < columns; ++column) one.push_back({row * columns + column, 1});
    out.push_back(std::move(one));
  }
  for (std::size_t column = 0; column < columns; ++column) {
    Equation one{{column_total(column), -1}};
    for (std::size_t row = 0; row < rows; ++row) one.push_back({row * columns + column, 1});
    out.push_back(std::move(one));
  }
  Equation whole{{total, -1}};
  for (std::size_t row = 0; row < rows; ++row) whole.push_back({row_total(row), 1});
  out.push_back(std::move(whole));
  return out;
}

std::vector<std::int64_t> numbers_of(const CountTable& table) {
  const auto rows = table.rows.size();
  const auto columns = table.columns.size();
  auto out = table.cells;
  out.resize(rows * columns + rows + columns + 1, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const auto value = table.cells[row * columns + column];
      out[rows * columns + row] += value;
      out[rows * columns + rows + column] += value;
      out.back() += value;
    }
  }
  return out;
}

ReleasedTable table_of(const CountTable& shape, const std::vector<ReleasedCount>& numbers) {
  ReleasedTable out{shape.rows, shape.columns, {}, {}, {}, {}};
  const auto cells = shape.rows.size() * shape.columns.size();
  const auto begin = numbers.begin();
  const auto at = [&](std::size_t offset) { return begin + static_cast<std::ptrdiff_t>(offset); };
  out.cells.assign(begin, at(cells));
  out.row_totals.assign(at(cells), at(cells + shape.rows.size()));
  out.column_totals.assign(at(cells + shape.rows.size()), numbers.end() - 1);
  out.total = numbers.back();
  return out;
}

std::int64_t rounded_to(std::int64_t count, std::int64_t base) {
  return count < 0 ? -rounded_to(-count, base) : (count + base / 2) / base * base;
}

ReleasedCount release_count(std::int64_t count, const OutputRules& rules) {
  auto safe = rules;
  safe.round_to = std::max<std::int64_t>(rules.round_to, 1);
  return shown(count, false, safe);
}

std::vector<Range> deducible(const CountTable& table, const std::vector<bool>& hidden, std::int64_t min_cell) {
  const auto numbers = linked(table, {min_cell, 1, true, Zeros::shown}, {});
  return ranges_by_flow(numbers, table.rows.size(), table.columns.size(), hidden);
}

Result<std::vector<bool>> hidden_numbers(const CountTable& table, const OutputRules& rules,
                                         const std::vector<bool>& near) {
  NARU_CHECK(check_input(table, rules));
  const auto numbers = linked(table, rules, near);
  std::vector<bool> hidden;
  for (const auto& number : numbers.numbers) hidden.push_back(number.sensitive);
  if (!rules.complementary || std::find(hidden.begin(), hidden.end(), true) == hidden.end()) return hidden;
  if (numbers.numbers.size() > numbers_exact) return suppress_by_flow(numbers, table.rows.size(), table.columns.size());
  NARU_ASSIGN(auto chosen, suppress(numbers, limits));
  return std::move(chosen.hidden);
}

Result<ReleasedTable> release_table(const CountTable& table, const OutputRules& rules) {
  NARU_ASSIGN(const auto hidden, hidden_numbers(table, rules, {}));
  const auto values = numbers_of(table);
  std::vector<ReleasedCount> numbers;
  for (std::size_t at = 0; at < values.size(); ++at) numbers.push_back(shown(values[at], hidden[at], rules));
  return table_of(table, numbers);
}

}  // namespace naru::protect
