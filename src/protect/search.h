#pragma once
/// `naru protect search` and `apply`: a table in a file, its hierarchies, the wanted models and measure, from one JSON
/// configuration (docs/contract: "Protect"; docs/methods/k-anonymity.md).
#include "base/progress.h"
#include "protect/anonymiser.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

enum class ColumnRole { quasi_identifier, sensitive, insensitive, identifier };

struct SearchColumn {
  std::string name;
  ColumnRole role = ColumnRole::insensitive;
  std::filesystem::path hierarchy = {};  ///< CSV without header: value;level 1;…
  double weight = 1;
  enum class Centre { none, mean, median } centre = Centre::none;  ///< micro-aggregation of a quasi-identifier
};

struct SearchConfig {
  std::filesystem::path data;  ///< CSV (also .gz, .zst, .xz, .bz2, .zip) or Parquet
  char delimiter = 0;          ///< 0: found by looking
  std::string encoding = {};   ///< of data, population and hierarchies: utf-8 (also when empty) or cp949
  std::vector<SearchColumn> columns;
  std::filesystem::path population = {};    ///< for k_map and delta_presence: a table with the quasi-identifiers
  Models models = {};                       ///< sensitive columns by their place in `sensitive`
  std::vector<std::string> sensitive = {};  ///< names of those that a model speaks of
  Utility utility = {};
  double suppression_limit = 0;
  double time_limit_seconds = 0;  ///< 0: none
  bool local_recoding = false;    ///< what the optimum suppresses is generalised further instead, where it can be
};

/// Paths become absolute against the file's folder. Errors (rejected) name the field: an unknown key, model, metric,
/// role or kind; a model of a column that is not sensitive; a column listed twice.
[[nodiscard]] Result<SearchConfig> read_search_config(const std::filesystem::path& file);

/// The optimum and, by local recoding, what was found for the records it suppresses, one after the other.
struct Layer {
  Anonymiser table;
  Optimum optimum;
};

struct Refined {
  std::size_t layers = 1;
  std::int64_t suppressed = 0;
  std::int64_t classes = 0;
  /// Of the table as published; absent when the metric is not loss, or suppression is weighted (gs_factor below 0.5).
  std::optional<double> loss = {};
};

struct SearchReport {
  Optimum optimum = {};
  std::optional<Refined> refined = {};
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

/// The layers below an optimum that stand on their own; at most 16. Each keeps at least one record.
[[nodiscard]] Result<std::vector<Layer>> recode_locally(const Anonymiser& table, const Optimum& optimum,
                                                        unsigned threads, Progress& progress);

/// Searches, then writes the table as CSV: quasi-identifiers at their levels (or, when micro-aggregated, the centre
/// of their class), identifiers dropped, suppressed records left out.
[[nodiscard]] Result<SearchReport> apply(const SearchConfig& config, const std::filesystem::path& out, unsigned threads,
                                         Progress& progress);

}  // namespace naru::protect
