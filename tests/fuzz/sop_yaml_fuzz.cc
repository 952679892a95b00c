// An SOP from outside: reading and checking it must end, whatever the text.
#include "govern/sop.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t size_max = 1U << 16;
  if (size > size_max) return 0;
  const auto sop = naru::govern::parse_sop({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!sop.ok()) return 0;
  const auto findings = naru::govern::check_sop(*sop);
  (void)naru::govern::findings_json(*sop, findings);
  // What was read is written and read again as the same procedure.
  const auto again = naru::govern::parse_sop_json(sop->canonical_text, "again");
  if (!again.ok() || again->hash != sop->hash) __builtin_trap();
  (void)naru::govern::simulate_sop(*sop, 5, 1);
  return 0;
}
