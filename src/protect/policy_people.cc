// Rules about the dead, about places, about rare codes, and what attackers are assumed to know.
#include "protect/policy_parts.h"

namespace naru::protect::detail {
namespace {

constexpr std::int64_t many = 1'000'000;
constexpr std::int64_t everybody = 10'000'000'000;

Done read_deceased(const Reader& root, Policy& policy) {
  NARU_ASSIGN(const auto reader, root.object("deceased"));
  NARU_CHECK(reader.only({"family_codes", "family_concepts", "clause"}));
  NARU_ASSIGN(policy.deceased.family_codes, reader.texts("family_codes"));
  for (auto& code : policy.deceased.family_codes) {
    code = plain_code(code);
    if (code.empty()) return bad(reader.where() + ".family_codes", say("an empty code prefix", "빈 코드 접두어입니다"));
  }
  if (policy.deceased.family_codes.empty()) {
    return bad(reader.where() + ".family_codes",
               say("an empty set would remove nothing", "빈 목록은 아무것도 지우지 않습니다"));
  }
  NARU_ASSIGN(policy.deceased.family_concepts, concept_ids(reader, "family_concepts"));
  NARU_ASSIGN(policy.deceased.clause, clause_of(reader, "deceased", policy));
  return {};
}

Done read_regions(const Reader& root, Policy& policy) {
  auto& out = policy.regions;
  NARU_ASSIGN(const auto reader, root.object("regions"));
  NARU_CHECK(reader.only({"persons_min", "zip_digits", "zip_restricted", "clause"}));
  NARU_ASSIGN(out.persons_min, bounded(reader, "persons_min", 1, everybody));
  NARU_ASSIGN(out.zip_digits, bounded(reader, "zip_digits", 0, 10));
  NARU_ASSIGN(out.zip_restricted, reader.texts("zip_restricted"));
  for (const auto& zip : out.zip_restricted) {
    if (static_cast<std::int64_t>(zip.size()) != out.zip_digits) {
      return bad(reader.where() + ".zip_restricted",
                 say("{} does not have {} characters", "{}의 길이가 {}자가 아닙니다", zip, out.zip_digits));
    }
  }
  NARU_ASSIGN(out.clause, clause_of(reader, "regions", policy));
  return {};
}

}  // namespace

Result<std::vector<std::int64_t>> concept_ids(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(const auto values, reader.array(key));
  std::vector<std::int64_t> out;
  for (const auto& [value, where] : values) {
    if (!value->is_number_integer() || value->get<std::int64_t>() <= 0) {
      return bad(where, say("a concept id is a positive whole number", "개념 식별자는 양의 정수입니다"));
    }
    out.push_back(value->get<std::int64_t>());
  }
  return out;
}

Done read_person_rules(const Reader& root, Policy& policy) {
  NARU_CHECK(read_deceased(root, policy));
  NARU_CHECK(read_regions(root, policy));
  NARU_ASSIGN(const auto rare, root.object("rare_codes"));
  NARU_CHECK(rare.only({"persons_min", "levels_max", "clause"}));
  NARU_ASSIGN(policy.rare_codes.persons_min, bounded(rare, "persons_min", 1, many));
  NARU_ASSIGN(policy.rare_codes.levels_max, bounded(rare, "levels_max", 0, 50));
  NARU_ASSIGN(policy.rare_codes.clause, clause_of(rare, "rare_codes", policy));
  NARU_ASSIGN(const auto risk, root.object("risk"));
  NARU_CHECK(risk.only({"high_risk_above", "population_persons", "visits_known", "codes_known", "clause"}));
  NARU_ASSIGN(policy.risk.high_risk_above, risk.number("high_risk_above"));
  if (!(policy.risk.high_risk_above > 0 && policy.risk.high_risk_above <= 1)) {
    return bad(risk.where() + ".high_risk_above",
               say("a probability above 0, up to 1", "0보다 크고 1 이하인 확률이어야 합니다"));
  }
  NARU_ASSIGN(policy.risk.population_persons, bounded(risk, "population_persons", 1, everybody));
  NARU_ASSIGN(policy.risk.visits_known, bounded(risk, "visits_known", 1, 10));
  NARU_ASSIGN(policy.risk.codes_known, bounded(risk, "codes_known", 2, 10));
  NARU_ASSIGN(policy.risk.clause, clause_of(risk, "risk", policy));
  return {};
}

}  // namespace naru::protect::detail
