#pragma once
/// Whole files, written so that a crash leaves the old bytes or the new, never half.
#include "base/bytes.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace naru {

namespace fs = std::filesystem;

/// Errors: not_found; rejected when larger than `bytes_max`.
[[nodiscard]] Result<std::string> read_file(const fs::path& path, std::uint64_t bytes_max = 1ULL << 30);
/// Temporary file beside the target, fsync, rename, fsync of the folder. `mode` is the permission bits.
[[nodiscard]] Done write_file_atomic(const fs::path& path, std::string_view content, unsigned mode = 0644);
[[nodiscard]] Done make_folder(const fs::path& path, unsigned mode = 0755);
/// Plain files directly in or below `folder`, sorted, relative to it. Symbolic links are an error.
[[nodiscard]] Result<std::vector<fs::path>> list_files(const fs::path& folder, bool recursive);
/// Replaces `target` (a folder) by `fresh` in one rename; the old one is removed afterwards.
/// After a crash either the old or the new stands under `target`.
[[nodiscard]] Done replace_folder(const fs::path& fresh, const fs::path& target);
/// Finishes or undoes a `replace_folder` that a crash interrupted; call before reading `target`.
[[nodiscard]] Done recover_folder(const fs::path& target);

/// A name that is safe as one path component: letters, digits, '-', '_', '.', not starting with '.'.
[[nodiscard]] bool is_plain_name(std::string_view name);

/// A folder of its own below the system's temporary folder, removed on destruction.
class ScratchFolder {
 public:
  explicit ScratchFolder(std::string_view label);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// An exclusive advisory lock on a file, held until destruction. Error: conflict when somebody holds it.
class FileLock {
 public:
  [[nodiscard]] static Result<FileLock> acquire(const fs::path& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_ = -1;
};

}  // namespace naru
