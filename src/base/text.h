#pragma once
/// A message in both languages of the product. There is no way to build one language alone.
#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace naru {

enum class Language { english, korean };

struct Text {
  std::string en;
  std::string ko;

  [[nodiscard]] const std::string& in(Language language) const { return language == Language::korean ? ko : en; }
  [[nodiscard]] bool empty() const { return en.empty() && ko.empty(); }
  bool operator==(const Text&) const = default;
};

/// Formats the same arguments into both languages; fmt syntax, `{0}` where the order differs.
/// REQUIRES: `en` and `ko` are literals with the same placeholders.
template <typename... Args>
[[nodiscard]] Text say(std::string_view en, std::string_view ko, const Args&... args) {
  return {fmt::vformat(en, fmt::make_format_args(args...)), fmt::vformat(ko, fmt::make_format_args(args...))};
}

}  // namespace naru
