// Releases at a combiner's own folder, without the wire. Over the wire the authority leads: see commands/network.cc.
#include "base/json.h"
#include "cli/command.h"
#include "ingest/quality.h"
#include "keys/key_store.h"
#include "model/site_layout.h"
#include "network/identity.h"
#include "network/task_support.h"
#include "release/build.h"
#include "release/layout.h"
#include "release/publish.h"
#include "release/seal.h"

namespace naru::cli {
namespace {

Option site_option() { return {"--site", "DIR", say("the combiner's folder", "결합기관 폴더"), true, false, {}}; }
Option id_option() {
  return {"--id", "ID", say("the release, for example r1", "공개본 이름(예: r1)"), true, false, {}};
}
Option policy_option() {
  return {"--policy", "ID", say("a policy of policies/", "policies/의 정책"), false, false, "naru-demo"};
}
std::string today_of(const Context& context) { return format_instant(context.clock.now_ms()).substr(0, 10); }

Result<Answer> run_verify(const Call& call, const Context& context) {
  auto key = public_key_from_hex(call.text("--key"), "--key");
  if (!key.ok()) {
    auto error = key.error();
    error.hint =
        say("64 hexadecimal digits: signing_key of the combiner's site.json, got by another way than the release",
            "16진수 64자리: 결합기관 site.json의 signing_key. 공개본과 다른 경로로 받으세요");
    return error;
  }
  NARU_ASSIGN(const auto report, release::verify(call.text("FOLDER"), *key));
  Answer answer;
  answer.json = release::report_json(report, context.language);
  answer.status = report.ok ? 0 : 4;
  if (report.ok) {
    answer.text = say("{}: {} files, {} bytes, all as sealed", "{}: 파일 {}개, {}바이트, 모두 봉인 그대로입니다",
                      report.id, report.files, report.bytes);
    return answer;
  }
  answer.text = say("{} finding(s)", "발견 {}건", report.findings.size());
  for (const auto& finding : report.findings) {
    answer.text.en += "\n  " + finding.kind + " " + finding.file + ": " + finding.what.en;
    answer.text.ko += "\n  " + finding.kind + " " + finding.file + ": " + finding.what.ko;
  }
  return answer;
}

Result<Answer> run_diff(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, call.text("--policy")));
  NARU_ASSIGN(const auto difference, release::diff(call.text("OLD"), call.text("NEW"), policy.outputs));
  Answer answer;
  answer.json = release::difference_json(difference);
  const auto figure = [](const std::optional<std::int64_t>& value) { return value ? std::to_string(*value) : "–"; };
  answer.text = say("{} → {}: persons {} → {}", "{} → {}: 사람 {} → {}", difference.old_id, difference.new_id,
                    figure(difference.persons.old_rows), figure(difference.persons.new_rows));
  for (const auto& table : difference.tables) {
    const auto line = fmt::format("\n  {}: {} → {} ({})", table.table, figure(table.old_rows), figure(table.new_rows),
                                  table.change ? fmt::format("{:+}", *table.change) : "–");
    answer.text.en += line;
    answer.text.ko += line;
  }
  return answer;
}

Result<Answer> run_list(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, call.text("--policy")));
  const model::SiteLayout layout(call.text("--site"));
  NARU_ASSIGN(const auto releases, release::list(layout.releases()));
  Json out = Json::array();
  Answer answer;
  for (const auto& each : releases) {
    NARU_ASSIGN(auto summary, parse_json(release::public_summary_json(each, policy.outputs), each.manifest.id));
    const auto line = fmt::format("{}{}  {}  {}", out.empty() ? "" : "\n", each.manifest.id, each.manifest.created,
                                  each.manifest_sha256.substr(0, 16));
    out.push_back(std::move(summary));
    answer.text.en += line;
    answer.text.ko += line;
  }
  if (releases.empty()) answer.text = say("no sealed release", "봉인된 공개본이 없습니다");
  answer.json = canonical({{"releases", out}});
  return answer;
}

// What holders sent stands under incoming/HOLDER; the link map came from the key manager.
Result<release::BuildRequest> build_request(network::Site& site, const Call& call) {
  release::BuildRequest request;
  request.releases = site.layout().releases();
  request.id = call.text("--id");
  for (const auto& holder : call.texts("--holder")) {
    if (!is_plain_name(holder)) return usage_error(say("not a site's name", "기관 이름이 아닙니다"), holder);
    request.holders.push_back({holder, site.layout().root() / "incoming" / holder});
  }
  request.link_map = site.layout().linkage() / "link_map.parquet";
  request.vocabulary = site.layout().vocabulary();
  NARU_ASSIGN(const auto key, site.keys().derive("release.person", request.id));
  request.release_key.assign(key.bytes().begin(), key.bytes().end());
  NARU_ASSIGN(const auto withdrawn, network::read_withdrawn(site.layout()));
  request.withdrawn = withdrawn.persons;
  return request;
}

Result<std::unique_ptr<network::Site>> combiner(const Call& call, const Context& context) {
  NARU_ASSIGN(auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  if (site->description().role != "combiner") {
    return refused(say("releases are built at a combiner", "공개본은 결합기관에서 만듭니다"), site->description().name,
                   say("give the combiner's folder", "결합기관 폴더를 지정하세요"));
  }
  return site;
}

Result<Answer> run_build(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, combiner(call, context));
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, call.text("--policy")));
  // What the holders' stewards found wrong with their data stops the build, not a line in a report nobody reads.
  for (const auto& report : call.texts("--quality")) NARU_CHECK(ingest::require_quality(report));
  NARU_ASSIGN(const auto request, build_request(*site, call));
  NARU_ASSIGN(const auto report, release::build(request, policy, context.progress));
  NARU_CHECK(site->record("release.built", canonical({{"release", report.id}, {"policy", policy.hash}})));
  Answer answer;
  answer.json = release::report_json(report);
  answer.text = say("{} built: {} persons, smallest class {}, {} suppressed; next: export review and release seal",
                    "{} 작성: {}명, 최소 동질집합 {}명, 삭제 {}명. 다음은 반출 심사와 release seal입니다", report.id,
                    report.persons, report.after.k, report.persons_suppressed);
  return answer;
}

// [{"name","organisation","decision","external","note"}…]
Result<release::ExportReview> read_review(const fs::path& file, const std::string& date) {
  NARU_ASSIGN(const auto document, read_json(file));
  release::ExportReview review{.reviewers = {}, .decided_on = date};
  if (!document.is_array())
    return rejected(say("a list of reviewers is wanted", "심사자 목록이어야 합니다"), file.string());
  for (std::size_t i = 0; i < document.size(); ++i) {
    NARU_ASSIGN(const auto reader, Reader::of(document[i], fmt::format("{}[{}]", file.filename().string(), i)));
    NARU_CHECK(reader.only({"name", "organisation", "decision", "external", "note"}));
    release::Reviewer one;
    NARU_ASSIGN(one.name, reader.text("name"));
    NARU_ASSIGN(one.organisation, reader.text("organisation"));
    NARU_ASSIGN(one.decision, reader.text("decision"));
    NARU_ASSIGN(one.external, reader.boolean_or("external", false));
    NARU_ASSIGN(one.note, reader.text_or("note", ""));
    review.reviewers.push_back(std::move(one));
  }
  return review;
}

Result<Answer> run_seal(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, combiner(call, context));
  NARU_ASSIGN(const auto policy, protect::find_policy(context.share, call.text("--policy")));
  NARU_ASSIGN(const auto phase, call.integer("--phase", 1, 1000));
  const auto date = call.has("--date") ? call.text("--date") : today_of(context);
  NARU_ASSIGN(const auto review, read_review(call.text("--reviewers"), date));
  const auto releases = site->layout().releases();
  NARU_CHECK(release::record_review(releases, call.text("--id"), review, policy));
  NARU_ASSIGN(const auto withdrawn, network::read_withdrawn(site->layout()));
  NARU_CHECK(site->record("release.sealing", canonical({{"release", call.text("--id")}})));
  NARU_ASSIGN(const auto manifest, release::seal({.releases = releases,
                                                  .id = call.text("--id"),
                                                  .phase = phase,
                                                  .parent = call.text("--parent"),
                                                  .created = date,
                                                  .code_version = "naru " NARU_VERSION,
                                                  .issuer = site->description().name,
                                                  .consent_epoch = withdrawn.epoch,
                                                  .vocabulary_hash = call.text("--vocabulary")},
                                                 policy, site->keys().signing_key()));
  const auto folder = release::sealed_folder(releases, manifest.id).root();
  NARU_ASSIGN(const auto digest, release::manifest_digest(folder));
  NARU_CHECK(site->record("release.sealed", canonical({{"release", manifest.id}, {"manifest", digest}})));
  Answer answer;
  answer.json = canonical({{"id", manifest.id},
                           {"path", folder.string()},
                           {"manifest", digest},
                           {"files", manifest.files.size()},
                           {"persons", manifest.persons},
                           {"key", to_hex(site->keys().signing_key().public_key())}});
  answer.text = say("{} is sealed: {} files, manifest {}", "{} 봉인: 파일 {}개, 목록 {}", manifest.id,
                    manifest.files.size(), digest.substr(0, 16));
  return answer;
}

Result<Answer> run_publish(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, combiner(call, context));
  const auto date = call.has("--date") ? call.text("--date") : today_of(context);
  NARU_ASSIGN(const auto publication,
              release::publish(site->layout().releases(), call.text("--id"), call.text("--tier"), date,
                               call.text("--by"), site->keys().signing_key().public_key()));
  NARU_CHECK(site->record("release.published",
                          canonical({{"release", publication.id}, {"tiers", Json::array({call.text("--tier")})}})));
  Answer answer;
  answer.json = release::publication_json(publication);
  answer.text = say("{} is open to tier {}", "{}: {} 등급에 공개되었습니다", publication.id, call.text("--tier"));
  return answer;
}

Command build_command() {
  return {"release build",
          say("links what the holders sent into one k-anonymous set of tables",
              "보유기관이 보낸 자료를 연계해 k-익명 표로 만듭니다"),
          {site_option(),
           id_option(),
           {"--holder", "SITE", say("a holder whose data is here", "자료를 보낸 보유기관"), true, true, {}},
           {"--quality",
            "REPORT.json",
            say("a holder's quality report that must have no failed check; several may stand",
                "미달 점검이 없어야 하는 보유기관의 품질 보고서. 여러 개 가능"),
            false,
            true,
            {}},
           policy_option()},
          run_build};
}

Command seal_command() {
  return {"release seal",
          say("records the export review, then signs and freezes a build", "반출 심사를 기록하고 서명해 고정합니다"),
          {site_option(),
           id_option(),
           {"--reviewers",
            "FILE.json",
            say("who decided on the export, and how", "반출을 심사한 사람과 결정"),
            true,
            false,
            {}},
           {"--vocabulary", "HASH", say("hash of the holders' vocabulary", "보유기관 용어집의 해시"), true, false, {}},
           {"--phase", "N", say("phase of the release", "공개 단계"), false, false, "1"},
           {"--parent", "ID", say("the release before it", "앞선 공개본"), false, false, {}},
           {"--date", "YYYY-MM-DD", say("date of creation; today without it", "작성일. 없으면 오늘"), false, false, {}},
           policy_option()},
          run_seal};
}

}  // namespace

std::vector<Command> release_commands() {
  return {
      build_command(),
      seal_command(),
      {"release verify",
       say("every byte of a release against its signed manifest", "공개본의 모든 바이트를 서명된 목록과 대조합니다"),
       {{"FOLDER", "DIR", say("the release", "공개본 폴더"), true, false, {}},
        {"--key",
         "HEX",
         say("the combiner's public key, got elsewhere", "다른 경로로 얻은 결합기관의 공개키"),
         true,
         false,
         {}}},
       run_verify},
      {"release diff",
       say("what changed between two releases, without telling of few persons",
           "두 공개본의 차이(소수의 변화는 드러내지 않음)"),
       {{"OLD", "DIR", say("the earlier release", "앞선 공개본"), true, false, {}},
        {"NEW", "DIR", say("the later release", "뒤의 공개본"), true, false, {}},
        policy_option()},
       run_diff},
      {"release list",
       say("sealed releases of a site", "기관의 봉인된 공개본 목록"),
       {site_option(), policy_option()},
       run_list},
      {"release publish",
       say("opens a sealed release to a tier", "봉인된 공개본을 등급에 공개합니다"),
       {site_option(),
        id_option(),
        {"--tier", "TIER", say("open, registered or controlled", "open, registered, controlled"), true, false, {}},
        {"--by", "ACCOUNT", say("who decided", "결정한 사람의 계정"), true, false, {}},
        {"--date", "YYYY-MM-DD", say("since when; today without it", "공개일. 없으면 오늘"), false, false, {}}},
       run_publish},
  };
}

}  // namespace naru::cli
