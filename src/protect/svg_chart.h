#pragma once
/// Small charts as inline SVG in both languages. Not for other rooms.
#include "base/markup.h"

#include <optional>
#include <string>
#include <vector>

namespace naru::protect::detail {

using markup::both;
using markup::escaped;
using markup::thousands;
/// "12.3 %"; "< 0.1 %" for what is small but not nothing, "–" for what is absent.
[[nodiscard]] std::string percent(const std::optional<double>& share);

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
