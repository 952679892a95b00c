// Output rules from the command line: published presets, one table through them, the attacks on a release.
#include "cli/commands/protect_outputs.h"

#include "base/digest.h"
#include "base/json.h"
#include "protect/attack.h"
#include "protect/policy.h"
#include "protect/zcdp.h"

#include <sstream>

namespace naru::cli {
namespace {

struct Rules {
  std::string id;
  std::string hash;
  protect::OutputRules rules;
  protect::OutputControl control;
};

/// A policy's own rules, or a preset of policies/outputs.
Result<Rules> rules_of(const Call& call, const Context& context) {
  if (call.has("--preset")) {
    NARU_ASSIGN(const auto preset, protect::find_output_preset(context.share, call.text("--preset")));
    return Rules{preset.id, preset.hash, preset.rules, preset.control};
  }
  const auto name = call.text("--policy");
  NARU_ASSIGN(const auto policy,
              name.ends_with(".yaml") ? protect::load_policy(name) : protect::find_policy(context.share, name));
  if (!policy.disclosure) {
    return rejected(say("the policy has no section \"disclosure\"", "정책에 disclosure 항목이 없습니다"), policy.id,
                    say("choose a preset with --preset", "--preset으로 공표된 규칙을 고르세요"));
  }
  return Rules{
      policy.id,
      policy.hash,
      {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary, policy.disclosure->zeros},
      *policy.disclosure};
}

Result<Answer> run_attack(const Call& call, const Context& context) {
  NARU_ASSIGN(auto rules, rules_of(call, context));
  NARU_ASSIGN(const auto seed, call.integer("--seed", 0, 1'000'000'000));
  if (call.has("--attempts")) {
    NARU_ASSIGN(rules.control.attack.attempts, call.integer("--attempts", 20, 100'000));
  }
  const fs::path release = call.text("--release");
  const auto data = fs::exists(release / "data") ? release / "data" : release;
  NARU_ASSIGN(const auto ground, protect::attack_ground(data, rules.rules.min_cell));
  const auto attempts = call.has("--enough") ? protect::Attempts::enough : protect::Attempts::all;
  NARU_ASSIGN(const auto report,
              protect::run_attacks(ground, rules.rules, rules.control, static_cast<std::uint64_t>(seed), attempts));
  Answer answer;
  NARU_ASSIGN(auto document, parse_json(protect::attack_json(report), "attack"));
  document["policy"] = rules.id;
  document["policy_hash"] = rules.hash;
  document["seed"] = seed;
  if (call.has("--timed")) {
    for (const auto& attack : report.attacks) document["cpu_seconds"][attack.name] = attack.cpu_seconds;
  }
  answer.json = canonical(document);
  answer.status = report.within() ? 0 : 4;
  std::string lines;
  for (const auto& attack : report.attacks) {
    lines += fmt::format("\n  {:17} {:6.3f} [{:6.3f}, {:6.3f}]  {:6.3f}  {}", attack.name, attack.advantage, attack.low,
                         attack.high, attack.ceiling, attack.within ? "ok" : "ABOVE");
  }
  answer.text = say("advantage of each attack with its 95 % interval, ceiling, and whether it is within {}:{}",
                    "공격별 이득과 95 % 구간, 상한, 허용치 {} 이내 여부:{}", report.advantage_max, lines);
  return answer;
}

/// First column row names, first line column names.
Result<protect::CountTable> read_table(const std::string& file) {
  NARU_ASSIGN(const auto text, read_file(file, 16U << 20));
  protect::CountTable out;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    std::vector<std::string> fields;
    std::istringstream parts(line);
    for (std::string field; std::getline(parts, field, ',');) fields.push_back(field);
    const auto where = fmt::format("{}:{}", file, number);
    if (out.columns.empty()) {
      if (fields.size() < 2) return rejected(say("no column names", "열 이름이 없습니다"), where);
      out.columns.assign(fields.begin() + 1, fields.end());
      continue;
    }
    if (fields.size() != out.columns.size() + 1) {
      return rejected(
          say("{} fields; {} are wanted", "항목 {}개. {}개가 필요합니다", fields.size(), out.columns.size() + 1),
          where);
    }
    out.rows.push_back(fields[0]);
    for (std::size_t at = 1; at < fields.size(); ++at) {
      const auto& field = fields[at];
      const bool digits = !field.empty() && field.size() <= 12 &&
                          std::all_of(field.begin(), field.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (!digits) return rejected(say("\"{}\" is not a count", "\"{}\"은(는) 수가 아닙니다", field), where);
      out.cells.push_back(std::stoll(field));
    }
  }
  if (out.rows.empty()) return rejected(say("the table has no rows", "표에 행이 없습니다"), file);
  return out;
}

Json numbers_json(const std::vector<protect::ReleasedCount>& counts) {
  Json out = Json::array();
  for (const auto& count : counts) {
    out.push_back({{"value", count.value ? Json(*count.value) : Json(nullptr)}, {"reason", name_of(count.reason)}});
  }
  return out;
}

Result<Answer> run_outputs(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto rules, rules_of(call, context));
  NARU_ASSIGN(const auto table, read_table(call.text("--table")));
  NARU_ASSIGN(const auto released, protect::release_table(table, rules.rules));
  Answer answer;
  std::int64_t hidden = 0;
  for (const auto& cell : released.cells) hidden += cell.value ? 0 : 1;
  answer.json = canonical(Json{{"policy", rules.id},
                               {"policy_hash", rules.hash},
                               {"rows", released.rows},
                               {"columns", released.columns},
                               {"cells", numbers_json(released.cells)},
                               {"row_totals", numbers_json(released.row_totals)},
                               {"column_totals", numbers_json(released.column_totals)},
                               {"total", numbers_json({released.total}).front()},
                               {"hidden", hidden}});
  answer.text = say("{} of {} cells are hidden", "{}/{}개 칸을 숨겼습니다", hidden, released.cells.size());
  return answer;
}

Option policy_option() {
  return {"--policy", "ID",  say("id in policies/ or a .yaml file", "policies/의 이름 또는 .yaml 파일"),
          false,      false, "naru-demo"};
}
Option preset_option() {
  return {"--preset", "ID",  say("published rules in policies/outputs/", "policies/outputs/의 공표된 규칙"),
          false,      false, {}};
}

}  // namespace

std::vector<Command> protect_output_commands() {
  return {
      {"protect attack",
       say("attacks a release through questions and measures what they reach",
           "질의로 공개본을 공격하여 얼마나 알아낼 수 있는지 잽니다"),
       {{"--release",
         "DIR",
         say("a release, or a folder of OMOP Parquet tables", "공개본 또는 OMOP Parquet 표의 폴더"),
         true,
         false,
         {}},
        policy_option(),
        preset_option(),
        {"--attempts",
         "N",
         say("per attack; the policy's number if not given", "공격별 시도 횟수. 없으면 정책의 값"),
         false,
         false,
         {}},
        {"--enough", "",
         say("stop each attack once its interval lies on one side of the bound, as a release does",
             "구간이 허용치의 한쪽에 놓이면 그 공격을 멈춥니다(공개본을 만들 때와 같음)")},
        {"--timed", "", say("CPU seconds of each attack in the JSON", "JSON에 공격별 CPU 초를 넣습니다")},
        {"--seed", "N", say("same seed, same report", "같은 시드는 같은 보고서"), false, false, "1"}},
       run_attack},
      {"protect outputs",
       say("takes a table of counts through the output rules", "수의 표에 반출 규칙을 적용합니다"),
       {{"--table",
         "FILE.csv",
         say("first line: column names; first column: row names", "첫 줄은 열 이름, 첫 열은 행 이름"),
         true,
         false,
         {}},
        policy_option(),
        preset_option()},
       run_outputs},
  };
}

}  // namespace naru::cli
