// The envelope header of a wire message: any bytes are refused or read; what is read has exactly one text.
#include "network/wire.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto judge = [](std::string_view header) {
    const auto read = network::parse_envelope(header);
    if (!read.ok()) return;
    if (network::canonical(read->envelope) != read->text) std::abort();
    if (network::check_envelope(*read, PublicKey{}, 0).ok()) std::abort();  // nobody's key signs nothing
  };
  judge(text);
  // Most bytes are no base64: the same bytes as the envelope's text reach the reader behind it.
  judge(to_base64(as_bytes(text)) + "." + std::string(128, '0'));
  (void)network::error_from_body(text, "fuzz");
  return 0;
}
