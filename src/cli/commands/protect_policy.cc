// naru protect policy: what a policy does, on what each rule rests, and whether it may be used.
#include "base/json.h"
#include "cli/commands/protect.h"
#include "protect/policy.h"

namespace naru::cli {
namespace {

Result<Answer> run_policy(const Call& call, const Context& context) {
  const auto name = call.text("POLICY");
  const bool file = name.ends_with(".yaml");
  NARU_ASSIGN(const auto policy, file ? protect::load_policy(name) : protect::find_policy(context.share, name));
  if (call.has("--production")) NARU_CHECK(protect::ready_for_production(policy));
  return Answer{protect::policy_json(policy), protect::policy_text(policy), 0};
}

}  // namespace

std::vector<Command> protect_policy_commands() {
  return {
      {"protect policy",
       say("checks a protection policy; tells its figures, and on what each rule rests",
           "보호 정책을 검사하고 수치와 각 규칙의 근거를 알려 줍니다"),
       {{"POLICY", "ID", say("id in policies/ or a .yaml file", "policies/의 이름 또는 .yaml 파일"), true, false, {}},
        {"--production",
         "",
         say("refuse (exit 3) a policy with a rule that is not verified, naming it",
             "대조되지 않은 규칙이 있으면 그 규칙을 알리고 거부합니다(종료 코드 3)"),
         false,
         false,
         {}}},
       run_policy},
  };
}

}  // namespace naru::cli
