// Bytes from anywhere as a source to unpack (zip, tar, compressed or plain): it ends, and whatever is unpacked stands
// inside the target folder, within the limits, as plain files.
#include "base/files.h"
#include "engine/archive.h"

#include <cstdint>
#include <cstdlib>
#include <fstream>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace naru;
  static const ScratchFolder folder("fuzz-archive");
  const auto file = folder.path() / "source.zip";
  const auto target = folder.path() / "outer" / "target";
  std::ofstream(file, std::ios::binary | std::ios::trunc)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  fs::remove_all(folder.path() / "outer");
  fs::create_directories(target);
  constexpr engine::ArchiveLimits limits{.members_max = 20, .bytes_max = 1U << 20};
  const auto members = engine::extract(file, target, limits);
  std::uint64_t files = 0, bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path() / "outer")) {
    if (entry.is_symlink()) std::abort();
    if (!entry.is_regular_file()) continue;
    if (entry.path().string().rfind(target.string() + "/", 0) != 0) std::abort();
    ++files;
    bytes += entry.file_size();
  }
  if (files > limits.members_max + 1 || bytes > limits.bytes_max + (1U << 20)) std::abort();
  if (!members.ok()) return 0;
  for (const auto& member : *members)
    if (member.name.find("..") != std::string::npos && member.path.lexically_normal() != member.path) std::abort();
  return 0;
}
