// A question at this site, allele counts, and the list of revoked rights.
#include "genome/store.h"
#include "genome/transfer.h"
#include "govern/use_right.h"
#include "network/genome_people.h"
#include "network/task_support.h"
#include "release/layout.h"
#include "release/people.h"
#include "release/seal.h"
#include "vocabulary/vocabulary.h"
#include "workspace/ask.h"
#include "workspace/feasibility.h"

#include <cstdlib>

namespace naru::network {
namespace {

// What this site answers from: its own lake, or at the combiner a sealed release.
Result<workspace::AnsweringSite> answering_site(Site& site, const protect::Policy& policy, const std::string& release) {
  workspace::AnsweringSite out{site.description().name, site.layout(), {}, {}, {}, {}, {}, {}, 0, {}};
  NARU_ASSIGN(const auto vocabulary, vocabulary::info(site.layout().vocabulary()));
  out.vocabulary = site.layout().vocabulary();
  out.vocabulary_hash = vocabulary ? vocabulary->hash : "none";
  out.policy_hash = policy.hash;
  out.rules = {policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary};
  out.control = policy.disclosure;
  if (out.control) out.rules.zeros = out.control->zeros;
  NARU_ASSIGN(const auto perturbation, site.keys().derive("outputs.perturbation", "answers"));
  out.perturbation_key.assign(perturbation.bytes().begin(), perturbation.bytes().end());
  out.repeat_threshold = policy.outputs.repeat_threshold;
  out.authority = site.description().authority->signing_key;
  NARU_ASSIGN(const auto withdrawn, read_withdrawn(site.layout()));
  out.epoch = withdrawn.epoch;
  if (site.description().holder()) {
    out.mode = "federated";
    out.data = site.layout().lake();
    NARU_ASSIGN(out.data_digest, workspace::data_digest_of(out.data, workspace::digest_memory(site.layout())));
    out.withdrawn.assign(withdrawn.persons.begin(), withdrawn.persons.end());
    return out;
  }
  if (!is_plain_name(release)) return rejected(say("not a release id", "공개본 이름이 아닙니다"), "release");
  const auto folder = site.layout().releases() / release;
  NARU_ASSIGN(const auto manifest, release::read_manifest(folder));
  NARU_ASSIGN(out.data_digest, release::manifest_digest(folder));
  out.mode = "linked";
  out.release = release;
  out.data = folder / "data";
  out.vocabulary_hash = manifest.vocabulary_hash;
  NARU_ASSIGN(const auto key, site.keys().derive("release.person", release));
  auto ids = release::release_person_ids(key.bytes(), release);
  for (const auto link : withdrawn.persons) out.withdrawn.push_back(ids.of(link));
  // With the link map the same person is recognised in every release, so that releases cannot be subtracted either.
  const auto link_map = site.layout().linkage() / "link_map.parquet";
  if (fs::exists(link_map)) {
    NARU_ASSIGN(auto lasting, release::lasting_ids(link_map, key.bytes(), release));
    // A person whom the map no longer holds keeps the release's own id, below 0: never another's link id.
    out.lasting_id = [lasting = std::move(lasting)](std::int64_t person) {
      const auto found = lasting.find(person);
      return found == lasting.end() ? -person : found->second;
    };
  }
  return out;
}

Result<std::optional<Reply>> on_ask(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  workspace::Asked asked;
  NARU_ASSIGN(asked.right, reader.text("right"));
  NARU_ASSIGN(asked.definition, reader.text("definition"));
  NARU_ASSIGN(asked.account, reader.text("account"));
  if (json.contains("rho")) {
    NARU_ASSIGN(asked.rho, reader.number("rho"));
    if (!(asked.rho > 0)) return usage_error(say("must be more than 0", "0보다 커야 합니다"), "rho");
  }
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  NARU_ASSIGN(const auto token, govern::parse_right(asked.right, "right"));
  NARU_ASSIGN(const auto here, answering_site(site, policy, token.right.release));
  NARU_ASSIGN(const auto answer, workspace::ask_local(asked, here, site.records(), site.log(), site.clock()));
  return std::optional<Reply>{Reply{"answer", {answer.output.json(), {}}}};
}

// A holder whose steward has closed it says so instead.
Result<std::optional<Reply>> on_feasibility(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto closed, site.records().get(workspace::feasibility_collection, "closed"));
  if (closed) {
    return refused(say("this holder answers no feasibility questions", "이 보유 기관은 가능성 질의에 답하지 않습니다"),
                   site.description().name, say("ask its steward", "담당자에게 문의하세요"));
  }
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto definition, reader.text("definition"));
  NARU_ASSIGN(const auto rules, workspace::read_feasibility_rules(share));
  NARU_ASSIGN(const auto vocabulary, vocabulary::info(site.layout().vocabulary()));
  NARU_ASSIGN(const auto withdrawn, read_withdrawn(site.layout()));
  workspace::AnsweringSite here{site.description().name,
                                site.layout(),
                                site.layout().lake(),
                                site.layout().vocabulary(),
                                {},
                                {},
                                {},
                                {},
                                0,
                                "federated"};
  here.vocabulary_hash = vocabulary ? vocabulary->hash : "none";
  NARU_ASSIGN(here.data_digest, workspace::data_digest_of(here.data, workspace::digest_memory(site.layout())));
  here.epoch = withdrawn.epoch;
  here.withdrawn.assign(withdrawn.persons.begin(), withdrawn.persons.end());
  NARU_ASSIGN(const auto key, site.keys().derive("feasibility.bands", "bands"));
  NARU_CHECK(site.record("feasibility.asked", fields({{"definition", hex(sha256(definition))}})));
  NARU_ASSIGN(const auto answer, workspace::feasibility(definition, here, rules, key.bytes()));
  return std::optional<Reply>{Reply{"feasibility", {answer.json(), {}}}};
}

Result<std::optional<Reply>> on_revoked(Site& site, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto file, reader.text("revocations"));
  NARU_ASSIGN(const auto seen, site.records().get("revocations", "number"));
  const std::int64_t least = seen ? std::stoll(*seen) : 0;
  NARU_ASSIGN(const auto list,
              govern::read_revocations(file, "revocations", site.description().authority->signing_key, least));
  for (const auto& one : list.revoked) {
    NARU_CHECK(workspace::note_revoked(site.records(), one.id, one.at, one.reason));
  }
  NARU_CHECK(site.records().put("revocations", "number", std::to_string(list.number)));
  NARU_CHECK(site.record("right.revoked", fields({{"number", list.number}, {"rights", list.revoked.size()}})));
  return std::optional<Reply>{reply_of("right.revoked", {{"number", list.number}})};
}

constexpr std::string_view genome_answers = "genome.answered";

/// Who stood in an earlier count, as two numbers that only grow: samples stored, and samples withdrawn.
struct Stand {
  std::int64_t stored = 0;
  std::int64_t withdrawn = 0;
  std::int64_t epoch = 1;
  [[nodiscard]] std::int64_t moved_since(const Stand& earlier) const {
    return std::abs(stored - earlier.stored) + std::abs(withdrawn - earlier.withdrawn);
  }
};

bool overlap(const std::optional<genome::Region>& a, const std::optional<genome::Region>& b) {
  return !a || !b || (a->chrom == b->chrom && a->from <= b->to && b->from <= a->to);
}

/// The reply to give again, if counts over nearly the same persons were given before: subtracting two answers would
/// tell of the few who came or went between them. Refused when it was asked of another, overlapping region.
Result<std::optional<Json>> standing_reply(Site& site, const std::string& key, const genome::CountQuery& query,
                                           const Stand& now, std::int64_t min_cohort) {
  NARU_ASSIGN(const auto given, site.records().list(genome_answers));
  std::optional<std::string> overlapping;
  for (const auto& [name, text] : given) {
    NARU_ASSIGN(const auto json, parse_json(text, "genome.answered"));
    NARU_ASSIGN(const auto reader, Reader::of(json, "genome.answered"));
    Stand then;
    NARU_ASSIGN(then.stored, reader.integer("stored"));
    NARU_ASSIGN(then.withdrawn, reader.integer("withdrawn"));
    const auto moved = now.moved_since(then);
    if (moved == 0 || moved >= min_cohort) continue;
    if (name == key) {
      auto same = json.at("reply");
      same["repeated"] = true;
      return std::optional<Json>(std::move(same));
    }
    NARU_ASSIGN(const auto asked, reader.text_or("region", ""));
    std::optional<genome::Region> region;
    if (!asked.empty()) {
      NARU_ASSIGN(region, genome::parse_region(asked));
    }
    if (overlap(region, query.region)) overlapping = asked.empty() ? "whole genome" : asked;
  }
  if (!overlapping) return std::optional<Json>();
  return refused(say("too few persons came or went since an overlapping region was counted",
                     "겹치는 구간을 센 뒤 들어오거나 나간 사람이 너무 적습니다"),
                 *overlapping,
                 say("ask for that region again, or wait until {} have",
                     "그 구간을 다시 묻거나 {}명이 될 때까지 기다리세요", min_cohort));
}

Result<Json> counted(const genome::CountQuery& query, const std::filesystem::path& store, std::int64_t samples,
                     const protect::GenomePolicy& policy, const Stand& stand) {
  NARU_ASSIGN(auto counts, genome::count(store, query));
  NARU_ASSIGN(const auto released,
              genome::apply_output_rules(std::move(counts), samples, {policy.min_allele_count, policy.min_cohort}));
  std::int64_t suppressed = 0;
  for (const auto& one : released) suppressed += one.suppressed;
  return Json{{"samples", samples},
              {"variants", released.size()},
              {"suppressed", suppressed},
              {"min_allele_count", policy.min_allele_count},
              {"epoch", stand.epoch},
              {"repeated", false},
              {"tsv", genome::counts_tsv(released)}};
}

Result<std::optional<Reply>> on_genome_count(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  const auto store = site.layout().genome();
  if (!fs::exists(store)) {
    return std::optional<Reply>{
        reply_of("genome.counts", {{"samples", 0}, {"variants", 0}, {"suppressed", 0}, {"tsv", ""}})};
  }
  genome::CountQuery query;
  NARU_ASSIGN(const auto region, reader.text_or("region", ""));
  if (!region.empty()) {
    NARU_ASSIGN(query.region, genome::parse_region(region));
  }
  NARU_ASSIGN(const auto stored, genome::sample_count(store, query));
  NARU_ASSIGN(query.excluded, withdrawn_samples(site));
  NARU_ASSIGN(const auto samples, genome::sample_count(store, query));
  NARU_ASSIGN(const auto withdrawn, read_withdrawn(site.layout()));
  const Stand now{stored, stored - samples, withdrawn.epoch};
  NARU_ASSIGN(const auto policy_hash, reader.text("policy_hash"));
  const auto key = region + "|" + policy_hash;
  NARU_ASSIGN(auto reply, standing_reply(site, key, query, now, policy.genome.min_cohort));
  if (!reply) {
    NARU_ASSIGN(reply, counted(query, store, samples, policy.genome, now));
    NARU_CHECK(site.records().put(
        genome_answers, key,
        fields({{"stored", now.stored}, {"withdrawn", now.withdrawn}, {"region", region}, {"reply", *reply}})));
  }
  NARU_CHECK(site.record("genome.counted", fields({{"variants", reply->at("variants")},
                                                   {"suppressed", reply->at("suppressed")},
                                                   {"repeated", reply->at("repeated")}})));
  return std::optional<Reply>{reply_of("genome.counts", *reply)};
}

// The store goes without the map from samples to people: names of samples stay at the holder.
Result<std::optional<Reply>> on_genome_send(Site& site, const Message& message, Sender& sender) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto combiner, reader.text("combiner"));
  NARU_ASSIGN(const auto excluded, withdrawn_samples(site));
  NARU_ASSIGN(const auto names, travelling_names(site));
  NARU_ASSIGN(auto parts, genome::export_parts(site.layout().genome(), excluded, names));
  std::vector<NamedBytes> files;
  Json described = Json::array();
  std::int64_t written = 0;
  for (auto& part : parts) {
    described.push_back(genome::part_entry_json(part.entry));
    written += part.entry.samples;
    files.push_back({part.entry.name + ".naru-gt", std::move(part.bytes)});
    files.push_back({part.entry.name + ".samples", std::move(part.samples)});
  }
  NARU_ASSIGN(const auto body, bundle_body(site, {{"parts", described}}, std::move(files)));
  NARU_CHECK(site.record("release.genome_sent", fields({{"to", combiner}, {"samples", written}})));
  NARU_ASSIGN(const auto sent, sender.send(combiner, "release.genome", "", body));
  return std::optional<Reply>{reply_of("genome.sent", {{"samples", written}})};
}

}  // namespace

void add_ask_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share) {
  const auto& role = site.description().role;
  handlers["right.revoked"] = [&site](const Message& m, Sender&) { return on_revoked(site, m); };
  if (site.description().holder() || role == "combiner") {
    handlers["ask"] = [&site, share](const Message& m, Sender&) { return on_ask(site, share, m); };
  }
  if (site.description().holder()) {
    handlers["feasibility"] = [&site, share](const Message& m, Sender&) { return on_feasibility(site, share, m); };
    handlers["genome.count"] = [&site, share](const Message& m, Sender&) { return on_genome_count(site, share, m); };
    handlers["genome.send"] = [&site](const Message& m, Sender& s) { return on_genome_send(site, m, s); };
  }
}

}  // namespace naru::network
