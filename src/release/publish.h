#pragma once
/// Sealed releases become visible tier by tier; what changed between two of them is told without telling of few
/// persons.
#include "release/seal.h"

#include <map>

namespace naru::release {

struct Publication {
  std::string id;
  std::string manifest_sha256;
  std::map<std::string, std::string> tiers;  ///< tier → date since when
  std::string by;                            ///< account
};
/// Opens `tier` (open, registered, controlled) of a sealed release. Opening twice changes nothing.
/// Errors: not_found, rejected when the release does not verify or no file has that tier.
[[nodiscard]] Result<Publication> publish(const std::filesystem::path& releases, std::string_view id,
                                          std::string_view tier, std::string_view date, std::string_view by,
                                          const PublicKey& trusted);
[[nodiscard]] Result<std::optional<Publication>> publication_of(const std::filesystem::path& releases,
                                                                std::string_view id);
[[nodiscard]] std::string publication_json(const Publication& publication);

struct ListedRelease {
  Manifest manifest;
  std::string manifest_sha256;
  std::optional<Publication> publication = {};
  std::vector<Manifest> ancestors =
      {};  ///< parent, its parent, …: oldest first, as far as they stand in the same folder
};
/// Sealed releases by id; builds and leftovers are not listed.
[[nodiscard]] Result<std::vector<ListedRelease>> list(const std::filesystem::path& releases);
/// What may be shown of a release to people who may not read it: figures rounded, files without digests or sizes. A
/// figure that differs from the one last shown of an ancestor by less than the smallest cell repeats that one, and so
/// do a table's rows while the number of persons does: two summaries side by side tell of no small change either.
[[nodiscard]] std::string public_summary_json(const ListedRelease& release, const protect::OutputPolicy& outputs);

struct TableDifference {
  std::string table;
  std::optional<std::int64_t> old_rows = {};  ///< rounded; absent when not shown
  std::optional<std::int64_t> new_rows = {};
  std::optional<std::int64_t> change = {};  ///< rounded; absent when its size is below the policy's smallest cell
  std::string reason = {};                  ///< why a figure is absent
  std::vector<std::string> columns_added = {};
  std::vector<std::string> columns_removed = {};
};
struct Difference {
  std::string old_id;
  std::string new_id;
  TableDifference persons;
  std::vector<TableDifference> tables;
  std::vector<std::string> tables_added;
  std::vector<std::string> tables_removed;
  std::int64_t old_epoch = 0;
  std::int64_t new_epoch = 0;
  bool policy_changed = false;
  bool vocabulary_changed = false;
};
/// No change of 1 … min_cell-1 persons can be told from no change: both figures are then the same rounded one, and so
/// are those of every table, because one person may have many rows.
[[nodiscard]] Result<Difference> diff(const std::filesystem::path& old_release,
                                      const std::filesystem::path& new_release, const protect::OutputPolicy& outputs);
/// The rule on one pair of counts (in rows), for tests.
[[nodiscard]] TableDifference difference_of(std::string table, std::int64_t old_rows, std::int64_t new_rows,
                                            const protect::OutputPolicy& outputs);
[[nodiscard]] std::string difference_json(const Difference& difference);

}  // namespace naru::release
