#pragma once
/// How alike two values of one field are, as one of a few levels. docs/methods/record-linkage.md.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace naru::linkage {

enum class FieldKind : std::uint8_t { name, date, postcode, phone, id, text, category };
[[nodiscard]] std::optional<FieldKind> field_kind_named(std::string_view name);

/// From most to least alike. `swapped` is of a pair of name fields that agree crosswise; `missing` says nothing.
enum class Level : std::uint8_t { exact, close, near, far, different, swapped, missing };
inline constexpr std::size_t level_count = 7;
inline constexpr std::array<std::string_view, level_count> level_names = {"exact",     "close",   "near",   "far",
                                                                          "different", "swapped", "missing"};

/// What a value becomes before comparison; empty is missing. Upper case, letters and digits; Hangul syllables as their
/// jamo, one byte each, so that one wrong vowel is one edit; dates as YYYYMMDD from year-first or day-first writing.
[[nodiscard]] std::string comparison_form(FieldKind kind, std::string_view value);

/// Jaro similarity raised by up to four agreeing leading bytes, weight 0.1 (Winkler 1990). In [0, 1]; of two empty
/// strings 0.
[[nodiscard]] double jaro_winkler(std::string_view a, std::string_view b);
/// Insertions, deletions, substitutions and transpositions of neighbours, no part edited twice (optimal string
/// alignment). More than `limit` comes out as limit + 1.
[[nodiscard]] int edit_distance(std::string_view a, std::string_view b, int limit);

/// REQUIRES: both are comparison forms of that kind, not empty.
[[nodiscard]] Level compare(FieldKind kind, std::string_view a, std::string_view b);

}  // namespace naru::linkage
