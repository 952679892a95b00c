#pragma once
/// Keyed numbers and texts of this room. Not for other rooms.
#include "base/digest.h"

#include <string>
#include <string_view>

namespace naru::linkage::detail {

/// HMAC-SHA256 under HKDF(key, salt "naru/linkage/v1", info = label).
class Keyed {
 public:
  Keyed(std::span<const std::uint8_t> key, std::string_view label)
      : hmac_(hkdf_sha256(key, "naru/linkage/v1", label, 32)) {}
  /// The first 63 bits, big endian; 0 becomes 1.
  [[nodiscard]] std::int64_t id_of(std::string_view message) {
    const auto digest = hmac_.of(message);
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
    number >>= 1;
    return number == 0 ? 1 : static_cast<std::int64_t>(number);
  }
  /// 128 bits as 32 hex digits.
  [[nodiscard]] std::string token_of(std::string_view message) {
    const auto digest = hmac_.of(message);
    return to_hex(std::span(digest).first(16));
  }

 private:
  Hmac hmac_;
};

}  // namespace naru::linkage::detail
