#pragma once
/// What identity fields become before they are hashed, so that writing habits do not matter. Input is UTF-8.
/// docs/methods/linkage-keys.md.
#include <string>
#include <string_view>

namespace naru::linkage {

/// Trimmed, upper case (ASCII and full-width Latin), without blanks, punctuation and symbols. Conjoining jamo are
/// composed to syllables, so that both Unicode forms of a Korean name agree.
[[nodiscard]] std::string normalise_name(std::string_view name);
/// Digits only; a leading country code 82 becomes 0. Fewer than 8 digits: empty.
[[nodiscard]] std::string normalise_phone(std::string_view phone);
/// "M", "F" or empty. Accepts M, F, male, female, 남, 여, 1, 2, 3, 4 (resident-number digit).
[[nodiscard]] std::string normalise_sex(std::string_view sex);
/// Initial consonants of a Korean name, tense and aspirated ones folded onto the plain one (ㄲ,ㅋ → ㄱ): typing slips
/// mostly hit vowels and finals. Latin names: consonants of each word, doubled ones once.
[[nodiscard]] std::string name_skeleton(std::string_view normalised);

}  // namespace naru::linkage
