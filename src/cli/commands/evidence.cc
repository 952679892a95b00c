// Plans locked and run at one site, and sealed evidence checked or recomputed. The run over many sites is `verify run`.
#include "cli/command.h"
#include "cli/commands/evidence_more.h"
#include "cli/commands/solution.h"

#include <map>

#include "base/json.h"
#include "evidence/overlap.h"
#include "evidence/report.h"
#include "evidence/seal.h"
#include "network/identity.h"
#include "protect/policy.h"
#include "workspace/ask.h"

namespace naru::cli {
namespace {

constexpr std::string_view sealed_ending = ".evidence.json";
constexpr std::uint64_t sealed_bytes_max = 64U << 20;

// What a lock leaves at the site: the plan as it will be run, one file a version.
struct Locked {
  evidence::LockedPlan plan;
  std::string replaces;   // hash of the version before, or empty
  std::string locked_at;  // instant, as the lock's entry in the log has it; empty for locks of earlier programs
  bool fresh = true;      // false: this very plan was locked earlier
};

fs::path locked_file(const model::SiteLayout& layout, const std::string& id, std::int64_t version) {
  return layout.evidence() / "plans" / fmt::format("{}-v{}.json", id, version);
}

fs::path lock_time_file(fs::path plan) { return plan.replace_extension(".lock.json"); }

Result<Locked> lock_at_site(network::Site& site, const fs::path& file) {
  Locked out;
  NARU_ASSIGN(out.plan, evidence::lock(file));
  const auto& layout = site.layout();
  const auto& plan = out.plan.plan;
  NARU_CHECK(make_folder(layout.evidence() / "plans"));
  const auto target = locked_file(layout, plan.id, plan.version);
  if (fs::exists(target)) {
    NARU_ASSIGN(const auto text, read_file(target));
    NARU_ASSIGN(const auto before, evidence::parse_locked(text, target.string()));
    if (before.hash != out.plan.hash) {
      return conflict(say("version {} of plan {} is locked with other content",
                          "계획 {1}의 버전 {0}은(는) 다른 내용으로 잠겨 있습니다", plan.version, plan.id),
                      file.string(), say("raise its version to {}", "버전을 {}(으)로 올리세요", plan.version + 1));
    }
    out.fresh = false;
    if (fs::exists(lock_time_file(target))) {
      NARU_ASSIGN(const auto time, read_json(lock_time_file(target)));
      out.locked_at = time.value("locked_at", "");
    }
    return out;
  }
  for (auto version = plan.version - 1; version >= 1 && out.replaces.empty(); --version) {
    const auto earlier = locked_file(layout, plan.id, version);
    if (!fs::exists(earlier)) continue;
    NARU_ASSIGN(const auto text, read_file(earlier));
    NARU_ASSIGN(const auto before, evidence::parse_locked(text, earlier.string()));
    out.replaces = before.hash;
  }
  // The log comes first: a lock that is not in the log does not exist.
  NARU_CHECK(site.record("plan.locked", canonical(Json{{"plan", plan.id},
                                                       {"version", plan.version},
                                                       {"hash", out.plan.hash},
                                                       {"replaces", out.replaces},
                                                       {"changes", plan.changes.en}})));
  out.locked_at = format_instant(site.clock().now_ms());
  NARU_CHECK(write_file_atomic(lock_time_file(target), canonical(Json{{"locked_at", out.locked_at}})));
  NARU_CHECK(write_file_atomic(target, evidence::locked_text(out.plan)));
  return out;
}

Result<Answer> run_lock(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto locked, lock_at_site(*site, call.text("PLAN")));
  Answer answer;
  answer.json =
      canonical(Json{{"plan", locked.plan.plan.id},
                     {"version", locked.plan.plan.version},
                     {"hash", locked.plan.hash},
                     {"replaces", locked.replaces.empty() ? Json(nullptr) : Json(locked.replaces)},
                     {"new", locked.fresh},
                     {"locked_at", locked.locked_at},
                     {"file", locked_file(site->layout(), locked.plan.plan.id, locked.plan.plan.version).string()}});
  answer.text = say("plan {} version {} is locked: {}", "계획 {} 버전 {}을(를) 잠갔습니다: {}", locked.plan.plan.id,
                    locked.plan.plan.version, locked.plan.hash);
  return answer;
}

Result<evidence::SiteRequest> request_of(network::Site& site, const fs::path& share) {
  evidence::SiteRequest request;
  request.site = site.description().name;
  request.lake = site.layout().lake();
  request.vocabulary = site.layout().vocabulary();
  request.withdrawn = site.layout().withdrawn();
  request.share = share;
  request.solutions = site.layout().root() / "solutions";
  request.studies = site.layout().root() / "studies";
  NARU_ASSIGN(request.lake_digest, workspace::data_digest_of(site.layout().lake()));
  return request;
}

std::string auroc_words(const evidence::SiteSummary& summary) {
  if (!summary.auroc) return summary.reason;
  if (!summary.auroc_lo) return fmt::format("{:.3f}", *summary.auroc);
  return fmt::format("{:.3f} ({:.3f}-{:.3f})", *summary.auroc, *summary.auroc_lo, *summary.auroc_hi);
}

Result<Answer> run_local(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, call.text("--policy")));
  NARU_ASSIGN(const auto locked, lock_at_site(*site, call.text("PLAN")));
  NARU_ASSIGN(auto request, request_of(*site, context.share));
  request.private_folder = site->layout().evidence() / "private";
  // Labels are read from here on: the log has the lock before it.
  NARU_CHECK(site->record("plan.run", canonical(Json{{"hash", locked.plan.hash}})));
  const auto& outputs = policy.outputs;
  request.rules = {outputs.min_cell, outputs.round_to, outputs.complementary, outputs.digits};
  if (policy.disclosure) {
    request.rules.models = policy.disclosure->models;
    request.rules.dominance = policy.disclosure->dominance;
  }
  NARU_ASSIGN(const auto result, evidence::run_plan_at_site(locked.plan, request));
  evidence::ReportInput input;
  input.plan = locked.plan;
  input.shared = {result.shared};
  input.pooled = result.histogram;
  input.rules = request.rules;
  input.round = "local";
  input.mode = "local";
  input.locked_at = locked.locked_at;
  NARU_ASSIGN(input.overlaps,
              evidence::overlaps_beside(site->layout().evidence(), locked.plan.hash, request.rules, result.shared));
  input.approvals = call.texts("--approval");
  input.created_at = format_instant(context.clock.now_ms());
  input.software = "naru " NARU_VERSION;
  NARU_ASSIGN(const auto report, evidence::build_report(input));
  const evidence::SealInput sealing{locked.plan, report, request.site, input.created_at};
  NARU_ASSIGN(const auto digest, evidence::body_digest(sealing));
  NARU_ASSIGN(const auto index, site->log().append({"evidence.sealed", request.site,
                                                    canonical(Json{{"id", report.id}, {"body", digest}})}));
  NARU_ASSIGN(const auto proof, evidence::bound_log_proof(site->layout().log(), index));
  NARU_ASSIGN(const auto sealed, evidence::seal(sealing, site->keys().signing_key(), proof));
  const auto file = site->layout().evidence() / (report.id + std::string(sealed_ending));
  const auto page = site->layout().evidence() / (report.id + ".html");
  NARU_CHECK(write_file_atomic(page, report.html));
  NARU_CHECK(write_file_atomic(file, sealed));
  NARU_ASSIGN(const auto summary, evidence::summary_of(result.shared, "result"));
  NARU_ASSIGN(const auto shared, parse_json(result.shared, "result"));
  Answer answer;
  answer.json = canonical(Json{{"id", report.id},
                               {"report", file.string()},
                               {"page", page.string()},
                               {"plan", locked.plan.hash},
                               {"result", shared}});
  answer.text = say("AUROC {}; sealed report {}", "AUROC {}, 봉인 보고서 {}", auroc_words(summary), file.string());
  return answer;
}

Json check_json(const evidence::EvidenceCheck& check, Language language) {
  Json changed = Json::array();
  for (const auto& text : check.changed) changed.push_back(text.in(language));
  Json epochs = Json::object();
  for (const auto& [site, epoch] : check.epochs) epochs[site] = epoch;
  return {{"ok", check.ok},
          {"id", check.id},
          {"signer", check.signer},
          {"plan", check.plan_hash},
          {"body_digest", check.body_digest},
          {"changed", changed},
          {"html", check.html},
          {"log", check.log},
          {"epochs", epochs},
          {"superseded", check.superseded}};
}

Result<Answer> run_verify(const Call& call, const Context& context) {
  const fs::path file = call.text("FILE");
  NARU_ASSIGN(const auto sealed, read_file(file, sealed_bytes_max));
  NARU_ASSIGN(const auto trust_text, read_file(call.text("--trust")));
  NARU_ASSIGN(const auto trust, evidence::parse_trust(trust_text, call.text("--trust")));
  std::optional<std::string> html;
  fs::path page = call.text("--html");
  const auto name = file.string();
  if (page.empty() && name.ends_with(sealed_ending)) {
    const fs::path beside = name.substr(0, name.size() - sealed_ending.size()) + ".html";
    if (fs::exists(beside)) page = beside;
  }
  if (!page.empty()) {
    NARU_ASSIGN(html, read_file(page, sealed_bytes_max));
  }
  std::vector<std::pair<std::string, std::int64_t>> epochs;
  if (call.has("--site")) {
    const model::SiteLayout layout(call.text("--site"));
    NARU_ASSIGN(const auto site, network::describe_site(layout));
    NARU_ASSIGN(const auto withdrawn, workspace::read_withdrawn(layout));
    epochs.emplace_back(site.name, withdrawn.epoch);
  }
  const auto check = evidence::verify_evidence(sealed, trust, html, epochs);
  Answer answer;
  answer.json = canonical(check_json(check, context.language));
  answer.status = check.ok ? 0 : 4;
  if (check.ok) {
    answer.text = say("{}: intact, signed by {}; page {}, log {}", "{}: 온전합니다. 서명 {}, 화면 {}, 로그 {}",
                      check.id, check.signer, check.html, check.log);
    for (const auto& site : check.superseded) {
      const auto line =
          say("\nsuperseded: {} is in a later consent epoch", "\n대체됨: {}의 동의 차수가 올라갔습니다", site);
      answer.text.en += line.en;
      answer.text.ko += line.ko;
    }
    return answer;
  }
  answer.text = say("{} is not what was sealed:", "{}은(는) 봉인된 것과 다릅니다:", file.string());
  for (const auto& text : check.changed) {
    answer.text.en += "\n- " + text.en;
    answer.text.ko += "\n- " + text.ko;
  }
  return answer;
}

Result<Answer> run_replay(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto sealed, read_file(call.text("FILE"), sealed_bytes_max));
  NARU_ASSIGN(const auto file, parse_json(sealed, call.text("FILE")));
  NARU_ASSIGN(const auto outer, Reader::of(file, call.text("FILE")));
  NARU_ASSIGN(const auto body, outer.object("body"));
  NARU_ASSIGN(const auto plan_reader, body.object("plan"));
  NARU_ASSIGN(const auto plan, evidence::parse_locked(canonical(plan_reader.raw()), "body.plan"));
  NARU_ASSIGN(const auto report, body.object("report"));
  NARU_ASSIGN(const auto rules, report.object("rules"));
  NARU_ASSIGN(auto request, request_of(*site, context.share));
  NARU_ASSIGN(request.rules.min_cell, rules.integer("min_cell"));
  NARU_ASSIGN(request.rules.round_to, rules.integer("round_to"));
  NARU_ASSIGN(request.rules.complementary, rules.boolean("complementary"));
  NARU_ASSIGN(request.rules.digits, rules.integer("digits"));
  NARU_ASSIGN(const auto sites, report.array("sites"));
  const Json* before = nullptr;
  for (const auto& [value, where] : sites) {
    if (value->value("site", "") == request.site) before = value;
  }
  if (before == nullptr) {
    return not_found(say("{} is not a site of this report", "{}은(는) 이 보고서의 기관이 아닙니다", request.site),
                     call.text("FILE"));
  }
  NARU_ASSIGN(const auto result, evidence::run_plan_at_site(plan, request));
  NARU_ASSIGN(const auto now, parse_json(result.shared, "result"));
  Json changed = Json::array();
  for (const auto& [key, value] : now.items()) {
    if (before->value(key, Json(nullptr)) != value) changed.push_back(key);
  }
  const bool same = canonical(*before) == result.shared;
  const bool superseded = now.at("epoch") != before->value("epoch", Json(nullptr));
  const std::string verdict = same ? "same" : (superseded ? "superseded" : "different");
  Answer answer;
  answer.json = canonical(Json{{"site", request.site},
                               {"verdict", verdict},
                               {"changed", changed},
                               {"epoch", now.at("epoch")},
                               {"epoch_sealed", before->value("epoch", Json(nullptr))}});
  answer.status = same || superseded ? 0 : 4;
  static const std::map<std::string, Text> words{
      {"same", {"the same bytes as sealed", "봉인된 것과 같은 바이트입니다"}},
      {"superseded", {"superseded: persons withdrew since the seal", "대체됨: 봉인 이후 철회한 사람이 있습니다"}},
      {"different", {"different from what was sealed", "봉인된 것과 다릅니다"}}};
  answer.text = {request.site + ": " + words.at(verdict).en, request.site + ": " + words.at(verdict).ko};
  return answer;
}

}  // namespace

std::vector<Command> evidence_commands() {
  const Option plan{"PLAN", "", say("plan.yaml", "plan.yaml 파일"), true};
  const Option site{"--site", "DIR", say("folder of the site", "기관 폴더"), true};
  const Option file{"FILE", "", say("a sealed *.evidence.json", "봉인된 *.evidence.json 파일"), true};
  std::vector<Command> out{
      {"verify lock",
       say("fixes a plan's hash in the site's log before any outcome is read",
           "결과를 읽기 전에 계획의 해시를 기관 로그에 고정합니다"),
       {plan, site},
       run_lock},
      {"verify run-local",
       say("runs a locked plan at this site alone and seals the report",
           "잠근 계획을 이 기관에서만 실행하고 보고서를 봉인합니다"),
       {plan,
        site,
        {"--policy", "ID", say("policy whose output rules hold", "반출 규칙을 정하는 정책"), true},
        {"--approval", "ID", say("reference of an approval, several times", "승인 번호(여러 번)"), false, true}},
       run_local},
      {"evidence verify",
       say("checks sealed evidence offline: exit 0, or 4 naming what changed",
           "봉인된 증거를 오프라인에서 확인합니다. 바뀐 것이 있으면 이름을 밝히고 4로 끝납니다"),
       {file,
        {"--trust", "KEYS", say("your own list of names and keys (JSON)", "직접 가진 이름과 열쇠 목록(JSON)"), true},
        {"--html", "PAGE",
         say("the page to check; the one beside FILE otherwise", "확인할 화면 파일(기본: FILE 옆의 파일)")},
        {"--site", "DIR",
         say("also says whether this site's epoch has moved on", "이 기관의 동의 차수가 올라갔는지도 알립니다")}},
       run_verify},
      {"evidence replay",
       say("recomputes this site's part of sealed evidence and compares the bytes",
           "봉인된 증거 중 이 기관의 부분을 다시 계산하여 바이트를 비교합니다"),
       {file, site},
       run_replay}};
  for (auto& command : evidence_more_commands()) out.push_back(std::move(command));
  out.push_back(watch_command());
  out.push_back(watches_command());
  for (auto& command : solution_commands()) out.push_back(std::move(command));
  return out;
}

}  // namespace naru::cli
