#pragma once
/// A derived, rebuildable index of OMOP tables for cohorts: per table, rows sorted by (concept, person, start, id), one
/// mapped file per column, 6 to 30 bytes a row. Layout and measurements: docs/methods/cohort-index.md.
/// It knows the bytes it was built from: an index of other bytes is never used.
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naru::cohort {

class Cdm;
struct IndexTables;

/// The name of the index's folder below the tables' folder.
inline constexpr std::string_view index_folder_name = ".naru-index";

struct IndexOptions {
  std::filesystem::path folder;           ///< of the tables
  std::filesystem::path vocabulary = {};  ///< empty: the vocabulary tables of `folder`
  std::filesystem::path target = {};      ///< empty: FOLDER/.naru-index
  unsigned threads = 0;
  std::uint64_t memory_mb = 2048;
};

struct IndexReceipt {
  std::string lake;  ///< digest of the tables' bytes
  std::map<std::string, std::int64_t> rows = {};
  std::int64_t persons = 0;
  std::uint64_t bytes = 0;  ///< of the index
  double seconds = 0;
  bool fresh = false;  ///< it stood already and was left as it is
  int kept = 0;        ///< units (persons, a table, vocabulary …) taken over as their files had not changed
};

/// Builds it beside the target and moves it in one rename; an index of the same bytes is left as it is. Units whose
/// files are those of the standing index are linked, not built again; an interrupted build goes on where it stopped.
/// Errors: rejected for unreadable tables, persons or visits that are there twice (the executor for SQL answers such
/// data); conflict when it was interrupted, when another process builds it, or when the tables changed meanwhile.
[[nodiscard]] Result<IndexReceipt> build_index(const IndexOptions& options, Progress& progress);

/// Where a site keeps the index of one of its data folders (lake, release): beside them, never inside a sealed folder.
[[nodiscard]] std::filesystem::path site_index(const std::filesystem::path& site, const std::filesystem::path& data);

/// Brings the index of a site's lake up to date, as every load does at its end. Errors as `build_index`.
[[nodiscard]] Result<IndexReceipt> refresh_site_index(const std::filesystem::path& site, unsigned threads,
                                                      Progress& progress);

/// Why there is no index to use; told to who asks, not an error.
enum class IndexState { ready, absent, stale, unreadable };
[[nodiscard]] Text explain(IndexState state);

class Index;
/// The index of these tables, built now when there is none and the files are at most `bytes_most` together. Null when
/// there is none to be had for whatever reason: SQL answers then. Two processes do not build the same one at once.
[[nodiscard]] std::shared_ptr<const Index> index_on_first_use(const IndexOptions& options, std::uint64_t bytes_most);

/// An opened index. Immutable; used by any number of threads.
class Index {
 public:
  ~Index();
  Index(const Index&) = delete;
  Index& operator=(const Index&) = delete;

  /// Null when there is none of exactly these tables; `state` says why. `tables`: OMOP name → file.
  /// Files that were touched since are read again to compare their digests.
  [[nodiscard]] static std::shared_ptr<const Index> find(const std::filesystem::path& target,
                                                         const std::map<std::string, std::filesystem::path>& tables,
                                                         IndexState& state);
  [[nodiscard]] const std::string& lake() const { return lake_; }
  /// For this room's .cc files.
  [[nodiscard]] const IndexTables& tables() const { return *tables_; }

 private:
  Index();
  std::string lake_;
  std::unique_ptr<IndexTables> tables_;
};

}  // namespace naru::cohort
