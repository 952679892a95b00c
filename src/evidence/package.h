#pragma once
/// The files of a solution as one tree with one digest: what the manifest names is what runs.
///
/// Digest: sha256 of the canonical JSON list, sorted by path, of
///   {"path","kind":"file","executable","bytes","sha256"}, {"path","kind":"link","target"}, {"path","kind":"folder"}.
/// Owners, times and other mode bits do not count. Devices, sockets and pipes are refused.
/// A site keeps packages by digest (STORE/DIGEST); the digest is recomputed before every run.
#include "base/files.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace naru::evidence {

inline constexpr std::size_t package_entries_max = 200'000;
inline constexpr std::uint64_t package_bytes_max = 20ULL << 30;
/// Larger ones do not travel with the plan; each site is given them (`naru solution add`).
inline constexpr std::uint64_t package_wire_bytes_max = 256ULL << 20;

struct PackedFile {
  std::string path;  ///< relative, with '/'
  std::string kind;  ///< "file", "link", "folder"
  bool executable = false;
  std::string target = {};   ///< of a link; not followed
  std::string content = {};  ///< of a file
};

/// Errors: not_found; rejected for a device, too many entries, too many bytes, or a name that is not UTF-8.
[[nodiscard]] Result<std::string> package_digest(const fs::path& folder);
/// All entries with their content, sorted. Error rejected above `bytes_max`.
[[nodiscard]] Result<std::vector<PackedFile>> read_package(const fs::path& folder, std::uint64_t bytes_max);
/// Writes entries that came from outside into STORE/DIGEST, whole or not at all. Errors: rejected when a path leaves
/// the folder or goes through a link, or when the digest is not `expected`.
[[nodiscard]] Result<fs::path> store_package(const std::vector<PackedFile>& files, const fs::path& store,
                                             std::string_view expected);
/// Copies a folder into the store; answers its digest.
[[nodiscard]] Result<std::string> add_package(const fs::path& folder, const fs::path& store);
/// The stored package, its digest recomputed. Errors: not_found with what to do; rejected when it was changed.
[[nodiscard]] Result<fs::path> find_package(const fs::path& store, std::string_view digest);

struct LockedPlan;
/// The folders, beside the plan's solution file, of the packages that the solution and its comparator name; those too
/// large to travel are left out (each site has to have them). Errors: not_found; rejected when a digest is not the one
/// the manifest names.
[[nodiscard]] Result<std::vector<fs::path>> packages_beside(const LockedPlan& plan, const fs::path& plan_file);

}  // namespace naru::evidence
