// Sets of filters: any text is refused or gives filters of one length.
#include "linkage/filters.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = naru::linkage::parse_filters({reinterpret_cast<const char*>(data), size}, "f");
  if (read.ok() && read->bits.size() != read->size() * read->words) std::abort();
  return 0;
}
