#pragma once
/// A built release becomes a sealed one: manifest, signature, read-only files, one rename.
#include "base/progress.h"
#include "base/result.h"
#include "base/signature.h"
#include "base/strong_id.h"
#include "protect/policy.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::release {

struct FileColumn {
  std::string name;
  std::string type;  ///< SQL type
  bool operator==(const FileColumn&) const = default;
};

struct ManifestFile {
  std::string path;  ///< relative, with '/'
  std::string tier;
  std::string sha256;
  std::uint64_t bytes = 0;
  std::optional<std::int64_t> rows = {};  ///< Parquet only
  std::vector<FileColumn> schema = {};    ///< Parquet only
  std::vector<std::string> blocks = {};   ///< sha256 of each block of `block_bytes`, so that a change has a place
};

struct Manifest {
  std::string id = {};
  std::int64_t phase = 1;
  std::string parent = {};           ///< release id; empty: none
  std::string parent_manifest = {};  ///< sha256 of its manifest.json
  std::string created = {};          ///< YYYY-MM-DD, given by the caller
  std::string code_version = {};
  std::string issuer = {};  ///< the combiner's site name
  std::vector<SiteName> sources = {};
  std::int64_t consent_epoch = 0;
  std::string policy = {};
  std::string policy_hash = {};
  std::string vocabulary_hash = {};
  std::uint64_t block_bytes = 0;
  std::vector<ManifestFile> files = {};  ///< by path
  std::string risk_json = {};            ///< one JSON object
  std::string review_json = {};
  std::int64_t persons = 0;
};
/// "data/person.parquet" → "person"; empty for other files.
[[nodiscard]] std::string table_of(const ManifestFile& file);
[[nodiscard]] std::string manifest_json(const Manifest& manifest);
/// An unknown or missing field is an error naming it.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view json, std::string_view where);
/// manifest.json of a release folder, unverified, and its digest.
[[nodiscard]] Result<Manifest> read_manifest(const std::filesystem::path& folder);
[[nodiscard]] Result<std::string> manifest_digest(const std::filesystem::path& folder);

struct SealRequest {
  std::filesystem::path releases;
  std::string id;
  std::int64_t phase = 1;
  std::string parent = {};  ///< a sealed release in the same folder, or empty
  std::string created;      ///< YYYY-MM-DD
  std::string code_version;
  std::string issuer;
  std::int64_t consent_epoch = 0;
  std::string vocabulary_hash;
};
/// Files become read-only and the folder gets its final name in one rename; killed before that, the build is still
/// there and no release. Errors: not_found (no build, no parent), refused (no review on record, or a review of another
/// build), conflict (sealed already), rejected (date, phase).
[[nodiscard]] Result<Manifest> seal(const SealRequest& request, const protect::Policy& policy, const SigningKey& key);

struct Finding {
  std::string kind;  ///< changed, added, missing, manifest, signature
  std::string file;
  Text what;  ///< names the bytes where a change begins and how long it may be
};
struct VerifyReport {
  bool ok = false;
  std::string id;
  std::string manifest_sha256;
  std::int64_t files = 0;
  std::uint64_t bytes = 0;
  std::vector<Finding> findings = {};
};
/// Every byte of the folder against manifest.json, and that against manifest.sig by `trusted` (never by the key the
/// file carries). Errors: not_found only when there is no folder; everything else is a finding.
[[nodiscard]] Result<VerifyReport> verify(const std::filesystem::path& folder, const PublicKey& trusted);
[[nodiscard]] std::string report_json(const VerifyReport& report, Language language);

}  // namespace naru::release
