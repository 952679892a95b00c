// Rounds of linkage, protection and release, as the authority leads them.
#include "network/coordinator.h"

#include "base/limits.h"
#include "catalogue/catalogue.h"
#include "network/consent.h"
#include "network/describe.h"
#include "network/journal.h"
#include "network/task_support.h"

namespace naru::network {
namespace {

constexpr std::int64_t round_wait_ms = 10 * limits::answer_wait_ms;

Result<Json> parsed(const Message& message) { return json_of_message(message); }

std::string today_of(const Clock& clock) { return format_instant(clock.now_ms()).substr(0, 10); }

// A holder's own data, as the catalogue shows it: only what its report let out.
Result<catalogue::Dataset> holder_dataset(const std::string& holder, const Json& told, const Json& risk) {
  catalogue::Dataset dataset;
  dataset.id = holder;
  dataset.title = say("Records of {}", "{} 진료·청구 자료", holder);
  dataset.description = say("The holder's own lake in OMOP CDM 5.4, asked federated; no record leaves the holder.",
                            "보유 기관의 OMOP CDM 5.4 자료. 연합 방식으로 질의하며 기록은 기관을 떠나지 않습니다.");
  dataset.holder = holder;
  dataset.kind = catalogue::DatasetKind::site;
  dataset.tier = catalogue::Tier::registered;
  dataset.legal_basis = "pseudonymised-use";
  dataset.keywords = {"OMOP", "전자의무기록", "연합", "federated", "electronic health records"};
  NARU_CHECK(take_description(told, dataset));
  // What a table holds in all, as far as its tables may be told.
  std::int64_t records = 0;
  for (const auto& table : dataset.tables) records += table.records.value_or(0);
  if (records > 0) dataset.records = records;
  dataset.risk_json = risk.is_object() ? risk.dump() : "{}";
  return dataset;
}

Result<catalogue::Dataset> release_dataset(const ReleaseRequest& request, const Json& sealed, const Json& built) {
  catalogue::Dataset dataset;
  dataset.id = request.release;
  dataset.title = say("Linked release {} (phase {})", "연계 공개본 {} ({}차)", request.release, request.phase);
  dataset.description =
      say("Pseudonymised, linked over {} holders, k-anonymous, signed; answers come from it, rows do not.",
          "{}개 기관을 가명 연계하고 k-익명성을 확보해 서명한 공개본. 행은 나가지 않고 답만 나갑니다.",
          request.holders.size());
  dataset.holder = request.combiner;
  dataset.kind = catalogue::DatasetKind::release;
  dataset.tier = catalogue::Tier::controlled;
  dataset.phase = request.phase;
  dataset.legal_basis = "pseudonymised-use";
  dataset.keywords = {"OMOP", "연계", "linked", "release"};
  const auto& summary = sealed["summary"];
  if (summary.contains("persons") && summary["persons"].is_number())
    dataset.persons = summary["persons"].get<std::int64_t>();
  if (built.contains("after")) dataset.risk_json = built["after"].dump();
  NARU_CHECK(take_description(sealed.value("description", Json::object()), dataset));
  return dataset;
}

// Puts what one holder told into its entry of the catalogue.
Result<Json> describe_in_catalogue(Site& site, const std::string& holder, const Message& done) {
  NARU_ASSIGN(const auto told, parsed(done));
  SiteJournal journal(site);
  catalogue::Catalogue catalogue(site.records(), site.clock(), journal);
  // The risk of the last protection stands until the next one.
  const auto before = catalogue.get(holder, {true, {"steward"}});
  Json risk = Json::object();
  if (before.ok()) {
    NARU_ASSIGN(risk, parse_json(before->risk_json, holder));
  }
  NARU_ASSIGN(auto dataset, holder_dataset(holder, told, risk));
  Json out{{"persons", told.value("persons", Json(nullptr))}, {"tables", dataset.tables.size()}};
  NARU_CHECK(catalogue.put(std::move(dataset), site.description().name));
  return out;
}

}  // namespace

Result<std::string> Coordinator::policy_hash(const std::string& policy) const {
  NARU_ASSIGN(const auto found, protect::find_policy(share_, policy));
  return found.hash;
}

Result<std::vector<std::string>> Coordinator::everybody_else() {
  NARU_ASSIGN(const auto members, members_of(site_.records()));
  std::vector<std::string> out;
  for (const auto& member : members)
    if (member.name != site_.description().name) out.push_back(member.name);
  return out;
}

Result<std::string> Coordinator::link(const RoundRequest& request) {
  NARU_ASSIGN(const auto hash, policy_hash(request.policy));
  const Json begin{{"round", request.round},       {"holders", request.holders}, {"key_manager", request.key_manager},
                   {"combiner", request.combiner}, {"policy", request.policy},   {"policy_hash", hash}};
  NARU_CHECK(site_.record("link.begun", fields(begin)));
  Json members = Json::object();
  for (const auto& holder : request.holders) members[holder] = "holder";
  members[request.combiner] = "combiner";
  NARU_ASSIGN(const auto noted, mail_.ask(request.key_manager, "consent.members", json_body(members), round_wait_ms));
  std::string correlation;
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(correlation, mail_.send(holder, "link.begin", correlation, json_body(begin)));
  }
  Json rows = Json::object();
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(const auto ready, mail_.wait_from(correlation, holder, round_wait_ms));
    NARU_ASSIGN(rows[holder], parsed(ready));
  }
  NARU_ASSIGN(const auto done, mail_.wait_from(correlation, request.key_manager, round_wait_ms));
  NARU_ASSIGN(auto answer, parsed(done));
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(const auto shifted, mail_.wait_from(correlation, holder, round_wait_ms));
  }
  NARU_ASSIGN(const auto mapped, mail_.wait_from(correlation, request.combiner, round_wait_ms));
  answer["holders"] = rows;
  NARU_CHECK(site_.record("link.done", fields({{"round", request.round}})));
  return fields(answer);
}

Result<std::string> Coordinator::protect(const ReleaseRequest& request) {
  NARU_ASSIGN(const auto hash, policy_hash(request.policy));
  const Json task{
      {"release", request.release}, {"combiner", request.combiner}, {"policy", request.policy}, {"policy_hash", hash}};
  NARU_CHECK(site_.record("protect.begun", fields(task)));
  std::string correlation;
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(correlation, mail_.send(holder, "protect.run", correlation, json_body(task)));
  }
  SiteJournal journal(site_);
  catalogue::Catalogue catalogue(site_.records(), site_.clock(), journal);
  Json reports = Json::object();
  for (const auto& holder : request.holders) {
    NARU_ASSIGN(const auto done, mail_.wait_from(correlation, holder, round_wait_ms));
    NARU_ASSIGN(reports[holder], parsed(done));
    auto& report = reports[holder];
    NARU_ASSIGN(auto dataset, holder_dataset(holder, report["description"], report["risk"]));
    NARU_CHECK(catalogue.put(std::move(dataset), site_.description().name));
    report.erase("description");
  }
  return fields({{"release", request.release}, {"holders", reports}});
}

Result<std::string> Coordinator::describe(const std::vector<std::string>& holders, const std::string& policy,
                                          std::int64_t wait_ms) {
  NARU_ASSIGN(const auto hash, policy_hash(policy));
  const Json task{{"policy", policy}, {"policy_hash", hash}};
  NARU_CHECK(site_.record("catalogue.asked", fields({{"holders", holders}, {"policy_hash", hash}})));
  std::string correlation;
  for (const auto& holder : holders) {
    NARU_ASSIGN(correlation, mail_.send(holder, "describe.run", correlation, json_body(task)));
  }
  // One that is down or cannot answer keeps its old entry and holds nobody else up.
  const auto until = site_.clock().now_ms() + wait_ms;
  Json out = Json::object();
  Json failed = Json::object();
  std::optional<Error> first;
  for (const auto& holder : holders) {
    const auto done = mail_.wait_from(correlation, holder, std::max<std::int64_t>(1, until - site_.clock().now_ms()));
    auto entry = done.ok() ? describe_in_catalogue(site_, holder, *done) : Result<Json>(done.error());
    if (entry.ok()) {
      out[holder] = *std::move(entry);
      continue;
    }
    auto error = entry.error();
    error.where = error.where.empty() ? holder : holder + ": " + error.where;
    failed[holder] = json_of(error, Language::english)["error"];
    if (!first) first = std::move(error);
  }
  if (out.empty() && first) return *std::move(first);
  return fields({{"holders", out}, {"failed", failed}});
}

Result<std::string> Coordinator::combine(const ReleaseRequest& request) {
  NARU_ASSIGN(const auto hash, policy_hash(request.policy));
  const Json task{{"release", request.release},
                  {"holders", request.holders},
                  {"policy", request.policy},
                  {"policy_hash", hash},
                  {"genomes", request.genomes}};
  NARU_CHECK(site_.record("release.combine", fields(task)));
  NARU_ASSIGN(const auto done, mail_.ask(request.combiner, "release.combine", json_body(task), round_wait_ms));
  NARU_ASSIGN(const auto answer, parsed(done));
  NARU_CHECK(site_.records().put("release.built", request.release, fields(answer)));
  return fields(answer);
}

Result<std::string> Coordinator::seal(const ReleaseRequest& request) {
  NARU_ASSIGN(const auto hash, policy_hash(request.policy));
  NARU_ASSIGN(const auto reviewers, parse_json(request.reviewers_json, "reviewers"));
  const Json task{{"release", request.release},
                  {"holders", request.holders},
                  {"policy", request.policy},
                  {"policy_hash", hash},
                  {"phase", request.phase},
                  {"parent", request.parent},
                  {"code_version", "naru " NARU_VERSION},
                  {"reviewers", reviewers},
                  {"decided_on", today_of(site_.clock())}};
  NARU_CHECK(site_.record("release.reviewed", fields({{"release", request.release}, {"reviewers", reviewers}})));
  NARU_ASSIGN(const auto done, mail_.ask(request.combiner, "release.seal", json_body(task), round_wait_ms));
  NARU_ASSIGN(auto answer, parsed(done));
  NARU_CHECK(site_.record("release.sealed", fields({{"release", request.release}, {"manifest", answer["manifest"]}})));
  NARU_CHECK(site_.records().put("release.sealed", request.release, fields(answer)));
  NARU_CHECK(site_.records().put(release_policy_collection, request.release, request.policy));
  if (!request.tiers.empty()) {
    NARU_ASSIGN(const auto published, mail_.ask(request.combiner, "release.publish",
                                                json_body({{"release", request.release},
                                                           {"tiers", request.tiers},
                                                           {"date", today_of(site_.clock())},
                                                           {"by", site_.description().name}}),
                                                round_wait_ms));
    NARU_ASSIGN(answer["published"], parsed(published));
  }
  Json built = Json::object();
  NARU_ASSIGN(const auto kept, site_.records().get("release.built", request.release));
  if (kept) {
    NARU_ASSIGN(built, parse_json(*kept, "release.built"));
  }
  SiteJournal journal(site_);
  catalogue::Catalogue catalogue(site_.records(), site_.clock(), journal);
  NARU_ASSIGN(auto dataset, release_dataset(request, answer, built));
  NARU_CHECK(catalogue.put(std::move(dataset), site_.description().name));
  answer.erase("description");
  return fields(answer);
}

Result<std::string> Coordinator::difference(const std::string& before, const std::string& after,
                                            const std::string& combiner, const std::string& policy) {
  NARU_ASSIGN(const auto hash, policy_hash(policy));
  NARU_ASSIGN(const auto done,
              mail_.ask(combiner, "release.diff",
                        json_body({{"old", before}, {"new", after}, {"policy", policy}, {"policy_hash", hash}}),
                        round_wait_ms));
  return done.body;
}

Result<std::string> Coordinator::witness() {
  NARU_ASSIGN(const auto others, everybody_else());
  NARU_CHECK(site_.record("witness.exchanged", fields({{"members", others.size()}})));
  NARU_ASSIGN(const auto own, read_file(site_.layout().log() / "checkpoint"));
  std::string correlation;
  for (const auto& other : others) {
    NARU_ASSIGN(correlation, mail_.send(other, "witness", correlation, json_body({{"checkpoint", own}})));
  }
  Json sites = Json::object();
  for (const auto& other : others) {
    NARU_ASSIGN(const auto answer, mail_.wait_from(correlation, other, limits::answer_wait_ms));
    NARU_ASSIGN(const auto json, parsed(answer));
    NARU_CHECK(keep_checkpoint(site_, other, json.value("checkpoint", "")));
    NARU_ASSIGN(const auto kept, audit::parse_checkpoint(json.value("checkpoint", ""), other));
    sites[other] = kept.size;
  }
  return fields({{"sites", sites}});
}

}  // namespace naru::network
