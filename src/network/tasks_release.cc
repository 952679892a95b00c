// From protected tables at the holders to a sealed release at the combiner.
#include "linkage/tokens.h"
#include "network/describe.h"
#include "network/genome_people.h"
#include "network/task_support.h"
#include "protect/holder.h"
#include "protect/risk_outside.h"
#include "release/build.h"
#include "release/publish.h"
#include "release/seal.h"
#include "vocabulary/vocabulary.h"

namespace naru::network {
namespace {

Bytes copy_of(const keys::Secret& secret) { return {secret.bytes().begin(), secret.bytes().end()}; }

Result<std::string> vocabulary_hash_of(const Site& site) {
  NARU_ASSIGN(const auto info, vocabulary::info(site.layout().vocabulary()));
  return info ? info->hash : std::string("none");
}

// What of a holder's report may leave it: every figure after the output rules.
Result<Json> outward_report(const protect::ProtectReport& report, const protect::Policy& policy) {
  const auto shown = [&](std::int64_t count) { return count_for_outside(count, policy.outputs); };
  Json sensitive = Json::object();
  for (const auto& [group, rows] : report.sensitive_rows) sensitive[group] = shown(rows);
  Json withheld = Json::object();
  for (const auto& [group, rows] : report.withheld_rows) withheld[group] = shown(rows);
  Json tables = Json::object();
  for (const auto& table : report.tables) tables[table.table] = shown(table.stored);
  NARU_ASSIGN(auto risk, risk_for_outside(report.risk, policy.outputs));
  return Json{{"persons", shown(report.persons_stored)},
              {"without_shift", shown(report.persons_without_shift)},
              {"sensitive_rows", sensitive},
              {"withheld_rows", withheld},
              {"tables", tables},
              {"dropped_columns", report.dropped_columns},
              {"risk", risk}};
}

Result<std::optional<Reply>> on_protect(Site& site, const std::filesystem::path& share, const Message& message,
                                        Sender& sender) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto combiner, reader.text("combiner"));
  NARU_ASSIGN(const auto release, reader.text("release"));
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  const auto& layout = site.layout();
  NARU_ASSIGN(const auto salt, site.keys().get_secret("salt.current"));
  NARU_ASSIGN(const auto order, site.keys().derive("protect.order", release));
  NARU_ASSIGN(const auto withdrawn, read_withdrawn(layout));
  protect::ProtectRequest request;
  request.lake = layout.lake();
  request.vocabulary = layout.vocabulary();
  request.rows = layout.root() / "private" / "rows.parquet";
  request.shifts = layout.linkage() / "shifts.parquet";
  request.date_key = linkage::date_key_of(salt.bytes());
  request.order_key = copy_of(order);
  request.withdrawn = withdrawn.persons;
  request.out = layout.protected_data();
  Progress silent;
  NARU_ASSIGN(const auto report, protect::protect_holder(request, policy, silent));
  NARU_CHECK(write_private_report(site, "protect-" + release, protect::report_json(report)));
  NARU_CHECK(site.record("protect.done", fields({{"release", release}, {"policy", policy.hash}})));
  NARU_ASSIGN(const auto vocabulary, vocabulary_hash_of(site));
  std::vector<NamedBytes> files;
  for (const auto& table : report.tables) {
    const auto name = table.table + ".parquet";
    if (!fs::exists(layout.protected_data() / name)) continue;
    NARU_ASSIGN(auto content, read_file(layout.protected_data() / name));
    files.push_back({name, std::move(content)});
  }
  const Json meta{
      {"release", release}, {"vocabulary", vocabulary}, {"policy_hash", policy.hash}, {"epoch", withdrawn.epoch}};
  NARU_ASSIGN(auto body, bundle_body(site, meta, std::move(files)));
  NARU_CHECK(site.record("release.data_sent", fields({{"release", release}, {"to", combiner}})));
  NARU_ASSIGN(const auto sent, sender.send(combiner, "release.data", "", body));
  if (body.file) {
    std::error_code code;
    fs::remove(*body.file, code);
  }
  NARU_ASSIGN(auto outward, outward_report(report, policy));
  NARU_ASSIGN(outward["description"], describe_holder(site, share, policy));
  return std::optional<Reply>{reply_of("protect.done", outward)};
}

// What the catalogue may say of this holder now; nothing is sent to anybody else.
Result<std::optional<Reply>> on_describe(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  NARU_CHECK(site.record("catalogue.described", fields({{"policy", policy.hash}})));
  NARU_ASSIGN(const auto told, describe_holder(site, share, policy));
  return std::optional<Reply>{reply_of("describe.done", told)};
}

std::filesystem::path incoming(const Site& site) { return site.layout().root() / "incoming"; }

Result<std::optional<Reply>> on_data(Site& site, const Message& message) {
  NARU_ASSIGN(const auto bundle, bundle_of_message(message));
  const auto target = incoming(site) / message.from;
  const fs::path fresh = target.string() + ".fresh";
  std::error_code code;
  fs::remove_all(fresh, code);
  NARU_CHECK(write_files(bundle.files, fresh));
  NARU_CHECK(write_file_atomic(fresh / "meta.json", fields(bundle.meta), 0600));
  NARU_CHECK(replace_folder(fresh, target));
  NARU_CHECK(site.record("release.data_received",
                         fields({{"from", message.from}, {"release", bundle.meta.value("release", "")}})));
  return std::optional<Reply>{};
}

Result<std::optional<Reply>> on_genome(Site& site, const Message& message) {
  NARU_ASSIGN(const auto bundle, bundle_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(bundle.meta, message.kind));
  NARU_ASSIGN(const auto parts, reader.texts("parts"));
  NARU_CHECK(take_genomes(site, message.from, parts, bundle.files));
  NARU_CHECK(site.record("release.genome_received", fields({{"from", message.from}})));
  return std::optional<Reply>{};
}

// Link ids of those who withdrew, as the key manager told them.
Result<std::set<std::int64_t>> withdrawn_links(Site& site) {
  NARU_ASSIGN(const auto withdrawn, read_withdrawn(site.layout()));
  return withdrawn.persons;
}

Result<release::BuildRequest> build_request(Site& site, const std::string& id,
                                            const std::vector<std::string>& holders) {
  release::BuildRequest request;
  request.releases = site.layout().releases();
  request.id = id;
  for (const auto& holder : holders) request.holders.push_back({holder, incoming(site) / holder});
  request.link_map = site.layout().linkage() / "link_map.parquet";
  request.vocabulary = site.layout().vocabulary();
  NARU_ASSIGN(const auto key, site.keys().derive("release.person", id));
  request.release_key = copy_of(key);
  NARU_ASSIGN(request.withdrawn, withdrawn_links(site));
  return request;
}

// Holders whose data is here for this release, all under one policy and one vocabulary.
Result<std::string> agreed_vocabulary(Site& site, const std::string& release, const std::vector<std::string>& holders) {
  std::string agreed;
  for (const auto& holder : holders) {
    NARU_ASSIGN(const auto meta, read_json(incoming(site) / holder / "meta.json"));
    if (meta.value("release", "") != release) {
      return conflict(
          say("{} has not sent its data for this release", "{}가 이 공개본의 자료를 보내지 않았습니다", holder),
          release, say("have it protected and sent first", "먼저 가명처리하여 보내야 합니다"));
    }
    const auto hash = meta.value("vocabulary", "");
    if (!agreed.empty() && agreed != hash) {
      return refused(say("{} uses another vocabulary than {}", "{}와 {}의 용어집이 다릅니다", holder, holders.front()),
                     fmt::format("{} vs {}", hash.substr(0, 16), agreed.substr(0, 16)),
                     say("load the same vocabulary at every holder", "모든 기관에 같은 용어집을 적재하세요"));
    }
    agreed = hash;
  }
  return agreed;
}

Result<std::optional<Reply>> on_combine(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto id, reader.text("release"));
  NARU_ASSIGN(const auto holders, reader.texts("holders"));
  NARU_ASSIGN(const auto genomes, reader.boolean("genomes"));
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  NARU_ASSIGN(const auto vocabulary, agreed_vocabulary(site, id, holders));
  NARU_ASSIGN(const auto request, build_request(site, id, holders));
  Progress silent;
  NARU_ASSIGN(const auto report, release::build(request, policy, silent));
  if (genomes) {
    NARU_ASSIGN(const auto attached, release::attach_genome(request.releases, id, site.layout().genome()));
    NARU_CHECK(site.record("release.genome_attached", fields({{"release", id}, {"files", attached}})));
  }
  NARU_CHECK(site.record("release.built", fields({{"release", id}, {"policy", policy.hash}})));
  NARU_CHECK(write_private_report(site, "built-" + id, release::report_json(report)));
  NARU_ASSIGN(const auto before, risk_for_outside(report.before, policy.outputs));
  NARU_ASSIGN(auto after, risk_for_outside(report.after, policy.outputs));
  NARU_ASSIGN(const auto board, parse_json(protect::risk_outside_json(report.assessed_before, report.assessed_after,
                                                                      policy.outputs.min_cell),
                                           "risk"));
  after["attackers"] = board["attackers"];
  NARU_ASSIGN(after["attack"], parse_json(report.attack_json, "attack"));
  after["k_required"] = policy.anonymity.k;
  after["levels"] = report.levels;
  after["policy"] = fmt::format("{} v{}", policy.id, policy.version);
  after["demonstration"] = !policy.production;
  after["impact_assessment_due"] = report.impact.due();
  return std::optional<Reply>{reply_of("release.built", {{"id", id},
                                                         {"persons", count_for_outside(report.persons, policy.outputs)},
                                                         {"levels", report.levels},
                                                         {"before", before},
                                                         {"after", after},
                                                         {"impact_assessment_due", report.impact.due()},
                                                         {"vocabulary", vocabulary}})};
}

Result<release::ExportReview> review_of(const Reader& reader) {
  release::ExportReview review;
  NARU_ASSIGN(review.decided_on, reader.text("decided_on"));
  NARU_ASSIGN(const auto reviewers, reader.array("reviewers"));
  for (const auto& [value, place] : reviewers) {
    NARU_ASSIGN(const auto one, Reader::of(*value, place));
    release::Reviewer reviewer;
    NARU_ASSIGN(reviewer.name, one.text("name"));
    NARU_ASSIGN(reviewer.organisation, one.text("organisation"));
    NARU_ASSIGN(reviewer.decision, one.text("decision"));
    NARU_ASSIGN(reviewer.external, one.boolean_or("external", false));
    review.reviewers.push_back(std::move(reviewer));
  }
  return review;
}

Result<std::optional<Reply>> on_seal(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto id, reader.text("release"));
  NARU_ASSIGN(const auto holders, reader.texts("holders"));
  NARU_ASSIGN(const auto phase, reader.integer("phase"));
  NARU_ASSIGN(const auto parent, reader.text_or("parent", ""));
  NARU_ASSIGN(const auto code_version, reader.text("code_version"));
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  NARU_ASSIGN(const auto review, review_of(reader));
  NARU_ASSIGN(const auto vocabulary, agreed_vocabulary(site, id, holders));
  NARU_ASSIGN(const auto request, build_request(site, id, holders));
  NARU_CHECK(release::record_review(request.releases, id, review, policy));
  NARU_ASSIGN(const auto withdrawn, read_withdrawn(site.layout()));
  release::SealRequest sealing{
      request.releases, id,        phase, parent, review.decided_on, code_version, site.description().name,
      withdrawn.epoch,  vocabulary};
  NARU_CHECK(site.record("release.sealing", fields({{"release", id}})));
  NARU_ASSIGN(const auto manifest, release::seal(sealing, policy, site.keys().signing_key()));
  Progress silent;
  NARU_ASSIGN(const auto same, release::rebuild_is_identical(request, policy, silent));
  const auto folder = request.releases / id;
  NARU_ASSIGN(const auto digest, release::manifest_digest(folder));
  NARU_CHECK(site.record("release.sealed", fields({{"release", id}, {"manifest", digest}})));
  std::int64_t rows = 0;
  Json files = Json::array();
  for (const auto& file : manifest.files) {
    rows += file.rows.value_or(0);
    files.push_back({{"path", file.path},
                     {"tier", file.tier},
                     {"bytes", file.bytes},
                     {"rows", file.rows ? Json(*file.rows) : Json(nullptr)}});
  }
  NARU_ASSIGN(const auto listed, release::list(request.releases));
  Json summary;
  for (const auto& one : listed) {
    if (one.manifest.id != id) continue;
    NARU_ASSIGN(summary, parse_json(release::public_summary_json(one, policy.outputs), "summary"));
  }
  NARU_ASSIGN(const auto profile, ingest::profile_data({.tables = folder / "data",
                                                        .vocabulary = site.layout().vocabulary(),
                                                        .least_persons = policy.outputs.min_cell}));
  NARU_ASSIGN(const auto description, profile_for_outside(profile, policy, site.clock()));
  const Json exact{{"id", id},
                   {"path", folder.string()},
                   {"files", files},
                   {"rows", rows},
                   {"persons", manifest.persons},
                   {"manifest", digest},
                   {"epoch", manifest.consent_epoch},
                   {"rebuilt_identical", same.same},
                   {"rebuild_difference", same.difference}};
  NARU_CHECK(write_private_report(site, "sealed-" + id, fields(exact)));
  return std::optional<Reply>{reply_of("release.sealed", {{"id", id},
                                                          {"manifest", digest},
                                                          {"vocabulary", vocabulary},
                                                          {"epoch", manifest.consent_epoch},
                                                          {"rebuilt_identical", same.same},
                                                          {"summary", summary},
                                                          {"description", description}})};
}

Result<std::optional<Reply>> on_publish(Site& site, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto id, reader.text("release"));
  NARU_ASSIGN(const auto tiers, reader.texts("tiers"));
  NARU_ASSIGN(const auto date, reader.text("date"));
  NARU_ASSIGN(const auto by, reader.text("by"));
  Json out;
  for (const auto& tier : tiers) {
    NARU_ASSIGN(const auto published,
                release::publish(site.layout().releases(), id, tier, date, by, site.keys().signing_key().public_key()));
    NARU_ASSIGN(out, parse_json(release::publication_json(published), "publication"));
  }
  NARU_CHECK(site.record("release.published", fields({{"release", id}, {"tiers", tiers}})));
  return std::optional<Reply>{reply_of("release.published", out)};
}

Result<std::optional<Reply>> on_diff(Site& site, const std::filesystem::path& share, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto before, reader.text("old"));
  NARU_ASSIGN(const auto after, reader.text("new"));
  NARU_ASSIGN(const auto policy, agreed_policy(share, json, message.kind));
  if (!is_plain_name(before) || !is_plain_name(after)) {
    return rejected(say("not a release id", "공개본 이름이 아닙니다"), message.kind);
  }
  const auto& releases = site.layout().releases();
  NARU_ASSIGN(const auto difference, release::diff(releases / before, releases / after, policy.outputs));
  NARU_ASSIGN(const auto out, parse_json(release::difference_json(difference), "difference"));
  return std::optional<Reply>{reply_of("release.difference", out)};
}

}  // namespace

void add_release_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share) {
  if (site.description().holder()) {
    handlers["protect.run"] = [&site, share](const Message& m, Sender& s) { return on_protect(site, share, m, s); };
    handlers["describe.run"] = [&site, share](const Message& m, Sender&) { return on_describe(site, share, m); };
  }
  if (site.description().role != "combiner") return;
  handlers["release.data"] = [&site](const Message& m, Sender&) { return on_data(site, m); };
  handlers["release.genome"] = [&site](const Message& m, Sender&) { return on_genome(site, m); };
  handlers["release.combine"] = [&site, share](const Message& m, Sender&) { return on_combine(site, share, m); };
  handlers["release.seal"] = [&site, share](const Message& m, Sender&) { return on_seal(site, share, m); };
  handlers["release.publish"] = [&site](const Message& m, Sender&) { return on_publish(site, m); };
  handlers["release.diff"] = [&site, share](const Message& m, Sender&) { return on_diff(site, share, m); };
}

}  // namespace naru::network
