#pragma once
/// This room's own handle on libarchive. Included by engine's .cc files only.
#include "base/result.h"

#include <archive.h>
#include <archive_entry.h>

#include <filesystem>
#include <memory>
#include <string>

namespace naru::engine {

struct FreeArchive {
  void operator()(archive* handle) const { archive_read_free(handle); }
};
using ArchiveHandle = std::unique_ptr<archive, FreeArchive>;

enum class Containers { yes, no };  ///< whether zip and tar are looked into, or taken as bytes

/// Opens a file with the accepted compressions.
[[nodiscard]] Result<ArchiveHandle> open_archive(const std::filesystem::path& path, Containers containers);
/// libarchive's complaint as an Error; it speaks of formats, never of content.
[[nodiscard]] Error damaged(archive* handle, const std::string& where);

}  // namespace naru::engine
