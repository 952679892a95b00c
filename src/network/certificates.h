#pragma once
/// The authority's small certificate authority: P-256 keys, X.509 v3, made with OpenSSL. PEM texts in and out.
#include "base/digest.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace naru::network {

struct KeyAndCertificate {
  std::string key;          ///< PKCS#8 PEM; secret
  std::string certificate;  ///< PEM
};
struct KeyAndRequest {
  std::string key;      ///< PKCS#8 PEM; secret
  std::string request;  ///< PKCS#10 PEM, signed by the key: the proof of possession
};

inline constexpr std::int64_t ca_days = 3650;
inline constexpr std::int64_t leaf_days = 825;

[[nodiscard]] Result<KeyAndCertificate> make_ca(const std::string& name, std::int64_t now_ms);
[[nodiscard]] Result<KeyAndCertificate> make_server_certificate(const KeyAndCertificate& ca, const std::string& name,
                                                                std::int64_t now_ms);
[[nodiscard]] Result<KeyAndRequest> make_certificate_request(const std::string& name);
/// A client certificate for the request's key. The name is the caller's, whatever the request says.
/// Errors: rejected when the request cannot be read or its own signature does not hold.
[[nodiscard]] Result<std::string> sign_certificate_request(const KeyAndCertificate& ca, std::string_view request,
                                                           const std::string& name, std::int64_t now_ms);
/// SHA-256 of the DER form.
[[nodiscard]] Result<Digest> certificate_digest(std::string_view certificate);
/// SHA-256 of the SubjectPublicKeyInfo: what curl's "sha256//…" pins (RFC 7469).
[[nodiscard]] Result<Digest> public_key_digest(std::string_view certificate);
[[nodiscard]] std::string pin_text(const Digest& public_key);

}  // namespace naru::network
