#include "protect/policy_parts.h"

#include <algorithm>
#include <array>
#include <set>

namespace naru::protect::detail {
namespace {

// The five groups of the guideline: a policy that forgets one must not load.
constexpr std::array<std::string_view, 5> required_groups = {"mental-illness", "hiv-aids", "sexually-transmitted",
                                                             "rare-disease", "abuse-abortion"};

// A list of codes, or {none: why}: an empty list would screen nothing without anybody having said so.
Result<CodeSet> read_codes(const Reader& reader, std::string_view key) {
  CodeSet out;
  const auto where = reader.where() + "." + std::string(key);
  const auto found = reader.raw().find(key);
  if (found != reader.raw().end() && found->is_object()) {
    NARU_ASSIGN(const auto none, reader.object(key));
    NARU_CHECK(none.only({"none"}));
    NARU_ASSIGN(out.none, none.text("none"));
    if (!out.none.empty()) return out;
    return bad(where + ".none", say("say why there are none", "없는 이유를 적으세요"));
  }
  NARU_ASSIGN(out.codes, reader.texts(key));
  for (auto& code : out.codes) {
    code = plain_code(code);
    if (code.empty()) return bad(where, say("an empty code prefix", "빈 코드 접두어입니다"));
  }
  if (out.codes.empty()) {
    return bad(where, say("an empty group would screen nothing", "빈 그룹은 아무것도 걸러내지 않습니다"));
  }
  return out;
}

Result<SensitiveGroup> read_group(const Reader& reader, Policy& policy) {
  NARU_CHECK(reader.only({"id", "title", "diagnoses", "drugs", "tests", "departments", "concepts", "clause"}));
  SensitiveGroup group;
  NARU_ASSIGN(group.id, reader.text("id"));
  NARU_ASSIGN(group.title, title_of(reader));
  NARU_ASSIGN(group.diagnoses, read_codes(reader, "diagnoses"));
  if (group.diagnoses.codes.empty()) {
    return bad(reader.where() + ".diagnoses",
               say("an empty group would screen nothing", "빈 그룹은 아무것도 걸러내지 않습니다"));
  }
  NARU_ASSIGN(group.drugs, read_codes(reader, "drugs"));
  NARU_ASSIGN(group.tests, read_codes(reader, "tests"));
  NARU_ASSIGN(group.departments, read_codes(reader, "departments"));
  NARU_ASSIGN(group.concepts, concept_ids(reader, "concepts"));
  NARU_ASSIGN(group.clause, clause_of(reader, "sensitive." + group.id, policy));
  return group;
}

Result<std::vector<std::string>> systems(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(auto out, reader.texts(key));
  if (!out.empty()) return out;
  return bad(reader.where() + "." + std::string(key),
             say("without a code system no code is known", "코드 체계가 없으면 코드를 알 수 없습니다"));
}

}  // namespace

std::string plain_code(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (c == '.' || c == ' ') continue;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

Done read_sensitive(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto reader, root.object("sensitive"));
  NARU_CHECK(reader.only({"clause", "diagnosis_systems", "drug_systems", "test_systems", "groups"}));
  NARU_ASSIGN(policy.sensitive.clause, clause_of(reader, "sensitive", policy));
  NARU_ASSIGN(policy.sensitive.diagnosis_systems, systems(reader, "diagnosis_systems"));
  NARU_ASSIGN(policy.sensitive.drug_systems, systems(reader, "drug_systems"));
  NARU_ASSIGN(policy.sensitive.test_systems, systems(reader, "test_systems"));
  NARU_ASSIGN(const auto groups, reader.array("groups"));
  std::set<std::string> seen;
  for (const auto& [value, where] : groups) {
    NARU_ASSIGN(const auto each, Reader::of(*value, where));
    NARU_ASSIGN(auto group, read_group(each, policy));
    if (!seen.insert(group.id).second) return bad(where, say("the group stands twice", "그룹이 두 번 나옵니다"));
    if (std::ranges::find(required_groups, group.id) == required_groups.end()) {
      return bad(where + ".id", say("no such sensitive group: {}", "그런 민감 그룹은 없습니다: {}", group.id));
    }
    policy.sensitive.groups.push_back(std::move(group));
  }
  for (const auto required : required_groups) {
    if (!seen.contains(std::string(required))) {
      return bad(reader.where() + ".groups",
                 say("the sensitive group {} is missing", "민감 그룹 {}이 없습니다", required));
    }
  }
  NARU_ASSIGN(const auto codes, root.object("source_codes"));
  NARU_CHECK(codes.only({"code_systems", "clause"}));
  NARU_ASSIGN(policy.source_codes.code_systems, codes.texts("code_systems"));
  NARU_ASSIGN(policy.source_codes.clause, clause_of(codes, "source_codes", policy));
  return {};
}

}  // namespace naru::protect::detail
