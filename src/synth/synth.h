#pragma once
/// A coherent synthetic nation: persons with stated marginals who visit several sites, written as those sites would
/// export them, with the truth beside it. See docs/methods/synthetic-nation.md for what is planted and how.
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naru::synth {

struct SynthOptions {
  std::int64_t persons = 20'000;  ///< 1 … 5,000,000
  int hospitals = 3;              ///< 1 … 9; their exports cycle FHIR R4, OMOP 5.4 CSV, OMOP 5.3 Parquet
  std::uint64_t seed = 1;
  std::filesystem::path out;  ///< created; must be empty or hold an earlier synthetic nation
};

struct TableRows {
  std::string site;       ///< "hospital-a", …, "agency"
  std::string table;      ///< file stem within the site, for example "Condition", "condition_occurrence", "t20"
  std::int64_t rows = 0;  ///< rows or resources written, planted bad ones included
  std::int64_t bad = 0;   ///< planted bad ones among them
};

struct Summary {
  std::int64_t persons = 0;
  std::int64_t person_sites = 0;
  std::int64_t pairs = 0;  ///< true pairs over all pairs of sites
  std::vector<TableRows> tables = {};
  double seconds = 0;
};

/// Writes everything below `options.out` (layout: docs/reference/synthetic-nation.md). Bytes depend on
/// persons, hospitals and seed only. Errors: usage for numbers out of range; conflict when `out` holds other things.
[[nodiscard]] Result<Summary> synthesise(const SynthOptions& options, Progress& progress);

/// "hospital-a" for 0, and so on.
[[nodiscard]] std::string hospital_name(int index);

}  // namespace naru::synth
