#include "ingest/ids.h"

#include <openssl/evp.h>

#include <array>
#include <stdexcept>

namespace naru::ingest {

struct IdHasher::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_MD* method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  ~State() {
    EVP_MD_CTX_free(context);
    EVP_MD_free(method);
  }
};

IdHasher::IdHasher() : state_(std::make_unique<State>()) {}
IdHasher::~IdHasher() = default;

std::int64_t IdHasher::of(std::initializer_list<std::string_view> parts) {
  std::array<unsigned char, 32> digest{};
  unsigned length = 0;
  bool good = EVP_DigestInit_ex2(state_->context, state_->method, nullptr) == 1;
  for (const auto part : parts) good = good && EVP_DigestUpdate(state_->context, part.data(), part.size()) == 1;
  good = good && EVP_DigestFinal_ex(state_->context, digest.data(), &length) == 1;
  // libcrypto fails here only when memory is out or the library is broken: abandon.
  if (!good) throw std::runtime_error("libcrypto failed");
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value = value << 8 | digest[i];
  value &= 0x7FFF'FFFF'FFFF'FFFFULL;
  return value == 0 ? 1 : static_cast<std::int64_t>(value);
}

}  // namespace naru::ingest
