#pragma once
/// The part of a noisy answer that depends on data: spent from the budget of the persons of these data, once per
/// question. Not for other rooms. docs/methods/zcdp.md.
#include "protect/output_table.h"
#include "workspace/ask.h"

#include <string>

namespace naru::workspace::detail {

struct NoisyPart {
  std::string
      json;  ///< {"persons","reason","table":{…,"cells","row_totals","column_totals"},"noise":{…},"epoch","identity"}
  bool repeated = false;
};
/// Half of `rho` for the total, half for the cells (each person is in one); margins are sums of the cells shown.
[[nodiscard]] Result<NoisyPart> noisy_part(const protect::CountTable& table, const std::string& identity, double rho,
                                           const std::string& account, const AnsweringSite& site,
                                           engine::Records& records);

}  // namespace naru::workspace::detail
