#pragma once
/// Which bytes an index, or an answer, was made from.
#include "base/json.h"

#include <filesystem>
#include <map>
#include <string>

namespace naru::cohort {

/// A table's file: what it holds, and what the file system said when it was read.
struct Stamp {
  std::uint64_t bytes = 0;
  std::string digest;  ///< SHA-256 of the file
  /// Change time (which nobody can set), inode and device: unchanged means unchanged bytes.
  std::int64_t changed_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  std::int64_t read_ns = 0;  ///< when it was read: a change in the same tick as the reading would go unseen
};
using Stamps = std::map<std::string, Stamp>;  ///< by table

/// Reads every file once for its digest, except those whose state on disk is exactly the one in `known`.
[[nodiscard]] Result<Stamps> stamp_files(const std::map<std::string, std::filesystem::path>& tables,
                                         const Stamps& known = {});
/// The same tables with the same bytes. A file whose state on disk is not exactly the one seen is read again.
[[nodiscard]] Result<bool> same_bytes(const Stamps& stamps, const std::map<std::string, std::filesystem::path>& tables);
/// SHA-256 over tables and digests: the identity of the data in an answer.
[[nodiscard]] std::string digest_of(const Stamps& stamps);
[[nodiscard]] Json json_of(const Stamps& stamps);
/// May throw Json::exception.
[[nodiscard]] Stamps stamps_from_json(const Json& json);
/// What `canonical(json_of(stamps))` left in a file; nothing when it is not there or damaged.
[[nodiscard]] Stamps read_stamps(const std::filesystem::path& file);

}  // namespace naru::cohort
