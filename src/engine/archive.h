#pragma once
/// Inputs as they arrive: plain files, .gz/.xz/.zst/.bz2, .zip, tar archives, folders. Unpacked so that nothing lands
/// outside the target folder, and read line by line in bounded memory.
#include "base/limits.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naru::engine {

struct ArchiveLimits {
  std::uint64_t members_max = 100'000;
  std::uint64_t bytes_max = 64ULL << 30;  ///< of all unpacked files together
};

struct ArchiveMember {
  std::string name;            ///< inside the source: relative path with '/'
  std::filesystem::path path;  ///< where its content stands now, uncompressed
  std::uint64_t bytes = 0;
};

/// The files of `source`, sorted by name. A folder's plain files are used where they stand (its compressed ones are
/// unpacked); archives and compressed files are unpacked into `target`, which must exist. "a.csv.gz" becomes "a.csv".
/// `__MACOSX/`, `._*` and `.DS_Store` are left out. Errors (rejected): a path that leaves the target, a link or device,
/// two members of one name, a limit passed, a truncated or damaged archive. not_found: no such source.
[[nodiscard]] Result<std::vector<ArchiveMember>> extract(const std::filesystem::path& source,
                                                         const std::filesystem::path& target,
                                                         const ArchiveLimits& limits = {});

/// Lines of a plain, .gz, .xz, .zst or .bz2 file (found by content, not by name). CR LF and LF end a line; the last
/// line needs no end; a BOM at the start is dropped.
class LineReader {
 public:
  [[nodiscard]] static Result<LineReader> open(const std::filesystem::path& path,
                                               std::uint64_t line_bytes_max = limits::ndjson_line_bytes);
  ~LineReader();
  LineReader(LineReader&&) noexcept;
  LineReader& operator=(LineReader&&) noexcept;
  LineReader(const LineReader&) = delete;

  /// False at the end of the file; else `line` is valid until the next call. Errors (rejected) name file and line:
  /// truncated or damaged compression, a line longer than the limit.
  [[nodiscard]] Result<bool> next(std::string_view& line);
  /// Number of the line last returned, from 1.
  [[nodiscard]] std::uint64_t line_number() const;
  /// Unpacked bytes handed out so far.
  [[nodiscard]] std::uint64_t bytes_read() const;

 private:
  struct State;
  explicit LineReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace naru::engine
