#include "govern/use_right.h"

#include "base/digest.h"
#include "base/json.h"

#include <algorithm>

namespace naru::govern {
namespace {

bool holds(const std::vector<std::string>& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

void normalise(std::vector<std::string>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

void normalise(UseRight& right) {
  normalise(right.people);
  normalise(right.sites);
  normalise(right.modes);
  normalise(right.tables);
}

Json json_of(const UseRight& right) {
  Json cohort = nullptr;
  if (!right.cohort.empty()) {
    cohort = Json::parse(right.cohort, nullptr, false);
    if (cohort.is_discarded()) cohort = right.cohort;  // check_right refuses it; the bytes must still differ
  }
  return Json{{"cohort", std::move(cohort)},
              {"id", right.id},
              {"issued_at", right.issued_at},
              {"issuer", right.issuer},
              {"modes", right.modes},
              {"organisation", right.organisation},
              {"people", right.people},
              {"policy", right.policy},
              {"policy_hash", right.policy_hash},
              {"project", right.project},
              {"purpose", right.purpose},
              {"query_budget", right.query_budget},
              {"release", right.release},
              {"sites", right.sites},
              {"tables", right.tables},
              {"valid_from", format_date(right.valid_from)},
              {"valid_until", format_date(right.valid_until)},
              {"vocabulary_hash", right.vocabulary_hash}};
}

Error bad(std::string_view field, Text what) {
  return rejected(std::move(what), fmt::format("right.{}", field),
                  say("ask the authority for a right that is whole", "기관에 온전한 이용권을 요청하세요"));
}

Result<std::int32_t> date_in(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(const auto text, reader.text(key));
  return parse_date(text, fmt::format("{}.{}", reader.where(), key));
}

Result<UseRight> right_of(const Reader& r) {
  NARU_CHECK(r.only({"cohort", "id", "issued_at", "issuer", "modes", "organisation", "people", "policy", "policy_hash",
                     "project", "purpose", "query_budget", "release", "sites", "tables", "valid_from", "valid_until",
                     "vocabulary_hash"}));
  UseRight out;
  NARU_ASSIGN(out.id, r.text("id"));
  NARU_ASSIGN(out.project, r.text("project"));
  NARU_ASSIGN(out.organisation, r.text("organisation"));
  NARU_ASSIGN(out.people, r.texts("people"));
  NARU_ASSIGN(out.release, r.text("release"));
  NARU_ASSIGN(out.sites, r.texts("sites"));
  NARU_ASSIGN(out.modes, r.texts("modes"));
  NARU_ASSIGN(out.tables, r.texts("tables"));
  NARU_ASSIGN(out.purpose, r.text("purpose"));
  NARU_ASSIGN(out.valid_from, date_in(r, "valid_from"));
  NARU_ASSIGN(out.valid_until, date_in(r, "valid_until"));
  NARU_ASSIGN(out.query_budget, r.integer("query_budget"));
  NARU_ASSIGN(out.policy, r.text("policy"));
  NARU_ASSIGN(out.policy_hash, r.text("policy_hash"));
  NARU_ASSIGN(out.vocabulary_hash, r.text("vocabulary_hash"));
  NARU_ASSIGN(out.issued_at, r.text("issued_at"));
  NARU_ASSIGN(out.issuer, r.text("issuer"));
  const auto cohort = r.raw().find("cohort");
  if (cohort == r.raw().end()) return bad("cohort", say("the field is missing", "필드가 없습니다"));
  if (!cohort->is_null()) {
    if (!cohort->is_object()) return bad("cohort", say("must be null or an object", "null 또는 객체여야 합니다"));
    out.cohort = canonical(*cohort);
  }
  return out;
}

Result<Signature> signature_in(const Reader& reader) {
  NARU_ASSIGN(const auto text, reader.text("signature"));
  NARU_ASSIGN(const auto out, signature_from_hex(text, reader.where() + ".signature"));
  // One token, one spelling: capitals would make a second file with the same meaning.
  if (to_hex(out) != text) {
    return rejected(say("hexadecimal digits must be lower case", "16진수는 소문자여야 합니다"),
                    reader.where() + ".signature");
  }
  return out;
}

Result<PublicKey> key_in(const Reader& reader) {
  NARU_ASSIGN(const auto text, reader.text("key"));
  NARU_ASSIGN(const auto out, public_key_from_hex(text, reader.where() + ".key"));
  if (to_hex(out) != text) {
    return rejected(say("hexadecimal digits must be lower case", "16진수는 소문자여야 합니다"),
                    reader.where() + ".key");
  }
  return out;
}

Done signed_by(const PublicKey& trusted, const PublicKey& claimed, std::string_view text, const Signature& signature,
               std::string_view where) {
  if (claimed != trusted) {
    return rejected(say("signed with a key that is not the authority's", "기관의 키가 아닌 키로 서명되었습니다"),
                    std::string(where),
                    say("compare the key with the one received at enrolment", "등록할 때 받은 키와 비교하세요"));
  }
  if (!verify(trusted, text, signature)) {
    return rejected(say("the signature does not fit the text: it was changed after signing",
                        "서명이 내용과 맞지 않습니다. 서명 뒤에 변경되었습니다"),
                    std::string(where), say("fetch the original from the authority", "기관에서 원본을 다시 받으세요"));
  }
  return {};
}

Json list_json(const RevocationList& list) {
  Json revoked = Json::array();
  for (const auto& one : list.revoked) revoked.push_back({{"at", one.at}, {"id", one.id}, {"reason", one.reason}});
  return Json{
      {"issued_at", list.issued_at}, {"issuer", list.issuer}, {"number", list.number}, {"revoked", std::move(revoked)}};
}

}  // namespace

bool UseRight::names_person(std::string_view account) const { return holds(people, account); }
bool UseRight::names_site(std::string_view site) const { return holds(sites, site); }
bool UseRight::allows_mode(std::string_view mode) const { return holds(modes, mode); }
bool UseRight::allows_table(std::string_view table) const { return holds(tables, table); }

std::string canonical_right(const UseRight& right) {
  UseRight sorted = right;
  normalise(sorted);
  return canonical(json_of(sorted));
}

std::string right_digest(const UseRight& right) { return hex(sha256(canonical_right(right))); }

Done check_right(const UseRight& right) {
  if (!is_plain_name(right.id)) return bad("id", say("not a plain name", "단순한 이름이 아닙니다"));
  if (!is_plain_name(right.project)) return bad("project", say("not a plain name", "단순한 이름이 아닙니다"));
  const std::pair<std::string_view, bool> emptiness[] = {{"organisation", right.organisation.empty()},
                                                         {"people", right.people.empty()},
                                                         {"sites", right.sites.empty()},
                                                         {"modes", right.modes.empty()},
                                                         {"tables", right.tables.empty()},
                                                         {"purpose", right.purpose.empty()},
                                                         {"policy", right.policy.empty()},
                                                         {"issuer", right.issuer.empty()},
                                                         {"issued_at", right.issued_at.empty()}};
  for (const auto& [field, empty] : emptiness) {
    if (empty) return bad(field, say("must not be empty", "비어 있으면 안 됩니다"));
  }
  for (const auto& mode : right.modes) {
    if (mode != "federated" && mode != "linked") {
      return bad("modes",
                 say("\"{}\" is neither federated nor linked", "\"{}\"는 federated도 linked도 아닙니다", mode));
    }
  }
  if (right.allows_mode("linked") && right.release.empty()) {
    return bad("release", say("linked questions need a release", "연계 질의에는 릴리스가 필요합니다"));
  }
  for (const auto& [field, value] : {std::pair<std::string_view, const std::string&>{"policy_hash", right.policy_hash},
                                     {"vocabulary_hash", right.vocabulary_hash}}) {
    if (field == "vocabulary_hash" && value == "none") continue;  // the data has no vocabulary to differ in
    const auto bytes = from_hex(value, field);
    if (!bytes.ok() || bytes->size() != 32 || to_hex(*bytes) != value) {
      return bad(field, say("must be 64 lower-case hexadecimal digits", "소문자 16진수 64자리여야 합니다"));
    }
  }
  if (right.valid_until < right.valid_from) {
    return bad("valid_until", say("lies before valid_from", "valid_from보다 앞섭니다"));
  }
  if (right.query_budget < 1) return bad("query_budget", say("must be at least 1", "1 이상이어야 합니다"));
  if (!right.cohort.empty()) {
    const auto cohort = parse_json(right.cohort, "right.cohort");
    if (!cohort.ok()) return cohort.error();
    if (!cohort->is_object()) return bad("cohort", say("must be null or an object", "null 또는 객체여야 합니다"));
  }
  return {};
}

Result<SignedRight> sign_right(UseRight right, const SigningKey& authority) {
  normalise(right);
  if (!right.cohort.empty()) {
    NARU_ASSIGN(const auto cohort, parse_json(right.cohort, "right.cohort"));
    right.cohort = canonical(cohort);
  }
  NARU_CHECK(check_right(right));
  const auto signature = authority.sign(canonical_right(right));
  return SignedRight{std::move(right), signature, authority.public_key()};
}

std::string right_file(const SignedRight& token) {
  return canonical(Json{
             {"key", to_hex(token.key)}, {"right", json_of(token.right)}, {"signature", to_hex(token.signature)}}) +
         "\n";
}

Result<SignedRight> parse_right(std::string_view text, std::string_view where) {
  constexpr std::size_t bytes_max = 8U << 20;
  if (text.size() > bytes_max) return rejected(say("larger than 8 MiB", "8 MiB보다 큽니다"), std::string(where));
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto file, Reader::of(json, std::string(where)));
  NARU_CHECK(file.only({"key", "right", "signature"}));
  SignedRight out;
  NARU_ASSIGN(out.key, key_in(file));
  NARU_ASSIGN(out.signature, signature_in(file));
  NARU_ASSIGN(const auto right, file.object("right"));
  NARU_ASSIGN(out.right, right_of(right));
  NARU_CHECK(check_right(out.right));
  // Lists stand sorted in a signed token, so reading and writing give the same bytes.
  if (canonical(right.raw()) != canonical_right(out.right)) {
    return rejected(say("the lists of the right are not sorted or hold a value twice",
                        "이용권의 목록이 정렬되지 않았거나 값이 중복됩니다"),
                    right.where());
  }
  return out;
}

Done verify_right(const SignedRight& token, const PublicKey& authority, std::int32_t today) {
  const auto& right = token.right;
  const auto where = "right " + right.id;
  NARU_CHECK(signed_by(authority, token.key, canonical_right(right), token.signature, where));
  const auto from = format_date(right.valid_from);
  const auto until = format_date(right.valid_until);
  if (today < right.valid_from) {
    return refused(say("the right begins on {}", "이용권은 {}부터 유효합니다", from), where,
                   say("ask again on that day; {} may issue an earlier one",
                       "그날 다시 요청하세요. 더 이른 이용권은 {}가 발급할 수 있습니다", right.issuer));
  }
  if (today > right.valid_until) {
    return refused(say("the right ended on {}", "이용권은 {}에 만료되었습니다", until), where,
                   say("apply to {} for an extension", "{}에 연장을 신청하세요", right.issuer));
  }
  return {};
}

bool RevocationList::names(std::string_view right_id) const {
  return std::any_of(revoked.begin(), revoked.end(), [&](const Revoked& one) { return one.id == right_id; });
}

std::string revocation_file(const RevocationList& list, const SigningKey& authority) {
  RevocationList sorted = list;
  std::sort(sorted.revoked.begin(), sorted.revoked.end(),
            [](const Revoked& a, const Revoked& b) { return a.id < b.id; });
  const auto body = list_json(sorted);
  return canonical(Json{{"key", to_hex(authority.public_key())},
                        {"list", body},
                        {"signature", to_hex(authority.sign(canonical(body)))}}) +
         "\n";
}

Result<RevocationList> read_revocations(std::string_view text, std::string_view where, const PublicKey& authority,
                                        std::int64_t least_number) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  NARU_ASSIGN(const auto file, Reader::of(json, std::string(where)));
  NARU_CHECK(file.only({"key", "list", "signature"}));
  NARU_ASSIGN(const auto key, key_in(file));
  NARU_ASSIGN(const auto signature, signature_in(file));
  NARU_ASSIGN(const auto body, file.object("list"));
  NARU_CHECK(signed_by(authority, key, canonical(body.raw()), signature, where));
  NARU_CHECK(body.only({"issued_at", "issuer", "number", "revoked"}));
  RevocationList out;
  NARU_ASSIGN(out.issuer, body.text("issuer"));
  NARU_ASSIGN(out.issued_at, body.text("issued_at"));
  NARU_ASSIGN(out.number, body.integer("number"));
  NARU_ASSIGN(const auto revoked, body.array("revoked"));
  for (const auto& [element, place] : revoked) {
    NARU_ASSIGN(const auto one, Reader::of(*element, place));
    NARU_CHECK(one.only({"at", "id", "reason"}));
    Revoked entry;
    NARU_ASSIGN(entry.id, one.text("id"));
    NARU_ASSIGN(entry.at, one.text("at"));
    NARU_ASSIGN(entry.reason, one.text("reason"));
    out.revoked.push_back(std::move(entry));
  }
  if (out.number < least_number) {
    return rejected(say("revocation list {} is older than list {}, which was seen before",
                        "취소 목록 {}은(는) 이미 확인한 목록 {}보다 오래되었습니다", out.number, least_number),
                    std::string(where), say("fetch the newest list", "최신 목록을 받으세요"));
  }
  return out;
}

Done verify_right_now(const SignedRight& token, const PublicKey& authority, std::int32_t today,
                      const RevocationList& revocations) {
  NARU_CHECK(verify_right(token, authority, today));
  for (const auto& one : revocations.revoked) {
    if (one.id != token.right.id) continue;
    return refused(say("the right was revoked at {} by {}: {}", "이용권은 {}에 {}가 취소하였습니다: {}", one.at,
                       revocations.issuer, one.reason),
                   "right " + one.id,
                   say("stop using its results in new work and ask {} how to apply again",
                       "결과를 새 작업에 쓰지 말고 {}에 재신청 방법을 문의하세요", revocations.issuer));
  }
  return {};
}

}  // namespace naru::govern
