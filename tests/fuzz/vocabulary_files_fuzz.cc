// A vocabulary's concept file and a filled-in mapping file of any bytes: loading ends, and a refusal leaves no
// vocabulary half loaded.
#include "base/files.h"
#include "base/progress.h"
#include "vocabulary/vocabulary.h"

#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  static const ScratchFolder scratch("vocabulary-fuzz");
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto source = scratch.path() / "source";
  const auto folder = scratch.path() / "vocabulary";
  fs::remove_all(folder);
  if (!make_folder(source).ok() || !write_file_atomic(source / "CONCEPT.csv", text).ok()) return 0;
  Progress progress;
  const auto loaded = vocabulary::load({.sources = {source}, .folder = folder}, progress);
  if (!loaded.ok() && fs::exists(folder / "concept.parquet")) std::abort();
  if (!write_file_atomic(source / "filled.csv", text).ok()) return 0;
  const auto mapped = vocabulary::load_mappings(source / "filled.csv", folder);
  if (!mapped.ok() && fs::exists(vocabulary::mappings_file(folder))) std::abort();
  return 0;
}
