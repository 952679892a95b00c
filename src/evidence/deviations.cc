#include "evidence/deviations.h"

#include <set>

#include "base/json.h"
#include "evidence/page.h"

namespace naru::evidence {
namespace {

class Checks {
 public:
  void add(const char* check, const char* state, const Text& text) {
    out_.push_back({{"check", check}, {"state", state}, {"text", {{"en", text.en}, {"ko", text.ko}}}});
  }
  void add(const char* check, bool kept, const Text& if_kept, const Text& if_not) {
    add(check, kept ? "kept" : "departed", kept ? if_kept : if_not);
  }
  Json take() { return std::move(out_); }

 private:
  Json out_ = Json::array();
};

void check_lock(Checks& checks, const Json& report) {
  const auto locked = report.value("locked_at", std::string());
  if (locked.empty()) {
    checks.add("lock", "unknown",
               say("the report does not say when the plan was locked", "계획을 언제 잠갔는지 보고서에 없습니다"));
    return;
  }
  checks.add("lock", locked <= report.value("created_at", std::string()),
             say("the plan was locked in the log at {}, before the labels were read",
                 "라벨을 읽기 전인 {}에 계획을 로그에 잠갔습니다", page::instant(locked)),
             say("the plan was locked at {}, after the report was made", "보고서 작성 뒤인 {}에 계획을 잠갔습니다",
                 page::instant(locked)));
}

void check_version(Checks& checks, const Plan& plan) {
  if (plan.version == 1) {
    checks.add("version", "kept", say("first version of the plan", "계획의 첫 버전입니다"));
    return;
  }
  checks.add("version", "departed",
             Text{fmt::format("version {} of the plan: {}", plan.version, plan.changes.en),
                  fmt::format("계획의 버전 {}: {}", plan.version, plan.changes.ko)});
}

void check_size(Checks& checks, const char* what, const std::optional<std::int64_t>& wanted, const Json& reached,
                const Text& noun) {
  const auto name = std::string("sample_") + what;
  if (!wanted) {
    checks.add(name.c_str(), "unknown",
               Text{"the plan gives no number of " + noun.en, "계획에 " + noun.ko + " 수가 숫자로 없습니다"});
    return;
  }
  if (!reached.is_number_integer()) {
    checks.add(name.c_str(), "unknown",
               Text{"the number of " + noun.en + " is suppressed", noun.ko + " 수가 비공개입니다"});
    return;
  }
  const auto got = reached.get<std::int64_t>();
  checks.add(name.c_str(), got >= *wanted,
             Text{fmt::format("{} {} of the {} planned", got, noun.en, *wanted),
                  fmt::format("계획한 {} {} 중 {}", noun.ko, *wanted, got)},
             Text{fmt::format("only {} {} of the {} planned", got, noun.en, *wanted),
                  fmt::format("계획한 {} {}보다 적은 {}", noun.ko, *wanted, got)});
}

void check_alerts(Checks& checks, const Plan& plan, const Json& report) {
  if (!plan.alert_burden_max) {
    checks.add("alerts", "unknown", say("the plan sets no limit to alerts", "계획에 경보 비율의 한도가 없습니다"));
    return;
  }
  std::string en;
  std::string ko;
  for (const auto& at : report.at("pooled").at("thresholds")) {
    const auto& share = at.at("alerts").at("estimate");
    if (!share.is_number() || share.get<double>() <= *plan.alert_burden_max) continue;
    en += fmt::format("; {:.3f} at threshold {}", share.get<double>(), at.at("threshold").dump());
    ko += fmt::format("; 임계값 {}에서 {:.3f}", at.at("threshold").dump(), share.get<double>());
  }
  checks.add("alerts", en.empty(),
             say("alerts stay within {} at every threshold", "모든 임계값에서 경보 비율이 {} 이내입니다",
                 *plan.alert_burden_max),
             Text{fmt::format("more alerts than {}{}", *plan.alert_burden_max, en),
                  fmt::format("경보 비율이 {}을(를) 넘습니다{}", *plan.alert_burden_max, ko)});
}

void check_sites(Checks& checks, const Json& report) {
  std::set<std::string> vocabularies;
  std::set<std::string> inputs;
  std::string failed_en;
  for (const auto& site : report.at("sites")) {
    vocabularies.insert(site.value("vocabulary", std::string()));
    inputs.insert(site.value("input_schema", std::string()));
    const auto failed = site.find("failed");
    if (failed != site.end() && !failed->empty()) failed_en += " " + site.value("site", std::string());
  }
  checks.add(
      "vocabulary", vocabularies.size() <= 1,
      say("every site used the same vocabulary", "모든 기관이 같은 어휘를 썼습니다"),
      say("sites used {} different vocabularies", "기관들이 서로 다른 어휘 {}가지를 썼습니다", vocabularies.size()));
  checks.add("inputs", inputs.size() <= 1, say("every site gave the same inputs", "모든 기관의 입력 구성이 같습니다"),
             say("sites gave {} different input schemas", "기관들의 입력 구성이 {}가지입니다", inputs.size()));
  checks.add("unscored", failed_en.empty(), say("no row failed to be scored", "점수를 내지 못한 행이 없습니다"),
             say("rows could not be scored at:{}; they are counted, not dropped",
                 "점수를 내지 못한 행이 있습니다:{}. 버리지 않고 세었습니다", failed_en));
}

void check_suppressed(Checks& checks, const Json& report) {
  std::size_t hidden = 0;
  const auto& groups = report.at("pooled").at("subgroups");
  for (const auto& group : groups) hidden += group.at("persons").is_null() ? 1 : 0;
  checks.add("subgroups", hidden == 0, say("every planned subgroup is shown", "계획한 하위집단을 모두 보였습니다"),
             say("{} of {} subgroups are suppressed as too small", "하위집단 {1}개 중 {0}개는 인원이 적어 비공개입니다",
                 hidden, groups.size()));
}

void check_overlap(Checks& checks, const Json& report) {
  const auto found = report.find("overlaps");
  if (found == report.end() || found->empty()) {
    checks.add("overlap", "unknown",
               say("overlap of training and evaluation persons was not checked",
                   "학습 대상자와 평가 대상자의 중복을 확인하지 않았습니다"));
    return;
  }
  std::set<std::string> checked;
  for (const auto& one : *found) {
    const auto site = one.value("site", std::string());
    checked.insert(site);
    const auto& count = one.at("overlap");
    const bool none = count.is_number_integer() && count.get<std::int64_t>() == 0;
    const Text shown = count.is_null() ? say("a few persons (suppressed) are", "소수(비공개)")
                                       : say("{} persons are", "{}명", count.get<std::int64_t>());
    checks.add("overlap", none,
               say("{}: no person of the training set", "{}: 학습 자료와 겹치는 사람이 없습니다", site),
               Text{site + ": " + shown.en + " also in the training set; performance on them is no evidence",
                    site + ": 학습 자료와 겹치는 사람 " + shown.ko + ". 이들에 대한 성능은 근거가 아닙니다"});
  }
  for (const auto& at : report.value("sites", Json::array())) {
    const auto site = at.value("site", std::string());
    if (checked.contains(site)) continue;
    checks.add("overlap", "unknown",
               say("{}: training overlap was not checked", "{}: 학습 중복을 확인하지 않았습니다", site));
  }
}

}  // namespace

Json deviations(const Plan& plan, const Json& report) {
  Checks checks;
  check_lock(checks, report);
  check_version(checks, plan);
  const auto& pooled = report.at("pooled");
  check_size(checks, "persons", plan.sample_persons, pooled.at("persons"), say("persons", "인원"));
  check_size(checks, "events", plan.sample_events, pooled.at("events"), say("events", "사건"));
  check_alerts(checks, plan, report);
  check_sites(checks, report);
  check_suppressed(checks, report);
  check_overlap(checks, report);
  const auto approvals = report.find("approvals");
  const bool approved = approvals != report.end() && !approvals->empty();
  checks.add("approvals", approved ? "kept" : "unknown",
             approved ? say("approvals are referenced", "승인 번호가 적혀 있습니다")
                      : say("no approval is referenced", "적힌 승인이 없습니다"));
  return checks.take();
}

}  // namespace naru::evidence
