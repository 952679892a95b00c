// A list of features from anywhere: refused with its place, or features whose names and windows hold.
#include "cohort/domains.h"
#include "cohort/features.h"

#include <cstdint>
#include <cstdlib>
#include <set>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto features = cohort::parse_features(text, "fuzz");
  if (!features.ok()) {
    if (features.error().what.en.empty() || features.error().what.ko.empty()) std::abort();
    return 0;
  }
  std::set<std::string> names;
  for (const auto& feature : *features) {
    if (!names.insert(feature.name).second || feature.from_days > feature.to_days) std::abort();
    const bool of_person = feature.kind == cohort::FeatureKind::age || feature.kind == cohort::FeatureKind::male;
    if (of_person != feature.domain.empty()) std::abort();
    if (!of_person && (cohort::domain_named(feature.domain) == nullptr || feature.concepts.empty())) std::abort();
  }
  return 0;
}
