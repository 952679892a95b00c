#pragma once
/// `naru protect search` and `apply`: a table in a file, its hierarchies, and a wanted k, from one JSON configuration
/// (docs/contract: "Protect"). Models and metrics that the search cannot prove optimal are errors, never ignored.
#include "base/progress.h"
#include "protect/kanonymity.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace naru::protect {

enum class ColumnRole { quasi_identifier, sensitive, insensitive, identifier };

struct SearchColumn {
  std::string name;
  ColumnRole role = ColumnRole::insensitive;
  std::filesystem::path hierarchy = {};  ///< CSV without header: value;level 1;…; only for quasi-identifiers
};

struct SearchConfig {
  std::filesystem::path data;  ///< CSV (also .gz, .zst, .xz, .zip) or Parquet
  std::string delimiter = {};  ///< empty: found by looking
  std::vector<SearchColumn> columns;
  std::int64_t k = 0;
  double suppression_limit = 0;
  LossAggregate aggregate = LossAggregate::geometric_mean;
};

/// Paths become absolute against the file's folder. Errors (rejected) name the field; a model other than k_anonymity, a
/// metric other than loss, a weight other than 1 or a gs_factor other than 0.5 is refused by its name.
[[nodiscard]] Result<SearchConfig> read_search_config(const std::filesystem::path& file);

struct SearchReport {
  AnonymityResult result;
  std::vector<std::string> quasi_identifiers;  ///< in the order of result.levels
  std::int64_t records = 0;
  double load_seconds = 0;
};
/// Errors: rejected names column and record of a value that its hierarchy does not hold.
[[nodiscard]] Result<SearchReport> search(const SearchConfig& config, unsigned threads, Progress& progress);
/// {"optimal":true,"levels":{…},"utility_loss","suppressed","classes","lattice_nodes","nodes_checked","records",
///  "seconds":{"load","search"}}
[[nodiscard]] std::string search_json(const SearchReport& report);

/// Searches, then writes the table as CSV: quasi-identifiers at their levels, identifiers dropped, suppressed records
/// left out.
[[nodiscard]] Result<SearchReport> apply(const SearchConfig& config, const std::filesystem::path& out, unsigned threads,
                                         Progress& progress);

}  // namespace naru::protect
