// A manifest comes from another organisation: it parses to the same text again, or it is an error.
#include "release/seal.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto manifest = naru::release::parse_manifest(text, "fuzz");
  if (!manifest.ok()) return 0;
  for (const auto& file : manifest->files) {
    if (file.path.starts_with("/") || file.path.starts_with("..")) std::abort();
  }
  const auto again = naru::release::parse_manifest(naru::release::manifest_json(*manifest), "fuzz");
  if (!again.ok() || naru::release::manifest_json(*again) != naru::release::manifest_json(*manifest)) std::abort();
  return 0;
}
