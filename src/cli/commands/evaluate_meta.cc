// One summary of several sites' published or released figures.
#include "base/json.h"
#include "cli/commands/evaluate.h"
#include "evaluate/estimate_json.h"
#include "evaluate/pooling.h"

namespace naru::cli {
namespace {

using namespace evaluation;

Result<Answer> run_meta(const Call& call, const Context&) {
  const auto measure = call.text("--measure");
  if (measure != "auroc" && measure != "oe") {
    return usage_error(say("--measure is auroc or oe", "--measure는 auroc 또는 oe입니다"), "--measure");
  }
  const auto value = call.text("--estimate");
  const auto error = call.text("--se");
  Wanted wanted;
  wanted.numbers = {value, error};
  NARU_ASSIGN(auto table, read_table(call.text("FILE"), wanted, 0));
  std::vector<evaluate::Estimate> sites(table.rows);
  for (std::size_t row = 0; row < table.rows; ++row) {
    sites[row].estimate = table.numbers.at(value)[row];
    sites[row].se = table.numbers.at(error)[row];
  }
  const auto pooled = measure == "auroc" ? evaluate::pool_auroc(sites) : evaluate::pool_observed_expected(sites);
  Json out{{"measure", measure}, {"rows", table.rows}, {"pooled", json_of(pooled)}};
  Answer answer;
  answer.json = canonical(out);
  answer.text =
      say("{} of {} rows pooled: {}", "{}/{}행 통합: {}", pooled.sites, table.rows, line_of(out.at("pooled")));
  return answer;
}

}  // namespace

std::vector<Command> evaluate_meta_commands() {
  return {
      {"evaluate meta",
       say("random-effects mean of sites' AUROC or O:E (REML, Hartung-Knapp)",
           "기관별 AUROC 또는 O:E의 변량효과 평균(REML, Hartung-Knapp)"),
       {file_option(),
        {"--measure", "M", say("auroc or oe", "auroc 또는 oe"), true},
        {"--estimate", "COL", say("column of estimates", "추정값 열"), false, false, "estimate"},
        {"--se", "COL", say("column of standard errors of the estimates", "추정값의 표준오차 열"), false, false, "se"}},
       run_meta}};
}

}  // namespace naru::cli
