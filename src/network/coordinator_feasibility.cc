// Feasibility questions, as the authority carries them: to every holder, limited per account and day.
#include "base/limits.h"
#include "cohort/expression.h"
#include "network/coordinator.h"
#include "network/task_support.h"
#include "workspace/feasibility.h"

namespace naru::network {

Result<std::string> Coordinator::feasibility(const std::string& definition, const std::string& account) {
  NARU_ASSIGN(const auto rules, workspace::read_feasibility_rules(share_));
  // Before anything is spent or sent.
  NARU_ASSIGN(const auto expression, cohort::parse(definition, "definition"));
  const auto today = format_instant(site_.clock().now_ms()).substr(0, 10);
  const auto meter = fmt::format("{}/{}/{}", workspace::feasibility_collection, account, today);
  NARU_ASSIGN(const auto used, site_.records().counter(meter));
  if (used >= rules.questions_per_day) {
    return refused(say("all {} feasibility questions of the day are used",
                       "오늘의 가능성 질의 {}회를 모두 사용했습니다", rules.questions_per_day),
                   "policies/questions/feasibility.yaml, questions_per_day",
                   say("go on tomorrow, or apply: a right brings counts", "내일 계속하거나, 신청해 이용권을 받으세요"));
  }
  const auto hash = cohort::definition_hash(expression);
  NARU_CHECK(site_.record("feasibility.asked", fields({{"definition", hash}}), account));
  NARU_ASSIGN(const auto spent, site_.records().add_to_counter(meter, 1, rules.questions_per_day));
  NARU_ASSIGN(const auto members, members_of(site_.records()));
  std::string correlation;
  std::vector<std::string> asked;
  for (const auto& member : members) {
    if (member.role != "hospital" && member.role != "agency") continue;
    NARU_ASSIGN(correlation,
                mail_.send(member.name, "feasibility", correlation, json_body({{"definition", definition}})));
    asked.push_back(member.name);
  }
  Json holders = Json::array();
  for (const auto& site : asked) {
    const auto answer = mail_.wait_from(correlation, site, limits::answer_wait_ms);
    if (!answer.ok()) {
      const auto& error = answer.error();
      holders.push_back({{"site", site},
                         {"refused",
                          {{"kind", std::string(name_of(error.kind))},
                           {"what", {{"en", error.what.en}, {"ko", error.what.ko}}},
                           {"where", error.where},
                           {"hint", {{"en", error.hint.en}, {"ko", error.hint.ko}}}}}});
      continue;
    }
    NARU_ASSIGN(const auto json, json_of_message(*answer));
    holders.push_back(json);
  }
  return fields({{"definition", hash},
                 {"mode", "federated"},
                 {"distinct", false},
                 {"holders", holders},
                 {"policy", rules.hash},
                 {"meter", {{"used", spent}, {"budget", rules.questions_per_day}}}});
}

}  // namespace naru::network
