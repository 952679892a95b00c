// The lattice is cut into prefixes, which are searched in parallel in the order of their bounds; each against the best
// node of those that lie a fixed number before it. So what is looked at does not depend on how many threads there are.
#include "protect/branch.h"

#include "base/clock.h"
#include "base/spread.h"
#include "protect/tree.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <limits>
#include <thread>

namespace naru::protect::detail {
namespace {

constexpr std::size_t prefixes_wanted = 48;
// By how much the ceiling on the loss rises from pass to pass: the more columns, the more a little higher ceiling
// costs.
double growth_for(const Problem& problem) {
  const double share = 9.0 / static_cast<double>(problem.size());
  return 1 + std::min(1.0, share * share);
}
// A prefix does not wait for those less than so many before it.
constexpr std::size_t window = 8;
constexpr auto look_around = std::chrono::milliseconds(20);

std::size_t depth_for(const Problem& problem) {
  std::size_t choices = 1;
  for (std::size_t c = 0; c + 1 < problem.size(); ++c) {
    choices *= problem.columns[c].levels;
    if (choices >= prefixes_wanted) return c + 1;
  }
  return problem.size() - 1;
}

// The prefixes of a pass and what was found below them. Threads take them one by one.
template <class Key>
class Pass {
 public:
  Pass(const Ground<Key>& ground, Stop& stop, const std::vector<Prefix>& prefixes, std::optional<Node> best)
      : ground_(ground), stop_(stop), prefixes_(prefixes), best_(prefixes.size() + 1), ended_(prefixes.size(), 0) {
    best_[0] = std::move(best);
  }

  /// Until there is nothing left to take, or the search stops. `progress`: of the calling thread only.
  void work(Walker<Key>& walker, Progress* progress, const Text& deed) {
    std::unique_lock lock(mutex_);
    while (next_ < prefixes_.size()) {
      const auto i = next_++;
      const auto before = i < window ? 0 : i - window + 1;
      if (!wait(lock, before, progress)) return;
      const auto known = best_[before];
      lock.unlock();
      auto found = walker.explore(prefixes_[i], known);
      lock.lock();
      end(i, std::move(found));
      if (progress != nullptr) progress->at(deed, complete_, prefixes_.size());
    }
    // Only the calling thread sees that it is to stop, so it stays until all are through.
    if (progress != nullptr) (void)wait(lock, prefixes_.size(), progress);
  }
  /// So many of the first prefixes were searched to their end.
  [[nodiscard]] std::size_t complete() const { return complete_; }
  /// Of all that was found, also below prefixes that were not searched to their end.
  [[nodiscard]] std::optional<Node> best() const {
    auto out = best_[0];
    for (const auto& node : best_) {
      if (node && ground_.better(*node, out)) out = node;
    }
    return out;
  }

 private:
  bool wait(std::unique_lock<std::mutex>& lock, std::size_t until, Progress* progress) {
    while (complete_ < until && !stop_.now()) {
      change_.wait_for(lock, look_around);
      stop_.look(progress);
    }
    return complete_ >= until;
  }
  void end(std::size_t i, std::optional<Node> found) {
    best_[i + 1] = std::move(found);
    // Perhaps not all below the prefix was seen.
    if (stop_.now()) return;
    ended_[i] = 1;
    for (; complete_ < prefixes_.size() && ended_[complete_] != 0; ++complete_) {
      auto& here = best_[complete_ + 1];
      const auto& before = best_[complete_];
      if (!here || (before && !ground_.better(*here, before))) here = before;
    }
    change_.notify_all();
  }

  const Ground<Key>& ground_;
  Stop& stop_;
  const std::vector<Prefix>& prefixes_;
  std::mutex mutex_;
  std::condition_variable change_;
  std::size_t next_ = 0;
  std::size_t complete_ = 0;
  std::vector<std::optional<Node>> best_;  ///< by number of complete prefixes; beyond: what the prefix itself gave
  std::vector<char> ended_;
};

template <class Key>
class Search {
 public:
  Search(const Ground<Key>& ground, Stop& stop, const BranchOptions& options, Progress& progress)
      : ground_(ground), stop_(stop), progress_(progress) {
    for (unsigned t = 0; t < options.threads; ++t)
      walkers_.push_back(std::make_unique<Walker<Key>>(ground, stop, options.table_bytes / options.threads));
    walkers_.front()->progress = &progress;
  }

  Outcome run() {
    auto& first = *walkers_.front();
    // With little time, something is better than nothing.
    if (stop_.deadline > 0) take(first.dive({}, {}));
    prefixes_ = first.prefixes(depth_for(ground_.problem));
    const bool complete = !stop_.now();
    std::ranges::sort(prefixes_, [](const auto& a, const auto& b) {
      return a.bound != b.bound ? a.bound < b.bound : a.levels < b.levels;
    });
    if (complete && !prefixes_.empty()) passes();
    if (!best_ && stop_.late) take(first.topmost());
    Outcome out{.best = best_, .proven = !stop_.now(), .bound = ground_.measure.unsummed(proven_)};
    if (best_) out.bound = out.proven ? best_->loss : std::min(best_->loss, out.bound);
    for (const auto& walker : walkers_) {
      out.nodes_checked += walker->nodes_checked;
      out.projections_checked += walker->projections_checked;
    }
    return out;
  }

 private:
  // Pass by pass everything below a ceiling is searched, until a pass holds a valid node: then its best one is the best
  // of all. A low ceiling costs little, and spares the search the time before it knows a good node. When a pass ends
  // without, the deepest prefix that it left out is nearly a good node: the dive from there gives the next pass one.
  void passes() {
    const auto& measure = ground_.measure;
    proven_ = prefixes_.front().bound;
    const double growth = growth_for(ground_.problem);
    double ceiling = measure.summed(measure.unsummed(prefixes_[prefixes_.size() / 8].bound) * growth);
    for (int number = 1;; ++number) {
      const auto left_out = pass(ceiling, number);
      if (stop_.now()) return;
      if (best_ && measure.summed(best_->loss) <= ceiling) return;
      // Without anything left out there is no valid node.
      if (left_out.least == std::numeric_limits<double>::infinity()) return;
      proven_ = std::max(proven_, left_out.least);
      ceiling = std::max(measure.summed(measure.unsummed(ceiling) * growth), left_out.least);
      take(walkers_.front()->dive(left_out.deepest, best_));
    }
  }

  LeftOut pass(double ceiling, int number) {
    Pass<Key> all(ground_, stop_, prefixes_, best_);
    const auto deed = say("searching generalisations, pass {}", "일반화 탐색 {}회차", number);
    const Spread spread;
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < walkers_.size(); ++t) {
      walkers_[t]->set_ceiling(ceiling);
      if (t == 0) continue;
      threads.emplace_back([&, t] {
        spread.place(t);
        all.work(*walkers_[t], nullptr, deed);
      });
    }
    all.work(*walkers_.front(), &progress_, deed);
    for (auto& thread : threads) thread.join();
    take(all.best());
    LeftOut out;
    for (const auto& walker : walkers_) out.add(walker->left_out());
    // What was not searched to its end may hold anything above the bound of its prefix; prefixes come least first.
    if (stop_.now() && all.complete() < prefixes_.size()) {
      proven_ = std::max(proven_, std::min(prefixes_[all.complete()].bound, ceiling));
    }
    return out;
  }

  void take(const std::optional<Node>& node) {
    if (node && ground_.better(*node, best_)) best_ = node;
  }

  const Ground<Key>& ground_;
  Stop& stop_;
  Progress& progress_;
  std::vector<std::unique_ptr<Walker<Key>>> walkers_;
  std::vector<Prefix> prefixes_;
  std::optional<Node> best_;
  double proven_ = 0;  ///< no valid node is below this, on the scale of Measure::summed
};

// Before anything was prepared: the node of the highest levels, which is the most likely to be valid.
template <class Key>
Outcome unprepared(const Problem& problem, const ClassTables<Key>& finest) {
  std::vector<std::size_t> top;
  for (const auto& column : problem.columns) top.push_back(column.levels - 1);
  ClassTables<Key> classes;
  std::vector<std::uint8_t> kept;
  Outcome out{.proven = false};
  auto node = measure_node(problem, finest, top, classes, kept);
  out.nodes_checked = 1;
  if (node.verdict.suppressed <= problem.suppressed_max) out.best = std::move(node);
  return out;
}

}  // namespace

void Stop::look(Progress* progress) {
  if (deadline > 0 && steady_seconds() > deadline) late = true;
  if (progress != nullptr && progress->stop_requested()) interrupted = true;
}

template <class Key>
Result<Outcome> branch_and_bound(const Problem& problem, ClassTables<Key> finest, const BranchOptions& options,
                                 Progress& progress) {
  Stop stop;
  stop.deadline = options.deadline;
  progress.at(say("preparing the search", "탐색 준비"), 0, 0);
  const Ground<Key> ground(problem, std::move(finest), options.place, options.threads, stop, progress);
  Outcome out;
  if (stop.now()) {
    if (stop.late) out = unprepared(problem, ground.first.back());
  } else {
    out = Search<Key>(ground, stop, options, progress).run();
  }
  if (stop.interrupted) return interrupted();
  return out;
}

template <class Key>
Node measure_node(const Problem& problem, const ClassTables<Key>& finest, const std::vector<std::size_t>& levels,
                  ClassTables<Key>& classes, std::vector<std::uint8_t>& kept) {
  std::vector<Step> steps;
  for (std::size_t c = 0; c < levels.size(); ++c) {
    const auto& column = problem.columns[c];
    if (levels[c] > 0) steps.push_back({c, column.at[levels[c]].data(), column.values(levels[c])});
  }
  Counter<Key> counter;
  roll<Key>(finest.plain, steps, counter, classes.plain);
  classes.sensitive.resize(finest.sensitive.size());
  for (std::size_t s = 0; s < finest.sensitive.size(); ++s) {
    roll<Key>(finest.sensitive[s], steps, counter, classes.sensitive[s]);
  }
  Judge<Key> judge(problem);
  Node out{.levels = levels};
  out.verdict = judge(classes, kept);
  out.loss = Measure(problem).score(classes.plain, kept, out.verdict, levels);
  return out;
}

template Result<Outcome> branch_and_bound(const Problem&, ClassTables<Narrow>, const BranchOptions&, Progress&);
template Result<Outcome> branch_and_bound(const Problem&, ClassTables<Wide>, const BranchOptions&, Progress&);
template Node measure_node(const Problem&, const ClassTables<Narrow>&, const std::vector<std::size_t>&,
                           ClassTables<Narrow>&, std::vector<std::uint8_t>&);
template Node measure_node(const Problem&, const ClassTables<Wide>&, const std::vector<std::size_t>&,
                           ClassTables<Wide>&, std::vector<std::uint8_t>&);

}  // namespace naru::protect::detail
