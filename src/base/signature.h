#pragma once
/// Ed25519 signatures (RFC 8032) through libsodium. Secret keys are never printed and are wiped on destruction.
#include "base/bytes.h"

#include <array>

namespace naru {

using PublicKey = std::array<std::uint8_t, 32>;
using Signature = std::array<std::uint8_t, 64>;

class SigningKey {
 public:
  /// REQUIRES: seed has 32 bytes.
  [[nodiscard]] static Result<SigningKey> from_seed(std::span<const std::uint8_t> seed);
  ~SigningKey();
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  SigningKey(const SigningKey&) = delete;
  SigningKey& operator=(const SigningKey&) = delete;
  [[nodiscard]] Signature sign(std::span<const std::uint8_t> message) const;
  [[nodiscard]] Signature sign(std::string_view message) const { return sign(as_bytes(message)); }
  [[nodiscard]] const PublicKey& public_key() const { return public_; }

 private:
  SigningKey() = default;
  std::array<std::uint8_t, 64> secret_{};
  PublicKey public_{};
};

[[nodiscard]] bool verify(const PublicKey& key, std::span<const std::uint8_t> message, const Signature& signature);
[[nodiscard]] bool verify(const PublicKey& key, std::string_view message, const Signature& signature);
[[nodiscard]] Result<PublicKey> public_key_from_hex(std::string_view text, std::string_view where);
[[nodiscard]] Result<Signature> signature_from_hex(std::string_view text, std::string_view where);

}  // namespace naru
