#include "network/identity.h"

#include "base/files.h"
#include "base/json.h"
#include "network/certificates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace naru::network {
namespace {

constexpr std::array<std::string_view, 5> roles{"hospital", "agency", "key-manager", "combiner", "authority"};

Json json_of_member(const Member& member) {
  return {{"name", member.name},
          {"role", member.role},
          {"signing_key", to_hex(member.signing_key)},
          {"sealing_key", to_hex(member.sealing_key)},
          {"certificate", hex(member.certificate)},
          {"since_ms", member.since_ms}};
}

Result<Member> member_of(const Reader& reader) {
  Member out;
  NARU_ASSIGN(out.name, reader.text("name"));
  NARU_ASSIGN(out.role, reader.text("role"));
  NARU_ASSIGN(const auto signing, reader.text("signing_key"));
  NARU_ASSIGN(const auto sealing, reader.text("sealing_key"));
  NARU_ASSIGN(const auto certificate, reader.text("certificate"));
  NARU_ASSIGN(out.since_ms, reader.integer("since_ms"));
  NARU_ASSIGN(out.signing_key, public_key_from_hex(signing, reader.where() + ".signing_key"));
  NARU_ASSIGN(out.sealing_key, keys::sealing_key_from_hex(sealing, reader.where() + ".sealing_key"));
  NARU_ASSIGN(out.certificate, public_key_from_hex(certificate, reader.where() + ".certificate"));
  return out;
}

Done known_role(const std::string& role) {
  if (std::find(roles.begin(), roles.end(), role) != roles.end()) return {};
  return usage_error(say("\"{}\" is no role", "\"{}\"은(는) 역할이 아닙니다", role), "--role",
                     say("one of: {}", "다음 중 하나: {}", fmt::join(roles, ", ")));
}

/// CA and server certificate; the private keys become named secrets of the key store.
Done make_authority(const model::SiteLayout& layout, keys::KeyStore& store, SiteDescription& site,
                    engine::Records& records, const Clock& clock) {
  NARU_ASSIGN(const auto ca, make_ca(site.name + " CA", clock.now_ms()));
  NARU_ASSIGN(const auto server, make_server_certificate(ca, site.name, clock.now_ms()));
  NARU_CHECK(store.put_secret("tls.ca", as_bytes(ca.key)));
  NARU_CHECK(store.put_secret("tls.server", as_bytes(server.key)));
  NARU_CHECK(write_file_atomic(layout.keys() / "ca.crt", ca.certificate, 0600));
  NARU_CHECK(write_file_atomic(layout.keys() / "server.crt", server.certificate, 0600));
  NARU_ASSIGN(const auto pin, public_key_digest(server.certificate));
  Member self{site.name, site.role, site.signing_key, site.sealing_key, {}, clock.now_ms()};
  NARU_ASSIGN(self.certificate, certificate_digest(server.certificate));
  site.authority_pin = pin_text(pin);
  site.authority = self;
  return put_member(records, self);
}

}  // namespace

std::string log_origin(std::string_view site) { return "naru/" + std::string(site); }

Result<SiteDescription> init_site(const model::SiteLayout& layout, const std::string& name, const std::string& role,
                                  const Clock& clock, Random& random) {
  NARU_CHECK(known_role(role));
  if (!is_plain_name(name) || name.size() > 60) {
    return usage_error(say("a site's name has letters, digits, '.', '_' and '-' only, at most 60",
                           "사이트 이름은 영문자, 숫자, '.', '_', '-'로 60자 이하입니다"),
                       "--site");
  }
  std::error_code code;
  if (fs::exists(layout.description(), code)) {
    return conflict(say("there is a site already", "이미 사이트가 있습니다"), layout.root().string(),
                    say("use another folder", "다른 폴더를 쓰세요"));
  }
  NARU_CHECK(make_folder(layout.root(), 0700));
  for (const auto& part : {layout.spool(), layout.root() / "private", layout.witness()}) {
    NARU_CHECK(make_folder(part, 0700));
  }
  // An earlier attempt may have stopped after the keys: they are as good as new ones.
  auto made = fs::exists(layout.keys() / "master.seed", code) ? keys::KeyStore::open(layout.keys())
                                                              : keys::KeyStore::create(layout.keys(), random);
  if (!made.ok()) return made.error();
  auto& store = *made;
  SiteDescription site{name, role, store.signing_key().public_key(), store.sealing_key(), {}, {}, std::nullopt};
  NARU_ASSIGN(auto records, engine::Records::open(layout.records(), clock));
  NARU_ASSIGN(auto log, audit::Log::open(layout.log(), log_origin(name), store.signing_key(), clock, random));
  if (role == "authority") NARU_CHECK(make_authority(layout, store, site, records, clock));
  const Json fields = {{"site", name}, {"role", role}, {"signing_key", to_hex(site.signing_key)}};
  NARU_CHECK(log.append({"site.made", name, canonical(fields)}));
  NARU_CHECK(write_description(layout, site));  // last: a site exists when its description does
  return site;
}

Done write_description(const model::SiteLayout& layout, const SiteDescription& site) {
  Json json = {{"name", site.name},
               {"role", site.role},
               {"signing_key", to_hex(site.signing_key)},
               {"sealing_key", to_hex(site.sealing_key)},
               {"authority_url", site.authority_url},
               {"authority_pin", site.authority_pin}};
  if (site.authority) json["authority"] = json_of_member(*site.authority);
  return write_file_atomic(layout.description(), pretty(json), 0644);
}

Result<SiteDescription> describe_site(const model::SiteLayout& layout) {
  std::error_code code;
  if (!fs::exists(layout.description(), code)) {
    return not_found(say("there is no site in this folder", "이 폴더에 사이트가 없습니다"), layout.root().string(),
                     say("naru init DIR --site NAME --role ROLE", "naru init DIR --site NAME --role ROLE"));
  }
  NARU_ASSIGN(const auto json, read_json(layout.description()));
  NARU_ASSIGN(const auto reader, Reader::of(json, layout.description().string()));
  SiteDescription out;
  NARU_ASSIGN(out.name, reader.text("name"));
  NARU_ASSIGN(out.role, reader.text("role"));
  NARU_CHECK(known_role(out.role));
  NARU_ASSIGN(const auto signing, reader.text("signing_key"));
  NARU_ASSIGN(const auto sealing, reader.text("sealing_key"));
  NARU_ASSIGN(out.signing_key, public_key_from_hex(signing, reader.where() + ".signing_key"));
  NARU_ASSIGN(out.sealing_key, keys::sealing_key_from_hex(sealing, reader.where() + ".sealing_key"));
  NARU_ASSIGN(out.authority_url, reader.text_or("authority_url", ""));
  NARU_ASSIGN(out.authority_pin, reader.text_or("authority_pin", ""));
  if (reader.has("authority")) {
    NARU_ASSIGN(const auto authority, reader.object("authority"));
    NARU_ASSIGN(auto member, member_of(authority));
    out.authority = member;
  }
  return out;
}

Site::~Site() = default;

Result<std::unique_ptr<Site>> Site::open(const fs::path& root, const Clock& clock, Random& random) {
  std::unique_ptr<Site> site(new Site(model::SiteLayout(root)));
  site->clock_ = &clock;
  site->random_ = &random;
  NARU_ASSIGN(site->description_, describe_site(site->layout_));
  NARU_ASSIGN(auto store, keys::KeyStore::open(site->layout_.keys()));
  if (store.signing_key().public_key() != site->description_.signing_key) {
    return rejected(
        say("the keys in this folder are not the ones in site.json", "이 폴더의 키가 site.json의 키와 다릅니다"),
        site->layout_.keys().string(),
        say("put the site's own key folder back", "사이트의 원래 키 폴더를 되돌려 놓으세요"));
  }
  site->keys_ = std::make_unique<keys::KeyStore>(std::move(store));
  NARU_ASSIGN(auto log, audit::Log::open(site->layout_.log(), log_origin(site->description_.name),
                                         site->keys_->signing_key(), clock, random));
  site->log_ = std::make_unique<audit::Log>(std::move(log));
  NARU_ASSIGN(auto records, engine::Records::open(site->layout_.records(), clock));
  site->records_ = std::make_unique<engine::Records>(std::move(records));
  return site;
}

Done Site::record(std::string_view name, std::string_view fields_json, std::string_view actor) {
  NARU_CHECK(log_->append(
      {std::string(name), std::string(actor.empty() ? description_.name : actor), std::string(fields_json)}));
  return {};
}

std::string member_json(const Member& member) { return canonical(json_of_member(member)); }

Result<Member> parse_member(std::string_view json, std::string_view where) {
  NARU_ASSIGN(const auto parsed, parse_json(json, where));
  NARU_ASSIGN(const auto reader, Reader::of(parsed, std::string(where)));
  return member_of(reader);
}

Done put_member(engine::Records& records, const Member& member) {
  return records.put("members", member.name, member_json(member));
}

Result<std::vector<Member>> members_of(engine::Records& records) {
  NARU_ASSIGN(const auto documents, records.list("members"));
  std::vector<Member> out;
  for (const auto& [name, document] : documents) {
    NARU_ASSIGN(auto member, parse_member(document, "member " + name));
    out.push_back(std::move(member));
  }
  return out;
}

Result<std::string> signed_directory(engine::Records& records, const SigningKey& key, std::int64_t now_ms) {
  NARU_ASSIGN(const auto members, members_of(records));
  Json said = {{"members", Json::array()}, {"signed_at_ms", now_ms}};
  for (const auto& member : members) said["members"].push_back(json_of_member(member));
  const auto signature = key.sign("naru/directory/1\n" + canonical(said));
  said["signature"] = to_hex(signature);
  return canonical(said);
}

Result<std::vector<Member>> verify_directory(std::string_view directory, const PublicKey& authority) {
  NARU_ASSIGN(auto json, parse_json(directory, "members"));
  NARU_ASSIGN(const auto reader, Reader::of(json, "members"));
  NARU_ASSIGN(const auto text, reader.text("signature"));
  NARU_ASSIGN(const auto signature, signature_from_hex(text, "members.signature"));
  auto said = json;
  said.erase("signature");
  if (!naru::verify(authority, "naru/directory/1\n" + canonical(said), signature)) {
    return rejected(
        say("the directory of members is not signed by the authority", "구성원 목록이 기관의 키로 서명되지 않았습니다"),
        "members.signature", say("enrol again with a fresh code", "새 코드로 다시 등록하세요"));
  }
  NARU_ASSIGN(const auto elements, reader.array("members"));
  std::vector<Member> out;
  for (const auto& [element, place] : elements) {
    NARU_ASSIGN(const auto one, Reader::of(*element, place));
    NARU_ASSIGN(auto member, member_of(one));
    out.push_back(std::move(member));
  }
  return out;
}

}  // namespace naru::network
