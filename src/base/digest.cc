#include "base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <fstream>
#include <stdexcept>

namespace naru {
namespace {
// libcrypto fails here only when memory is out or the library is broken: abandon.
void must(bool good) {
  if (!good) throw std::runtime_error("libcrypto failed");
}
}  // namespace

struct Hasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {
  must(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}
Hasher::~Hasher() = default;
void Hasher::add(std::span<const std::uint8_t> bytes) {
  must(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}
Digest Hasher::finish() {
  Digest out{};
  unsigned length = 0;
  must(EVP_DigestFinal_ex(state_->context, out.data(), &length) == 1);
  return out;
}

Digest sha256(std::span<const std::uint8_t> bytes) {
  Digest out{};
  unsigned length = 0;
  must(EVP_Digest(bytes.data(), bytes.size(), out.data(), &length, EVP_sha256(), nullptr) == 1);
  return out;
}
Digest sha256(std::string_view text) { return sha256(as_bytes(text)); }
std::string hex(const Digest& digest) { return to_hex(digest); }

Result<Digest> sha256_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return not_found(say("cannot read the file", "파일을 읽을 수 없습니다"), path.string());
  Hasher hasher;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hasher.add(as_bytes({buffer.data(), static_cast<std::size_t>(in.gcount())}));
  }
  if (in.bad()) return internal_error(say("reading failed", "읽기에 실패했습니다"), path.string());
  return hasher.finish();
}

struct Hmac::State {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(mac);
  ~State() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
  }
};

Hmac::Hmac(std::span<const std::uint8_t> key) : state_(std::make_unique<State>()) {
  char name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  must(EVP_MAC_init(state_->context, key.data(), key.size(), parameters) == 1);
}
Hmac::~Hmac() = default;
Hmac::Hmac(Hmac&&) noexcept = default;

Digest Hmac::of(std::span<const std::uint8_t> message) {
  Digest out{};
  std::size_t length = 0;
  must(EVP_MAC_init(state_->context, nullptr, 0, nullptr) == 1);
  must(EVP_MAC_update(state_->context, message.data(), message.size()) == 1);
  must(EVP_MAC_final(state_->context, out.data(), &length, out.size()) == 1);
  return out;
}

Bytes hkdf_sha256(std::span<const std::uint8_t> key, std::string_view salt, std::string_view info, std::size_t length) {
  // RFC 5869 by hand on HMAC: extract, then expand.
  const Digest zero{};
  Hmac extract(salt.empty() ? std::span<const std::uint8_t>(zero) : as_bytes(salt));
  Hmac expand(extract.of(key));
  Bytes out;
  Bytes block;
  for (std::uint8_t counter = 1; out.size() < length; ++counter) {
    block.insert(block.end(), info.begin(), info.end());
    block.push_back(counter);
    const auto next = expand.of(block);
    out.insert(out.end(), next.begin(), next.end());
    block.assign(next.begin(), next.end());
  }
  out.resize(length);
  return out;
}

}  // namespace naru
