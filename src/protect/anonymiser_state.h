#pragma once
/// What an Anonymiser holds. Not for other rooms.
#include "protect/anonymiser.h"
#include "protect/branch.h"
#include "protect/tuples.h"

#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace naru::protect {

/// Strings looked up by views of them.
struct TextHash : std::hash<std::string_view> {
  using is_transparent = void;
};
using TextCodes = std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>>;

struct Anonymiser::State {
  AnonymiserSpec spec;
  std::vector<detail::CodedColumn> coded;  ///< in the order of the spec
  std::vector<TextCodes> rows;             ///< per column: value → hierarchy row
  std::vector<TextCodes> values;           ///< per sensitive column: value → code while feeding
  std::optional<detail::Tuples> tuples;
  std::vector<std::uint32_t> scratch;
  std::int64_t records = 0;

  /// After finish(): the columns in the order of the search, and the groups.
  detail::Problem problem;
  std::vector<std::size_t> place;  ///< place[c] = column of the spec
  std::variant<detail::ClassTables<detail::Narrow>, detail::ClassTables<detail::Wide>> finest;
};

namespace detail {
/// Errors (rejected) name the field: a parameter out of range, or models that contradict each other.
[[nodiscard]] Done check_models(const AnonymiserSpec& spec);
/// Codes of the sensitive columns in their order: rank[code while feeding] = code of the problem.
[[nodiscard]] Result<std::vector<std::uint32_t>> rank_values(const SensitiveSpec& spec, bool hierarchical,
                                                             const TextCodes& values, CodedSensitive& out);
}  // namespace detail

}  // namespace naru::protect
