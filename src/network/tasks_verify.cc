// A locked plan at this hospital: exact figures stay, shared figures pass the output rules, histograms leave masked.
#include "cohort/expression.h"
#include "evidence/secure_sum.h"
#include "evidence/site_run.h"
#include "evidence/solution.h"
#include "govern/use_right.h"
#include "network/task_support.h"
#include "vocabulary/vocabulary.h"
#include "workspace/ask.h"
#include "workspace/right_check.h"

namespace naru::network {
namespace {

// OMOP tables that the plan's definitions and its solution's inputs read.
Result<std::vector<std::string>> tables_of(const evidence::LockedPlan& plan) {
  std::set<std::string> out{"person", "observation_period"};
  for (const auto* text : {&plan.target, &plan.outcome}) {
    NARU_ASSIGN(const auto expression, cohort::parse(*text, "plan"));
    for (auto& table : cohort::tables_used(expression)) out.insert(std::move(table));
  }
  NARU_ASSIGN(const auto solution, evidence::parse_solution(plan.solution, "solution"));
  for (const auto& feature : solution.features) {
    switch (feature.source.kind) {
      case evidence::FeatureKind::condition:
        out.insert("condition_occurrence");
        break;
      case evidence::FeatureKind::drug:
        out.insert("drug_exposure");
        break;
      case evidence::FeatureKind::measurement_last:
        out.insert("measurement");
        break;
      case evidence::FeatureKind::age:
      case evidence::FeatureKind::sex_male:
        break;
    }
  }
  return std::vector<std::string>(out.begin(), out.end());
}

// The right must cover this site, this account and the tables every plan reads, and must not be revoked here.
Done covered(Site& site, const Json& json, const protect::Policy& policy, const evidence::LockedPlan& plan) {
  NARU_ASSIGN(const auto reader, Reader::of(json, "verify.run"));
  NARU_ASSIGN(const auto file, reader.text("right"));
  NARU_ASSIGN(const auto account, reader.text("account"));
  NARU_ASSIGN(const auto token, govern::parse_right(file, "right"));
  const auto today = workspace::day_of_use(site.clock());
  NARU_CHECK(govern::verify_right(token, site.description().authority->signing_key, today));
  NARU_CHECK(workspace::check_not_revoked(site.records(), token.right.id));
  NARU_ASSIGN(const auto vocabulary, vocabulary::info(site.layout().vocabulary()));
  workspace::Question question;
  question.account = account;
  question.site = site.description().name;
  question.mode = "federated";
  NARU_ASSIGN(question.tables, tables_of(plan));
  question.policy_hash = policy.hash;
  question.vocabulary_hash = vocabulary ? vocabulary->hash : "none";
  question.today = today;
  return workspace::check(token.right, question);
}

// The other hospitals' sealing keys, as the authority signed them at enrolment.
Result<std::vector<evidence::Peer>> peers_of(Site& site, const Reader& reader) {
  NARU_ASSIGN(const auto directory, reader.text("directory"));
  NARU_ASSIGN(const auto names, reader.texts("sites"));
  NARU_ASSIGN(const auto members, verify_directory(directory, site.description().authority->signing_key));
  std::vector<evidence::Peer> peers;
  for (const auto& name : names) {
    if (name == site.description().name) continue;
    const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.name == name; });
    if (found == members.end()) {
      return rejected(say("{} is not an enrolled site", "{}는 등록된 기관이 아닙니다", name), "verify.run.sites");
    }
    NARU_ASSIGN(const auto secret, site.keys().agree(found->sealing_key));
    peers.push_back({name, Bytes(secret.bytes().begin(), secret.bytes().end())});
  }
  return peers;
}

Result<std::optional<Reply>> on_verify(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto text, reader.text("locked"));
  NARU_ASSIGN(const auto round, reader.text("round"));
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  NARU_ASSIGN(const auto plan, evidence::parse_locked(text, "locked plan"));
  NARU_CHECK(covered(site, json, policy, plan));
  // The lock is in this site's log before a label is read.
  NARU_CHECK(site.record("plan.locked", fields({{"plan", plan.plan.id}, {"hash", plan.hash}, {"round", round}})));
  const auto& layout = site.layout();
  const auto folder = layout.evidence() / "private";
  NARU_CHECK(make_folder(folder, 0700));
  evidence::SiteRequest request;
  request.site = site.description().name;
  request.lake = layout.lake();
  request.vocabulary = layout.vocabulary();
  request.withdrawn = layout.withdrawn();
  request.private_folder = folder;
  NARU_ASSIGN(request.lake_digest, workspace::data_digest_of(layout.lake()));
  request.rules = {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary,
                   policy.outputs.digits};
  NARU_ASSIGN(const auto result, evidence::run_plan_at_site(plan, request));
  NARU_ASSIGN(const auto peers, peers_of(site, reader));
  NARU_ASSIGN(const auto masked, evidence::mask(result.histogram, site.description().name, peers, round));
  const auto content = evidence::masked_text(masked);
  NARU_CHECK(evidence::claim_round(folder, round, content));
  NARU_CHECK(site.record("plan.run", fields({{"plan", plan.plan.id}, {"hash", plan.hash}, {"round", round}})));
  return std::optional<Reply>{reply_of("verify.result", {{"shared", result.shared}, {"masked", content}})};
}

}  // namespace

void add_verify_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share) {
  if (site.description().role != "hospital") return;
  handlers["verify.run"] = [&site, share](const Message& m, Sender&) { return on_verify(site, share, m); };
}

}  // namespace naru::network
