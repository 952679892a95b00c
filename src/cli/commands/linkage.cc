#include "base/json.h"
#include "cli/command.h"
#include "linkage/evaluate.h"

namespace naru::cli {
namespace {

Result<Answer> run_evaluate(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto quality, linkage::evaluate_pairs(call.text("--pairs"), call.text("--truth")));
  const auto share = [](const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); };
  Json out{{"true_pairs", quality.true_pairs},       {"found_pairs", quality.found_pairs},
           {"correct_pairs", quality.correct_pairs}, {"precision", share(quality.precision)},
           {"recall", share(quality.recall)},        {"match_rate", share(quality.match_rate)}};
  if (!quality.precision) out["precision_reason"] = "no pair was found";
  if (!quality.recall) out["recall_reason"] = "there is no true pair";
  if (!quality.match_rate) out["match_rate_reason"] = "there is no true pair";
  Answer answer;
  answer.json = canonical(out);
  answer.text = say("{0} of {1} true pairs found, {2} of {3} found pairs are true",
                    "참인 쌍 {1}개 중 {0}개를 찾았고, 찾은 쌍 "
                    "{3}개 중 {2}개가 참입니다",
                    quality.correct_pairs, quality.true_pairs, quality.correct_pairs, quality.found_pairs);
  return answer;
}

}  // namespace

std::vector<Command> linkage_commands() {
  return {{"linkage evaluate",
           say("precision and recall of found pairs against known ones", "찾은 쌍의 정밀도와 재현율"),
           {{"--pairs",
             "FILE.csv",
             say("left_site,left_source,right_site,right_source", "left_site,left_source,right_site,right_source"),
             true,
             false,
             {}},
            {"--truth", "FILE.csv", say("the same columns, known to be true", "같은 열, 참인 쌍"), true, false, {}}},
           run_evaluate}};
}

}  // namespace naru::cli
