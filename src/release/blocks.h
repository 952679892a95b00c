#pragma once
/// A file's digest, whole and in blocks. Not for other rooms.
#include "base/digest.h"
#include "base/files.h"

#include <string>
#include <vector>

namespace naru::release::detail {

inline constexpr std::uint64_t block_bytes = 256 * 1024;

struct FileDigest {
  std::string sha256;
  std::uint64_t bytes = 0;
  std::vector<std::string> blocks;
};
[[nodiscard]] Result<FileDigest> digest_of(const fs::path& file, std::uint64_t block);

}  // namespace naru::release::detail
