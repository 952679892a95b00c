// A checkpoint note, a proof and a line of details from anywhere: refused or read, never trusted without the key.
#include "audit/checkpoint.h"
#include "audit/detail.h"
#include "audit/tiles.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto note = audit::parse_checkpoint(text, "fuzz");
  if (note.ok() && note->note != text) std::abort();
  const PublicKey key{1, 2, 3};
  if (audit::trusted_checkpoint(text, key, "fuzz").ok()) std::abort();
  if (audit::verify_proof(text, key, "fuzz").ok()) std::abort();
  (void)audit::read_detail(text, "fuzz");
  const auto hashes = audit::decode_hashes(text, "fuzz");
  if (hashes.ok() && audit::encode_hashes(*hashes) != text) std::abort();
  (void)audit::decode_entries(text, "fuzz");
  return 0;
}
