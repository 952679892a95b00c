#include "protect/dominance.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace naru::protect {
namespace {

struct Largest {
  std::int64_t total = 0;
  std::int64_t first = 0;
  std::int64_t second = 0;
};

Largest largest_of(const std::vector<std::int64_t>& sorted) {
  Largest out;
  out.total = std::accumulate(sorted.begin(), sorted.end(), std::int64_t{0});
  if (!sorted.empty()) out.first = sorted[0];
  if (sorted.size() > 1) out.second = sorted[1];
  return out;
}

void largest_first(std::vector<std::int64_t>& contributions) {
  std::sort(contributions.begin(), contributions.end(), std::greater<>());
}

/// Contributions of every number of the table, margins included.
std::vector<std::vector<std::int64_t>> all_numbers(const AmountTable& table) {
  const auto rows = table.rows.size();
  const auto columns = table.columns.size();
  auto out = table.cells;
  out.resize(rows * columns + rows + columns + 1);
  const auto add = [](std::vector<std::int64_t>& to, const std::vector<std::int64_t>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  for (std::size_t cell = 0; cell < table.cells.size(); ++cell) {
    add(out[rows * columns + cell / columns], table.cells[cell]);
    add(out[rows * columns + rows + cell % columns], table.cells[cell]);
    add(out.back(), table.cells[cell]);
  }
  return out;
}

constexpr SuppressionLimits limits{200, 60, 100'000};

}  // namespace

std::string_view name_of(AmountRisk risk) {
  switch (risk) {
    case AmountRisk::none:
      return "";
    case AmountRisk::few:
      return "small";
    case AmountRisk::dominant:
      return "dominance";
    case AmountRisk::guessable:
      return "p_percent";
  }
  return "";
}

AmountRisk amount_risk(std::vector<std::int64_t> contributions, const OutputRules& rules,
                       const DominancePolicy& policy) {
  if (rules.small(static_cast<std::int64_t>(contributions.size()))) return AmountRisk::few;
  largest_first(contributions);
  const auto seen = largest_of(contributions);
  if (seen.total == 0) return AmountRisk::none;
  const auto n = std::min(static_cast<std::size_t>(policy.n), contributions.size());
  const auto top =
      std::accumulate(contributions.begin(), contributions.begin() + static_cast<std::ptrdiff_t>(n), std::int64_t{0});
  if (static_cast<double>(top) > policy.share * static_cast<double>(seen.total)) return AmountRisk::dominant;
  const auto rest = static_cast<double>(seen.total - seen.first - seen.second);
  if (rest < policy.p_percent * static_cast<double>(seen.first)) return AmountRisk::guessable;
  return AmountRisk::none;
}

std::int64_t protection_wanted(std::vector<std::int64_t> contributions, const DominancePolicy& policy) {
  largest_first(contributions);
  const auto seen = largest_of(contributions);
  const auto rest = static_cast<double>(seen.total - seen.first - seen.second);
  const double wanted = policy.p_percent * static_cast<double>(seen.first) - rest;
  return wanted > 0 ? std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(wanted))) : 0;
}

Result<std::vector<ReleasedAmount>> release_amounts(const AmountTable& table, const OutputRules& rules,
                                                    const DominancePolicy& policy) {
  const auto rows = table.rows.size();
  const auto columns = table.columns.size();
  const bool negative = std::any_of(table.cells.begin(), table.cells.end(), [](const auto& cell) {
    return std::any_of(cell.begin(), cell.end(), [](auto amount) { return amount < 0; });
  });
  if (negative || table.cells.size() != rows * columns) {
    return usage_error(say("amounts must fit the table and not be negative", "금액은 표에 맞고 음수가 아니어야 합니다"),
                       "table");
  }
  const auto numbers = all_numbers(table);
  CountTable sums{table.rows, table.columns, {}};
  for (const auto& cell : table.cells) sums.cells.push_back(largest_of(cell).total);
  std::vector<AmountRisk> risks;
  LinkedTables linked;
  const auto values = numbers_of(sums);
  for (std::size_t at = 0; at < values.size(); ++at) {
    risks.push_back(amount_risk(numbers[at], rules, policy));
    LinkedNumber number{
        values[at], (at < table.cells.size() ? 1 : 4) * values[at] + 1, risks.back() != AmountRisk::none, 0, unbounded,
        1};
    // Both ways, and for cells of few persons at least as much as the rule on guessing asks for one person's amount.
    const auto wanted = std::max<std::int64_t>(
        protection_wanted(numbers[at], policy),
        static_cast<std::int64_t>(std::ceil(policy.p_percent * static_cast<double>(values[at]))));
    number.wanted = 2 * std::max<std::int64_t>(1, wanted) + 1;
    number.most = std::max(unbounded, 2 * values[at]);
    linked.numbers.push_back(number);
  }
  linked.equations = margin_equations(rows, columns);
  std::vector<bool> hidden;
  for (const auto& number : linked.numbers) hidden.push_back(number.sensitive);
  if (rules.complementary && std::find(hidden.begin(), hidden.end(), true) != hidden.end()) {
    NARU_ASSIGN(auto chosen, suppress(linked, limits));
    hidden = std::move(chosen.hidden);
  }
  std::vector<ReleasedAmount> out;
  for (std::size_t at = 0; at < values.size(); ++at) {
    if (!hidden[at]) {
      out.push_back({rounded_to(values[at], rules.round_to)});
    } else {
      out.push_back({std::nullopt, std::string(risks[at] == AmountRisk::none ? "complementary" : name_of(risks[at]))});
    }
  }
  return out;
}

}  // namespace naru::protect
