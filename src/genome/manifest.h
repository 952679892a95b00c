#pragma once
/// manifest.json of a store: which parts belong to it, with their digests. Parts not named there do not count.
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naru::genome {

struct PartEntry {
  std::string name;  ///< parts/NAME.naru-gt and private/NAME.samples
  std::string holder;
  std::string sha256;          ///< of the part
  std::string samples_sha256;  ///< of the private map
  std::string source_sha256;   ///< of the VCF it was read from
  std::int64_t bytes = 0;
  std::int64_t samples = 0;
  std::int64_t sites = 0;
  std::int64_t variants = 0;
  bool left_aligned = false;
};

struct Manifest {
  std::vector<PartEntry> parts;  ///< by holder, then in the order of import
};

[[nodiscard]] std::filesystem::path part_file(const std::filesystem::path& store, const PartEntry& part);
[[nodiscard]] std::filesystem::path samples_file(const std::filesystem::path& store, const PartEntry& part);
[[nodiscard]] std::string manifest_text(const Manifest& manifest);
/// One element of the manifest's list of parts.
[[nodiscard]] Result<PartEntry> parse_part_entry(std::string_view json, std::string_view where);
/// Error not_found: there is no store.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& store);
/// Sample names of a part, by index; checked against the manifest.
[[nodiscard]] Result<std::vector<std::string>> read_samples(const std::filesystem::path& store, const PartEntry& part);
/// The part's bytes, checked against the manifest.
[[nodiscard]] Result<std::string> read_part(const std::filesystem::path& store, const PartEntry& part);

}  // namespace naru::genome
