// Configurations of linkage: any text is refused or names columns and a threshold within its bounds.
#include "linkage/clk.h"
#include "linkage/match.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto match = naru::linkage::parse_match_config(text, "/nowhere", "f");
  if (match.ok() && (match->columns.empty() || !(match->threshold > 0 && match->threshold < 1))) std::abort();
  const auto encode = naru::linkage::parse_encode_config(text, "/nowhere", "f");
  if (encode.ok()) {
    for (const auto& field : encode->columns) {
      if (field.bits < 1) std::abort();
    }
  }
  return 0;
}
