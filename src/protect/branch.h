#pragma once
/// Branch and bound over the lattice of levels: exact, in bounded memory, the same for any number of threads. Not for
/// other rooms. How and why: docs/methods/k-anonymity.md, "Search".
#include "base/progress.h"
#include "protect/classes.h"
#include "protect/measure.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace naru::protect::detail {

/// One node of the lattice, decided and measured.
struct Node {
  std::vector<std::size_t> levels = {};  ///< in the order of problem.columns
  double loss = 0;
  Verdict verdict = {};
};

struct Outcome {
  std::optional<Node> best = {};  ///< absent: no node is valid, or none was found in time
  bool proven = true;             ///< false: stopped by the time limit
  double bound = 0;               ///< no valid node loses less; the best loss when proven
  std::uint64_t nodes_checked = 0;
  std::uint64_t projections_checked = 0;  ///< nodes of fewer columns, looked at to bound many nodes at once
};

struct BranchOptions {
  unsigned threads = 1;  ///< at least 1
  std::size_t table_bytes = 0;
  double deadline = 0;  ///< steady_seconds() at which to stop; 0: never
  /// The columns' places in the request, for ties: fewer levels in sum, then the lexicographically smaller request
  /// order.
  std::vector<std::size_t> place = {};
};

/// `finest`: groups at level 0. Error conflict when interrupted.
template <class Key>
[[nodiscard]] Result<Outcome> branch_and_bound(const Problem& problem, ClassTables<Key> finest,
                                               const BranchOptions& options, Progress& progress);

/// One node, from the groups at level 0; `kept` gets a byte per class.
template <class Key>
[[nodiscard]] Node measure_node(const Problem& problem, const ClassTables<Key>& finest,
                                const std::vector<std::size_t>& levels, ClassTables<Key>& classes,
                                std::vector<std::uint8_t>& kept);

}  // namespace naru::protect::detail
