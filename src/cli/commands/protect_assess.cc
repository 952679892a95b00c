// naru protect assess: what attackers could find out, of a plain table, an OMOP lake or a release.
#include "base/json.h"
#include "cli/commands/protect.h"
#include "protect/risk_report.h"

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

// What the call says of the population and the limit, over what a policy says.
Result<protect::Assumptions> assumptions_in(const Call& call, const std::optional<protect::Policy>& policy) {
  protect::Assumptions out;
  if (policy) out = protect::assumptions_of(policy->risk);
  if (call.has("--threshold")) {
    NARU_ASSIGN(const auto limit, call.number("--threshold"));
    if (!(limit > 0 && limit <= 1)) {
      return usage_error(say("a probability above 0, up to 1", "0보다 크고 1 이하인 확률이어야 합니다"), "--threshold");
    }
    out.high_risk_above = limit;
  }
  if (call.has("--population-persons")) {
    NARU_ASSIGN(out.population_persons, call.integer("--population-persons", 1, 10'000'000'000));
  }
  return out;
}

Result<Json> figures(const protect::Assessment& assessment) {
  return parse_json(protect::assessment_json(assessment), "assessment");
}

// The keys of before stay where they were; what attackers could do stands beside them.
Result<Json> table_figures(const Call& call, const fs::path& table, const protect::Assessment& assessment) {
  NARU_ASSIGN(const auto risk, protect::assess(table, split_names(call.text("--quasi"))));
  NARU_ASSIGN(auto out, parse_json(protect::risk_json(risk), "risk"));
  NARU_ASSIGN(const auto more, figures(assessment));
  for (const auto& [key, value] : more.items()) {
    if (!out.contains(key)) out[key] = value;
  }
  return out;
}

struct Assessed {
  Json json;
  protect::Assessment assessment;
};

Result<Assessed> assessed(const Call& call, const fs::path& what, const protect::Assumptions& assumptions) {
  if (call.has("--cdm")) {
    NARU_ASSIGN(auto made, protect::assess_omop(what, assumptions));
    NARU_ASSIGN(auto json, figures(made));
    return Assessed{std::move(json), std::move(made)};
  }
  NARU_ASSIGN(auto made, protect::assess_table(what, split_names(call.text("--quasi")), call.text("--sensitive"),
                                               call.text("--population"), assumptions));
  NARU_ASSIGN(auto json, table_figures(call, what, made));
  return Assessed{std::move(json), std::move(made)};
}

Done check_call(const Call& call) {
  if (call.has("--table") == call.has("--cdm")) {
    return usage_error(say("give --table or --cdm", "--table이나 --cdm 중 하나를 지정하세요"), "protect assess",
                       say("--table FILE --quasi A,B,C for a table; --cdm DIR --policy ID for OMOP",
                           "표는 --table FILE --quasi A,B,C, OMOP은 --cdm DIR --policy ID"));
  }
  if (call.has("--table") && !call.has("--quasi")) {
    return usage_error(say("name at least one quasi-identifier", "준식별자를 하나 이상 지정하세요"), "--quasi");
  }
  if (call.has("--cdm") && !call.has("--policy")) {
    return usage_error(say("a policy says what attackers are assumed to know", "공격자의 지식은 정책이 정합니다"),
                       "--policy", say("add --policy ID", "--policy ID를 붙이세요"));
  }
  return {};
}

Text text_of(const protect::Assessment& assessment) {
  const auto& demographics = assessment.attackers.front();
  auto out = say(
      "{} persons in {} classes, smallest {}; {} alone in their class",
      "{}명, {}개 동질집합, 최소 {}명, 홀로인 사람 {}명", assessment.persons,
      [&] {
        std::int64_t classes = 0;
        for (const auto& [size, persons] : demographics.class_sizes) classes += persons / size;
        return classes;
      }(),
      assessment.k, demographics.unique);
  const auto share = [](const std::optional<double>& value) {
    return value ? fmt::format("{:.2f} %", *value * 100) : std::string("–");
  };
  for (const auto& attacker : assessment.attackers) {
    const auto figures =
        fmt::format("prosecutor {} / {}, journalist {}, marketer {}", share(attacker.prosecutor.most),
                    share(attacker.prosecutor.average), share(attacker.journalist.average), share(attacker.marketer));
    out.en += fmt::format("\n  {:<16} {} unique; {}\n  {:<16} knows {}", attacker.id, share(attacker.unique_share),
                          figures, "", attacker.knows.en);
    out.ko += fmt::format("\n  {:<16} 유일 {}. {}\n  {:<16} 지식: {}", attacker.id, share(attacker.unique_share),
                          figures, "", attacker.knows.ko);
  }
  return out;
}

Done write_report(const Call& call, const std::optional<protect::Policy>& policy, const fs::path& what,
                  const protect::Assumptions& assumptions, protect::Assessment before,
                  std::optional<protect::Assessment> after) {
  if (!call.has("--html")) return {};
  protect::RiskReport report{.subject = what.filename().string(), .before = std::move(before)};
  report.after = std::move(after);
  report.high_risk_above = assumptions.high_risk_above;
  if (policy) {
    report.policy = fmt::format("{} v{}", policy->id, policy->version);
    report.demonstration = !policy->production;
    report.k_wanted = policy->anonymity.k;
    report.thresholds = policy->impact;
    const auto persons = report.before.persons;
    // Health data is sensitive data of everybody in it; linkage is the release's to count.
    report.impact = protect::impact_of(policy->impact, persons, 0, persons);
  }
  return write_file_atomic(call.text("--html"), protect::risk_report_html(report));
}

Result<Answer> run_assess(const Call& call, const Context& context) {
  NARU_CHECK(check_call(call));
  std::optional<protect::Policy> policy;
  if (call.has("--policy")) {
    const auto name = call.text("--policy");
    NARU_ASSIGN(policy,
                name.ends_with(".yaml") ? protect::load_policy(name) : protect::find_policy(context.share, name));
  }
  NARU_ASSIGN(const auto assumptions, assumptions_in(call, policy));
  const fs::path what = call.has("--cdm") ? call.text("--cdm") : call.text("--table");
  NARU_ASSIGN(auto before, assessed(call, what, assumptions));
  std::optional<protect::Assessment> after;
  Answer answer;
  Json document = before.json;
  answer.text = text_of(before.assessment);
  if (call.has("--against")) {
    NARU_ASSIGN(auto later, assessed(call, call.text("--against"), assumptions));
    document = {{"before", before.json}, {"after", later.json}};
    const auto words = text_of(later.assessment);
    answer.text = {"before: " + answer.text.en + "\nafter: " + words.en,
                   "보호 전: " + answer.text.ko + "\n보호 후: " + words.ko};
    after = std::move(later.assessment);
  }
  if (policy) {
    const auto persons = before.assessment.persons;
    const auto impact = protect::impact_of(policy->impact, persons, 0, persons);
    document["impact_assessment"] = {{"persons", persons},
                                     {"sensitive_persons", persons},
                                     {"linked_persons", nullptr},
                                     {"reason", "linkage is counted where it happens, in a release"},
                                     {"due", impact.due()}};
    document["policy"] = {{"id", policy->id}, {"hash", policy->hash}};
  }
  NARU_CHECK(write_report(call, policy, what, assumptions, std::move(before.assessment), std::move(after)));
  answer.json = canonical(document);
  return answer;
}

}  // namespace

std::vector<Command> protect_assess_commands() {
  const auto maybe = [](std::string name, std::string metavar, Text help) {
    return Option{std::move(name), std::move(metavar), std::move(help), false, false, {}};
  };
  return {
      {"protect assess",
       say("what attackers could find out: of a table with one row per person, an OMOP lake or a release",
           "공격자가 알아낼 수 있는 것: 한 사람이 한 행인 표, OMOP 자료 또는 공개본"),
       {maybe("--table", "FILE", say("CSV or Parquet", "CSV 또는 Parquet")),
        maybe("--quasi", "A,B,C", say("quasi-identifiers of the table", "표의 준식별자")),
        maybe("--sensitive", "COL", say("its sensitive column, for l and t", "l과 t를 볼 민감 열")),
        maybe("--population", "FILE", say("the population as a table with the same columns", "같은 열의 모집단 표")),
        maybe("--cdm", "DIR", say("a folder of OMOP tables, or a release", "OMOP 표 폴더 또는 공개본")),
        maybe("--policy", "ID", say("a policy: limits, population and attackers", "정책: 기준, 모집단, 공격자")),
        maybe("--population-persons", "N", say("persons of the population", "모집단 사람 수")),
        maybe("--threshold", "P", say("above it a person is at high risk", "이 확률을 넘으면 고위험")),
        maybe("--against", "PATH", say("the same after protection", "보호 처리 뒤의 같은 자료")),
        maybe("--html", "FILE", say("also write the report for a board", "위원회용 보고서도 씁니다"))},
       run_assess}};
}

}  // namespace naru::cli
