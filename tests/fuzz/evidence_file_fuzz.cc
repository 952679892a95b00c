// A sealed file, a trust file, a masked vector or a site result from anywhere: never trusted, never a crash.
#include "evidence/report.h"
#include "evidence/seal.h"
#include "evidence/secure_sum.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<evidence::Trusted> trust{{"authority", PublicKey{1, 2, 3}}};
  const auto check = evidence::verify_evidence(text, trust, std::string("page"), {{"hospital-a", 2}});
  if (check.ok || check.changed.empty()) std::abort();
  (void)evidence::parse_trust(text, "fuzz");
  (void)evidence::report_of(text, "fuzz");
  (void)evidence::summary_of(text, "fuzz");
  (void)evidence::pooled_summary(text, "fuzz");
  (void)evidence::report_html(text, "fuzz");
  const auto masked = evidence::parse_masked(text, "fuzz");
  if (masked.ok() && evidence::parse_masked(evidence::masked_text(*masked), "fuzz")->values != masked->values) {
    std::abort();
  }
  return 0;
}
