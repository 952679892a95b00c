// VCF text of any kind becomes a part that can be read back, or a refusal; never a crash.
#include "genome/part.h"
#include "genome/vcf_reader.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > (1U << 16U)) return 0;
  auto read = naru::genome::read_vcf_bytes({data, size}, std::nullopt);
  if (!read.ok()) return 0;
  auto part = naru::genome::PartReader::open(std::move(read.value().bytes), "fuzz");
  if (!part.ok()) std::abort();
  while (!part.value().done()) {
    if (!part.value().next().ok()) std::abort();
  }
  return 0;
}
