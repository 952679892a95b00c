#pragma once
/// `naru protect search` and `apply`: a table in a file, its hierarchies, the wanted models and measure, from one JSON
/// configuration (docs/contract: "Protect"; docs/methods/k-anonymity.md).
#include "base/progress.h"
#include "protect/anonymiser.h"

#include <filesystem>
#include <string>
#include <vector>

namespace naru::protect {

enum class ColumnRole { quasi_identifier, sensitive, insensitive, identifier };

struct SearchColumn {
  std::string name;
  ColumnRole role = ColumnRole::insensitive;
  std::filesystem::path hierarchy = {};  ///< CSV without header: value;level 1;…
  double weight = 1;
};

struct SearchConfig {
  std::filesystem::path data;  ///< CSV (also .gz, .zst, .xz, .bz2, .zip) or Parquet
  char delimiter = 0;          ///< 0: found by looking
  std::vector<SearchColumn> columns;
  std::filesystem::path population = {};    ///< for k_map and delta_presence: a table with the quasi-identifiers
  Models models = {};                       ///< sensitive columns by their place in `sensitive`
  std::vector<std::string> sensitive = {};  ///< names of those that a model speaks of
  Utility utility = {};
  double suppression_limit = 0;
  double time_limit_seconds = 0;  ///< 0: none
};

/// Paths become absolute against the file's folder. Errors (rejected) name the field: an unknown key, model, metric,
/// role or kind; a model of a column that is not sensitive; a column listed twice.
[[nodiscard]] Result<SearchConfig> read_search_config(const std::filesystem::path& file);

struct SearchReport {
  Optimum optimum = {};
  std::vector<std::string> quasi_identifiers = {};  ///< in the order of optimum.levels
  std::int64_t records = 0;
  std::int64_t distinct = 0;  ///< different combinations of quasi-identifiers
  double load_seconds = 0;    ///< reading, encoding, counting equal rows
  double search_seconds = 0;
  double load_cpu_seconds = 0;  ///< of all threads
  double search_cpu_seconds = 0;
};

/// The table read into an Anonymiser, ready to be searched; for the commands, tests and reports.
/// Errors: rejected names column and record of a value that its hierarchy does not hold; those of Anonymiser.
[[nodiscard]] Result<Anonymiser> load(const SearchConfig& config, Progress& progress);
[[nodiscard]] Result<SearchReport> search(const SearchConfig& config, unsigned threads, Progress& progress);
/// {"optimal":true,"levels":{…},"utility_loss","suppressed","classes","lattice_nodes","nodes_checked",
///  "projections_checked","records","distinct","seconds":{"load","search"},"cpu_seconds":{…}}; not proven:
///  "optimal":false and "bound".
[[nodiscard]] std::string search_json(const SearchReport& report);

/// Searches, then writes the table as CSV: quasi-identifiers at their levels, identifiers dropped, suppressed records
/// left out.
[[nodiscard]] Result<SearchReport> apply(const SearchConfig& config, const std::filesystem::path& out, unsigned threads,
                                         Progress& progress);

}  // namespace naru::protect
