// Output rules are a file that a board edits: whatever it holds, they are whole or an error.
#include "protect/output_control.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto preset = naru::protect::parse_output_preset(text, "fuzz");
  if (preset.ok() && (preset->rules.min_cell < 2 || preset->control.ledger.depth < 2 ||
                      preset->control.attack.advantage_max > 1 || preset->control.noise.rho <= 0)) {
    std::abort();
  }
  return 0;
}
