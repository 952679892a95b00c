#pragma once
/// "Do you hold enough people for my question?" A holder's answer before anybody has a right: bands, never a count.
/// Method, assumptions and what an attacker gains: docs/methods/feasibility.md.
#include "base/result.h"
#include "cohort/expression.h"
#include "workspace/ask.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru::workspace {

/// Of the record store: at a holder "closed" when its steward answers no such questions; counters at the authority.
inline constexpr std::string_view feasibility_collection = "feasibility";

/// policies/questions/feasibility.yaml; no defaults.
struct FeasibilityRules {
  std::vector<std::int64_t> bands;  ///< increasing, the first at least 10
  std::int64_t moved_by = 0;        ///< persons
  std::int64_t questions_per_day = 0;
  std::string hash;  ///< SHA-256 hex of the file
};
/// Errors: rejected names the field.
[[nodiscard]] Result<FeasibilityRules> parse_feasibility_rules(std::string_view yaml, std::string_view where);
[[nodiscard]] Result<FeasibilityRules> read_feasibility_rules(const std::filesystem::path& share);

/// The lowest number of the band that `count` moved by a number in -moved_by … +moved_by falls into; 0 when it is below
/// the first. The number is HMAC-SHA256(key, label) mod (2 moved_by + 1) − moved_by: fixed for a label, secret,
/// uniform.
[[nodiscard]] std::int64_t band_of(std::int64_t count, const FeasibilityRules& rules, std::span<const std::uint8_t> key,
                                   std::string_view label);

/// {"at_least":n,"attrition":[{"rule","at_least":n}…],"definition","epoch","bands","policy"}; later steps are never
/// given as more than earlier ones. `key` is the holder's own. From the index of the holder's data when there is one.
/// REQUIRES: the site's data_digest is filled.
/// Errors: rejected for a definition that cannot be answered.
[[nodiscard]] Result<ReleasedOutput> feasibility(std::string_view definition, const AnsweringSite& site,
                                                 const FeasibilityRules& rules, std::span<const std::uint8_t> key);

}  // namespace naru::workspace
