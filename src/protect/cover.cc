// The cheapest set that meets every set, by branching over a smallest unmet set. The bound adds up the cheapest
// elements of unmet sets that have no element in common.
#include "protect/suppression.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace naru::protect {
namespace {

enum class State : char { open, taken, banned };

class Search {
 public:
  Search(const std::vector<std::vector<std::size_t>>& sets, const std::vector<std::int64_t>& cost, std::size_t choices)
      : sets_(sets), cost_(cost), left_(choices), state_(cost.size(), State::open) {}

  Cover run() {
    best_ = greedy();
    branch(0);
    best_.proven = left_ > 0;
    std::sort(best_.chosen.begin(), best_.chosen.end());
    return best_;
  }

 private:
  [[nodiscard]] bool met(const std::vector<std::size_t>& set) const {
    return std::any_of(set.begin(), set.end(), [&](auto element) { return state_[element] == State::taken; });
  }

  Cover greedy() {
    Cover out;
    std::vector<bool> in(cost_.size(), false);
    std::vector<std::size_t> open(sets_.size());
    std::iota(open.begin(), open.end(), std::size_t{0});
    while (!open.empty()) {
      std::vector<std::int64_t> meets(cost_.size(), 0);
      for (const auto set : open)
        for (const auto element : sets_[set]) ++meets[element];
      std::size_t best = cost_.size();
      for (std::size_t element = 0; element < cost_.size(); ++element) {
        if (meets[element] == 0) continue;
        if (best == cost_.size() || static_cast<double>(cost_[element]) * static_cast<double>(meets[best]) <
                                        static_cast<double>(cost_[best]) * static_cast<double>(meets[element]))
          best = element;
      }
      if (best == cost_.size()) break;  // an empty set: nothing can meet it
      in[best] = true;
      out.chosen.push_back(best);
      out.cost += cost_[best];
      std::erase_if(open, [&](auto set) { return std::ranges::find(sets_[set], best) != sets_[set].end(); });
    }
    thin(out, in);
    return out;
  }

  /// Takes away, dearest first, what no set needs.
  void thin(Cover& cover, std::vector<bool>& in) const {
    auto order = cover.chosen;
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return cost_[a] > cost_[b]; });
    for (const auto element : order) {
      in[element] = false;
      const bool needed = std::any_of(sets_.begin(), sets_.end(), [&](const auto& set) {
        return std::ranges::find(set, element) != set.end() &&
               std::none_of(set.begin(), set.end(), [&](auto other) { return in[other]; });
      });
      if (needed) {
        in[element] = true;
      } else {
        cover.cost -= cost_[element];
        std::erase(cover.chosen, element);
      }
    }
  }

  void branch(std::int64_t spent) {
    if (left_ == 0 || spent >= best_.cost) return;
    --left_;
    const std::vector<std::size_t>* smallest = nullptr;
    std::size_t fewest = std::numeric_limits<std::size_t>::max();
    std::int64_t bound = spent;
    std::vector<bool> used(cost_.size(), false);
    for (const auto& set : sets_) {
      if (met(set)) continue;
      std::size_t open = 0;
      bool apart = true;
      auto cheapest = std::numeric_limits<std::int64_t>::max();
      for (const auto element : set) {
        if (state_[element] != State::open) continue;
        ++open;
        cheapest = std::min(cheapest, cost_[element]);
        apart = apart && !used[element];
      }
      if (open == 0) return;
      if (apart) {
        bound += cheapest;
        for (const auto element : set) used[element] = true;
      }
      if (open < fewest) {
        fewest = open;
        smallest = &set;
      }
    }
    if (bound >= best_.cost) return;
    if (smallest == nullptr) {
      keep(spent);
      return;
    }
    std::vector<std::size_t> order;
    for (const auto element : *smallest)
      if (state_[element] == State::open) order.push_back(element);
    std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return cost_[a] < cost_[b]; });
    for (const auto element : order) {
      state_[element] = State::taken;
      branch(spent + cost_[element]);
      state_[element] = State::banned;  // choices that hold it have been seen
    }
    for (const auto element : order) state_[element] = State::open;
  }

  void keep(std::int64_t spent) {
    best_.chosen.clear();
    for (std::size_t element = 0; element < state_.size(); ++element)
      if (state_[element] == State::taken) best_.chosen.push_back(element);
    best_.cost = spent;
  }

  const std::vector<std::vector<std::size_t>>& sets_;
  const std::vector<std::int64_t>& cost_;
  std::size_t left_;
  std::vector<State> state_;
  Cover best_ = {};
};

}  // namespace

Cover cheapest_cover(const std::vector<std::vector<std::size_t>>& sets, const std::vector<std::int64_t>& cost,
                     std::size_t choices) {
  return Search(sets, cost, choices).run();
}

}  // namespace naru::protect
