// A policy is a file that a board edits: whatever it holds, it is a policy or an error.
#include "protect/policy.h"

#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = naru::protect::parse_policy(text, "fuzz");
  // What loads protects: five groups, no empty one, a k that hides somebody.
  if (policy.ok() &&
      (policy->sensitive.groups.size() != 5 || policy->anonymity.k < 2 || policy->outputs.min_cell < 2)) {
    std::abort();
  }
  return 0;
}
