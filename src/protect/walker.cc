#include "protect/tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace naru::protect::detail {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

template <class Key>
std::size_t bytes_of(const ClassTables<Key>& tables) {
  auto out = tables.plain.groups.capacity();
  for (const auto& table : tables.sensitive) out += table.groups.capacity();
  return out * sizeof(Group<Key>);
}

}  // namespace

void LeftOut::add(double bound, std::span<const std::size_t> levels) {
  least = std::min(least, bound);
  if (levels.size() < deepest.levels.size()) return;
  if (levels.size() == deepest.levels.size()) {
    if (bound > deepest.bound) return;
    if (bound == deepest.bound && !std::ranges::lexicographical_compare(levels, deepest.levels)) return;
  }
  deepest.levels.assign(levels.begin(), levels.end());
  deepest.bound = bound;
}

void LeftOut::add(const LeftOut& other) {
  if (other.least == infinite) return;
  add(other.deepest.bound, other.deepest.levels);
  least = std::min(least, other.least);
}

template <class Key>
Walker<Key>::Walker(const Ground<Key>& ground, Stop& stop, std::size_t table_bytes)
    : ground_(ground), stop_(stop), judge_(ground.problem), held_most_(table_bytes) {
  const auto count = ground.problem.size();
  levels_.assign(count, 0);
  depths_.resize(count + 1);
  for (auto& depth : depths_) {
    depth.tables.resize(count + 1);
    depth.level_of.assign(count + 1, -1);
    for (const auto& column : ground.problem.columns) depth.reach.emplace_back(column.levels, 0);
  }
}

template <class Key>
void Walker<Key>::choose(std::size_t depth, std::size_t level) {
  levels_[depth] = level;
  // The sibling's tables are rolled on; those below it are of no use any more.
  auto& child = depths_[depth + 1];
  for (auto& at : child.level_of) {
    if (at > static_cast<std::int64_t>(level)) at = -1;
  }
  for (std::size_t d = depth + 2; d < depths_.size(); ++d) std::ranges::fill(depths_[d].level_of, -1);
}

template <class Key>
const ClassTables<Key>& Walker<Key>::table(std::size_t depth, std::size_t columns) {
  while (depth > 0 && levels_[depth - 1] == 0) --depth;
  if (depth == 0) return ground_.first[columns];
  if (depth == 1) return ground_.lifted(levels_[0], columns, counter_);
  auto& here = depths_[depth];
  const auto column = depth - 1;
  const auto level = levels_[column];
  auto& at = here.level_of[columns];
  if (at == static_cast<std::int64_t>(level)) return here.tables[columns];
  if (!has_room()) return passing_table(depth, columns);
  const auto from = at > 0 ? static_cast<std::size_t>(at) : 0;
  const Step step{column, ground_.between[column][from][level].data(), ground_.problem.columns[column].values(level)};
  if (at > 0) {
    held_ -= bytes_of(here.tables[columns]);
    roll_all(here.tables[columns], step, counter_, spare_);
    std::swap(here.tables[columns], spare_);
  } else {
    const auto& parent = table(depth - 1, columns);
    held_ -= bytes_of(here.tables[columns]);
    roll_all(parent, step, counter_, here.tables[columns]);
  }
  held_ += bytes_of(here.tables[columns]);
  at = static_cast<std::int64_t>(level);
  return here.tables[columns];
}

template <class Key>
bool Walker<Key>::has_room() {
  if (held_ <= held_most_) return true;
  // Tables that stand for nothing any more kept their memory for others to come.
  for (auto& depth : depths_) {
    for (std::size_t columns = 0; columns < depth.tables.size(); ++columns) {
      if (depth.level_of[columns] >= 0) continue;
      held_ -= bytes_of(depth.tables[columns]);
      depth.tables[columns] = {};
    }
  }
  return held_ <= held_most_;
}

template <class Key>
const ClassTables<Key>& Walker<Key>::passing_table(std::size_t depth, std::size_t columns) {
  // From the nearest table above that is there, all columns that moved since in one go.
  auto from = depth;
  while (from > 1 &&
         (levels_[from - 1] == 0 || depths_[from].level_of[columns] != static_cast<std::int64_t>(levels_[from - 1])))
    --from;
  const bool lifted = from == 1 && levels_[0] > 0;
  const auto& nearest = from > 1 ? depths_[from].tables[columns]
                        : lifted ? ground_.lifted(levels_[0], columns, counter_)
                                 : ground_.first[columns];
  std::vector<Step> steps;
  for (auto column = from; column < depth; ++column) {
    const auto level = levels_[column];
    if (level == 0) continue;
    steps.push_back({column, ground_.between[column][0][level].data(), ground_.problem.columns[column].values(level)});
  }
  roll<Key>(nearest.plain, steps, counter_, spare_.plain);
  spare_.sensitive.resize(nearest.sensitive.size());
  for (std::size_t s = 0; s < nearest.sensitive.size(); ++s) {
    roll<Key>(nearest.sensitive[s], steps, counter_, spare_.sensitive[s]);
  }
  return spare_;
}

template <class Key>
double Walker<Key>::bound(std::size_t depth, std::int64_t lost) {
  const auto& measure = ground_.measure;
  const auto count = ground_.problem.size();
  const auto& here = depths_[depth];
  // A column still to be decided loses at least what its cheapest level that can be valid loses; and whatever it takes,
  // at least the fewest records of those levels are gone, which raises the others.
  for (std::size_t c = depth; c < count; ++c) {
    std::int64_t fewest = std::numeric_limits<std::int64_t>::max();
    for (const auto reach : here.reach[c]) fewest = std::min(fewest, std::max(reach, lost));
    lost = fewest;
  }
  if (lost > ground_.problem.suppressed_max) return infinite;
  if (measure.over_classes()) {
    return depth == 0 ? 0 : measure.class_bound(table(depth, count).plain, lost);
  }
  double out = 0;
  for (std::size_t c = 0; c < depth; ++c) out += measure.term(c, levels_[c], lost);
  for (std::size_t c = depth; c < count; ++c) {
    double least = infinite;
    for (std::size_t l = 0; l < here.reach[c].size(); ++l) {
      const auto gone = std::max(here.reach[c][l], lost);
      if (gone <= ground_.problem.suppressed_max) least = std::min(least, measure.term(c, l, gone));
    }
    out += least;
  }
  return out;
}

template <class Key>
std::optional<double> Walker<Key>::enter(std::size_t depth, double cutoff) {
  const auto& problem = ground_.problem;
  const auto level = levels_[depth];
  const auto& parent = depths_[depth];
  auto& child = depths_[depth + 1];
  child.lost = std::max(parent.lost, parent.reach[depth][level]);
  if (child.lost > problem.suppressed_max) return std::nullopt;
  for (std::size_t c = depth + 1; c < problem.size(); ++c) {
    for (std::size_t l = 0; l < child.reach[c].size(); ++l) {
      child.reach[c][l] = std::max(parent.reach[c][l], ground_.lost_in_pair(depth, c, level, l));
    }
  }
  if (!ground_.measure.over_classes() && !worth(depth + 1, bound(depth + 1, child.lost), cutoff)) return std::nullopt;
  const auto& prefix = table(depth + 1, depth + 1);
  if (depth + 1 < problem.size()) ++projections_checked;
  child.lost = std::max(child.lost, judge_.lost(prefix.plain));
  if (child.lost > problem.suppressed_max) return std::nullopt;
  if (ground_.whole_prefixes && depth + 1 < problem.size()) {
    leaf_ = prefix;
    if (!judge_.all_hold(leaf_)) return std::nullopt;
  }
  const double least = bound(depth + 1, child.lost);
  return worth(depth + 1, least, cutoff) ? std::optional(least) : std::nullopt;
}

template <class Key>
bool Walker<Key>::worth(std::size_t depth, double bound, double cutoff) {
  if (bound > cutoff) return false;
  if (bound <= ceiling_) return true;
  left_out_.add(bound, {levels_.data(), depth});
  // Who got as far as a node looks at it: what it loses cuts the passes to come.
  return depth == levels_.size();
}

template <class Key>
double Walker<Key>::cutoff(const std::optional<Node>& best) const {
  if (!best) return std::numeric_limits<double>::max();
  // Equal losses are decided by the tie rule, so a bound that only equals the best does not cut.
  const double sum = ground_.measure.summed(best->loss);
  return sum + 1e-12 * std::max(1.0, std::abs(sum));
}

template <class Key>
void Walker<Key>::visit(std::optional<Node>& best) {
  ++nodes_checked;
  const auto& classes = table(levels_.size(), levels_.size());
  Node node{.levels = levels_};
  if (classes.sensitive.empty()) {
    // Without sensitive columns judging changes nothing in the table.
    node.verdict = judge_(const_cast<ClassTables<Key>&>(classes), kept_);
  } else {
    leaf_ = classes;
    node.verdict = judge_(leaf_, kept_);
  }
  if (node.verdict.suppressed > ground_.problem.suppressed_max) return;
  node.loss = ground_.measure.score(classes.plain, kept_, node.verdict, levels_);
  if (ground_.better(node, best)) best = std::move(node);
}

template <class Key>
void Walker<Key>::descend(std::size_t depth, std::optional<Node>& best, std::size_t until, std::vector<Prefix>* found) {
  if (depth == levels_.size()) return visit(best);
  for (std::size_t level = 0; level < ground_.problem.columns[depth].levels; ++level) {
    stop_.look(progress);
    if (stop_.now()) return;
    choose(depth, level);
    const auto least = enter(depth, cutoff(best));
    if (!least) continue;
    if (found != nullptr && depth + 1 == until) {
      found->push_back(
          {std::vector<std::size_t>(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(until)), *least});
    } else {
      descend(depth + 1, best, until, found);
    }
  }
}

template <class Key>
void Walker<Key>::start(const std::vector<std::size_t>& levels) {
  for (auto& depth : depths_) std::ranges::fill(depth.level_of, -1);
  for (auto& reach : depths_[0].reach) std::ranges::fill(reach, 0);
  depths_[0].lost = 0;
  for (std::size_t d = 0; d < levels.size(); ++d) {
    choose(d, levels[d]);
    // Only the figures of the way down are wanted; whether it leads anywhere was decided when the prefix was found.
    (void)enter(d, infinite);
  }
}

template <class Key>
std::vector<Prefix> Walker<Key>::prefixes(std::size_t depth) {
  start({});
  std::vector<Prefix> out;
  if (depth == 0) return {Prefix{}};
  std::optional<Node> none;
  descend(0, none, depth, &out);
  return out;
}

template <class Key>
void Walker<Key>::set_ceiling(double ceiling) {
  ceiling_ = ceiling;
  left_out_ = {};
}

template <class Key>
std::optional<Node> Walker<Key>::topmost() {
  std::vector<std::size_t> top;
  for (const auto& column : ground_.problem.columns) top.push_back(column.levels - 1);
  start(top);
  std::optional<Node> out;
  visit(out);
  return out;
}

template <class Key>
std::optional<Node> Walker<Key>::dive(const Prefix& prefix, std::optional<Node> best) {
  set_ceiling(infinite);
  start(prefix.levels);
  for (std::size_t depth = prefix.levels.size(); depth < levels_.size(); ++depth) {
    double least = infinite;
    std::size_t chosen = 0;
    for (std::size_t level = 0; level < ground_.problem.columns[depth].levels; ++level) {
      stop_.look(progress);
      if (stop_.now()) return best;
      choose(depth, level);
      const auto bound = enter(depth, infinite);
      if (!bound || *bound >= least) continue;
      least = *bound;
      chosen = level;
    }
    if (least == infinite) return best;
    choose(depth, chosen);
    (void)enter(depth, infinite);
  }
  visit(best);
  return best;
}

template <class Key>
std::optional<Node> Walker<Key>::explore(const Prefix& prefix, std::optional<Node> best) {
  std::ranges::copy(prefix.levels, levels_.begin());
  if (!worth(prefix.levels.size(), prefix.bound, cutoff(best))) return best;
  start(prefix.levels);
  descend(prefix.levels.size(), best, levels_.size() + 1, nullptr);
  return best;
}

template class Walker<Narrow>;
template class Walker<Wide>;

}  // namespace naru::protect::detail
