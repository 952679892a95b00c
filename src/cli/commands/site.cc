#include "base/json.h"
#include "cli/command.h"
#include "network/accounts.h"
#include "network/captured.h"
#include "network/enrol.h"
#include "network/identity.h"

#include <fmt/format.h>

#include <iostream>

namespace naru::cli {
namespace {

Json json_of(const network::SiteDescription& site) {
  return {{"name", site.name},
          {"role", site.role},
          {"signing_key", to_hex(site.signing_key)},
          {"sealing_key", to_hex(site.sealing_key)},
          {"authority", site.authority ? Json(site.authority->name) : Json()},
          {"enrolled", site.enrolled()}};
}

Result<Answer> init(const Call& call, const Context& context) {
  const model::SiteLayout layout(call.text("DIR"));
  NARU_ASSIGN(const auto site,
              network::init_site(layout, call.text("--site"), call.text("--role"), context.clock, context.random));
  return Answer{canonical(json_of(site)),
                say("site {} ({}) is ready in {}", "사이트 {}({})이(가) {}에 준비되었습니다", site.name, site.role,
                    layout.root().string()),
                0};
}

Result<Answer> enrol(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("DIR"), context.clock, context.random));
  auto code = call.text("--code");
  // Other accounts of the machine can read arguments; standard input they cannot.
  if (call.has("--code-stdin")) std::getline(std::cin, code);
  if (code.empty()) {
    return usage_error(
        say("the one-time code is needed", "일회용 코드가 필요합니다"), "--code-stdin",
        say("add --code-stdin and write the code as one line", "--code-stdin을 붙이고 코드를 한 줄로 입력하세요"));
  }
  NARU_ASSIGN(const auto about, network::enrol(*site, call.text("--authority"), code));
  return Answer{
      canonical(json_of(about)),
      say("site {} is enrolled with {}", "사이트 {}이(가) {}에 등록되었습니다", about.name, about.authority->name), 0};
}

Result<Answer> open_wire(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto opened, network::open_captured(*site, call.text("--capture"), call.text("--out")));
  Json messages = Json::array();
  for (const auto& one : opened) {
    messages.push_back({{"from", one.from}, {"kind", one.kind}, {"number", one.number}, {"files", one.files}});
  }
  NARU_CHECK(site->record("wire.captured_opened", canonical(Json{{"messages", opened.size()}})));
  return Answer{
      canonical(Json{{"site", site->description().name}, {"messages", std::move(messages)}}),
      say("{} messages to {} opened", "{1}에 온 메시지 {0}건을 열었습니다", opened.size(), site->description().name),
      0};
}

Result<Answer> issue_code(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto minutes, call.integer("--minutes", 1, 7 * 24 * 60));
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto code, network::issue_code(*site, call.text("--for"), call.text("--role"), minutes));
  const Json json = {{"code", code}, {"for", call.text("--for")}, {"role", call.text("--role")}, {"minutes", minutes}};
  return Answer{
      canonical(json),
      say("{}\nvalid once within {} minutes; hand it to the site by another way than the network",
          "{}\n{}분 안에 한 번만 유효합니다. 네트워크가 아닌 다른 방법으로 사이트에 전달하세요", code, minutes),
      0};
}

Result<Answer> members(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto all, network::members_of(site->records()));
  auto json = Json::array();
  std::string lines;
  for (const auto& member : all) {
    NARU_ASSIGN(auto one, parse_json(network::member_json(member), "member"));
    json.push_back(std::move(one));
    lines += fmt::format("{:<20} {:<12} {}\n", member.name, member.role, format_instant(member.since_ms));
  }
  return Answer{canonical({{"members", json}}), {lines, lines}, 0};
}

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(',', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Result<Answer> add_account(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  network::NewAccount account;
  account.account = call.text("--account");
  account.name = {call.text("--name-en"), call.text("--name-ko")};
  account.organisation = call.text("--organisation");
  account.roles = split_list(call.text("--roles"));
  if (!call.has("--password-stdin")) {
    return usage_error(say("the password comes on standard input", "비밀번호는 표준 입력으로 받습니다"),
                       "--password-stdin",
                       say("add --password-stdin and write the password as one line",
                           "--password-stdin을 붙이고 비밀번호를 한 줄로 입력하세요"));
  }
  // Never an argument: other accounts of the machine can read those.
  std::getline(std::cin, account.password);
  NARU_CHECK(network::put_account(site->records(), account));
  const Json fields = {{"account", account.account}, {"roles", account.roles}};
  NARU_CHECK(site->record("account.put", canonical(fields)));
  return Answer{canonical(fields), say("account {} is there", "계정 {}이(가) 준비되었습니다", account.account), 0};
}

Result<Answer> list_accounts(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  NARU_ASSIGN(const auto all, network::accounts(site->records()));
  auto json = Json::array();
  std::string lines;
  for (const auto& account : all) {
    json.push_back({{"account", account.account},
                    {"name", {{"en", account.name.en}, {"ko", account.name.ko}}},
                    {"roles", account.roles},
                    {"organisation", account.organisation}});
    lines += fmt::format("{:<20} {}\n", account.account, fmt::join(account.roles, ","));
  }
  return Answer{canonical({{"accounts", json}}), {lines, lines}, 0};
}

Result<Answer> destroy_key(const Call& call, const Context& context) {
  NARU_ASSIGN(const auto site, network::Site::open(call.text("--site"), context.clock, context.random));
  const auto& name = site->description().name;
  NARU_ASSIGN(auto certificate, site->keys().destroy(call.text("PURPOSE"), name, name, call.text("--reason"),
                                                     site->log(), context.clock));
  return Answer{certificate,
                say("the key {} is destroyed; its certificate is in the log",
                    "키 {}이(가) 파기되었고 증명서가 로그에 있습니다", call.text("PURPOSE")),
                0};
}

Result<Answer> verify_destruction(const Call& call, const Context& /*context*/) {
  NARU_ASSIGN(const auto key, public_key_from_hex(call.text("--key"), "--key"));
  NARU_ASSIGN(const auto text, read_file(call.text("CERTIFICATE"), 1U << 20));
  NARU_CHECK(keys::verify_certificate(text, key));
  NARU_ASSIGN(const auto certificate, parse_json(text, call.text("CERTIFICATE")));
  const auto& said = certificate.at("certificate");
  return Answer{canonical({{"ok", true}, {"certificate", said}}),
                say("the key {} was destroyed on {}", "키 {}은(는) {}에 파기되었습니다", said.value("purpose", ""),
                    said.value("destroyed_at", "")),
                0};
}

Option site_option() { return {"--site", "DIR", say("the site's folder", "사이트 폴더"), true, false, {}}; }

}  // namespace

std::vector<Command> site_commands() {
  const Option folder{"DIR", "", say("the site's folder", "사이트 폴더"), true, false, {}};
  const Option role{"--role",
                    "ROLE",
                    say("hospital | agency | key-manager | combiner | authority",
                        "hospital | agency | key-manager | combiner | authority"),
                    true,
                    false,
                    {}};
  const Option account{"--account", "NAME", say("the account's name", "계정 이름"), true, false, {}};
  std::vector<Command> out;
  out.push_back({"init",
                 say("makes a site: folder, keys, log", "사이트를 만듦: 폴더, 키, 로그"),
                 {folder, {"--site", "NAME", say("the site's name", "사이트 이름"), true, false, {}}, role},
                 init});
  out.push_back(
      {"enrol",
       say("joins an authority with a one-time code", "일회용 코드로 기관에 등록"),
       {folder,
        {"--authority",
         "URL",
         say("https://host:port of the authority", "기관의 https://호스트:포트"),
         true,
         false,
         {}},
        {"--code", "CODE", say("the one-time code", "일회용 코드"), false, false, {}},
        {"--code-stdin", "", say("reads the code from standard input", "표준 입력에서 코드를 읽음"), false, false, {}}},
       enrol});
  out.push_back({"authority code",
                 say("issues a one-time enrolment code", "일회용 등록 코드 발급"),
                 {site_option(),
                  {"--for", "NAME", say("the new site's name", "새 사이트 이름"), true, false, {}},
                  role,
                  {"--minutes", "N", say("how long it is valid", "유효 시간(분)"), false, false, "60"}},
                 issue_code});
  out.push_back({"authority members", say("lists the members", "구성원 목록"), {site_option()}, members});
  out.push_back({"account add",
                 say("adds or replaces a person's account", "사용자 계정 추가 또는 교체"),
                 {site_option(),
                  account,
                  {"--name-en", "TEXT", say("name in English", "영어 이름"), true, false, {}},
                  {"--name-ko", "TEXT", say("name in Korean", "한국어 이름"), true, false, {}},
                  {"--roles", "A,B", say("roles, separated by commas", "쉼표로 구분한 역할"), true, false, {}},
                  {"--organisation", "NAME", say("the person's organisation", "소속 기관"), false, false, {}},
                  {"--password-stdin",
                   "",
                   say("reads the password from standard input", "표준 입력에서 비밀번호를 읽음"),
                   false,
                   false,
                   {}}},
                 add_account});
  out.push_back({"account list", say("lists the accounts", "계정 목록"), {site_option()}, list_accounts});
  out.push_back(
      {"wire open",
       say("opens captured messages addressed to this site, for audits",
           "이 사이트 앞으로 온 보관 메시지를 엶(감사용)"),
       {site_option(),
        {"--capture", "DIR", say("what `serve --capture` kept", "`serve --capture`가 보관한 폴더"), true, false, {}},
        {"--out", "DIR", say("where the opened messages go", "연 메시지를 둘 폴더"), true, false, {}}},
       open_wire});
  out.push_back(
      {"keys destroy",
       say("destroys a key for good and prints the signed certificate", "키를 영구 파기하고 서명된 증명서를 출력"),
       {{"PURPOSE", "", say("the key's purpose or name", "키의 목적 또는 이름"), true, false, {}},
        site_option(),
        {"--reason", "TEXT", say("why; goes into the log", "사유(로그에 기록)"), true, false, {}}},
       destroy_key});
  out.push_back(
      {"keys verify-destruction",
       say("checks a destruction certificate offline against the site's key",
           "파기 증명서를 기관의 키로 오프라인에서 확인"),
       {{"CERTIFICATE", "FILE", say("what keys destroy printed", "keys destroy가 출력한 파일"), true, false, {}},
        {"--key", "HEX", say("the site's signing key", "기관의 서명 키"), true, false, {}}},
       verify_destruction});
  return out;
}

}  // namespace naru::cli
