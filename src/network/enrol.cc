#include "network/enrol.h"

#include "base/files.h"
#include "base/json.h"
#include "network/certificates.h"
#include "network/http_call.h"
#include "network/wire.h"

#include <algorithm>

namespace naru::network {
namespace {

constexpr std::string_view code_prefix = "naru-";
constexpr std::size_t code_secret_bytes = 16;
constexpr std::string_view request_label = "naru/enrol/1\n";
constexpr std::size_t request_bytes_max = 64 * 1024;

std::string stream_of(std::span<const std::uint8_t> secret) { return "enrolment/" + hex(sha256(secret)); }

Error no_such_code() {
  return refused(
      say("the code is unknown, used already or expired", "코드를 알 수 없거나 이미 사용했거나 만료되었습니다"),
      "enrolment.code",
      say("ask the authority for a fresh code: naru authority code",
          "기관에 새 코드를 요청하세요: naru authority code"));
}

struct Asked {
  Member member;
  std::string request;  ///< PKCS#10
  Bytes secret;
};

/// Reads and checks everything that needs no record.
Result<Asked> read_request(std::string_view text) {
  if (text.size() > request_bytes_max)
    return rejected(say("the request is too long", "요청이 너무 깁니다"), "enrolment");
  NARU_ASSIGN(const auto json, parse_json(text, "enrolment"));
  NARU_ASSIGN(const auto whole, Reader::of(json, "enrolment"));
  NARU_ASSIGN(const auto reader, whole.object("request"));
  NARU_CHECK(reader.only({"name", "role", "signing_key", "sealing_key", "csr", "secret", "signed_at_ms"}));
  Asked out;
  NARU_ASSIGN(out.member.name, reader.text("name"));
  NARU_ASSIGN(out.member.role, reader.text("role"));
  NARU_ASSIGN(const auto signing, reader.text("signing_key"));
  NARU_ASSIGN(const auto sealing, reader.text("sealing_key"));
  NARU_ASSIGN(out.request, reader.text("csr"));
  NARU_ASSIGN(const auto secret, reader.text("secret"));
  NARU_ASSIGN(const auto signature_text, whole.text("signature"));
  NARU_ASSIGN(out.member.signing_key, public_key_from_hex(signing, "enrolment.signing_key"));
  NARU_ASSIGN(out.member.sealing_key, keys::sealing_key_from_hex(sealing, "enrolment.sealing_key"));
  NARU_ASSIGN(out.secret, from_hex(secret, "enrolment.secret"));
  NARU_ASSIGN(const auto signature, signature_from_hex(signature_text, "enrolment.signature"));
  if (!naru::verify(out.member.signing_key, std::string(request_label) + naru::canonical(reader.raw()), signature)) {
    return rejected(say("the request is not signed by the key it names", "요청이 그 안의 키로 서명되지 않았습니다"),
                    "enrolment.signature");
  }
  return out;
}

/// The code's own terms; its version tells whether it was used.
Done check_code(Site& authority, const Asked& asked) {
  NARU_ASSIGN(const auto events, authority.records().read(stream_of(asked.secret)));
  if (events.size() != 1 || events.front().type != "issued") return no_such_code();
  NARU_ASSIGN(const auto json, parse_json(events.front().payload, "enrolment code"));
  NARU_ASSIGN(const auto reader, Reader::of(json, "enrolment code"));
  NARU_ASSIGN(const auto name, reader.text("name"));
  NARU_ASSIGN(const auto role, reader.text("role"));
  NARU_ASSIGN(const auto expires_ms, reader.integer("expires_ms"));
  if (authority.clock().now_ms() > expires_ms) return no_such_code();
  if (name != asked.member.name || role != asked.member.role) {
    return refused(
        say("the code is for the site \"{}\" in the role {}", "이 코드는 사이트 \"{}\", 역할 {}용입니다", name, role),
        "enrolment.name",
        say("make the site with this name and role, or ask for another code",
            "이 이름과 역할로 사이트를 만들거나 다른 코드를 요청하세요"));
  }
  return {};
}

}  // namespace

Result<std::string> issue_code(Site& authority, const std::string& name, const std::string& role,
                               std::int64_t valid_minutes) {
  const auto& about = authority.description();
  if (about.role != "authority") {
    return usage_error(say("codes are issued at an authority", "코드는 기관에서 발급합니다"),
                       authority.layout().root().string());
  }
  constexpr std::array<std::string_view, 4> roles{"hospital", "agency", "key-manager", "combiner"};
  if (std::find(roles.begin(), roles.end(), role) == roles.end()) {
    return usage_error(say("\"{}\" is no role of a member", "\"{}\"은(는) 구성원의 역할이 아닙니다", role), "--role",
                       say("one of: hospital, agency, key-manager, combiner",
                           "다음 중 하나: hospital, agency, key-manager, combiner"));
  }
  if (!is_plain_name(name) || name.size() > 60 || name == about.name) {
    return usage_error(say("a site's name has letters, digits, '.', '_' and '-' only, and is not the authority's",
                           "사이트 이름은 영문자, 숫자, '.', '_', '-'이며 기관 이름과 달라야 합니다"),
                       "--for");
  }
  auto code = authority.random().bytes(code_secret_bytes);
  const auto stream = stream_of(code);
  const Json terms = {
      {"name", name}, {"role", role}, {"expires_ms", authority.clock().now_ms() + valid_minutes * 60'000}};
  NARU_CHECK(authority.record("enrolment.code_issued", naru::canonical(terms)));
  NARU_CHECK(authority.records().append(stream, 0, {{"issued", naru::canonical(terms), about.name}}));
  NARU_ASSIGN(const auto pin, from_base64(std::string_view(about.authority_pin).substr(8), "authority_pin"));
  code.insert(code.end(), pin.begin(), pin.end());
  return std::string(code_prefix) + to_base64url(code);
}

Result<std::string> accept_enrolment(Site& authority, std::string_view request) {
  NARU_ASSIGN(auto asked, read_request(request));
  NARU_CHECK(check_code(authority, asked));
  const auto keys = authority.layout().keys();
  NARU_ASSIGN(const auto ca_key, authority.keys().get_secret("tls.ca"));
  NARU_ASSIGN(const auto ca_certificate, read_file(keys / "ca.crt"));
  const KeyAndCertificate ca{std::string(as_text(ca_key.bytes())), ca_certificate};
  NARU_ASSIGN(const auto certificate,
              sign_certificate_request(ca, asked.request, asked.member.name, authority.clock().now_ms()));
  NARU_ASSIGN(asked.member.certificate, certificate_digest(certificate));
  asked.member.since_ms = authority.clock().now_ms();
  // Taking the code is what makes it single use: of two that race, the record store lets one through.
  const auto taken = authority.records().append(stream_of(asked.secret), 1, {{"used", "{}", asked.member.name}});
  if (!taken.ok()) return taken.error().kind == ErrorKind::conflict ? no_such_code() : taken.error();
  NARU_CHECK(authority.record("member.enrolled", member_json(asked.member), asked.member.name));
  NARU_CHECK(put_member(authority.records(), asked.member));
  NARU_ASSIGN(const auto directory,
              signed_directory(authority.records(), authority.keys().signing_key(), authority.clock().now_ms()));
  NARU_ASSIGN(const auto self, parse_json(member_json(*authority.description().authority), "authority"));
  return naru::canonical(
      Json{{"certificate", certificate}, {"ca", ca_certificate}, {"authority", self}, {"members", directory}});
}

Result<SiteDescription> enrol(Site& site, const std::string& url, const std::string& code) {
  auto about = site.description();
  const auto trimmed = std::string_view(code).substr(0, code.find_last_not_of(" \r\n\t") + 1);
  if (!trimmed.starts_with(code_prefix)) {
    return usage_error(say("this is no enrolment code", "등록 코드가 아닙니다"), "--code",
                       say("it starts with naru-", "naru-로 시작합니다"));
  }
  const auto bytes = from_base64url(trimmed.substr(code_prefix.size()), "--code");
  if (!bytes.ok() || bytes->size() != code_secret_bytes + 32) {
    return usage_error(say("the enrolment code is not complete", "등록 코드가 완전하지 않습니다"), "--code",
                       say("copy it whole", "전체를 복사하세요"));
  }
  const auto secret = std::span(*bytes).first(code_secret_bytes);
  Digest pin{};
  std::copy_n(bytes->begin() + code_secret_bytes, pin.size(), pin.begin());
  if (!url.starts_with("https://")) {
    return usage_error(say("the authority's address starts with https://", "기관 주소는 https://로 시작합니다"),
                       "--authority");
  }
  NARU_ASSIGN(const auto tls, make_certificate_request(about.name));
  const Json said = {{"name", about.name},
                     {"role", about.role},
                     {"signing_key", to_hex(about.signing_key)},
                     {"sealing_key", to_hex(about.sealing_key)},
                     {"csr", tls.request},
                     {"secret", to_hex(secret)},
                     {"signed_at_ms", site.clock().now_ms()}};
  const auto signature = site.keys().signing_key().sign(std::string(request_label) + naru::canonical(said));
  HttpClient http(TlsTrust{pin_text(pin), {}, {}, {}});
  HttpCall call;
  call.method = "POST";
  about.authority_url = url.substr(0, url.find_last_not_of('/') + 1);
  call.url = about.authority_url + "/wire/v1/enrol";
  call.headers = {{"Content-Type", "application/json"}};
  call.body = naru::canonical(Json{{"request", said}, {"signature", to_hex(signature)}});
  NARU_ASSIGN(const auto answer, http.perform(call));
  if (answer.status != 200) return error_from_body(answer.body, "authority");
  NARU_ASSIGN(const auto json, parse_json(answer.body, "enrolment answer"));
  NARU_ASSIGN(const auto reader, Reader::of(json, "enrolment answer"));
  NARU_ASSIGN(const auto certificate, reader.text("certificate"));
  NARU_ASSIGN(const auto ca, reader.text("ca"));
  NARU_ASSIGN(const auto directory, reader.text("members"));
  NARU_ASSIGN(const auto authority, reader.object("authority"));
  NARU_ASSIGN(about.authority, parse_member(naru::canonical(authority.raw()), "enrolment answer.authority"));
  NARU_CHECK(verify_directory(directory, about.authority->signing_key));
  about.authority_pin = pin_text(pin);
  const Json fields = {{"authority", about.authority->name},
                       {"url", about.authority_url},
                       {"signing_key", to_hex(about.authority->signing_key)}};
  NARU_CHECK(site.record("site.enrolled", naru::canonical(fields)));
  const auto keys = site.layout().keys();
  NARU_CHECK(write_file_atomic(keys / "tls.key", tls.key, 0600));
  NARU_CHECK(write_file_atomic(keys / "tls.crt", certificate, 0600));
  NARU_CHECK(write_file_atomic(keys / "ca.crt", ca, 0600));
  NARU_CHECK(write_file_atomic(site.layout().root() / "members.json", directory, 0600));
  NARU_CHECK(write_description(site.layout(), about));
  return about;
}

}  // namespace naru::network
