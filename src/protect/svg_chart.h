#pragma once
/// Small charts as inline SVG in both languages. Not for other rooms.
#include "base/text.h"

#include <optional>
#include <string>
#include <vector>

namespace naru::protect::detail {

/// Text safe between tags and in attributes.
[[nodiscard]] std::string escaped(std::string_view text);
/// Both languages as markup; the page shows one of them.
[[nodiscard]] std::string both(const Text& text);
/// "12.3 %"; "< 0.1 %" for what is small but not nothing, "–" for what is absent.
[[nodiscard]] std::string percent(const std::optional<double>& share);
/// 1234567 → "1,234,567"
[[nodiscard]] std::string thousands(std::int64_t number);

struct Bar {
  Text label;
  std::optional<double> before;  ///< 0..1
  std::optional<double> after;
};
/// Horizontal bars from 0 to 100 %, two for each label. `title` is what a screen reader says.
[[nodiscard]] std::string share_bars(const Text& title, const std::vector<Bar>& bars, bool two);
/// Columns of shares, two for each label.
[[nodiscard]] std::string share_columns(const Text& title, const std::vector<Bar>& bars, bool two);
/// One bar up to a mark: how near a count is to a threshold.
[[nodiscard]] std::string gauge(const Text& title, std::int64_t value, std::int64_t threshold);

}  // namespace naru::protect::detail
