#pragma once
/// The synthetic nation as one OMOP 5.4 lake: what linkage of all sites would give, without their errors and gaps.
/// For work at national scale: streams persons into Parquet, one file per table, ordered by person; memory is bounded
/// by the engine's limit whatever the number of persons. See docs/methods/synthetic-nation.md.
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace naru::synth {

struct LakeOptions {
  std::int64_t persons = 770'000;  ///< 1 … 60,000,000
  int hospitals = 3;               ///< whose visits a person may have, as in `synthesise`
  std::uint64_t seed = 1;
  int panel = 4;                   ///< laboratory tests of every hospital visit beside its own, 0 … 40
  std::filesystem::path out = {};  ///< created; must be empty or hold an earlier lake
  unsigned threads = 0;            ///< of the engine that writes Parquet; changes no byte
  std::uint64_t memory_mb = 2048;
};

struct LakeSummary {
  std::int64_t persons = 0;
  std::map<std::string, std::int64_t> rows = {};  ///< by OMOP table
  double seconds = 0;
};

/// Writes TABLE.parquet, vocabulary/, definitions/ and truth/lake.json below `out`. Bytes depend on persons, hospitals,
/// seed and panel only. Errors: usage for numbers out of range; conflict when `out` holds other things.
[[nodiscard]] Result<LakeSummary> synthesise_lake(const LakeOptions& options, Progress& progress);

}  // namespace naru::synth
