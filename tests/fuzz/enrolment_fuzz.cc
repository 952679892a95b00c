// Texts that arrive before anybody is trusted: an enrolment answer's members and certificates.
#include "network/certificates.h"
#include "network/identity.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (network::verify_directory(text, PublicKey{1, 2, 3}).ok()) std::abort();
  (void)network::parse_member(text, "fuzz");
  (void)network::certificate_digest(text);
  static const auto ca = network::make_ca("fuzz", 1'800'000'000'000);
  (void)network::sign_certificate_request(*ca, text, "fuzz", 1'800'000'000'000);
  return 0;
}
