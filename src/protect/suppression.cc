// Implicit hitting sets: guess the cheapest set of numbers to hide that meets every condition found so far; where a
// sensitive number can still be narrowed down, the optimal multipliers of the attacker's own linear programme tell of
// which numbers one must be hidden. When nothing is open the guess is the optimum, because every choice that protects
// meets all conditions (hiding more never narrows a range).
#include "protect/suppression.h"

#include <algorithm>
#include <set>

namespace naru::protect {
namespace {

std::int64_t floor_of(const Fraction& fraction) { return fraction.top / fraction.bottom; }  // top >= 0

class Task {
 public:
  explicit Task(const LinkedTables& tables)
      : tables_(tables), system_(tables.numbers.size(), tables.equations), free_(tables.numbers.size()) {
    for (std::size_t at = 0; at < free_.size(); ++at) {
      const auto& number = tables.numbers[at];
      free_[at] = {number.value - number.least, number.most - number.value};
    }
  }

  struct Open {
    std::int64_t values = 1;          ///< how many the number can have
    std::vector<std::size_t> gate{};  ///< of these one must be hidden for more
    bool whole = true;
    bool precise = true;  ///< false: 64-bit fractions did not hold the working
    Range range{};
  };

  [[nodiscard]] std::vector<Room> rooms(const std::vector<bool>& hidden) const {
    std::vector<Room> out(free_.size());
    for (std::size_t at = 0; at < out.size(); ++at)
      if (hidden[at]) out[at] = free_[at];
    return out;
  }

  [[nodiscard]] Open look(std::size_t at, const std::vector<Room>& room) const {
    Open out;
    const auto value = tables_.numbers[at].value;
    out.range = {value, value};
    std::set<std::size_t> gate;
    for (const bool up : {true, false}) {
      const auto reach = system_.farthest(at, up, room, free_);
      if (!reach) {
        out.precise = false;  // counted as not movable: more is hidden than need be, never less
        continue;
      }
      const auto far = floor_of(reach->distance);
      (up ? out.range.most : out.range.least) += up ? far : -far;
      for (const auto& moved : reach->moved) out.whole = out.whole && moved.whole();
      gate.insert(reach->gate.begin(), reach->gate.end());
    }
    out.values = out.range.most - out.range.least + 1;
    out.gate.assign(gate.begin(), gate.end());
    return out;
  }

  [[nodiscard]] const std::vector<Room>& free() const { return free_; }

 private:
  const LinkedTables& tables_;
  LinkedSystem system_;
  std::vector<Room> free_;
};

Done check_tables(const LinkedTables& tables) {
  const auto bad = [](const char* en, const char* ko) { return usage_error(say(en, ko), "tables"); };
  for (const auto& number : tables.numbers) {
    if (number.least > number.value || number.value > number.most || number.cost < 1)
      return bad("a number is outside its own bounds", "수가 자신의 범위를 벗어났습니다");
  }
  for (const auto& equation : tables.equations) {
    std::int64_t sum = 0;
    for (const auto& term : equation) {
      if (term.number >= tables.numbers.size())
        return bad("an equation names no number", "식이 가리키는 수가 없습니다");
      sum += term.sign * tables.numbers[term.number].value;
    }
    if (sum != 0) return bad("parts do not add up to their total", "부분의 합이 합계와 다릅니다");
  }
  return {};
}

struct Sensitive {
  std::size_t at = 0;
  std::int64_t target = 1;
};

std::vector<Sensitive> targets_of(const LinkedTables& tables, const Task& task) {
  std::vector<Sensitive> out;
  for (std::size_t at = 0; at < tables.numbers.size(); ++at) {
    if (!tables.numbers[at].sensitive) continue;
    const auto best = task.look(at, task.free());
    out.push_back({at, std::min(tables.numbers[at].wanted, best.values)});
  }
  return out;
}

std::int64_t cost_of(const LinkedTables& tables, const std::vector<bool>& hidden) {
  std::int64_t out = 0;
  for (std::size_t at = 0; at < hidden.size(); ++at)
    if (hidden[at] && !tables.numbers[at].sensitive) out += tables.numbers[at].cost;
  return out;
}

/// Shows again, dearest first, whatever the sensitive numbers do not need.
void thin(const LinkedTables& tables, const Task& task, const std::vector<Sensitive>& sensitive,
          std::vector<bool>& hidden) {
  std::vector<std::size_t> order;
  for (std::size_t at = 0; at < hidden.size(); ++at)
    if (hidden[at] && !tables.numbers[at].sensitive) order.push_back(at);
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return tables.numbers[a].cost > tables.numbers[b].cost; });
  for (const auto at : order) {
    hidden[at] = false;
    const auto room = task.rooms(hidden);
    const bool safe = std::all_of(sensitive.begin(), sensitive.end(),
                                  [&](const auto& one) { return task.look(one.at, room).values >= one.target; });
    hidden[at] = !safe;
  }
}

class Rounds {
 public:
  Rounds(const LinkedTables& tables, const Task& task, const SuppressionLimits& limits)
      : tables_(tables), task_(task), limits_(limits), sensitive_(targets_of(tables, task)) {
    for (const auto& number : tables.numbers) cost_.push_back(number.cost);
  }

  Suppression run() {
    Suppression out;
    const bool exact = tables_.numbers.size() <= limits_.numbers_exact;
    bool proven = exact;
    while (true) {
      const bool try_exact = proven && out.rounds < limits_.rounds;
      const auto cover = cheapest_cover(sets_, cost_, try_exact ? limits_.choices : 1);
      proven = try_exact && cover.proven && precise_;
      if (proven) out.bound = cover.cost;
      out.hidden = hidden_by(cover);
      ++out.rounds;
      if (!add_conditions(out)) break;
    }
    proven = proven && precise_;
    if (!proven) thin(tables_, task_, sensitive_, out.hidden);
    out.cost = cost_of(tables_, out.hidden);
    out.optimal = proven || out.cost == out.bound;
    if (out.optimal) out.bound = out.cost;
    return out;
  }

 private:
  [[nodiscard]] std::vector<bool> hidden_by(const Cover& cover) const {
    std::vector<bool> out(tables_.numbers.size(), false);
    for (const auto& one : sensitive_) out[one.at] = true;
    for (const auto at : cover.chosen) out[at] = true;
    return out;
  }

  /// True when some sensitive number is still open; each adds the condition that closes it.
  bool add_conditions(Suppression& state) {
    const auto room = task_.rooms(state.hidden);
    bool open = false;
    state.whole = true;
    for (const auto& one : sensitive_) {
      const auto seen = task_.look(one.at, room);
      state.whole = state.whole && seen.whole;
      precise_ = precise_ && seen.precise;
      if (seen.values >= one.target) continue;
      auto gate = seen.gate;
      if (gate.empty()) {
        // Only where fractions ran out of bits: ask for anything that is still shown.
        for (std::size_t at = 0; at < state.hidden.size(); ++at)
          if (!state.hidden[at]) gate.push_back(at);
      }
      if (gate.empty()) continue;
      open = known_.insert(gate).second || open;
      sets_.assign(known_.begin(), known_.end());
    }
    return open;
  }

  const LinkedTables& tables_;
  const Task& task_;
  const SuppressionLimits& limits_;
  std::vector<Sensitive> sensitive_;
  std::vector<std::int64_t> cost_ = {};
  bool precise_ = true;
  std::set<std::vector<std::size_t>> known_ = {};
  std::vector<std::vector<std::size_t>> sets_ = {};
};

}  // namespace

Result<Suppression> suppress(const LinkedTables& tables, const SuppressionLimits& limits) {
  NARU_CHECK(check_tables(tables));
  const Task task(tables);
  return Rounds(tables, task, limits).run();
}

Result<std::vector<Range>> audit(const LinkedTables& tables, const std::vector<bool>& hidden) {
  NARU_CHECK(check_tables(tables));
  if (hidden.size() != tables.numbers.size()) {
    return usage_error(say("one flag for each number is wanted", "수마다 표시가 하나씩 필요합니다"), "hidden");
  }
  const Task task(tables);
  const auto room = task.rooms(hidden);
  std::vector<Range> out;
  for (std::size_t at = 0; at < hidden.size(); ++at) {
    const auto value = tables.numbers[at].value;
    out.push_back(hidden[at] ? task.look(at, room).range : Range{value, value});
  }
  return out;
}

}  // namespace naru::protect
