#pragma once
/// Names and contents of the files of a log folder (C2SP tlog-tiles): hash tiles and entry bundles, 256 a file.
#include "audit/merkle.h"
#include "base/files.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace naru::audit {

inline constexpr std::uint64_t tile_width = 256;
/// 256^7 entries are more than any site writes; a larger checkpoint is a broken one.
inline constexpr unsigned tile_levels_max = 7;
inline constexpr std::uint64_t entries_max = 1ULL << 48;

/// "x001/x234/067" for 1234067.
[[nodiscard]] std::string tile_number(std::uint64_t number);
/// Below the log folder; `width` 256 is the full tile, less is ".p/width".
[[nodiscard]] fs::path hash_tile_path(unsigned level, std::uint64_t number, std::uint64_t width);
[[nodiscard]] fs::path entry_tile_path(std::uint64_t number, std::uint64_t width);

[[nodiscard]] std::string encode_hashes(std::span<const Digest> hashes);
[[nodiscard]] Result<std::vector<Digest>> decode_hashes(std::string_view bytes, std::string_view where);
[[nodiscard]] std::string encode_entries(std::span<const Digest> entries);
/// Entries of this house have 32 bytes; other lengths come back as they are, so that verification can name them.
[[nodiscard]] Result<std::vector<std::string>> decode_entries(std::string_view bytes, std::string_view where);

/// Reads tiles of a tree of `size` entries below `folder`, keeping what was read.
class TileReader {
 public:
  TileReader(fs::path folder, std::uint64_t size) : folder_(std::move(folder)), size_(size) {}
  /// Hashes of tile `number` at `level`, as many as the tree has there.
  [[nodiscard]] Result<std::vector<Digest>> hashes(unsigned level, std::uint64_t number);
  [[nodiscard]] Result<std::vector<std::string>> entries(std::uint64_t number);
  /// How many hashes (level 0: entries) tile `number` of `level` has.
  [[nodiscard]] std::uint64_t width(unsigned level, std::uint64_t number) const;
  [[nodiscard]] NodeSource nodes();
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  fs::path folder_;
  std::uint64_t size_;
  std::map<std::pair<unsigned, std::uint64_t>, std::vector<Digest>> kept_;
};

}  // namespace naru::audit
