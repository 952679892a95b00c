#pragma once
/// What all threads of a search read, and one thread's walk. Not for other rooms.
#include "base/progress.h"
#include "protect/branch.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace naru::protect::detail {

/// A choice of levels for the first columns.
struct Prefix {
  std::vector<std::size_t> levels = {};
  double bound = 0;  ///< on the scale of Measure::summed
};

/// What lies above the ceiling of a pass.
struct LeftOut {
  double least = std::numeric_limits<double>::infinity();  ///< bound of all of it; infinite: nothing was left out
  Prefix deepest = {};  ///< of the most columns; of those the one of the least bound, then of the least levels
  void add(double bound, std::span<const std::size_t> levels);
  void add(const LeftOut& other);
};

/// Shared by the threads of one search.
struct Stop {
  std::atomic<bool> interrupted = false;
  std::atomic<bool> late = false;
  double deadline = 0;  ///< steady_seconds(); 0: never
  [[nodiscard]] bool now() const { return interrupted || late; }
  /// `progress`: only of the thread that called the search.
  void look(Progress* progress);
};

/// Made once, then only read.
template <class Key>
struct Ground {
  /// When `stop` says so, only `problem`, `measure` and `first.back()` are of use afterwards.
  Ground(const Problem& problem, ClassTables<Key> finest, std::vector<std::size_t> place, unsigned threads, Stop& stop,
         Progress& progress);
  [[nodiscard]] bool better(const Node& one, const std::optional<Node>& other) const;
  /// Records lost for good in the classes of two columns alone, at these levels. REQUIRES: a < b.
  [[nodiscard]] std::int64_t lost_in_pair(std::size_t a, std::size_t b, std::size_t la, std::size_t lb) const {
    const auto& counted = pairs[a * problem.size() + b];
    return counted.empty() ? 0 : counted[la * problem.columns[b].levels + lb];
  }
  const Problem& problem;
  Measure measure;
  std::vector<std::size_t> place;
  bool whole_prefixes = false;  ///< prefixes are asked all models, not only those of class size
  /// first[j]: the table over the first j columns, at level 0.
  std::vector<ClassTables<Key>> first;
  /// The same with the first column at a level above 0, from where most prefixes start; made when first asked for, by
  /// whichever thread.
  [[nodiscard]] const ClassTables<Key>& lifted(std::size_t level, std::size_t columns, Counter<Key>& counter) const;
  std::vector<std::vector<std::int64_t>> pairs;  ///< an empty one tells nothing
  /// between[c][from][to]: code at level from → code at level to.
  std::vector<std::vector<std::vector<std::vector<std::uint32_t>>>> between;

 private:
  void project_onto(std::size_t columns, Counter<Key>& counter);
  /// `made`: the least j whose first[j] is made; it falls while others make them.
  void count_pairs(const std::atomic<std::size_t>& made, Stop& stop);
  void count_pairs_of(std::size_t b);
  [[nodiscard]] std::size_t grid_cells(std::size_t a, std::size_t b) const;
  struct Lifted {
    std::once_flag once;
    ClassTables<Key> tables;
  };
  /// By level and number of columns; what stands in it never changes once it is made.
  mutable std::vector<Lifted> lifted_;
};

/// All tables of a node with one column moved up.
template <class Key>
void roll_all(const ClassTables<Key>& in, const Step& step, Counter<Key>& counter, ClassTables<Key>& out) {
  roll<Key>(in.plain, {&step, 1}, counter, out.plain);
  out.sensitive.resize(in.sensitive.size());
  for (std::size_t s = 0; s < in.sensitive.size(); ++s) {
    roll<Key>(in.sensitive[s], {&step, 1}, counter, out.sensitive[s]);
  }
}

template <class Key>
class Walker {
 public:
  /// `table_bytes`: memory for tables that are kept for the way back; without it they are made anew, which is slower.
  Walker(const Ground<Key>& ground, Stop& stop, std::size_t table_bytes);

  /// The prefixes of `depth` columns below which a valid node may lie.
  [[nodiscard]] std::vector<Prefix> prefixes(std::size_t depth);
  /// Nodes above the ceiling (on the scale of Measure::summed) are left out by `explore` from now on.
  void set_ceiling(double ceiling);
  /// What was left out since, though it may be better than the best node known.
  [[nodiscard]] const LeftOut& left_out() const { return left_out_; }
  /// The node of the highest levels, when it is valid.
  [[nodiscard]] std::optional<Node> topmost();
  /// The node that lies where every column in its turn takes the level of the least bound, if it is valid and better
  /// than `best`, else `best`.
  [[nodiscard]] std::optional<Node> dive(const Prefix& prefix, std::optional<Node> best);
  /// The best node below `prefix` if it is better than `best`, else `best`. Stops early when `stop` says so.
  [[nodiscard]] std::optional<Node> explore(const Prefix& prefix, std::optional<Node> best);

  std::uint64_t nodes_checked = 0;
  std::uint64_t projections_checked = 0;
  Progress* progress = nullptr;  ///< only the calling thread's walker asks it whether to stop

 private:
  struct Depth {
    /// reach[c][l]: records lost for good if column c (not decided yet) goes to level l.
    std::vector<std::vector<std::int64_t>> reach;
    std::int64_t lost = 0;
    std::vector<ClassTables<Key>> tables;  ///< by number of columns
    std::vector<std::int64_t> level_of;    ///< level of the last decided column the table stands at; -1: not made
  };
  void start(const std::vector<std::size_t>& levels);
  void choose(std::size_t depth, std::size_t level);
  const ClassTables<Key>& table(std::size_t depth, std::size_t columns);
  /// The same when there is no memory to keep it; valid until the next one.
  const ClassTables<Key>& passing_table(std::size_t depth, std::size_t columns);
  [[nodiscard]] bool has_room();
  [[nodiscard]] double bound(std::size_t depth, std::int64_t lost);
  /// Bound of the child that `choose(depth, level)` opened; nothing when no valid node lies below it.
  [[nodiscard]] std::optional<double> enter(std::size_t depth, double cutoff);
  /// Whether what is below the first `depth` columns' levels is to be looked at; notes what is left out.
  [[nodiscard]] bool worth(std::size_t depth, double bound, double cutoff);
  [[nodiscard]] double cutoff(const std::optional<Node>& best) const;
  void visit(std::optional<Node>& best);
  void descend(std::size_t depth, std::optional<Node>& best, std::size_t until, std::vector<Prefix>* found);

  const Ground<Key>& ground_;
  Stop& stop_;
  Judge<Key> judge_;
  Counter<Key> counter_;
  std::vector<std::size_t> levels_;
  std::vector<Depth> depths_;
  std::size_t held_ = 0;  ///< bytes of the tables kept in depths_
  std::size_t held_most_;
  ClassTables<Key> spare_;
  ClassTables<Key> leaf_;
  std::vector<std::uint8_t> kept_;
  double ceiling_ = std::numeric_limits<double>::max();
  LeftOut left_out_;
};

}  // namespace naru::protect::detail
