// A participant withdraws: the holder tells the key manager a row id, the key manager tells every holder its own rows
// of that person, the combiner the link id, and the authority nothing but the new consent epoch.
#include "audit/checkpoint.h"
#include "engine/database.h"
#include "linkage/cluster.h"
#include "network/consent.h"
#include "network/task_support.h"

#include <map>

namespace naru::network {
namespace {

Result<engine::Database> rows_database(const Site& site) {
  return engine::Database::open(
      {.allowed_folders = {site.layout().root() / "private"}, .threads = 1, .memory_mb = 256});
}

std::string rows_file(const Site& site) { return engine::parquet(site.layout().root() / "private" / "rows.parquet"); }

Result<std::int64_t> row_of_person(const Site& site, std::int64_t person) {
  NARU_ASSIGN(auto database, rows_database(site));
  NARU_ASSIGN(const auto rows,
              database.query("SELECT row_id FROM " + rows_file(site) + " WHERE person_id = ?", {person}));
  if (rows.count == 0) {
    return not_found(say("no such person at this site, or the site has not been linked yet",
                         "이 기관에 없는 대상자이거나 아직 연계되지 않았습니다"),
                     "person id", say("check the id with the steward", "담당자에게 식별자를 확인하세요"));
  }
  return rows.integer(0, 0);
}

Result<std::optional<Reply>> on_withdraw(Site& site, const Message& message, Sender& sender) {
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto row, reader.integer("row"));
  NARU_ASSIGN(const auto key, site.keys().derive("linkage.link", "link"));
  const auto clusters = site.layout().linkage() / "clusters.parquet";
  NARU_ASSIGN(const auto rows, linkage::rows_of_same_person(clusters, message.from, row, key.bytes()));
  NARU_ASSIGN(const auto epoch, site.records().add_to_counter("consent.epoch", 1, 1'000'000'000));
  std::map<std::string, std::vector<std::int64_t>> by_holder;
  std::set<std::int64_t> links;
  for (const auto& one : rows) {
    by_holder[one.holder].push_back(one.row_id);
    links.insert(one.link_id);
  }
  NARU_CHECK(site.record("consent.withdrawn", fields({{"epoch", epoch + 1}})));
  NARU_ASSIGN(const auto known, site.records().list("link.members"));
  for (const auto& [member, role] : known) {
    Json body{{"epoch", epoch + 1}, {"rows", Json::array()}};
    if (role == "combiner")
      body["rows"] = links;
    else if (by_holder.contains(member))
      body["rows"] = by_holder[member];
    NARU_ASSIGN(const auto sent, sender.send(member, "consent.exclude", "", json_body(body)));
  }
  NARU_ASSIGN(const auto sent, sender.send(site.description().authority->name, "consent.exclude", "",
                                           json_body({{"epoch", epoch + 1}, {"rows", Json::array()}})));
  return std::optional<Reply>{};
}

// Holders turn row ids into their own person ids; the combiner keeps link ids; the authority only the epoch.
Result<std::optional<Reply>> on_exclude(Site& site, const Message& message) {
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto epoch, reader.integer("epoch"));
  NARU_ASSIGN(const auto rows, reader.array("rows"));
  std::set<std::int64_t> persons;
  for (const auto& [row, place] : rows) {
    if (!row->is_number_integer()) return rejected(say("a row id is a whole number", "행 식별자는 정수입니다"), place);
    if (!site.description().holder()) {
      persons.insert(row->get<std::int64_t>());
      continue;
    }
    NARU_ASSIGN(auto database, rows_database(site));
    NARU_ASSIGN(const auto found, database.query("SELECT person_id FROM " + rows_file(site) + " WHERE row_id = ?",
                                                 {row->get<std::int64_t>()}));
    for (std::size_t i = 0; i < found.count; ++i) persons.insert(found.integer(0, i));
  }
  NARU_ASSIGN(const auto stands, change_withdrawn(site.layout(), [&](Withdrawn& withdrawn) {
                withdrawn.epoch = std::max(withdrawn.epoch, epoch);
                withdrawn.persons.insert(persons.begin(), persons.end());
                return site.record("consent.excluded", fields({{"epoch", withdrawn.epoch}}));
              }));
  return std::optional<Reply>{};
}

// Who is told of withdrawals: remembered from the rounds of linkage.
Result<std::optional<Reply>> on_members(Site& site, const Message& message) {
  NARU_CHECK(from_authority(site, message));
  NARU_ASSIGN(const auto json, json_of_message(message));
  for (const auto& [name, role] : json.items()) {
    if (!role.is_string()) return rejected(say("not a role", "역할이 아닙니다"), message.kind);
    NARU_CHECK(site.records().put("link.members", name, role.get<std::string>()));
  }
  return std::optional<Reply>{reply_of("consent.members", {{"members", json.size()}})};
}

// The key a log of that site must be signed with, as enrolment pinned it.
Result<PublicKey> signing_key_of(Site& site, const std::string& from) {
  const auto& authority = site.description().authority;
  if (authority && authority->name == from) return authority->signing_key;
  NARU_ASSIGN(const auto members, members_of(site.records()));
  for (const auto& member : members)
    if (member.name == from) return member.signing_key;
  return not_found(say("no such member", "등록된 기관이 아닙니다"), from);
}

// The newest checkpoint of another site's log, kept so that nobody can shorten that log unnoticed.
Result<std::optional<Reply>> on_witness(Site& site, const Message& message) {
  NARU_ASSIGN(const auto json, json_of_message(message));
  NARU_ASSIGN(const auto reader, Reader::of(json, message.kind));
  NARU_ASSIGN(const auto note, reader.text("checkpoint"));
  NARU_CHECK(keep_checkpoint(site, message.from, note));
  NARU_ASSIGN(const auto own, read_file(site.layout().log() / "checkpoint"));
  return std::optional<Reply>{reply_of("witness", {{"checkpoint", own}})};
}

}  // namespace

Result<std::string> withdraw_here(Site& site, std::int64_t person, std::string_view actor, Sender& sender,
                                  const std::string& key_manager) {
  if (!site.description().holder()) {
    return usage_error(say("only a holder takes withdrawals", "철회는 보유 기관에서만 접수합니다"),
                       site.description().role);
  }
  NARU_ASSIGN(const auto row, row_of_person(site, person));
  // Excluded here at once, elsewhere as soon as the key manager's word arrives. The key manager counts epochs; until
  // its number is here, the next one keeps every answer from now on apart from those before.
  NARU_ASSIGN(const auto withdrawn, change_withdrawn(site.layout(), [&](Withdrawn& stands) -> Done {
                if (!stands.persons.insert(person).second) {
                  return conflict(say("this person has withdrawn already", "이미 철회한 대상자입니다"), "person id");
                }
                ++stands.epoch;
                return site.record("consent.withdrawal_received", "{}", actor);
              }));
  NARU_ASSIGN(const auto sent, sender.send(key_manager, "consent.withdraw", "", json_body({{"row", row}})));
  return fields({{"epoch_before", withdrawn.epoch - 1}, {"told", key_manager}});
}

Done keep_checkpoint(Site& site, const std::string& from, const std::string& note) {
  if (!is_plain_name(from)) return rejected(say("not a site's name", "기관 이름이 아닙니다"), "witness");
  NARU_ASSIGN(const auto key, signing_key_of(site, from));
  NARU_ASSIGN(const auto fresh, audit::trusted_checkpoint(note, key, "checkpoint of " + from));
  const auto file = site.layout().witness() / (from + ".checkpoint");
  NARU_CHECK(make_folder(file.parent_path(), 0700));
  if (fs::exists(file)) {
    NARU_ASSIGN(const auto text, read_file(file));
    NARU_ASSIGN(const auto kept, audit::trusted_checkpoint(text, key, file.string()));
    if (fresh.size < kept.size || (fresh.size == kept.size && fresh.root != kept.root)) {
      return rejected(
          say("the log of {} is not a continuation of the one witnessed: {} entries were seen, now {}",
              "{}의 기록이 증인이 본 것의 연속이 아닙니다: 본 항목 {}개, 지금 {}개", from, kept.size, fresh.size),
          file.string(),
          say("keep both checkpoints and tell the auditor", "두 체크포인트를 보관하고 감사자에게 알리세요"));
    }
  }
  return write_file_atomic(file, note, 0644);
}

void add_consent_handlers(Handlers& handlers, Site& site) {
  if (site.description().role == "key-manager") {
    handlers["consent.withdraw"] = [&site](const Message& m, Sender& s) { return on_withdraw(site, m, s); };
    handlers["consent.members"] = [&site](const Message& m, Sender&) { return on_members(site, m); };
  }
  handlers["consent.exclude"] = [&site](const Message& m, Sender&) { return on_exclude(site, m); };
  handlers["witness"] = [&site](const Message& m, Sender&) { return on_witness(site, m); };
}

}  // namespace naru::network
