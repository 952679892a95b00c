#include "base/signature.h"

#include <sodium.h>

#include <algorithm>

namespace naru {
namespace {
template <std::size_t N>
Result<std::array<std::uint8_t, N>> fixed_from_hex(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto bytes, from_hex(text, where));
  if (bytes.size() != N) {
    return rejected(say("expected {} bytes, found {}", "{}바이트가 필요하지만 {}바이트입니다", N, bytes.size()),
                    std::string(where));
  }
  std::array<std::uint8_t, N> out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}
}  // namespace

Result<SigningKey> SigningKey::from_seed(std::span<const std::uint8_t> seed) {
  if (seed.size() != crypto_sign_SEEDBYTES) {
    return internal_error(say("a signing seed has 32 bytes", "서명 시드는 32바이트입니다"), "signing key");
  }
  SigningKey key;
  crypto_sign_seed_keypair(key.public_.data(), key.secret_.data(), seed.data());
  return key;
}

SigningKey::~SigningKey() { sodium_memzero(secret_.data(), secret_.size()); }
SigningKey::SigningKey(SigningKey&& other) noexcept : secret_(other.secret_), public_(other.public_) {
  sodium_memzero(other.secret_.data(), other.secret_.size());
}
SigningKey& SigningKey::operator=(SigningKey&& other) noexcept {
  secret_ = other.secret_;
  public_ = other.public_;
  if (this != &other) sodium_memzero(other.secret_.data(), other.secret_.size());
  return *this;
}

Signature SigningKey::sign(std::span<const std::uint8_t> message) const {
  Signature out{};
  crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), secret_.data());
  return out;
}

bool verify(const PublicKey& key, std::span<const std::uint8_t> message, const Signature& signature) {
  return crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
}
bool verify(const PublicKey& key, std::string_view message, const Signature& signature) {
  return verify(key, as_bytes(message), signature);
}

Result<PublicKey> public_key_from_hex(std::string_view text, std::string_view where) {
  return fixed_from_hex<32>(text, where);
}
Result<Signature> signature_from_hex(std::string_view text, std::string_view where) {
  return fixed_from_hex<64>(text, where);
}

}  // namespace naru
