#pragma once
/// Optimal full-domain generalisation with record suppression, fed row by row: rows are counted, not kept, so memory
/// grows with the different rows only. docs/methods/k-anonymity.md.
#include "base/progress.h"
#include "base/result.h"
#include "protect/privacy.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru::protect {

struct QuasiSpec {
  std::string name = {};
  Hierarchy hierarchy = {};
  double weight = 1;  ///< >= 0; of the column in the loss
};
struct SensitiveSpec {
  std::string name = {};
  /// Asked for by the hierarchical distance; gives the order of the ordered distance when present, else values are
  /// ordered as numbers when all are numbers, else by their bytes.
  Hierarchy hierarchy = {};
};
struct AnonymiserSpec {
  std::vector<QuasiSpec> columns = {};
  std::vector<SensitiveSpec> sensitive = {};
  Models models = {};
  Utility utility = {};
  double suppression_limit = 0;  ///< valid when suppressed <= floor(limit * records)
};

struct SearchOptions {
  unsigned threads = 1;           ///< 0: as many as there are processors; changes speed, never the answer
  double time_limit_seconds = 0;  ///< 0: none
  /// Of tables kept for the way back through the lattice, all threads together; beyond it they are made anew. Changes
  /// speed, never the answer.
  std::size_t table_bytes = std::size_t{256} << 20U;
};

struct Optimum {
  bool proven = true;                    ///< no valid node loses less
  double bound = 0;                      ///< when not proven: no valid node loses less than this
  std::vector<std::size_t> levels = {};  ///< per column of the spec
  double loss = 0;                       ///< in the metric's own unit; 0 = nothing lost
  std::int64_t suppressed = 0;
  std::int64_t classes = 0;         ///< kept ones
  std::uint64_t lattice_nodes = 0;  ///< 2^64-1 when there are more
  std::uint64_t nodes_checked = 0;
  std::uint64_t projections_checked = 0;
};

/// Loss of one node, valid or not; for tests and reports.
struct NodeScore {
  double loss = 0;
  std::int64_t classes = 0;  ///< before suppression
  std::int64_t kept_classes = 0;
  std::int64_t suppressed = 0;
};

class Anonymiser {
 public:
  /// Errors (rejected) name column and row or field: hierarchy ragged, empty, no tree, a value twice; a parameter out
  /// of range; models that contradict each other; too many codes.
  [[nodiscard]] static Result<Anonymiser> of(AnonymiserSpec spec);
  ~Anonymiser();
  Anonymiser(Anonymiser&&) noexcept;
  Anonymiser& operator=(Anonymiser&&) noexcept;

  /// Row of the column's hierarchy that holds the value, or nothing.
  [[nodiscard]] std::optional<std::uint32_t> row_of(std::size_t column, std::string_view value) const;
  /// Values of the column's hierarchy.
  [[nodiscard]] std::int64_t domain(std::size_t column) const;
  /// What a value of the column is at a level. REQUIRES: a row of the hierarchy and one of its levels.
  [[nodiscard]] const std::string& cell(std::size_t column, std::uint32_t row, std::size_t level) const;
  /// Code of a sensitive value; new ones are taken in when the column has no hierarchy. Nothing: not in the hierarchy,
  /// or more than 65,536 different values.
  [[nodiscard]] std::optional<std::uint32_t> value_of(std::size_t sensitive, std::string_view value);
  /// One record: a hierarchy row per column, a code per sensitive column.
  void add(std::span<const std::uint32_t> rows, std::span<const std::uint32_t> values);
  /// One record of the population table.
  void add_population(std::span<const std::uint32_t> rows);
  [[nodiscard]] std::int64_t records() const;
  [[nodiscard]] std::int64_t distinct() const;

  /// Ends the feeding. Errors (rejected): no record; k above the number of records; the population table lacks a record
  /// of the table; a population estimate for fewer persons than records.
  [[nodiscard]] Done finish();
  /// REQUIRES: finish() was called. Errors: refused when no node is valid; conflict when interrupted or when the time
  /// limit passed without any valid node.
  [[nodiscard]] Result<Optimum> search(const SearchOptions& options, Progress& progress) const;
  /// Error rejected: not a level of each column.
  [[nodiscard]] Result<NodeScore> score(const std::vector<std::size_t>& levels) const;

  /// The records that this node suppresses, with the people of the population whose class it suppresses, as a table of
  /// its own: same models, the whole table's distribution of sensitive values, no limit of suppression. What is found
  /// for it can be published beside the node (local recoding): a class of either holds the models, and so does a class
  /// that two of them share.
  [[nodiscard]] Anonymiser leftover(const std::vector<std::size_t>& levels) const;
  /// Per column of the spec: sum over the node's kept records of (hierarchy rows of the value / all rows).
  [[nodiscard]] std::vector<double> kept_shares(const std::vector<std::size_t>& levels) const;
  /// Per class of `keeper(levels)`: mean or median of the column's own values among its records.
  /// REQUIRES: every value of the column's hierarchy is a number.
  [[nodiscard]] std::vector<double> class_centres(const std::vector<std::size_t>& levels, std::size_t column,
                                                  bool median) const;
  /// Every node of the lattice, measured one after the other: slow, and the search's own judge.
  using EachNode = std::function<void(const std::vector<std::size_t>& levels, const NodeScore& score)>;
  void each_node(const EachNode& each) const;

  /// Which records of a node are kept.
  class Keeper {
   public:
    ~Keeper();
    Keeper(Keeper&&) noexcept;
    /// Class of the record, or -1 when it is suppressed. Classes are numbered from 0 without gaps.
    [[nodiscard]] std::int64_t class_of(std::span<const std::uint32_t> rows) const;

   private:
    friend class Anonymiser;
    struct State;
    explicit Keeper(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
  };
  [[nodiscard]] Keeper keeper(const std::vector<std::size_t>& levels) const;

 private:
  struct State;
  explicit Anonymiser(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace naru::protect
