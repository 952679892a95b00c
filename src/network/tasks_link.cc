// Linkage over the wire: salts between holders, tokens to the key manager, shift ids back, the map to the combiner.
// Messages of a round may arrive in any order; each handler stores what came and goes on when all is there.
#include "linkage/cluster.h"
#include "linkage/tokens.h"
#include "network/task_support.h"

namespace naru::network {
namespace {

struct Round {
  std::string id;
  std::string correlation;  // the authority's: answers to it go under this one
  std::vector<std::string> holders;
  std::string key_manager;
  std::string combiner;
  std::string policy;
  std::string policy_hash;
};

Json to_json(const Round& round) {
  return {{"round", round.id},
          {"correlation", round.correlation},
          {"holders", round.holders},
          {"key_manager", round.key_manager},
          {"combiner", round.combiner},
          {"policy", round.policy},
          {"policy_hash", round.policy_hash}};
}

Result<Round> round_of(const Json& json, std::string_view where) {
  NARU_ASSIGN(const auto reader, Reader::of(json, std::string(where)));
  Round round;
  NARU_ASSIGN(round.id, reader.text("round"));
  NARU_ASSIGN(round.correlation, reader.text("correlation"));
  NARU_ASSIGN(round.holders, reader.texts("holders"));
  NARU_ASSIGN(round.key_manager, reader.text("key_manager"));
  NARU_ASSIGN(round.combiner, reader.text("combiner"));
  NARU_ASSIGN(round.policy, reader.text("policy"));
  NARU_ASSIGN(round.policy_hash, reader.text("policy_hash"));
  if (!is_plain_name(round.id)) {
    return rejected(say("the round's id is not a plain name", "라운드 이름 형식이 올바르지 않습니다"),
                    std::string(where));
  }
  return round;
}

std::string salt_name(const std::string& round, std::string_view holder) {
  return fmt::format("salt.{}.{}", round, holder);
}

// True once every holder's contribution is in the key store.
Result<bool> salts_complete(Site& site, const Round& round) {
  for (const auto& holder : round.holders) {
    NARU_ASSIGN(const bool there, site.keys().has_secret(salt_name(round.id, holder)));
    if (!there) return false;
  }
  return true;
}

Result<Bytes> common_salt(Site& site, const Round& round) {
  std::vector<Bytes> contributions;
  for (const auto& holder : round.holders) {
    NARU_ASSIGN(const auto secret, site.keys().get_secret(salt_name(round.id, holder)));
    contributions.emplace_back(secret.bytes().begin(), secret.bytes().end());
  }
  return linkage::salt_of(std::move(contributions));
}

// All salts are here: row ids, tokens, off to the key manager.
Done send_tokens(Site& site, const Round& round, Sender& sender) {
  const auto& layout = site.layout();
  NARU_ASSIGN(auto salt, common_salt(site, round));
  NARU_CHECK(site.keys().put_secret("salt.current", salt));
  NARU_ASSIGN(const auto row_key, site.keys().derive("linkage.row", "row"));
  const auto rows = layout.root() / "private" / "rows.parquet";
  NARU_CHECK(make_folder(rows.parent_path(), 0700));
  NARU_ASSIGN(const auto made, linkage::make_row_ids(layout.lake() / "person.parquet", row_key.bytes(), rows));
  const auto tokens = layout.linkage() / "tokens.parquet";
  NARU_CHECK(make_folder(layout.linkage(), 0700));
  NARU_ASSIGN(const auto report, linkage::make_tokens(layout.identity(), rows, salt, tokens));
  NARU_ASSIGN(auto content, read_file(tokens));
  NARU_CHECK(
      site.record("link.tokens_sent", fields({{"round", round.id}, {"rows", report.rows}, {"to", round.key_manager}})));
  NARU_ASSIGN(auto body, bundle_body(site, to_json(round), {{"tokens.parquet", std::move(content)}}));
  NARU_ASSIGN(const auto sent, sender.send(round.key_manager, "link.tokens", "", body));
  // What left is not needed here any more; keeping it would keep keyed hashes beside the payload.
  std::error_code code;
  fs::remove(tokens, code);
  NARU_ASSIGN(
      const auto told,
      sender.send(site.description().authority->name, "link.ready", round.correlation,
                  json_body({{"round", round.id}, {"rows", made.persons}, {"with_identity", report.with_identity}}),
                  true));
  return {};
}

Result<std::optional<Reply>> on_begin(Site& site, const Message& message, Sender& sender) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(auto json, json_of_message(message));
  json["correlation"] = message.correlation;
  NARU_ASSIGN(const auto round, round_of(json, message.kind));
  const auto me = site.description().name;
  NARU_ASSIGN(const bool had, site.keys().has_secret(salt_name(round.id, me)));
  if (!had) NARU_CHECK(site.keys().put_secret(salt_name(round.id, me), site.random().bytes(32)));
  NARU_ASSIGN(const auto mine, site.keys().get_secret(salt_name(round.id, me)));
  NARU_CHECK(site.records().put("link.rounds", round.id, fields(to_json(round))));
  for (const auto& holder : round.holders) {
    if (holder == me) continue;
    NARU_ASSIGN(const auto sent,
                sender.send(holder, "link.salt", "", json_body({{"round", round.id}, {"salt", to_hex(mine.bytes())}})));
  }
  NARU_ASSIGN(const bool complete, salts_complete(site, round));
  if (complete) NARU_CHECK(send_tokens(site, round, sender));
  return std::optional<Reply>{};
}

Result<std::optional<Reply>> on_salt(Site& site, const Message& message, Sender& sender) {
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto id, reader.text("round"));
  NARU_ASSIGN(const auto hex_salt, reader.text("salt"));
  NARU_ASSIGN(const auto salt, from_hex(hex_salt, "salt"));
  if (!is_plain_name(id) || salt.size() != 32) {
    return rejected(say("not a salt contribution", "솔트 기여가 아닙니다"), message.from);
  }
  NARU_CHECK(site.keys().put_secret(salt_name(id, message.from), salt));
  NARU_ASSIGN(const auto known, site.records().get("link.rounds", id));
  if (!known) return std::optional<Reply>{};  // the authority's word for this round comes later
  NARU_ASSIGN(const auto stored, parse_json(*known, "link.rounds"));
  NARU_ASSIGN(const auto round, round_of(stored, "link.rounds"));
  NARU_ASSIGN(const bool complete, salts_complete(site, round));
  if (complete) NARU_CHECK(send_tokens(site, round, sender));
  return std::optional<Reply>{};
}

struct Derived {
  keys::Secret cluster, shift, link;
};
Result<Derived> manager_keys(Site& site) {
  Derived out;
  NARU_ASSIGN(out.cluster, site.keys().derive("linkage.cluster", "cluster"));
  NARU_ASSIGN(out.shift, site.keys().derive("linkage.shift", "shift"));
  NARU_ASSIGN(out.link, site.keys().derive("linkage.link", "link"));
  return out;
}

// All tokens are here: cluster, then shift ids to the holders and the map to the combiner.
Done cluster_and_tell(Site& site, const Round& round, const std::filesystem::path& share,
                      const std::filesystem::path& tokens, Sender& sender) {
  const auto& layout = site.layout();
  NARU_ASSIGN(const auto policy, agreed_policy(share, to_json(round), "link"));
  NARU_ASSIGN(const auto secrets, manager_keys(site));
  linkage::ClusterRequest request;
  for (const auto& holder : round.holders) request.tokens.push_back({holder, tokens / (holder + ".parquet")});
  request.key.assign(secrets.cluster.bytes().begin(), secrets.cluster.bytes().end());
  request.previous = layout.linkage() / "clusters.parquet";
  request.rules = {policy.linkage.rows_per_token_max, policy.linkage.merge_within_holder};
  request.out = layout.linkage() / "clusters.parquet";
  NARU_ASSIGN(const auto report, linkage::cluster(request));
  for (const auto& holder : round.holders) {
    const auto file = layout.linkage() / ("shifts-" + holder + ".parquet");
    NARU_ASSIGN([[maybe_unused]] const auto rows,
                linkage::write_shift_ids(request.out, holder, secrets.shift.bytes(), file));
    NARU_ASSIGN(auto content, read_file(file));
    NARU_ASSIGN(auto body, bundle_body(site, to_json(round), {{"shifts.parquet", std::move(content)}}));
    NARU_ASSIGN(const auto sent, sender.send(holder, "link.shifts", "", body));
    std::error_code code;
    fs::remove(file, code);
  }
  const auto map = layout.linkage() / "link_map.parquet";
  NARU_ASSIGN([[maybe_unused]] const auto rows, linkage::write_link_map(request.out, secrets.link.bytes(), map));
  NARU_ASSIGN(auto content, read_file(map));
  NARU_ASSIGN(auto body, bundle_body(site, to_json(round), {{"link_map.parquet", std::move(content)}}));
  NARU_ASSIGN(const auto sent, sender.send(round.combiner, "link.map", "", body));
  NARU_CHECK(site.record("link.clustered",
                         fields({{"round", round.id}, {"rows", report.rows}, {"clusters", report.clusters}})));
  NARU_ASSIGN(const auto told,
              sender.send(site.description().authority->name, "link.done", round.correlation,
                          json_body({{"round", round.id},
                                     {"rows", report.rows},
                                     {"clusters", report.clusters},
                                     {"clusters_of_several_holders", report.clusters_of_several_holders},
                                     {"pairs", report.pairs},
                                     {"joins_by_kind", report.joins_by_kind},
                                     {"joins_refused", report.joins_refused}}),
                          true));
  return {};
}

Result<std::optional<Reply>> on_tokens(Site& site, const std::filesystem::path& share, const Message& message,
                                       Sender& sender) {
  if (site.description().role != "key-manager") {
    return refused(say("tokens go to the key manager only", "토큰은 결합키 관리기관만 받습니다"), message.from,
                   say("send them to the key manager", "결합키 관리기관으로 보내세요"));
  }
  NARU_ASSIGN(const auto bundle, bundle_of_message(message));
  NARU_ASSIGN(const auto round, round_of(bundle.meta, message.kind));
  if (bundle.files.size() != 1 || !is_plain_name(message.from)) {
    return rejected(say("a tokens message holds one file", "토큰 메시지에는 파일이 하나여야 합니다"), message.from);
  }
  const auto folder = site.layout().linkage() / "tokens" / round.id;
  NARU_CHECK(write_files({{message.from + ".parquet", bundle.files.front().content}}, folder));
  for (const auto& holder : round.holders)
    if (!fs::exists(folder / (holder + ".parquet"))) return std::optional<Reply>{};
  NARU_CHECK(cluster_and_tell(site, round, share, folder, sender));
  return std::optional<Reply>{};
}

// Shift ids at a holder, the map at the combiner: stored, and the authority told.
Result<std::optional<Reply>> on_stored(Site& site, const Message& message, Sender& sender, std::string_view told) {
  NARU_ASSIGN(const auto bundle, bundle_of_message(message));
  NARU_ASSIGN(const auto round, round_of(bundle.meta, message.kind));
  if (message.from != round.key_manager) {
    return refused(say("only the key manager may send this", "결합키 관리기관만 보낼 수 있습니다"), message.from,
                   say("ask the authority who it is", "허브 기관에 확인하세요"));
  }
  NARU_CHECK(write_files(bundle.files, site.layout().linkage()));
  NARU_CHECK(site.record(told, fields({{"round", round.id}})));
  NARU_ASSIGN(const auto sent, sender.send(site.description().authority->name, std::string(told), round.correlation,
                                           json_body({{"round", round.id}}), true));
  return std::optional<Reply>{};
}

}  // namespace

void add_link_handlers(Handlers& handlers, Site& site, const std::filesystem::path& share) {
  const auto& role = site.description().role;
  if (site.description().holder()) {
    handlers["link.begin"] = [&site](const Message& m, Sender& s) { return on_begin(site, m, s); };
    handlers["link.salt"] = [&site](const Message& m, Sender& s) { return on_salt(site, m, s); };
    handlers["link.shifts"] = [&site](const Message& m, Sender& s) { return on_stored(site, m, s, "link.shifted"); };
  }
  if (role == "key-manager") {
    handlers["link.tokens"] = [&site, share](const Message& m, Sender& s) { return on_tokens(site, share, m, s); };
  }
  if (role == "combiner") {
    handlers["link.map"] = [&site](const Message& m, Sender& s) { return on_stored(site, m, s, "link.mapped"); };
  }
}

}  // namespace naru::network
