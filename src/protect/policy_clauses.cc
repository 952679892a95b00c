// What rules rest on, and whether a policy may be used.
#include "base/clock.h"
#include "protect/policy_parts.h"

#include <algorithm>

namespace naru::protect {
namespace detail {
namespace {

Result<std::string> date_in(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(auto text, reader.text(key));
  NARU_ASSIGN(const auto days, parse_date(text, reader.where() + "." + std::string(key)));
  static_cast<void>(days);
  return text;
}

Result<std::string> filled(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(auto text, reader.text(key));
  if (text.empty())
    return bad(reader.where() + "." + std::string(key), say("must not be empty", "비워 둘 수 없습니다"));
  return text;
}

// `verified` (of a source: `dated`) is false with a reason, or tells when and against which copy: never a bare yes.
Done read_verified(const Reader& reader, std::string_view key, Citation& out) {
  const auto& value = reader.raw().find(key);
  if (value != reader.raw().end() && value->is_object()) {
    NARU_ASSIGN(const auto verified, reader.object(key));
    NARU_CHECK(verified.only({"on", "against"}));
    NARU_ASSIGN(out.verified_on, date_in(verified, "on"));
    NARU_ASSIGN(out.against, filled(verified, "against"));
    out.verified = true;
    return {};
  }
  NARU_ASSIGN(const bool verified, reader.boolean(key));
  if (verified) {
    return bad(reader.where() + "." + std::string(key),
               say("say when and against what: {{on, against}}", "언제 무엇과 대조했는지 적으세요: {{on, against}}"));
  }
  NARU_ASSIGN(out.why, filled(reader, "why"));
  return {};
}

}  // namespace

Done read_sources(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto sources, root.array("sources"));
  for (const auto& [value, where] : sources) {
    NARU_ASSIGN(const auto reader, Reader::of(*value, where));
    NARU_CHECK(reader.only({"id", "title", "version", "effective", "reference", "dated", "why"}));
    PolicySource source;
    NARU_ASSIGN(source.id, filled(reader, "id"));
    if (policy.source(source.id) != nullptr) return bad(where + ".id", say("stands twice", "두 번 나옵니다"));
    NARU_ASSIGN(source.title, title_of(reader));
    NARU_ASSIGN(source.version, filled(reader, "version"));
    NARU_ASSIGN(source.effective, date_in(reader, "effective"));
    NARU_ASSIGN(source.reference, filled(reader, "reference"));
    // That the document is of this version and in force since this day is a statement of its own.
    Citation dated{.rule = "sources." + source.id, .source = source.id, .clause = "version and effective date"};
    NARU_CHECK(read_verified(reader, "dated", dated));
    policy.citations.push_back(std::move(dated));
    policy.sources.push_back(std::move(source));
  }
  return {};
}

Result<std::string> clause_of(const Reader& reader, std::string_view rule, Policy& policy) {
  Citation out{.rule = std::string(rule), .source = {}, .clause = {}};
  const auto found = reader.raw().find("clause");
  if (found != reader.raw().end() && found->is_object()) {
    NARU_ASSIGN(const auto cited, reader.object("clause"));
    NARU_CHECK(cited.only({"source", "clause", "verified", "why"}));
    NARU_ASSIGN(out.source, cited.text("source"));
    const auto* source = policy.source(out.source);
    if (source == nullptr) {
      return bad(cited.where() + ".source",
                 say("no such document among the sources: {}", "sources에 없는 문서입니다: {}", out.source));
    }
    NARU_ASSIGN(out.clause, filled(cited, "clause"));
    NARU_CHECK(read_verified(cited, "verified", out));
    policy.citations.push_back(out);
    return fmt::format("{} {} ({}): {}", source->title.en, source->version, source->effective, out.clause);
  }
  NARU_ASSIGN(out.clause, reader.text("clause"));
  if (out.clause.empty()) {
    return bad(reader.where() + ".clause",
               say("every rule names what it rests on", "모든 규칙은 근거를 밝혀야 합니다"));
  }
  out.why = "cites no document";
  policy.citations.push_back(out);
  return out.clause;
}

}  // namespace detail

Done ready_for_use(const Policy& policy) {
  if (!policy.production) return {};
  std::string names;
  std::int64_t count = 0;
  for (const auto& citation : policy.citations) {
    if (citation.verified) continue;
    names += (names.empty() ? "" : ", ") + citation.rule;
    ++count;
  }
  if (count == 0) return {};
  const auto open = std::ranges::find(policy.citations, false, &Citation::verified);
  return refused(
      say("{} rule(s) of {} are not verified against their originals: {}; the first because {}",
          "{1}의 규칙 {0}건이 원문과 대조되지 않았습니다: {2}. 첫째 이유: {3}", count, policy.id, names, open->why),
      fmt::format("{} v{}, {}", policy.id, policy.version, open->rule),
      say("compare each rule with the document it cites and write verified: {{on, against}}",
          "각 규칙을 근거 문서와 대조한 뒤 verified: {{on, against}}를 적으세요"));
}

Done ready_for_production(const Policy& policy) {
  if (policy.production) return ready_for_use(policy);
  return refused(say("{} is a demonstration policy, for made-up people only",
                     "{}은(는) 시연용 정책이며 가상의 사람에게만 쓸 수 있습니다", policy.id),
                 fmt::format("{} v{}, use", policy.id, policy.version),
                 say("choose a policy with use: production", "use: production인 정책을 고르세요"));
}

}  // namespace naru::protect
