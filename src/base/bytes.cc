#include "base/bytes.h"

#include <sodium.h>

namespace naru {
namespace {

std::string encode(std::span<const std::uint8_t> bytes, int variant) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
  sodium_bin2base64(out.data(), out.size(), bytes.data(), bytes.size(), variant);
  out.pop_back();  // the terminating zero
  return out;
}

Result<Bytes> decode(std::string_view text, std::string_view where, int variant) {
  if (text.empty()) return Bytes{};  // libsodium takes no null pointer
  Bytes out(text.size());
  std::size_t length = 0;
  const char* end = nullptr;
  if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length, &end, variant) != 0 ||
      end != text.data() + text.size()) {
    return rejected(say("not base64", "base64가 아닙니다"), std::string(where));
  }
  out.resize(length);
  return out;
}

}  // namespace

std::string to_hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

Result<Bytes> from_hex(std::string_view text, std::string_view where) {
  if (text.empty()) return Bytes{};
  Bytes out(text.size() / 2);
  std::size_t length = 0;
  const char* end = nullptr;
  if (text.size() % 2 != 0 ||
      sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &length, &end) != 0 ||
      end != text.data() + text.size()) {
    return rejected(say("not hexadecimal", "16진수가 아닙니다"), std::string(where));
  }
  return out;
}

std::string to_base64(std::span<const std::uint8_t> bytes) { return encode(bytes, sodium_base64_VARIANT_ORIGINAL); }
Result<Bytes> from_base64(std::string_view text, std::string_view where) {
  return decode(text, where, sodium_base64_VARIANT_ORIGINAL);
}
std::string to_base64url(std::span<const std::uint8_t> bytes) {
  return encode(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
Result<Bytes> from_base64url(std::string_view text, std::string_view where) {
  return decode(text, where, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto at = [&](std::size_t k) { return static_cast<std::uint8_t>(text[k]); };
  while (i < text.size()) {
    const auto lead = at(i);
    std::size_t more = 0;
    std::uint32_t low = 0;
    std::uint32_t code = lead;
    if (lead < 0x80) {
      ++i;
      continue;
    }
    if ((lead & 0xE0) == 0xC0)
      more = 1, low = 0x80, code = lead & 0x1Fu;
    else if ((lead & 0xF0) == 0xE0)
      more = 2, low = 0x800, code = lead & 0x0Fu;
    else if ((lead & 0xF8) == 0xF0)
      more = 3, low = 0x10000, code = lead & 0x07u;
    else
      return false;
    if (i + more >= text.size()) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      if ((at(i + k) & 0xC0) != 0x80) return false;
      code = (code << 6) | (at(i + k) & 0x3Fu);
    }
    if (code < low || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace naru
