#pragma once
/// One site's secrets in a folder of their own (mode 0700, files 0600). docs/methods/key-custody.md.
///
/// A random master seed is the root. Every purpose ("linkage.row", "release.person", …) has a random 32-byte salt
/// file of its own; a derived key is HKDF-SHA256(master, salt = purpose salt, info = "naru/key/1" NUL purpose NUL
/// context). Removing the salt therefore makes every key of the purpose unrecoverable, even with the master seed.
#include "audit/log.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/signature.h"

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace naru::keys {

/// X25519 public key that others seal to.
using SealingKey = std::array<std::uint8_t, 32>;

/// Secret bytes: wiped on destruction; no operator<<, no formatter, so that they cannot be logged.
class Secret {
 public:
  Secret() = default;
  explicit Secret(Bytes bytes) : bytes_(std::move(bytes)) {}
  ~Secret();
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
};

/// What the rooms above need of a key custodian; a software store now, a hardware module later.
class KeyProvider {
 public:
  virtual ~KeyProvider() = default;
  /// 32 bytes for a purpose and a context; the same every time. The purpose comes into being on first use.
  /// Errors: refused when the purpose was destroyed; rejected when its name is not plain (letters, digits, . _ -).
  [[nodiscard]] virtual Result<Secret> derive(std::string_view purpose, std::string_view context) = 0;
  /// The site's Ed25519 key.
  [[nodiscard]] virtual const SigningKey& signing_key() const = 0;
  [[nodiscard]] virtual const SealingKey& sealing_key() const = 0;
  /// Opens what was sealed to `sealing_key()`. Error: rejected when it was sealed to another key or altered.
  [[nodiscard]] virtual Result<Secret> open_sealed(std::span<const std::uint8_t> sealed) const = 0;
  /// X25519 secret shared with the owner of another sealing key: HKDF-SHA256 over the raw agreement and both public
  /// keys in order, the same at both ends. Error: rejected for a key of small order.
  [[nodiscard]] virtual Result<Secret> agree(const SealingKey& other) const = 0;
  /// Named secrets (a salt contribution, a token), kept encrypted under the master seed.
  [[nodiscard]] virtual Done put_secret(std::string_view name, std::span<const std::uint8_t> secret) = 0;
  /// Error: not_found.
  [[nodiscard]] virtual Result<Secret> get_secret(std::string_view name) const = 0;
  [[nodiscard]] virtual Result<bool> has_secret(std::string_view name) const = 0;
};

class KeyStore final : public KeyProvider {
 public:
  /// A new store. Error: conflict when there is one already.
  [[nodiscard]] static Result<KeyStore> create(const std::filesystem::path& folder, Random& random);
  /// Errors: not_found; refused when folder or files are readable by others.
  [[nodiscard]] static Result<KeyStore> open(const std::filesystem::path& folder);
  ~KeyStore() override;
  KeyStore(KeyStore&&) noexcept;
  KeyStore(const KeyStore&) = delete;

  [[nodiscard]] Result<Secret> derive(std::string_view purpose, std::string_view context) override;
  [[nodiscard]] const SigningKey& signing_key() const override;
  [[nodiscard]] const SealingKey& sealing_key() const override;
  [[nodiscard]] Result<Secret> open_sealed(std::span<const std::uint8_t> sealed) const override;
  [[nodiscard]] Result<Secret> agree(const SealingKey& other) const override;
  [[nodiscard]] Done put_secret(std::string_view name, std::span<const std::uint8_t> secret) override;
  [[nodiscard]] Result<Secret> get_secret(std::string_view name) const override;
  [[nodiscard]] Result<bool> has_secret(std::string_view name) const override;

  /// Destroys a purpose or, if there is none of that name, a named secret. Recorded in `log` before and kept beside
  /// the tombstone. Returns the certificate: {"certificate":{"purpose","site","destroyed_at","reason","actor",
  /// "commitment","log_entry"},"signature","key"}; commitment = SHA-256 of the destroyed salt, known since creation.
  Result<std::string> destroy(std::string_view purpose, std::string_view site, std::string_view actor,
                              std::string_view reason, audit::Log& log, const Clock& clock);
  [[nodiscard]] const std::filesystem::path& folder() const;

 private:
  struct State;
  explicit KeyStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Anybody can seal to a sealing key (libsodium sealed box: X25519, XSalsa20-Poly1305).
[[nodiscard]] Result<Bytes> seal(const SealingKey& recipient, std::span<const std::uint8_t> bytes);
[[nodiscard]] Result<SealingKey> sealing_key_from_hex(std::string_view text, std::string_view where);
/// Checks a destruction certificate's signature.
[[nodiscard]] Done verify_certificate(std::string_view certificate, const PublicKey& key);

}  // namespace naru::keys
