#include "workspace/feasibility.h"

#include "base/digest.h"
#include "base/json.h"
#include "base/limits.h"
#include "workspace/exact.h"

#include <fmt/format.h>

#include <algorithm>

namespace naru::workspace {

/// Makes the answer of this file and no other.
class FeasibilityGate {
 public:
  [[nodiscard]] static ReleasedOutput release(std::string json) { return ReleasedOutput(std::move(json)); }
};

namespace {

constexpr std::int64_t first_band_least = 10;

Result<std::vector<std::int64_t>> bands_of(const Reader& r) {
  NARU_ASSIGN(const auto list, r.array("bands"));
  std::vector<std::int64_t> out;
  for (const auto& [element, where] : list) {
    const bool fits = element->is_number_integer() &&
                      element->get<std::int64_t>() > (out.empty() ? first_band_least - 1 : out.back());
    if (!fits) {
      return rejected(
          say("bands are increasing whole numbers from {} on", "구간은 {}부터 커지는 정수입니다", first_band_least),
          where);
    }
    out.push_back(element->get<std::int64_t>());
  }
  if (out.empty())
    return rejected(say("at least one band is needed", "구간이 하나 이상 필요합니다"), r.where() + ".bands");
  return out;
}

Result<std::int64_t> positive(const Reader& r, std::string_view key) {
  NARU_ASSIGN(const auto value, r.integer(key));
  if (value >= 1) return value;
  return rejected(say("must be 1 or more", "1 이상이어야 합니다"), fmt::format("{}.{}", r.where(), key));
}

}  // namespace

Result<FeasibilityRules> parse_feasibility_rules(std::string_view yaml, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_yaml(yaml, where));
  NARU_ASSIGN(const auto r, Reader::of(json, std::string(where)));
  NARU_CHECK(r.only({"id", "version", "clause", "bands", "moved_by", "questions_per_day"}));
  FeasibilityRules out;
  NARU_ASSIGN(out.bands, bands_of(r));
  NARU_ASSIGN(out.moved_by, positive(r, "moved_by"));
  NARU_ASSIGN(out.questions_per_day, positive(r, "questions_per_day"));
  if (out.moved_by >= out.bands.front()) {
    return rejected(say("a count must not be moved by a whole band", "이동 폭은 첫 구간보다 작아야 합니다"),
                    r.where() + ".moved_by");
  }
  out.hash = hex(sha256(yaml));
  return out;
}

Result<FeasibilityRules> read_feasibility_rules(const std::filesystem::path& share) {
  const auto file = share / "policies" / "questions" / "feasibility.yaml";
  NARU_ASSIGN(const auto text, read_file(file, limits::json_document_bytes));
  return parse_feasibility_rules(text, file.string());
}

std::int64_t band_of(std::int64_t count, const FeasibilityRules& rules, std::span<const std::uint8_t> key,
                     std::string_view label) {
  Hmac hmac(key);
  const auto digest = hmac.of(label);
  std::uint64_t drawn = 0;
  for (std::size_t i = 0; i < 8; ++i) drawn = (drawn << 8U) | digest[i];
  const auto span = 2 * static_cast<std::uint64_t>(rules.moved_by) + 1;
  const auto moved = count + static_cast<std::int64_t>(drawn % span) - rules.moved_by;
  const auto above = std::upper_bound(rules.bands.begin(), rules.bands.end(), moved);
  return above == rules.bands.begin() ? 0 : *std::prev(above);
}

Result<ReleasedOutput> feasibility(std::string_view definition, const AnsweringSite& site,
                                   const FeasibilityRules& rules, std::span<const std::uint8_t> key) {
  NARU_ASSIGN(const auto question, cohort::parse(definition, "definition"));
  AnswerIdentity identity{site.data_digest, site.epoch,           cohort::definition_hash(question),
                          rules.hash,       site.vocabulary_hash, std::string(cohort::algorithm_version)};
  NARU_ASSIGN(const auto exact, exact_answer(question, std::nullopt, identity, site));
  const auto& count = exact.count;
  const auto hash = cohort::definition_hash(question);
  Json steps = Json::array();
  std::int64_t before = rules.bands.back();
  for (std::size_t i = 0; i < count.attrition.size(); ++i) {
    // A rule only ever leaves persons out: an answer that says otherwise would be noise alone.
    before = std::min(before, band_of(count.attrition[i].persons, rules, key, fmt::format("{}/{}", hash, i)));
    steps.push_back({{"rule", count.attrition[i].rule}, {"at_least", before}});
  }
  const auto whole = std::min(before, band_of(count.persons, rules, key, hash));
  return FeasibilityGate::release(canonical(Json{{"site", site.name},
                                                 {"at_least", whole},
                                                 {"fewer_than", rules.bands.front()},
                                                 {"attrition", std::move(steps)},
                                                 {"definition", hash},
                                                 {"epoch", site.epoch},
                                                 {"policy", rules.hash}}));
}

}  // namespace naru::workspace
