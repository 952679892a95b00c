// The lattice is cut into prefixes; rounds of a few prefixes each are searched in parallel, every one against the best
// node known when the round began. So what is looked at does not depend on how many threads there are.
#include "protect/branch.h"

#include "base/clock.h"
#include "protect/tree.h"

#include <algorithm>
#include <limits>
#include <thread>

namespace naru::protect::detail {
namespace {

constexpr std::size_t prefixes_wanted = 48;
// By how much the ceiling on the loss rises from pass to pass.
constexpr double ceiling_growth = 2;
constexpr std::size_t round_size = 8;

std::size_t depth_for(const Problem& problem) {
  std::size_t choices = 1;
  for (std::size_t c = 0; c + 1 < problem.size(); ++c) {
    choices *= problem.columns[c].levels;
    if (choices >= prefixes_wanted) return c + 1;
  }
  return problem.size() - 1;
}

template <class Key>
class Rounds {
 public:
  Rounds(const Ground<Key>& ground, Stop& stop, unsigned threads, Progress& progress)
      : ground_(ground), stop_(stop), progress_(progress) {
    for (unsigned t = 0; t < std::max(1U, threads); ++t)
      walkers_.push_back(std::make_unique<Walker<Key>>(ground, stop));
    walkers_.front()->progress = &progress;
  }

  Outcome run() {
    prefixes_ = walkers_.front()->prefixes(depth_for(ground_.problem));
    const bool complete = !stop_.now();
    std::ranges::sort(prefixes_, [](const auto& a, const auto& b) {
      return a.bound != b.bound ? a.bound < b.bound : a.levels < b.levels;
    });
    if (complete && !prefixes_.empty()) passes();
    if (!best_ && stop_.late) take(walkers_.front()->topmost());
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
    double ceiling = measure.summed(measure.unsummed(prefixes_[prefixes_.size() / 8].bound) * ceiling_growth);
    while (true) {
      const auto left_out = pass(ceiling);
      if (stop_.now()) return;
      if (best_ && measure.summed(best_->loss) <= ceiling) return;
      // Without anything left out there is no valid node.
      if (left_out.least == std::numeric_limits<double>::infinity()) return;
      proven_ = std::max(proven_, left_out.least);
      ceiling = std::max(measure.summed(measure.unsummed(ceiling) * ceiling_growth), left_out.least);
      take(walkers_.front()->dive(left_out.deepest, best_));
    }
  }

  LeftOut pass(double ceiling) {
    LeftOut out;
    std::size_t done = 0;
    for (const auto& walker : walkers_) walker->set_ceiling(ceiling);
    while (done < prefixes_.size()) {
      const auto until = std::min(done + round_size, prefixes_.size());
      const auto before = best_;
      const auto found =
          each(done, until, [&](Walker<Key>& walker, std::size_t i) { return walker.explore(prefixes_[i], before); });
      for (const auto& node : found) take(node);
      if (stop_.now()) {
        // What was not searched to its end may hold anything above the bound of its prefix; prefixes come least first.
        proven_ = std::max(proven_, std::min(prefixes_[done].bound, ceiling));
        return out;
      }
      done = until;
      progress_.at(say("searching generalisations", "일반화 탐색"), done, prefixes_.size());
    }
    for (const auto& walker : walkers_) out.add(walker->left_out());
    return out;
  }

  void take(const std::optional<Node>& node) {
    if (node && ground_.better(*node, best_)) best_ = node;
  }

  // deed(walker, i) for i in [from, until), on all threads; answers in the order of i.
  template <class Deed>
  std::vector<std::optional<Node>> each(std::size_t from, std::size_t until, const Deed& deed) {
    std::vector<std::optional<Node>> out(until - from);
    std::atomic<std::size_t> next = from;
    const auto work = [&](Walker<Key>& walker) {
      for (auto i = next++; i < until; i = next++) out[i - from] = deed(walker, i);
    };
    std::vector<std::thread> threads;
    for (std::size_t t = 1; t < walkers_.size(); ++t) threads.emplace_back(work, std::ref(*walkers_[t]));
    work(*walkers_.front());
    for (auto& thread : threads) thread.join();
    return out;
  }

  const Ground<Key>& ground_;
  Stop& stop_;
  Progress& progress_;
  std::vector<std::unique_ptr<Walker<Key>>> walkers_;
  std::vector<Prefix> prefixes_;
  std::optional<Node> best_;
  double proven_ = 0;  ///< no valid node is below this, on the scale of Measure::summed
};

}  // namespace

template <class Key>
Result<Outcome> branch_and_bound(const Problem& problem, ClassTables<Key> finest, const BranchOptions& options,
                                 Progress& progress) {
  const Ground<Key> ground(problem, std::move(finest), options.place);
  Stop stop;
  stop.deadline = options.deadline;
  Rounds<Key> rounds(ground, stop, options.threads, progress);
  auto out = rounds.run();
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
