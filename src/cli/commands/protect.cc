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

// The configuration, with what the command line says about time.
Result<protect::SearchConfig> config_of(const Call& call) {
  NARU_ASSIGN(auto config, protect::read_search_config(call.text("--config")));
  if (call.has("--time-limit")) {
    NARU_ASSIGN(config.time_limit_seconds, call.number("--time-limit"));
    if (!(config.time_limit_seconds > 0)) {
      return rejected(
          say("a time limit is above 0 seconds", "제한 시간은 0초보다 길어야 합니다"), "--time-limit",
          say("leave it out to search until the optimum is proven", "최적임을 증명할 때까지 탐색하려면 빼세요"));
    }
  }
  return config;
}

Result<Answer> run_search(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  NARU_ASSIGN(const auto config, config_of(call));
  NARU_ASSIGN(const auto report, protect::search(config, static_cast<unsigned>(threads), context.progress));
  return answer_of(report);
}

Result<Answer> run_apply(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto threads, call.integer("--threads", 0, 1024));
  NARU_ASSIGN(const auto config, config_of(call));
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
Option time_limit_option() {
  return {
      "--time-limit",
      "SECONDS",
      say("of searching, after the table is read: then the best found and a proven bound; overrides the configuration",
          "표를 읽은 뒤 탐색하는 시간. 지나면 그때까지의 최선과 증명된 한계를 냅니다. 설정보다 우선합니다"),
      false,
      false,
      {}};
}

}  // namespace

std::vector<Command> protect_commands() {
  auto out = protect_assess_commands();
  for (auto& command : protect_policy_commands()) out.push_back(std::move(command));
  for (auto& command : protect_reidentify_commands()) out.push_back(std::move(command));
  std::vector<Command> own{
      {"protect search",
       say("the optimal generalisation of a table, proven", "표의 최적 일반화(최적임을 증명)"),
       {config_option(), threads_option(), time_limit_option()},
       run_search},
      {"protect apply",
       say("searches, then writes the generalised table", "탐색한 뒤 일반화한 표를 씁니다"),
       {config_option(),
        {"--out", "TABLE.csv", say("the table to write", "쓸 표"), true, false, {}},
        {"--report", "FILE.json", say("also write the report", "보고서도 씁니다"), false, false, {}},
        threads_option(),
        time_limit_option()},
       run_apply},
  };
  for (auto& command : own) out.push_back(std::move(command));
  for (auto& command : protect_output_commands()) out.push_back(std::move(command));
  return out;
}

}  // namespace naru::cli
