#pragma once
/// Pages that open anywhere, offline, in both languages: text made safe, and the document with its language switch
/// (no script; the switch is a pair of radio buttons). Include from .cc files and from a room's own page headers.
#include "base/text.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace naru::markup {

/// Text safe between tags and in attributes of either quote.
[[nodiscard]] std::string escaped(std::string_view text);
/// Both languages; the page shows one. One run of text when they are the same.
[[nodiscard]] std::string both(const Text& text);
/// 1234567 → "1,234,567"
[[nodiscard]] std::string thousands(std::int64_t number);
/// "2026-11-26 18:16:49 UTC" of an RFC 3339 instant; another text as it is.
[[nodiscard]] std::string instant(std::string_view text);
/// A whole page: Korean first, the switch above `main`, which is all that is printed. `style` is the page's own sheet.
[[nodiscard]] std::string document(const Text& title, std::string_view style, std::string_view main);

}  // namespace naru::markup
