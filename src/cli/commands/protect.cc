#include "cli/commands/protect.h"
#include "base/json.h"
#include "cli/commands/protect_outputs.h"
#include "protect/search.h"

namespace naru::cli {
namespace {

Answer answer_of(const protect::SearchReport& report) {
  Answer answer;
  answer.json = protect::search_json(report);
  std::string levels;
  for (std::size_t i = 0; i < report.quasi_identifiers.size(); ++i) {
    levels += fmt::format("{}{} {}", levels.empty() ? "" : ", ", report.quasi_identifiers[i], report.optimum.levels[i]);
  }
  const auto& best = report.optimum;
  if (best.proven) {
    answer.text = say("optimal levels: {}; loss {:.6f}, {} of {} records suppressed, {} classes",
                      "최적 수준: {}. 손실 {:.6f}, 삭제 {}/{}행, 동질집합 {}개", levels, best.loss, best.suppressed,
                      report.records, best.classes);
  } else {
    answer.text =
        say("best found in time: {}; loss {:.6f}, none is below {:.6f}; {} of {} records suppressed, {} classes",
            "제한 시간 안의 최선: {}. 손실 {:.6f}, 어떤 것도 {:.6f}보다 작지 않음. 삭제 {}/{}행, 동질집합 {}개", levels,
            best.loss, best.bound, best.suppressed, report.records, best.classes);
  }
  return answer;
}

Result<Answer> run_search(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  NARU_ASSIGN(const auto config, protect::read_search_config(call.text("--config")));
  NARU_ASSIGN(const auto report, protect::search(config, static_cast<unsigned>(threads), context.progress));
  return answer_of(report);
}

Result<Answer> run_apply(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  NARU_ASSIGN(const auto config, protect::read_search_config(call.text("--config")));
  NARU_ASSIGN(const auto report,
              protect::apply(config, call.text("--out"), static_cast<unsigned>(threads), context.progress));
  auto answer = answer_of(report);
  if (call.has("--report")) NARU_CHECK(write_file_atomic(call.text("--report"), answer.json + "\n"));
  return answer;
}

Option config_option() {
  return {"--config", "F.json", say("table, hierarchies, models", "표, 일반화 계층, 모형"), true, false, {}};
}
Option threads_option() {
  return {"--threads", "N",   say("changes speed, never the answer; 0 takes all", "속도만 바꿉니다. 0은 전부"),
          false,       false, "0"};
}

}  // namespace

std::vector<Command> protect_commands() {
  auto out = protect_assess_commands();
  for (auto& command : protect_policy_commands()) out.push_back(std::move(command));
  for (auto& command : protect_reidentify_commands()) out.push_back(std::move(command));
  std::vector<Command> own{
      {"protect search",
       say("the optimal generalisation of a table, proven", "표의 최적 일반화(최적임을 증명)"),
       {config_option(), threads_option()},
       run_search},
      {"protect apply",
       say("searches, then writes the generalised table", "탐색한 뒤 일반화한 표를 씁니다"),
       {config_option(),
        {"--out", "TABLE.csv", say("the table to write", "쓸 표"), true, false, {}},
        {"--report", "FILE.json", say("also write the report", "보고서도 씁니다"), false, false, {}},
        threads_option()},
       run_apply},
  };
  for (auto& command : own) out.push_back(std::move(command));
  for (auto& command : protect_output_commands()) out.push_back(std::move(command));
  return out;
}

}  // namespace naru::cli
