// Any bytes as a stored part: read whole or told to be damaged.
#include "genome/part.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > (1U << 16U)) return 0;
  auto part = naru::genome::PartReader::open(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
  if (!part.ok() || part.value().head().samples > 4096) return 0;
  while (!part.value().done()) {
    if (!part.value().next().ok()) return 0;
  }
  return 0;
}
