// After adoption: scores and outcomes of a period held against sealed evidence, at one site.
#include "cli/commands/evidence_more.h"

#include "base/json.h"
#include "evidence/rounds.h"
#include "evidence/seal.h"
#include "evidence/watches.h"
#include "network/identity.h"
#include "protect/policy.h"
#include "workspace/ask.h"

namespace naru::cli {
namespace {

constexpr std::uint64_t sealed_bytes_max = 64U << 20;

struct Evidence {
  evidence::LockedPlan plan;
  std::string id;
  std::string report;
};

// What the site trusts, whole: a changed file is no reference.
Result<Evidence> trusted_evidence(const Call& call) {
  const auto where = call.text("FILE");
  NARU_ASSIGN(const auto sealed, read_file(where, sealed_bytes_max));
  NARU_ASSIGN(const auto trust_text, read_file(call.text("--trust")));
  NARU_ASSIGN(const auto trust, evidence::parse_trust(trust_text, call.text("--trust")));
  const auto check = evidence::verify_evidence(sealed, trust);
  if (!check.ok) {
    return refused(say("the seal does not verify under your trust file", "신뢰 파일로 봉인을 확인할 수 없습니다"),
                   where, check.changed.empty() ? Text{} : check.changed.front());
  }
  NARU_ASSIGN(const auto file, parse_json(sealed, where));
  NARU_ASSIGN(const auto outer, Reader::of(file, where));
  NARU_ASSIGN(const auto body, outer.object("body"));
  NARU_ASSIGN(const auto plan, body.object("plan"));
  Evidence out;
  NARU_ASSIGN(out.plan, evidence::parse_locked(canonical(plan.raw()), "body.plan"));
  NARU_ASSIGN(out.report, evidence::report_of(sealed, where));
  out.id = check.id;
  return out;
}

std::string words(const Json& estimate) {
  if (!estimate.at("estimate").is_number()) return estimate.value("reason", std::string("-"));
  auto out = fmt::format("{:.3f}", estimate.at("estimate").get<double>());
  const auto interval = estimate.find("ci95");
  if (interval != estimate.end() && interval->is_array()) {
    out += fmt::format(" ({:.3f}-{:.3f})", interval->at(0).get<double>(), interval->at(1).get<double>());
  }
  return out;
}

Result<Answer> run_watch(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, call.text("--policy")));
  NARU_ASSIGN(const auto known, trusted_evidence(call));
  const auto& layout = site->layout();
  evidence::WatchRequest request;
  request.evidence_id = known.id;
  request.report_json = known.report;
  auto& at = request.site;
  at.site = site->description().name;
  at.lake = layout.lake();
  at.vocabulary = layout.vocabulary();
  at.withdrawn = layout.withdrawn();
  at.share = context.share;
  at.solutions = layout.root() / "solutions";
  at.studies = layout.root() / "studies";
  const auto& outputs = policy.outputs;
  at.rules = {outputs.min_cell, outputs.round_to, outputs.complementary, outputs.digits};
  NARU_ASSIGN(at.lake_digest, workspace::data_digest_of(layout.lake()));
  NARU_ASSIGN(const auto from, parse_date(call.text("--from"), "--from"));
  NARU_ASSIGN(const auto to, parse_date(call.text("--to"), "--to"));
  at.window = evidence::Window{from, to};
  NARU_CHECK(site->record("plan.watch", canonical(Json{{"plan", known.plan.hash}, {"evidence", known.id}})));
  NARU_ASSIGN(const auto found, evidence::watch_at_site(known.plan, request));
  // A period that differs from an earlier one by a few persons would tell of these few.
  auto publication = evidence::publication_of(known.plan, {at.site}, found.persons);
  publication.alone = true;
  NARU_CHECK(evidence::claim_publication(layout.evidence() / "private", publication, at.rules.min_cell));
  const auto text = evidence::signed_watch(found.json, site->keys().signing_key());
  NARU_ASSIGN(const auto watch, evidence::read_watch(text, "watch"));
  NARU_CHECK(site->record("watch.computed", canonical(Json{{"evidence", known.id}, {"body", watch.digest}})));
  NARU_CHECK(write_file_atomic(call.text("--out"), text));
  NARU_ASSIGN(const auto json, parse_json(found.json, "watch"));
  Answer answer;
  answer.json = canonical(Json{{"file", call.text("--out")}, {"watch", json}});
  answer.text = say("scores moved by PSI {}; observed over expected {}", "점수 이동 PSI {}, 관측/예측 비 {}",
                    words(json.at("psi")), words(json.at("o_e")));
  return answer;
}

Result<Answer> run_watches(const Call& call, const Context&) {
  NARU_ASSIGN(const auto trust_text, read_file(call.text("--trust")));
  NARU_ASSIGN(const auto trust, evidence::parse_trust(trust_text, call.text("--trust")));
  NARU_ASSIGN(const auto limits_text, read_file(call.text("--programme")));
  NARU_ASSIGN(const auto programme, govern::parse_demonstration(limits_text, call.text("--programme")));
  std::vector<evidence::WatchFile> files;
  for (const auto& name : call.texts("FILE")) {
    NARU_ASSIGN(auto text, read_file(name));
    files.push_back({name, std::move(text)});
  }
  Answer answer;
  NARU_ASSIGN(answer.json, evidence::watches_together(files, trust, programme));
  if (call.has("--html")) {
    NARU_ASSIGN(const auto html, evidence::watches_html(answer.json, "watches"));
    NARU_CHECK(write_file_atomic(call.text("--html"), html));
  }
  NARU_ASSIGN(const auto json, parse_json(answer.json, "watches"));
  for (const auto& period : json.at("periods")) {
    const auto& pooled = period.at("pooled").at("o_e");
    const auto line = say("{} to {}: {} sites, mean of observed over expected {}",
                          "{}~{}: {}개 기관, 관측/예측 비 평균 {}", period.at("from").get<std::string>(),
                          period.at("to").get<std::string>(), period.at("sites").size(), words(pooled));
    answer.text.en += (answer.text.en.empty() ? "" : "\n") + line.en;
    answer.text.ko += (answer.text.ko.empty() ? "" : "\n") + line.ko;
    for (const auto& why : period.at("why")) {
      answer.text.en += "\n  ! " + why.at("en").get<std::string>();
      answer.text.ko += "\n  ! " + why.at("ko").get<std::string>();
    }
    if (!period.at("why").empty()) continue;
    answer.text.en += "\n  within the limits";
    answer.text.ko += "\n  한도 안";
  }
  return answer;
}

}  // namespace

Command watches_command() {
  return {"verify watches",
          say("sets several sites' watches beside each other, with the mean of all and its alarm",
              "여러 기관의 감시 결과를 나란히 놓고 전체 평균과 경보를 보입니다"),
          {{"FILE", "FILE", say("signed watches of one evidence", "같은 증거의 서명된 감시 결과"), true, true, {}},
           {"--trust", "KEYS", say("list of names and keys (JSON)", "이름과 열쇠 목록(JSON)"), true},
           {"--programme", "FILE", say("programme whose limits hold", "한도를 정하는 실증 사업 파일"), true},
           {"--html", "FILE", say("page to write", "저장할 쪽")}},
          run_watches};
}

Command watch_command() {
  return {"verify watch",
          say("after adoption: holds a period's scores and outcomes against sealed evidence",
              "도입 후: 한 기간의 점수와 결과를 봉인된 증거와 비교합니다"),
          {{"FILE", "", say("the sealed evidence in force", "현재 유효한 봉인 증거"), true},
           {"--trust", "KEYS", say("list of names and keys (JSON)", "이름과 열쇠 목록(JSON)"), true},
           {"--site", "DIR", say("folder of the site", "기관 폴더"), true},
           {"--policy", "ID", say("policy whose output rules hold", "반출 규칙을 정하는 정책"), true},
           {"--from", "DATE", say("first index day of the period", "기간의 첫 기준일"), true},
           {"--to", "DATE", say("the day after its last", "마지막 기준일의 다음 날"), true},
           {"--out", "FILE", say("signed file to write", "저장할 서명된 파일"), true}},
          run_watch};
}

}  // namespace naru::cli
