#pragma once
/// Shared by this room's sources: a Text as JSON and back. Include from .cc files only.
#include "base/json.h"

namespace naru::catalogue {

[[nodiscard]] inline Json text_json(const Text& text) { return Json{{"en", text.en}, {"ko", text.ko}}; }

[[nodiscard]] inline Result<Text> text_of(const Reader& both) {
  NARU_CHECK(both.only({"en", "ko"}));
  Text out;
  NARU_ASSIGN(out.en, both.text("en"));
  NARU_ASSIGN(out.ko, both.text("ko"));
  return out;
}

[[nodiscard]] inline Result<Text> text_in(const Reader& reader, std::string_view key) {
  NARU_ASSIGN(const auto both, reader.object(key));
  return text_of(both);
}

[[nodiscard]] inline Result<std::vector<std::string>> texts_or_none(const Reader& reader, std::string_view key) {
  if (!reader.has(key)) return std::vector<std::string>{};
  return reader.texts(key);
}

}  // namespace naru::catalogue
