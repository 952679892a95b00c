#pragma once
/// The message format between sites. A message is a signed envelope and a sealed body:
///   envelope  canonical JSON {"from","to","kind","correlation","reply","form","number","sent_ms","expires_ms",
///             "protocol","sealed_bytes","sealed_digest"} with the sender's Ed25519 signature over those bytes;
///   body      80 bytes sealed box holding a fresh 32-byte key, then a libsodium secretstream
///             (XChaCha20-Poly1305) of 1 MiB chunks: any size in bounded memory.
/// Numbers strictly increase per sender, so a message can be accepted once only. docs/methods/wire.md.
#include "base/digest.h"
#include "base/random.h"
#include "base/signature.h"
#include "keys/key_store.h"

#include <filesystem>
#include <optional>
#include <string>

namespace naru::network {

/// This side speaks N and understands N and N−1.
inline constexpr std::int64_t wire_protocol = 2;
inline constexpr std::int64_t wire_protocol_oldest = wire_protocol - 1;
/// Bodies given as bytes; larger ones are sent from a file.
inline constexpr std::uint64_t wire_inline_bytes = 64U << 20;
inline constexpr std::int64_t wire_expiry_ms = 24LL * 3600 * 1000;
inline constexpr std::int64_t wire_clock_skew_ms = 5LL * 60 * 1000;

enum class BodyForm { bytes, file };

struct Envelope {
  std::string from;
  std::string to;
  std::string kind;         ///< "cohort.ask"; plain name
  std::string correlation;  ///< ties an answer to its question; plain name
  bool reply = false;
  BodyForm form = BodyForm::bytes;
  std::int64_t number = 0;
  std::int64_t sent_ms = 0;
  std::int64_t expires_ms = 0;
  std::int64_t protocol = wire_protocol;
  std::uint64_t sealed_bytes = 0;
  Digest sealed_digest{};
};

/// Why a message is not accepted; the error's `where` is "wire." and this name.
enum class WireRefusal { replayed, altered, wrong_recipient, unknown_sender, expired, protocol, malformed };
[[nodiscard]] std::string_view name_of(WireRefusal refusal);
[[nodiscard]] Error wire_error(WireRefusal refusal, std::string_view from);
[[nodiscard]] bool is_wire_error(const Error& error, WireRefusal refusal);

/// The text that is signed.
[[nodiscard]] std::string canonical(const Envelope& envelope);
/// base64(canonical envelope) "." hex(signature): travels as the header X-Naru-Envelope.
[[nodiscard]] std::string sign_envelope(const Envelope& envelope, const SigningKey& key);
/// Splits and reads; the signature is judged by `check_envelope`. Error: wire.malformed.
struct SignedEnvelope {
  Envelope envelope;
  std::string text;
  Signature signature{};
};
[[nodiscard]] Result<SignedEnvelope> parse_envelope(std::string_view header);
/// Signature, protocol, expiry, recipient. The number is the receiver's own memory to check.
[[nodiscard]] Done check_envelope(const SignedEnvelope& signed_envelope, const PublicKey& sender, std::int64_t now_ms);

/// Seals a body into `out`; fills size and digest of the envelope (which are bound before signing).
[[nodiscard]] Done seal_body(std::string_view body, const keys::SealingKey& recipient, Random& random,
                             const std::filesystem::path& out, Envelope& envelope);
[[nodiscard]] Done seal_file(const std::filesystem::path& body, const keys::SealingKey& recipient, Random& random,
                             const std::filesystem::path& out, Envelope& envelope);
/// Opens a sealed file after checking its digest. Errors: wire.altered.
[[nodiscard]] Result<std::string> open_body(const std::filesystem::path& sealed, const Envelope& envelope,
                                            const keys::KeyProvider& keys);
[[nodiscard]] Done open_file(const std::filesystem::path& sealed, const Envelope& envelope,
                             const keys::KeyProvider& keys, const std::filesystem::path& out);

/// A message as a handler sees it: opened, checked, from a known member.
struct Message {
  std::string from;
  std::string kind;
  std::string correlation;
  bool reply = false;
  std::int64_t number = 0;
  std::int64_t sent_ms = 0;
  std::string body;                                ///< form bytes
  std::optional<std::filesystem::path> file = {};  ///< form file: below spool/, removed after the handler
};

/// Something to send, as bytes or from a file.
struct Body {
  std::string bytes;
  std::optional<std::filesystem::path> file = {};
};

/// The reply of a handler: goes to the sender with the same correlation.
struct Reply {
  std::string kind;
  Body body;
};

/// Sends to any member; returns when the hub has stored it durably.
class Sender {
 public:
  virtual ~Sender() = default;
  /// An empty correlation makes a new one; it is returned. Errors: not_found for an unknown member; conflict when the
  /// authority cannot be reached.
  [[nodiscard]] virtual Result<std::string> send(const std::string& to, const std::string& kind,
                                                 const std::string& correlation, const Body& body,
                                                 bool reply = false) = 0;
};

/// The body of a message of kind "error": the contract's {"error":{…}} with both languages, and back.
[[nodiscard]] std::string error_body(const Error& error);
[[nodiscard]] Error error_from_body(std::string_view body, std::string_view from);

}  // namespace naru::network
