#pragma once
/// Optimal full-domain generalisation with record suppression: the whole lattice is searched, so "optimal" is proven.
/// Loss, validity and tie rules: docs/methods/k-anonymity.md.
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace naru::protect {

/// Values of one quasi-identifier and what they become at each level. Row i of the hierarchy is one value of the domain
/// (observed or not): cells[i][0] is the value itself, cells[i][l] its form at level l.
struct Hierarchy {
  std::vector<std::vector<std::string>> cells;
  [[nodiscard]] std::size_t levels() const { return cells.empty() ? 0 : cells.front().size(); }
};

struct QuasiColumn {
  std::string name;
  Hierarchy hierarchy;
  std::vector<std::uint32_t> rows;  ///< per record: row of the hierarchy
};

enum class LossAggregate { geometric_mean, arithmetic_mean };

struct AnonymityRequest {
  std::vector<QuasiColumn> columns;  ///< at least one, all with the same number of records
  std::int64_t k = 0;                ///< >= 2
  double suppression_limit = 0;      ///< valid when suppressed <= floor(limit * records)
  LossAggregate aggregate = LossAggregate::geometric_mean;
};

struct AnonymityResult {
  std::vector<std::size_t> levels;  ///< per column
  double loss = 0;                  ///< 0 = nothing lost, 1 = everything
  std::int64_t suppressed = 0;
  std::int64_t classes = 0;  ///< kept ones
  std::uint64_t lattice_nodes = 0;
  std::uint64_t nodes_checked = 0;
  std::vector<std::uint8_t> kept;  ///< per record: 0 = suppressed
  double search_seconds = 0;
};

/// The valid node of least loss; ties go to the lower sum of levels, then to the lexicographically smaller one.
/// Errors: rejected (ragged hierarchy, a value generalised in two ways, more than 64 bits of codes, more than
/// 2,000,000 nodes), refused when no node is valid, conflict when interrupted.
[[nodiscard]] Result<AnonymityResult> anonymise(const AnonymityRequest& request, Progress& progress);

/// Loss of one node of the lattice with every class below k suppressed, valid or not; for tests and reports.
struct NodeScore {
  double loss = 0;
  std::int64_t classes = 0;  ///< before suppression
  std::int64_t below_k = 0;  ///< records in classes below k
};
[[nodiscard]] Result<NodeScore> score_node(const AnonymityRequest& request, const std::vector<std::size_t>& levels);

}  // namespace naru::protect
