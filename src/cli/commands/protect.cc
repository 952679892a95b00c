#include "base/json.h"
#include "cli/command.h"
#include "cli/commands/protect_outputs.h"
#include "protect/policy.h"
#include "protect/risk.h"
#include "protect/search.h"

namespace naru::cli {
namespace {

std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> out;
  std::string name;
  for (const char c : text + ",") {
    if (c != ',') {
      name += c;
    } else if (!name.empty()) {
      out.push_back(std::exchange(name, {}));
    }
  }
  return out;
}

Result<Answer> run_assess(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto risk, protect::assess(call.text("--table"), split_names(call.text("--quasi"))));
  Answer answer;
  NARU_ASSIGN(auto document, parse_json(protect::risk_json(risk), "risk"));
  if (call.has("--against")) {
    NARU_ASSIGN(const auto after, protect::assess(call.text("--against"), split_names(call.text("--quasi"))));
    NARU_ASSIGN(auto later, parse_json(protect::risk_json(after), "risk"));
    document = {{"before", document}, {"after", later}};
  }
  answer.json = canonical(document);
  answer.text =
      say("{} persons in {} classes, smallest {}; {} alone in their class",
          "{}명, {}개 동질집합, 최소 {}명, 홀로인 사람 {}명", risk.persons, risk.classes, risk.k, risk.unique);
  return answer;
}

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

Result<Answer> run_policy(const Call& call, const Context& context) {
  const auto name = call.text("POLICY");
  const bool file = name.ends_with(".yaml");
  NARU_ASSIGN(const auto policy, file ? protect::load_policy(name) : protect::find_policy(context.share, name));
  Answer answer;
  Json tables = Json::object();
  for (const auto& table : policy.tables) tables[table.table] = table.left_out ? Json("left out") : Json(table.tier);
  answer.json = canonical({{"id", policy.id},
                           {"version", policy.version},
                           {"hash", policy.hash},
                           {"k", policy.anonymity.k},
                           {"outputs", {{"min_cell", policy.outputs.min_cell}, {"round_to", policy.outputs.round_to}}},
                           {"tables", tables}});
  answer.text = say("{} version {} is a complete policy\nhash {}", "{} 버전 {}은(는) 완전한 정책입니다\n해시 {}",
                    policy.id, policy.version, policy.hash);
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
  std::vector<Command> out{
      {"protect assess",
       say("re-identification risk of a table with one row per person", "한 사람이 한 행인 표의 재식별 위험"),
       {{"--table", "FILE", say("CSV or Parquet", "CSV 또는 Parquet"), true, false, {}},
        {"--quasi", "A,B,C", say("quasi-identifiers", "준식별자"), true, false, {}},
        {"--against", "FILE", say("the same table after protection", "보호 처리 뒤의 같은 표"), false, false, {}}},
       run_assess},
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
      {"protect policy",
       say("checks a protection policy and tells its hash", "보호 정책을 검사하고 해시를 알려 줍니다"),
       {{"POLICY", "ID", say("id in policies/ or a .yaml file", "policies/의 이름 또는 .yaml 파일"), true, false, {}}},
       run_policy},
  };
  for (auto& command : protect_output_commands()) out.push_back(std::move(command));
  return out;
}

}  // namespace naru::cli
