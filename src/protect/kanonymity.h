#pragma once
/// k-anonymity of a table that stands in memory, for releases. The search itself: anonymiser.h.
#include "base/progress.h"
#include "base/result.h"
#include "protect/anonymiser.h"
#include "protect/privacy.h"

#include <cstdint>
#include <string>
#include <vector>

namespace naru::protect {

struct QuasiColumn {
  std::string name;
  Hierarchy hierarchy;
  std::vector<std::uint32_t> rows;  ///< per record: row of the hierarchy
};

struct AnonymityRequest {
  std::vector<QuasiColumn> columns;  ///< at least one, all with the same number of records
  std::int64_t k = 0;                ///< >= 2
  double suppression_limit = 0;      ///< valid when suppressed <= floor(limit * records)
  LossAggregate aggregate = LossAggregate::geometric_mean;
};

struct AnonymityResult {
  std::vector<std::size_t> levels = {};  ///< per column
  double loss = 0;                       ///< 0 = nothing lost, 1 = everything
  std::int64_t suppressed = 0;
  std::int64_t classes = 0;  ///< kept ones
  std::uint64_t lattice_nodes = 0;
  std::uint64_t nodes_checked = 0;
  std::vector<std::uint8_t> kept = {};  ///< per record: 0 = suppressed
  double search_seconds = 0;
};

/// The valid node of least loss; ties go to the lower sum of levels, then to the lexicographically smaller one.
/// Errors: rejected (see Anonymiser::of and finish), refused when no node is valid, conflict when interrupted.
[[nodiscard]] Result<AnonymityResult> anonymise(const AnonymityRequest& request, Progress& progress);

}  // namespace naru::protect
