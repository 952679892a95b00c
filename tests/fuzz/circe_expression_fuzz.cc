// A cohort definition from anywhere: refused with its place, or a value that means the same when written out and read
// again, and that a plan can be made of.
#include "cohort/cohort.h"
#include "cohort/plan.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto expression = cohort::parse(text, "fuzz");
  if (!expression.ok()) {
    if (expression.error().what.en.empty() || expression.error().what.ko.empty()) std::abort();
    return 0;
  }
  const auto again = cohort::parse(expression->canonical, "fuzz");
  if (!again.ok() || again->canonical != expression->canonical) std::abort();
  if (cohort::tables_used(*again) != cohort::tables_used(*expression)) std::abort();
  if (cohort::concepts_used(*again) != cohort::concepts_used(*expression)) std::abort();
  const cohort::Cdm cdm;
  const auto first = cohort::Planner(*expression, cdm, "p").plan("into");
  const auto second = cohort::Planner(*again, cdm, "p").plan("into");
  if (first.steps != second.steps) std::abort();
  return 0;
}
