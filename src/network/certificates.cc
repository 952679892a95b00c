#include "network/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <memory>

namespace naru::network {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* held) const {
    Free(held);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Request = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;
using Memory = std::unique_ptr<BIO, Freed<BIO_free_all>>;

Error failed(std::string_view what) {
  return internal_error(say("cannot make the certificate: {}", "인증서를 만들 수 없습니다: {}", what), "certificate");
}
Error unreadable(std::string_view what) {
  return rejected(say("the {} cannot be read", "{}을(를) 읽을 수 없습니다", what), "certificate");
}

Memory reading(std::string_view text) { return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

std::string written(BIO* memory) {
  char* data = nullptr;
  const auto length = BIO_get_mem_data(memory, &data);
  return {data, static_cast<std::size_t>(length)};
}

Result<std::string> pem_of(EVP_PKEY* key) {
  const Memory out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failed("key");
  return written(out.get());
}
Result<std::string> pem_of(X509* certificate) {
  const Memory out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) return failed("PEM");
  return written(out.get());
}

Result<Certificate> read_certificate(std::string_view pem) {
  Certificate out(PEM_read_bio_X509(reading(pem).get(), nullptr, nullptr, nullptr));
  if (!out) return unreadable("certificate");
  return out;
}
Result<Key> read_key(std::string_view pem) {
  Key out(PEM_read_bio_PrivateKey(reading(pem).get(), nullptr, nullptr, nullptr));
  if (!out) return unreadable("private key");
  return out;
}

bool name_it(X509_NAME* name, const std::string& common) {
  const auto add = [&](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add("O", "Naru") && add("CN", common);
}

bool extend(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  if (extension == nullptr) return false;
  const bool good = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return good;
}

/// A certificate without extensions and signature.
Result<Certificate> draft(EVP_PKEY* key, const std::string& name, std::int64_t now_ms, std::int64_t days) {
  Certificate out(X509_new());
  unsigned char serial[16];
  if (!out || RAND_bytes(serial, sizeof serial) != 1) return failed("serial number");
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7F) | 0x40);  // positive, never short
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  const auto now = static_cast<time_t>(now_ms / 1000);
  const bool good = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(out.get())) != nullptr &&
                    X509_set_version(out.get(), 2) == 1 &&
                    // A day of grace for clocks that differ.
                    ASN1_TIME_set(X509_getm_notBefore(out.get()), now - 86400) != nullptr &&
                    ASN1_TIME_set(X509_getm_notAfter(out.get()), now + static_cast<time_t>(days) * 86400) != nullptr &&
                    name_it(X509_get_subject_name(out.get()), name) && X509_set_pubkey(out.get(), key) == 1;
  BN_free(number);
  if (!good) return failed("fields");
  return out;
}

Result<KeyAndCertificate> read_ca(const KeyAndCertificate& ca, Certificate& certificate, Key& key) {
  NARU_ASSIGN(certificate, read_certificate(ca.certificate));
  NARU_ASSIGN(key, read_key(ca.key));
  return ca;
}

Result<std::string> issue(const KeyAndCertificate& ca, EVP_PKEY* key, const std::string& name, std::int64_t now_ms,
                          const char* usage, bool server) {
  Certificate issuer;
  Key signer;
  NARU_CHECK([&]() -> Done {
    NARU_ASSIGN(const auto read, read_ca(ca, issuer, signer));
    return {};
  }());
  NARU_ASSIGN(const auto leaf, draft(key, name, now_ms, leaf_days));
  const bool good = X509_set_issuer_name(leaf.get(), X509_get_subject_name(issuer.get())) == 1 &&
                    extend(leaf.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE") &&
                    extend(leaf.get(), issuer.get(), NID_key_usage, "critical,digitalSignature") &&
                    extend(leaf.get(), issuer.get(), NID_ext_key_usage, usage) &&
                    extend(leaf.get(), issuer.get(), NID_subject_key_identifier, "hash") &&
                    extend(leaf.get(), issuer.get(), NID_authority_key_identifier, "keyid") &&
                    (!server || extend(leaf.get(), issuer.get(), NID_subject_alt_name,
                                       "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1")) &&
                    X509_sign(leaf.get(), signer.get(), EVP_sha256()) > 0;
  if (!good) return failed("signature");
  return pem_of(leaf.get());
}

Result<Key> new_key() {
  Key out(EVP_EC_gen("P-256"));
  if (!out) return failed("key");
  return out;
}

}  // namespace

Result<KeyAndCertificate> make_ca(const std::string& name, std::int64_t now_ms) {
  NARU_ASSIGN(const auto key, new_key());
  NARU_ASSIGN(const auto root, draft(key.get(), name, now_ms, ca_days));
  const bool good = X509_set_issuer_name(root.get(), X509_get_subject_name(root.get())) == 1 &&
                    extend(root.get(), root.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    extend(root.get(), root.get(), NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    extend(root.get(), root.get(), NID_subject_key_identifier, "hash") &&
                    X509_sign(root.get(), key.get(), EVP_sha256()) > 0;
  if (!good) return failed("signature");
  KeyAndCertificate out;
  NARU_ASSIGN(out.key, pem_of(key.get()));
  NARU_ASSIGN(out.certificate, pem_of(root.get()));
  return out;
}

Result<KeyAndCertificate> make_server_certificate(const KeyAndCertificate& ca, const std::string& name,
                                                  std::int64_t now_ms) {
  NARU_ASSIGN(const auto key, new_key());
  KeyAndCertificate out;
  NARU_ASSIGN(out.key, pem_of(key.get()));
  NARU_ASSIGN(out.certificate, issue(ca, key.get(), name, now_ms, "serverAuth", true));
  return out;
}

Result<KeyAndRequest> make_certificate_request(const std::string& name) {
  NARU_ASSIGN(const auto key, new_key());
  const Request request(X509_REQ_new());
  if (!request || !name_it(X509_REQ_get_subject_name(request.get()), name) ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0) {
    return failed("request");
  }
  const Memory out(BIO_new(BIO_s_mem()));
  if (!out || PEM_write_bio_X509_REQ(out.get(), request.get()) != 1) return failed("request");
  KeyAndRequest made;
  NARU_ASSIGN(made.key, pem_of(key.get()));
  made.request = written(out.get());
  return made;
}

Result<std::string> sign_certificate_request(const KeyAndCertificate& ca, std::string_view request,
                                             const std::string& name, std::int64_t now_ms) {
  if (request.size() > 64 * 1024) return unreadable("certificate request");
  const Request read(PEM_read_bio_X509_REQ(reading(request).get(), nullptr, nullptr, nullptr));
  if (!read) return unreadable("certificate request");
  const Key key(X509_REQ_get_pubkey(read.get()));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC || X509_REQ_verify(read.get(), key.get()) != 1) {
    return rejected(
        say("the certificate request is not signed by its own key", "인증서 요청이 자신의 키로 서명되지 않았습니다"),
        "certificate request");
  }
  return issue(ca, key.get(), name, now_ms, "clientAuth", false);
}

Result<Digest> certificate_digest(std::string_view certificate) {
  NARU_ASSIGN(const auto read, read_certificate(certificate));
  Digest out{};
  unsigned int length = 0;
  if (X509_digest(read.get(), EVP_sha256(), out.data(), &length) != 1) return unreadable("certificate");
  return out;
}

Result<Digest> public_key_digest(std::string_view certificate) {
  NARU_ASSIGN(const auto read, read_certificate(certificate));
  unsigned char* der = nullptr;
  const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(read.get()), &der);
  if (length <= 0) return unreadable("public key");
  const auto out = sha256(std::span<const std::uint8_t>(der, static_cast<std::size_t>(length)));
  OPENSSL_free(der);
  return out;
}

std::string pin_text(const Digest& public_key) { return "sha256//" + to_base64(public_key); }

}  // namespace naru::network
