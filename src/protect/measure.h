#pragma once
/// What a node loses, exactly, and the least that any node below a partial choice can lose. Not for other rooms.
/// Formulas: docs/methods/k-anonymity.md.
#include "protect/classes.h"
#include "protect/codes.h"

#include <cstdint>
#include <vector>

namespace naru::protect::detail {

class Measure {
 public:
  explicit Measure(const Problem& problem);

  /// Loss of a node. `levels` in the order of problem.columns.
  template <class Key>
  [[nodiscard]] double score(const Table<Key>& plain, const std::vector<std::uint8_t>& kept, const Verdict& verdict,
                             const std::vector<std::size_t>& levels) const;

  /// Losses as sums over columns: the column's part at this level when at least `suppressed` records are lost; never
  /// above what `score` would add. 0 for metrics over classes.
  [[nodiscard]] double term(std::size_t column, std::size_t level, std::int64_t suppressed) const;
  /// A loss on the scale of those sums, and back.
  [[nodiscard]] double summed(double loss) const;
  [[nodiscard]] double unsummed(double sum) const;
  /// True for discernibility and average class size: then `class_bound` says what a refinement of these classes loses
  /// at least, and terms say nothing.
  [[nodiscard]] bool over_classes() const;
  template <class Key>
  [[nodiscard]] double class_bound(const Table<Key>& finest, std::int64_t suppressed) const;

 private:
  struct Level {
    std::vector<double> share = {};  ///< per code: hierarchy rows / all rows
    std::vector<std::int64_t> records = {};
    double kept_whole = 0;  ///< the column's part when nothing is suppressed: sum of shares, or entropy
    /// By what a record adds when it is suppressed, least first: (addition, records).
    std::vector<std::pair<double, double>> additions = {};
  };
  struct Column {
    std::vector<Level> levels;
    double weight = 1;  ///< share of all weights
    double least = 0;   ///< of the sum of shares
  };
  [[nodiscard]] double addition(const Level& level, double suppressed) const;
  [[nodiscard]] double normalised(const Column& column, double lost) const;
  [[nodiscard]] double loss_of(const std::vector<std::vector<std::int64_t>>& suppressed, std::int64_t all,
                               const std::vector<std::size_t>& levels) const;
  [[nodiscard]] double aggregate(const std::vector<double>& values) const;
  const Problem& problem_;
  std::vector<Column> columns_;
  double records_;
  double g_ = 1;  ///< weight of what generalisation loses
  double s_ = 1;  ///< weight of what suppression loses
  bool equal_weights_ = true;
};

}  // namespace naru::protect::detail
