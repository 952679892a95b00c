// Rank measures of survival: pairs counted with two sweeps over time and a tree over score ranks, O(n log n).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "evaluate/timeline.h"

namespace naru::evaluate {
namespace {

// Fenwick tree of weights over score ranks.
class Tree {
 public:
  explicit Tree(std::size_t size) : sums_(size + 1) {}
  void add(std::size_t rank, double weight) {
    total_ += weight;
    for (std::size_t i = rank + 1; i < sums_.size(); i += i & (~i + 1)) sums_[i] += weight;
  }
  [[nodiscard]] double below(std::size_t rank) const {  // ranks < rank
    double sum = 0;
    for (std::size_t i = rank; i > 0; i -= i & (~i + 1)) sum += sums_[i];
    return sum;
  }
  [[nodiscard]] double total() const { return total_; }

 private:
  std::vector<double> sums_;
  double total_ = 0;
};

struct Ranks {
  std::vector<std::size_t> of;
  std::size_t count = 0;
};
Ranks ranks_of(std::span<const double> score) {
  std::vector<double> sorted(score.begin(), score.end());
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  Ranks out;
  out.count = sorted.size();
  for (const double x : score) {
    out.of.push_back(static_cast<std::size_t>(std::lower_bound(sorted.begin(), sorted.end(), x) - sorted.begin()));
  }
  return out;
}

// Per person: Σ over the other members of its pairs of weight, and of weight where the pair is in order (ties half).
struct PairSums {
  std::vector<double> all;
  std::vector<double> ordered;
};

std::vector<std::vector<std::size_t>> by_time(const Timeline& line) {
  std::vector<std::vector<std::size_t>> out(line.size());
  for (std::size_t i = 0; i < line.place.size(); ++i) out[line.place[i]].push_back(i);
  return out;
}

// Pairs (event i, later j); a person censored at the event's time is later. `weight` 0 keeps an event out.
// `as_first` lacks the event's own weight, `as_second` has the weights of the events.
void count_pairs(const Timeline& line, const Follow& follow, const Ranks& ranks, const std::vector<double>& weight,
                 PairSums& as_first, PairSums& as_second) {
  const auto n = follow.time.size();
  as_first = {std::vector<double>(n), std::vector<double>(n)};
  as_second = as_first;
  const auto groups = by_time(line);
  const auto is_event = [&](std::size_t i) { return follow.state[i] == State::event; };
  Tree later(ranks.count);
  for (std::size_t k = line.size(); k-- > 0;) {
    for (const auto i : groups[k]) {
      if (!is_event(i)) later.add(ranks.of[i], 1);
    }
    for (const auto i : groups[k]) {
      if (!is_event(i)) continue;
      const double below = later.below(ranks.of[i]);
      const double equal = later.below(ranks.of[i] + 1) - below;
      as_first.all[i] = later.total();
      as_first.ordered[i] = below + equal / 2;
    }
    for (const auto i : groups[k]) {
      if (is_event(i)) later.add(ranks.of[i], 1);
    }
  }
  Tree earlier(ranks.count);
  for (std::size_t k = 0; k < line.size(); ++k) {
    const auto look = [&](std::size_t i) {
      const double below = earlier.below(ranks.of[i]);
      const double equal = earlier.below(ranks.of[i] + 1) - below;
      as_second.all[i] = earlier.total();
      as_second.ordered[i] = earlier.total() - below - equal / 2;
    };
    for (const auto i : groups[k]) {
      if (is_event(i)) look(i);
    }
    for (const auto i : groups[k]) {
      if (is_event(i) && weight[i] > 0) earlier.add(ranks.of[i], weight[i]);
    }
    for (const auto i : groups[k]) {
      if (!is_event(i)) look(i);
    }
  }
}

Estimate from_influence(double value, const std::vector<double>& influence, std::string method) {
  Sum squares;
  for (const double x : influence) squares.add(x * x);
  Estimate out;
  out.method = std::move(method);
  out.estimate = value;
  out.se = std::sqrt(squares.value());
  out.ci95 = Interval{value - z975 * *out.se, value + z975 * *out.se};
  return out;
}

// Σ of `a` over those whose weight looks at G before time k.
std::vector<double> parts_by_time(const Timeline& line, const std::vector<double>& a) {
  std::vector<double> out(line.size() + 1);
  for (std::size_t i = 0; i < a.size(); ++i) out[line.place[i]] += a[i];
  return out;
}

Estimate concordance(const Follow& follow, std::span<const double> score, double limit, bool weighted,
                     const std::string& method) {
  if (follow.time.empty()) return undefined(Reason::no_rows, method);
  const auto line = timeline_of(follow);
  const NotCensored g(line);
  const auto n = follow.time.size();
  std::vector<double> weight(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (follow.state[i] != State::event || follow.time[i] > limit) continue;
    const double free = g.before(line.place[i]);
    weight[i] = weighted ? 1 / (free * free) : 1;
  }
  const auto ranks = ranks_of(score);
  PairSums first;
  PairSums second;
  count_pairs(line, follow, ranks, weight, first, second);
  Sum all;
  Sum ordered;
  for (std::size_t i = 0; i < n; ++i) {
    all.add(weight[i] * first.all[i]);
    ordered.add(weight[i] * first.ordered[i]);
  }
  if (!(all.value() > 0)) return undefined(Reason::no_comparable_pairs, method);
  const double c = ordered.value() / all.value();
  std::vector<double> influence(n);
  std::vector<double> through_g(n);
  for (std::size_t i = 0; i < n; ++i) {
    through_g[i] = weight[i] * (first.ordered[i] - c * first.all[i]) / all.value();
    influence[i] = through_g[i] + (second.ordered[i] - c * second.all[i]) / all.value();
  }
  if (weighted) {
    const auto more = g.influence(follow, parts_by_time(line, through_g), 2);
    for (std::size_t i = 0; i < n; ++i) influence[i] += more[i];
  }
  return from_influence(c, influence, method);
}

}  // namespace

Estimate harrell_c(const Follow& follow, std::span<const double> score) {
  return concordance(follow, score, HUGE_VAL, false, "Harrell's C; infinitesimal jackknife");
}

Estimate uno_c(const Follow& follow, std::span<const double> score, double limit) {
  const std::string method = "Uno's C; influence functions, censoring weights included";
  for (const auto state : follow.state) {
    if (state == State::competing) return undefined(Reason::competing_events, method);
  }
  return concordance(follow, score, limit, true, method);
}

Estimate auc_at(const Follow& follow, std::span<const double> score, double horizon) {
  const std::string method = "cumulative/dynamic AUC, weighted by not being censored; influence functions";
  if (follow.time.empty()) return undefined(Reason::no_rows, method);
  const auto line = timeline_of(follow);
  const NotCensored g(line);
  const auto n = follow.time.size();
  const auto ranks = ranks_of(score);
  const auto horizon_index =
      static_cast<std::size_t>(std::upper_bound(line.time.begin(), line.time.end(), horizon) - line.time.begin());
  std::vector<double> as_case(n);
  std::vector<double> as_control(n);
  std::vector<std::size_t> looks(n);  // the weight looks at G before this index
  const double free = g.after(horizon);
  Tree cases(ranks.count);
  Tree controls(ranks.count);
  for (std::size_t i = 0; i < n; ++i) {
    looks[i] = std::min(line.place[i], horizon_index);
    if (follow.time[i] > horizon) {
      as_control[i] = 1 / free;
    } else if (follow.state[i] == State::event) {
      as_case[i] = 1 / g.before(line.place[i]);
    } else if (follow.state[i] == State::competing) {
      as_control[i] = 1 / g.before(line.place[i]);
    }
    if (as_case[i] > 0) cases.add(ranks.of[i], as_case[i]);
    if (as_control[i] > 0) controls.add(ranks.of[i], as_control[i]);
  }
  const double all = cases.total() * controls.total();
  if (!(cases.total() > 0)) return undefined(Reason::one_class, method);
  if (!(controls.total() > 0)) return undefined(Reason::horizon_beyond_follow_up, method);
  Sum ordered;
  std::vector<double> ordered_of(n);
  for (std::size_t i = 0; i < n; ++i) {
    const auto& others = as_case[i] > 0 ? controls : cases;
    const double below = others.below(ranks.of[i]);
    const double equal = others.below(ranks.of[i] + 1) - below;
    ordered_of[i] = as_case[i] > 0 ? below + equal / 2 : others.total() - below - equal / 2;
    if (as_case[i] > 0) ordered.add(as_case[i] * ordered_of[i]);
  }
  const double auc = ordered.value() / all;
  std::vector<double> influence(n);
  std::vector<double> parts(line.size() + 1);
  for (std::size_t i = 0; i < n; ++i) {
    const double weight = as_case[i] + as_control[i];
    if (!(weight > 0)) continue;
    const double whole = as_case[i] > 0 ? controls.total() : cases.total();
    influence[i] = weight * (ordered_of[i] - auc * whole) / all;
    parts[looks[i]] += influence[i];
  }
  const auto more = g.influence(follow, parts, 1);
  for (std::size_t i = 0; i < n; ++i) influence[i] += more[i];
  return from_influence(auc, influence, method);
}

Estimate brier_at(const Follow& follow, std::span<const double> risk, double horizon) {
  const std::string method = "mean squared difference, weighted by not being censored; influence functions";
  if (follow.time.empty()) return undefined(Reason::no_rows, method);
  const auto line = timeline_of(follow);
  const NotCensored g(line);
  const auto n = follow.time.size();
  const double count = static_cast<double>(n);
  const auto horizon_index =
      static_cast<std::size_t>(std::upper_bound(line.time.begin(), line.time.end(), horizon) - line.time.begin());
  const double free = g.after(horizon);
  std::vector<double> loss(n);
  std::vector<double> parts(line.size() + 1);
  bool beyond = false;
  Sum total;
  for (std::size_t i = 0; i < n; ++i) {
    if (!(risk[i] >= 0 && risk[i] <= 1)) return undefined(Reason::scores_not_probability, method);
    if (follow.time[i] > horizon) {
      loss[i] = risk[i] * risk[i] / free;
      beyond = true;
    } else if (follow.state[i] != State::censored) {
      const double target = follow.state[i] == State::event ? 1 : 0;
      loss[i] = (target - risk[i]) * (target - risk[i]) / g.before(line.place[i]);
    }
    total.add(loss[i]);
    parts[std::min(line.place[i], horizon_index)] += loss[i] / count;
  }
  if (!beyond && line.time.back() < horizon) return undefined(Reason::horizon_beyond_follow_up, method);
  const double mean = total.value() / count;
  auto influence = g.influence(follow, parts, 1);
  for (std::size_t i = 0; i < n; ++i) influence[i] += (loss[i] - mean) / count;
  return from_influence(mean, influence, method);
}

}  // namespace naru::evaluate
