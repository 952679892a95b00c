// A plan from anywhere: refused, or read so that its canonical form is read as the same plan.
#include "evidence/plan.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto plan = evidence::parse_plan(text, "fuzz");
  if (plan.ok()) {
    // JSON is YAML: the canonical form must read back as itself.
    const auto once = evidence::canonical_plan(*plan);
    const auto again = evidence::parse_plan(once, "fuzz");
    if (again.ok() && evidence::canonical_plan(*again) != once) std::abort();
  }
  (void)evidence::parse_locked(text, "fuzz");
  return 0;
}
