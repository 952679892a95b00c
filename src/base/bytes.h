#pragma once
/// Bytes as text and back.
#include "base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru {

using Bytes = std::vector<std::uint8_t>;

[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
[[nodiscard]] Result<Bytes> from_hex(std::string_view text, std::string_view where);
/// Standard alphabet with padding.
[[nodiscard]] std::string to_base64(std::span<const std::uint8_t> bytes);
[[nodiscard]] Result<Bytes> from_base64(std::string_view text, std::string_view where);
/// URL-safe alphabet, no padding (JWS, tokens).
[[nodiscard]] std::string to_base64url(std::span<const std::uint8_t> bytes);
[[nodiscard]] Result<Bytes> from_base64url(std::string_view text, std::string_view where);
[[nodiscard]] std::span<const std::uint8_t> as_bytes(std::string_view text);
[[nodiscard]] std::string_view as_text(std::span<const std::uint8_t> bytes);
/// True when `text` is well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace naru
