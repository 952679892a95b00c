// A file of quality checks: any text is read as checks or refused with a place.
#include "base/files.h"
#include "ingest/quality_checks.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const naru::ScratchFolder scratch("quality-yaml-fuzz");
  const auto file = scratch.path() / "quality.yaml";
  if (!naru::write_file_atomic(file, {reinterpret_cast<const char*>(data), size}).ok()) return 0;
  const auto checks = naru::ingest::read_quality_checks(file, "2026-01-01");
  if (!checks.ok() && checks.error().what.empty()) std::abort();
  return 0;
}
