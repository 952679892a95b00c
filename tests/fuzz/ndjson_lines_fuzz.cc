// Bytes from anywhere as a plain or compressed file of lines: lines within the limit, or an error that names the line.
#include "base/files.h"
#include "engine/archive.h"

#include <cstdint>
#include <cstdlib>
#include <fstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  static const ScratchFolder folder("fuzz-lines");
  static const auto file = folder.path() / "input";
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  constexpr std::uint64_t line_bytes_max = 4'096;
  auto reader = engine::LineReader::open(file, line_bytes_max);
  if (!reader.ok()) return 0;
  std::uint64_t lines = 0;
  std::string_view line;
  while (true) {
    const auto more = reader->next(line);
    if (!more.ok()) {
      if (more.error().where.find(":" + std::to_string(lines + 1)) == std::string::npos) std::abort();
      return 0;
    }
    if (!*more) break;
    ++lines;
    if (line.size() > line_bytes_max || line.find('\n') != std::string_view::npos) std::abort();
    if (reader->line_number() != lines) std::abort();
  }
  return 0;
}
