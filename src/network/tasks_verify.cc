// A locked plan at this hospital: exact figures stay, shared figures pass the output rules, sums leave masked.
//
// verify.run     prepare: check the right, run the plan, keep everything here; answer "ready" or a refusal
// verify.sum     the sites that are ready are named: released figures and masked counts leave, once
// verify.paired  masked sums of products for the paired comparison
// verify.newton  masked gradient and information at one point; at most newton_rounds_max of them
#include "cohort/expression.h"
#include "evaluate/federated.h"
#include "evidence/overlap.h"
#include "evidence/package.h"
#include "evidence/rounds.h"
#include "evidence/secure_sum.h"
#include "evidence/site_run.h"
#include "evidence/solution.h"
#include "govern/use_right.h"
#include "network/pins.h"
#include "network/task_support.h"
#include "vocabulary/vocabulary.h"
#include "workspace/ask.h"
#include "workspace/meter.h"
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
  for (const auto* one = &solution; one != nullptr; one = one->comparator.get()) {
    for (const auto& feature : one->features) {
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
  }
  return std::vector<std::string>(out.begin(), out.end());
}

// One round between its messages. Row-level scores live here and nowhere else; a restart forgets them, and the round.
struct Prepared {
  evidence::LockedPlan plan;
  protect::Policy policy;
  govern::UseRight right;
  evidence::SiteResult result;
  std::vector<std::string> overlaps = {};  // with training sets, after the output rules
  std::vector<std::string> sites = {};     // named by verify.sum
  std::vector<evidence::Peer> peers = {};
};
constexpr std::size_t rounds_kept = 4;
struct Rounds {
  std::map<std::string, Prepared> prepared;
  std::vector<std::string> order;  // oldest first
};

std::filesystem::path private_folder(const Site& site) { return site.layout().evidence() / "private"; }

// The right must cover this site, this account and the tables every plan reads, and must not be revoked here.
Result<govern::UseRight> covered(Site& site, const Json& json, const protect::Policy& policy,
                                 const evidence::LockedPlan& plan) {
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
  NARU_CHECK(workspace::check(token.right, question));
  return token.right;
}

// The other hospitals' sealing keys, as the authority signed them at enrolment.
Result<std::vector<evidence::Peer>> peers_of(Site& site, const Reader& reader, const std::vector<std::string>& names) {
  NARU_ASSIGN(const auto directory, reader.text("directory"));
  NARU_ASSIGN(const auto members, verify_directory(directory, site.description().authority->signing_key));
  std::vector<evidence::Peer> peers;
  for (const auto& name : names) {
    if (name == site.description().name) continue;
    const auto found = std::find_if(members.begin(), members.end(), [&](const Member& m) { return m.name == name; });
    if (found == members.end()) {
      return rejected(say("{} is not an enrolled site", "{}는 등록된 기관이 아닙니다", name), "verify.sum.sites");
    }
    NARU_CHECK(pin_peer(site, *found));
    NARU_ASSIGN(const auto secret, site.keys().agree(found->sealing_key));
    peers.push_back({name, Bytes(secret.bytes().begin(), secret.bytes().end())});
  }
  return peers;
}

// A package that travelled with the plan goes into the site's store, if it is the one the manifest names.
Done take_package(const Site& site, const Bundle& bundle) {
  NARU_ASSIGN(const auto reader, Reader::of(bundle.meta, "verify.run"));
  if (!reader.has("packages")) return {};
  NARU_ASSIGN(const auto packages, reader.array("packages"));
  std::size_t at = 0;
  for (const auto& [package, place] : packages) {
    NARU_ASSIGN(const auto one, Reader::of(*package, place));
    NARU_ASSIGN(const auto digest, one.text("sha256"));
    NARU_ASSIGN(const auto entries, one.array("entries"));
    std::vector<evidence::PackedFile> files;
    for (const auto& [entry, where] : entries) {
      NARU_ASSIGN(const auto told, Reader::of(*entry, where));
      evidence::PackedFile file;
      NARU_ASSIGN(file.path, told.text("path"));
      NARU_ASSIGN(file.kind, told.text("kind"));
      NARU_ASSIGN(file.executable, told.boolean_or("executable", false));
      NARU_ASSIGN(file.target, told.text_or("target", ""));
      if (file.kind == "file") {
        if (at >= bundle.files.size())
          return rejected(say("a file of the package is missing", "꾸러미의 파일이 빠졌습니다"), where);
        file.content = bundle.files[at++].content;
      }
      files.push_back(std::move(file));
    }
    const bool plain = digest.size() == 64 && is_plain_name(digest);
    if (!plain) return rejected(say("not a digest", "다이제스트가 아닙니다"), place);
    NARU_ASSIGN([[maybe_unused]] const auto kept,
                evidence::store_package(files, site.layout().root() / "solutions", digest));
  }
  return {};
}

Result<std::optional<Reply>> on_prepare(Site& site, const std::filesystem::path& share, Rounds& rounds,
                                        const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto bundle, bundle_of_message(message));
  const auto& json = bundle.meta;
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto text, reader.text("locked"));
  NARU_ASSIGN(const auto round, reader.text("round"));
  NARU_ASSIGN(auto policy, agreed_policy(share, json, message.kind));
  NARU_ASSIGN(auto plan, evidence::parse_locked(text, "locked plan"));
  NARU_ASSIGN(auto right, covered(site, json, policy, plan));
  NARU_CHECK(take_package(site, bundle));
  // The lock is in this site's log before a label is read.
  NARU_CHECK(site.record("plan.locked", fields({{"plan", plan.plan.id}, {"hash", plan.hash}, {"round", round}})));
  const auto& layout = site.layout();
  NARU_CHECK(make_folder(private_folder(site), 0700));
  evidence::SiteRequest request;
  request.site = site.description().name;
  request.lake = layout.lake();
  request.vocabulary = layout.vocabulary();
  request.withdrawn = layout.withdrawn();
  request.private_folder = private_folder(site);
  NARU_ASSIGN(request.lake_digest, workspace::data_digest_of(layout.lake()));
  request.rules = {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary,
                   policy.outputs.digits};
  NARU_ASSIGN(const auto control, control_of(policy));
  request.rules.models = control.models;
  request.rules.dominance = control.dominance;
  request.share = share;
  request.solutions = layout.root() / "solutions";
  request.studies = layout.root() / "studies";
  NARU_ASSIGN(auto result, evidence::run_plan_at_site(plan, request));
  NARU_ASSIGN(auto overlaps, evidence::overlaps_beside(layout.evidence(), plan.hash, request.rules, result.shared));
  NARU_CHECK(site.record("plan.run", fields({{"plan", plan.plan.id}, {"hash", plan.hash}, {"round", round}})));
  if (rounds.prepared.erase(round) == 0) rounds.order.push_back(round);
  rounds.prepared.emplace(
      round, Prepared{std::move(plan), std::move(policy), std::move(right), std::move(result), std::move(overlaps)});
  if (rounds.order.size() > rounds_kept) {
    rounds.prepared.erase(rounds.order.front());
    rounds.order.erase(rounds.order.begin());
  }
  return std::optional<Reply>{reply_of("verify.ready", {{"round", round}})};
}

Result<Prepared*> prepared_of(Rounds& rounds, const std::string& round) {
  const auto found = rounds.prepared.find(round);
  if (found != rounds.prepared.end()) return &found->second;
  return conflict(say("this site has not prepared round {}, or was restarted since",
                      "이 기관은 라운드 {}을(를) 준비하지 않았거나 다시 시작되었습니다", round),
                  round, say("start a new round", "새 라운드를 시작하세요"));
}

// Masked for all sites of the round; a round id is answered with one content only.
Result<std::string> masked(const Site& site, const Prepared& prepared, std::span<const std::uint64_t> values,
                           const std::string& round) {
  NARU_ASSIGN(const auto vector, evidence::mask(values, site.description().name, prepared.peers, round));
  auto text = evidence::masked_text(vector);
  NARU_CHECK(evidence::claim_round(private_folder(site), round, text));
  return text;
}

Result<std::optional<Reply>> on_sum(Site& site, Rounds& rounds, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto round, reader.text("round"));
  NARU_ASSIGN(auto* prepared, prepared_of(rounds, round));
  NARU_ASSIGN(auto sites, reader.texts("sites"));
  std::sort(sites.begin(), sites.end());
  const auto& me = site.description().name;
  if (sites.size() < evidence::secure_sum_sites_min || !std::binary_search(sites.begin(), sites.end(), me)) {
    return refused(say("a secure sum needs at least {} sites, this one among them",
                       "안전한 합산에는 이 기관을 포함해 {}곳 이상이 필요합니다", evidence::secure_sum_sites_min),
                   round, say("invite another site", "기관을 더 초대하세요"));
  }
  if (!prepared->sites.empty() && prepared->sites != sites) {
    return refused(say("round {} has other sites", "라운드 {}의 기관 구성이 다릅니다", round), round,
                   say("a sum over other sites needs a new round", "기관 구성이 바뀌면 새 라운드가 필요합니다"));
  }
  NARU_ASSIGN(prepared->peers, peers_of(site, reader, sites));
  const auto& result = prepared->result;
  NARU_CHECK(evidence::claim_publication(private_folder(site),
                                         evidence::publication_of(prepared->plan, sites, result.persons),
                                         prepared->policy.outputs.min_cell));
  NARU_CHECK(workspace::check_not_revoked(site.records(), prepared->right.id));
  // The same round asked again is the same release.
  if (prepared->sites.empty()) {
    NARU_ASSIGN(const auto used, workspace::spend_answer(site.records(), prepared->right));
    NARU_CHECK(site.record("figures.released", fields({{"plan", prepared->plan.hash},
                                                       {"round", round},
                                                       {"sites", sites},
                                                       {"right", prepared->right.id},
                                                       {"used", used},
                                                       {"shared", hex(sha256(result.shared))},
                                                       {"overlaps", prepared->overlaps.size()}})));
  }
  prepared->sites = sites;
  NARU_ASSIGN(const auto counts, masked(site, *prepared, result.histogram, round));
  Json answer{{"shared", result.shared}, {"masked", counts}, {"overlaps", prepared->overlaps}};
  if (!result.comparator.empty()) {
    NARU_ASSIGN(answer["comparator"], masked(site, *prepared, result.comparator, round + ".comparator"));
  }
  return std::optional<Reply>{reply_of("verify.result", answer)};
}

Result<std::vector<std::uint64_t>> counts_at(const Reader& reader, std::string_view key, std::int64_t grid) {
  NARU_ASSIGN(const auto items, reader.array(key));
  std::vector<std::uint64_t> out;
  for (const auto& [value, where] : items) {
    if (!value->is_number_unsigned()) return rejected(say("not a count", "개수가 아닙니다"), where);
    out.push_back(value->get<std::uint64_t>());
  }
  if (std::cmp_equal(out.size(), grid + 1)) return out;
  return rejected(say("not the plan's grid", "계획의 격자가 아닙니다"), std::string(key));
}

// A round that summed can be asked for more about the same rows.
Result<Prepared*> summed_round(Site& site, Rounds& rounds, const Message& message, const std::string& round) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(auto* prepared, prepared_of(rounds, round));
  if (!prepared->sites.empty()) return prepared;
  return conflict(say("round {} has not summed yet", "라운드 {}은(는) 아직 합산하지 않았습니다", round), round);
}

Result<std::optional<Reply>> on_paired(Site& site, Rounds& rounds, const Message& message) {
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto round, reader.text("round"));
  NARU_ASSIGN(const auto* prepared, summed_round(site, rounds, message, round));
  const auto grid = prepared->plan.plan.score_grid;
  const auto placements = [&](const char* cases_key, const char* controls_key) -> Result<evaluate::GridPlacements> {
    NARU_ASSIGN(const auto cases, counts_at(reader, cases_key, grid));
    NARU_ASSIGN(const auto controls, counts_at(reader, controls_key, grid));
    return evaluate::grid_placements(cases, controls);
  };
  NARU_ASSIGN(const auto of_a, placements("cases", "controls"));
  NARU_ASSIGN(const auto of_b, placements("comparator_cases", "comparator_controls"));
  const auto& rows = prepared->result.rows;
  if (rows.comparator.size() != rows.score.size()) {
    return rejected(say("the solution has no comparator", "솔루션에 비교 대상이 없습니다"), round);
  }
  const auto share = evaluate::paired_share(rows.score, rows.comparator, rows.label, of_a, of_b);
  NARU_ASSIGN(const auto text, masked(site, *prepared, share, round + ".paired"));
  NARU_CHECK(site.record("sum.answered", fields({{"round", round}, {"step", "paired"}})));
  return std::optional<Reply>{reply_of("verify.more", {{"masked", text}})};
}

Result<std::optional<Reply>> on_newton(Site& site, Rounds& rounds, const Message& message) {
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto round, reader.text("round"));
  NARU_ASSIGN(const auto* prepared, summed_round(site, rounds, message, round));
  NARU_ASSIGN(const auto step, reader.integer("step"));
  if (step < 1 || step > evaluate::newton_rounds_max) {
    return refused(say("step {} of a fit: at most {} are answered", "적합의 {}번째 단계: {}번까지만 답합니다", step,
                       evaluate::newton_rounds_max),
                   round, say("start a new round", "새 라운드를 시작하세요"));
  }
  evaluate::NewtonPoint at;
  NARU_ASSIGN(at.slope_a, reader.number("slope_a"));
  NARU_ASSIGN(at.slope_b, reader.number("slope_b"));
  NARU_ASSIGN(at.offset_a, reader.number("offset_a"));
  const auto& rows = prepared->result.rows;
  const auto share = evaluate::newton_share(rows.score, rows.label, at);
  NARU_ASSIGN(const auto text, masked(site, *prepared, share, fmt::format("{}.newton-{}", round, step)));
  NARU_CHECK(site.record("sum.answered", fields({{"round", round}, {"step", fmt::format("newton-{}", step)}})));
  return std::optional<Reply>{reply_of("verify.more", {{"masked", text}})};
}

}  // namespace

void add_verify_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share) {
  if (site.description().role != "hospital") return;
  const auto rounds = std::make_shared<Rounds>();
  handlers["verify.run"] = [&site, share, rounds](const Message& m, Sender&) {
    return on_prepare(site, share, *rounds, m);
  };
  handlers["verify.sum"] = [&site, rounds](const Message& m, Sender&) { return on_sum(site, *rounds, m); };
  handlers["verify.paired"] = [&site, rounds](const Message& m, Sender&) { return on_paired(site, *rounds, m); };
  handlers["verify.newton"] = [&site, rounds](const Message& m, Sender&) { return on_newton(site, *rounds, m); };
}

}  // namespace naru::network
