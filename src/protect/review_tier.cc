#include "protect/review_tier.h"

#include "protect/policy_parts.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <map>
#include <set>

namespace naru::protect {
namespace {

constexpr std::array<std::string_view, 2> recipients = {"internal", "third-party"};
constexpr std::array<std::string_view, 2> environments = {"controlled", "uncontrolled"};
constexpr std::array<std::string_view, 5> kinds = {"structured", "free-text", "image", "signal", "genome"};
constexpr std::array<std::string_view, 2> reliefs = {"repeat-use", "designated-body"};

// What a reader of the reasons is told; the words of the policy's file stay in the file.
Text words_for(std::string_view word) {
  static const std::map<std::string_view, Text> words{
      {"internal", {"inside the holder", "보유기관 내부"}},
      {"third-party", {"another organisation", "외부 기관"}},
      {"controlled", {"in a controlled room", "통제된 분석 환경"}},
      {"uncontrolled", {"outside a controlled room", "통제되지 않은 환경"}},
      {"structured", {"tables", "표 형식"}},
      {"free-text", {"free text", "자유 글"}},
      {"image", {"images", "영상"}},
      {"signal", {"signals", "생체신호"}},
      {"genome", {"genomes", "유전체"}},
      {"repeat-use", {"the same use was approved before", "전에 승인된 것과 같은 이용"}},
      {"designated-body", {"a body designated by law", "법으로 지정된 기관"}},
      {"low", {"low", "낮음"}},
      {"medium", {"medium", "보통"}},
      {"high", {"high", "높음"}}};
  const auto found = words.find(word);
  return found == words.end() ? Text{std::string(word), std::string(word)} : found->second;
}

template <typename Known>
Done known_word(const Known& known, std::string_view word, const std::string& where) {
  if (std::ranges::find(known, word) != known.end()) return {};
  std::string words;
  for (const auto each : known) words += (words.empty() ? "" : ", ") + std::string(each);
  return rejected(say("\"{}\" is none of: {}", "\"{}\"은(는) 다음 중 하나가 아닙니다: {}", word, words), where);
}

Result<ReviewTier> read_tier(const Reader& reader, const ReviewTiers& before) {
  NARU_CHECK(reader.only({"id", "reviewers_min", "external_min", "in_person"}));
  ReviewTier tier;
  NARU_ASSIGN(tier.id, reader.text("id"));
  NARU_ASSIGN(tier.reviewers_min, detail::bounded(reader, "reviewers_min", 1, 100));
  NARU_ASSIGN(tier.external_min, detail::bounded(reader, "external_min", 0, tier.reviewers_min));
  NARU_ASSIGN(tier.in_person, reader.boolean("in_person"));
  const bool looser = !before.tiers.empty() && (before.tiers.back().reviewers_min > tier.reviewers_min ||
                                                before.tiers.back().external_min > tier.external_min ||
                                                (before.tiers.back().in_person && !tier.in_person));
  if (tier.id.empty() || std::ranges::find(before.tiers, tier.id, &ReviewTier::id) != before.tiers.end() || looser) {
    return rejected(say("tiers stand from light to strict, each once", "등급은 가벼운 것부터 한 번씩 적어야 합니다"),
                    reader.where());
  }
  return tier;
}

Done read_base(const Reader& reader, ReviewTiers& out) {
  NARU_ASSIGN(const auto base, reader.array("base"));
  for (const auto& [value, where] : base) {
    NARU_ASSIGN(const auto each, Reader::of(*value, where));
    NARU_CHECK(each.only({"recipient", "environment", "tier"}));
    ReviewBase made;
    NARU_ASSIGN(made.recipient, each.text("recipient"));
    NARU_ASSIGN(made.environment, each.text("environment"));
    NARU_ASSIGN(made.tier, each.text("tier"));
    NARU_CHECK(known_word(recipients, made.recipient, where + ".recipient"));
    NARU_CHECK(known_word(environments, made.environment, where + ".environment"));
    if (std::ranges::find(out.tiers, made.tier, &ReviewTier::id) == out.tiers.end()) {
      return rejected(say("no such tier: {}", "그런 등급은 없습니다: {}", made.tier), where + ".tier");
    }
    const bool twice = std::ranges::any_of(out.base, [&](const ReviewBase& other) {
      return other.recipient == made.recipient && other.environment == made.environment;
    });
    if (twice) return rejected(say("stands twice", "두 번 나옵니다"), where);
    out.base.push_back(std::move(made));
  }
  if (out.base.size() != recipients.size() * environments.size()) {
    return rejected(
        say("every recipient needs a tier in every environment", "모든 이용자와 모든 환경에 등급이 있어야 합니다"),
        reader.where() + ".base");
  }
  return {};
}

}  // namespace

namespace detail {

Done read_review_tiers(const Reader& root, Policy& policy) {
  auto& out = policy.review_tiers;
  NARU_ASSIGN(const auto reader, root.object("review_tiers"));
  NARU_CHECK(reader.only({"clause", "tiers", "base", "raised_by", "lowered_by"}));
  NARU_ASSIGN(const auto tiers, reader.array("tiers"));
  for (const auto& [value, where] : tiers) {
    NARU_ASSIGN(const auto each, Reader::of(*value, where));
    NARU_ASSIGN(auto tier, read_tier(each, out));
    out.tiers.push_back(std::move(tier));
  }
  NARU_CHECK(read_base(reader, out));
  NARU_ASSIGN(out.raised_by, reader.texts("raised_by"));
  for (const auto& kind : out.raised_by) NARU_CHECK(known_word(kinds, kind, reader.where() + ".raised_by"));
  NARU_ASSIGN(out.lowered_by, reader.texts("lowered_by"));
  for (const auto& relief : out.lowered_by) NARU_CHECK(known_word(reliefs, relief, reader.where() + ".lowered_by"));
  NARU_ASSIGN(out.clause, clause_of(reader, "review_tiers", policy));
  return {};
}

}  // namespace detail

Result<ReviewDemand> review_demand(const Policy& policy, const ReviewFacts& facts) {
  const auto& rules = policy.review_tiers;
  NARU_CHECK(known_word(recipients, facts.recipient, "recipient"));
  NARU_CHECK(known_word(environments, facts.environment, "environment"));
  for (const auto& kind : facts.data_kinds) NARU_CHECK(known_word(kinds, kind, "data_kinds"));
  for (const auto& each : facts.circumstances) NARU_CHECK(known_word(reliefs, each, "circumstances"));
  const auto base = std::ranges::find_if(rules.base, [&](const ReviewBase& each) {
    return each.recipient == facts.recipient && each.environment == facts.environment;
  });
  auto at = static_cast<std::size_t>(std::ranges::find(rules.tiers, base->tier, &ReviewTier::id) - rules.tiers.begin());
  ReviewDemand out{.tier = {}};
  const auto reason = [&out](std::string_view en, std::string_view ko, std::initializer_list<std::string_view> told) {
    std::vector<Text> words;
    for (const auto one : told) words.push_back(words_for(one));
    words.resize(3);
    out.reasons.push_back({fmt::format(fmt::runtime(en), words[0].en, words[1].en, words[2].en),
                           fmt::format(fmt::runtime(ko), words[0].ko, words[1].ko, words[2].ko)});
  };
  reason("used by {}, {}: tier {}", "이용자: {}, 장소: {}. 등급: {}", {facts.recipient, facts.environment, base->tier});
  const auto raised = std::ranges::find_first_of(facts.data_kinds, rules.raised_by);
  if (raised != facts.data_kinds.end() && at + 1 < rules.tiers.size()) {
    ++at;
    reason("{}: one tier stricter, {}", "{} 자료가 있어 한 등급 엄격하게: {}", {*raised, rules.tiers[at].id});
  }
  const auto lowered = std::ranges::find_first_of(facts.circumstances, rules.lowered_by);
  if (lowered != facts.circumstances.end() && at > 0) {
    --at;
    reason("{}: one tier lighter, {}", "{}이므로 한 등급 가볍게: {}", {*lowered, rules.tiers[at].id});
  }
  out.tier = rules.tiers[at];
  return out;
}

}  // namespace naru::protect
