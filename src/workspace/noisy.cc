#include "workspace/noisy.h"

#include "base/json.h"
#include "protect/noisy_answers.h"
#include "protect/privacy_budget.h"

#include <algorithm>

namespace naru::workspace::detail {
namespace {

Result<std::string> draw(const protect::CountTable& table, const std::string& identity, double rho,
                         const AnsweringSite& site) {
  SystemRandom random;
  const auto truth = protect::numbers_of(table);
  NARU_ASSIGN(const auto total, protect::noisy_count(truth.back(), rho / 2, random));
  NARU_ASSIGN(const auto cells, protect::noisy_histogram(table.cells, 1, rho / 2, random));
  const protect::CountTable shown{table.rows, table.columns, cells.counts};
  const auto numbers = protect::numbers_of(shown);
  Json matrix = Json::array();
  const auto columns = table.columns.size();
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const auto begin = numbers.begin() + static_cast<std::ptrdiff_t>(row * columns);
    matrix.push_back(std::vector<std::int64_t>(begin, begin + static_cast<std::ptrdiff_t>(columns)));
  }
  const auto margins = numbers.begin() + static_cast<std::ptrdiff_t>(table.cells.size());
  const auto between = margins + static_cast<std::ptrdiff_t>(table.rows.size());
  return canonical(Json{{"persons", std::max<std::int64_t>(0, static_cast<std::int64_t>(total.value))},
                        {"reason", ""},
                        {"table",
                         {{"rows", table.rows},
                          {"columns", table.columns},
                          {"cells", matrix},
                          {"reasons", std::vector(table.rows.size(), std::vector<std::string>(columns))},
                          {"row_totals", std::vector<std::int64_t>(margins, between)},
                          {"column_totals", std::vector<std::int64_t>(between, numbers.end() - 1)}}},
                        {"noise",
                         {{"mechanism", "discrete gaussian"},
                          {"rho", total.rho + cells.rho},
                          {"standard_error", total.standard_error},
                          {"standard_error_cells", cells.standard_error}}},
                        {"epoch", site.epoch},
                        {"identity", identity}});
}

}  // namespace

Result<NoisyPart> noisy_part(const protect::CountTable& table, const std::string& identity, double rho,
                             const std::string& account, const AnsweringSite& site, engine::Records& records) {
  protect::PrivacyBudget budget(records, site.release.empty() ? site.mode : site.release, site.control->noise);
  NARU_ASSIGN(const auto answered, budget.answer_once(canonical(Json::array({identity, rho})), rho, account,
                                                      [&] { return draw(table, identity, rho, site); }));
  NARU_ASSIGN(auto part, parse_json(answered.answer, "budget"));
  part["noise"]["budget"] = Json{{"rho", answered.spending.rho_total},
                                 {"spent", answered.spending.rho_spent},
                                 {"epsilon", answered.spending.epsilon},
                                 {"delta", answered.spending.delta}};
  return NoisyPart{canonical(part), answered.repeated};
}

}  // namespace naru::workspace::detail
