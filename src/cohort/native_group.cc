#include "cohort/native_scan.h"

#include <algorithm>
#include <array>

namespace naru::cohort {
namespace {

/// Where an event's start and end must lie. `start`, `end`: whether there is any bound, which NULL never meets.
struct Reach {
  std::int64_t start_from = std::numeric_limits<std::int64_t>::min();
  std::int64_t start_to = std::numeric_limits<std::int64_t>::max();
  std::int64_t end_from = std::numeric_limits<std::int64_t>::min();
  std::int64_t end_to = std::numeric_limits<std::int64_t>::max();
  bool on_start = false;
  bool on_end = false;
  bool nowhere = false;

  void from(bool of_end, std::int64_t day) {
    (of_end ? on_end : on_start) = true;
    auto& bound = of_end ? end_from : start_from;
    bound = std::max(bound, day);
  }
  void to(bool of_end, std::int64_t day) {
    (of_end ? on_end : on_start) = true;
    auto& bound = of_end ? end_to : start_to;
    bound = std::min(bound, day);
  }
  void add(const Window& window, const IndexRow& row, bool ignore_period) {
    const auto day = window.from_index_end ? row.event.end : row.event.start;
    for (const bool first : {true, false}) {
      const auto& end = first ? window.start : window.end;
      std::int64_t bound = 0;
      if (end.days) {
        if (day == no_day) nowhere = true;
        bound = day + end.sign * *end.days;
      } else if (ignore_period) {
        continue;
      } else {
        bound = end.sign < 0 ? row.op_start : row.op_end;
      }
      first ? from(window.on_event_end, bound) : to(window.on_event_end, bound);
    }
  }
};

Reach reach_of(const Windowed& windowed, const IndexRow& row) {
  Reach out;
  if (!windowed.ignore_observation_period) {
    out.from(false, row.op_start);
    out.to(false, row.op_end);
  }
  if (windowed.start_window) out.add(*windowed.start_window, row, windowed.ignore_observation_period);
  if (windowed.end_window) out.add(*windowed.end_window, row, windowed.ignore_observation_period);
  return out;
}

bool suffices(const Windowed& windowed, std::int64_t count) {
  switch (windowed.occurrence) {
    case Occurrence::exactly:
      return count == windowed.count;
    case Occurrence::at_most:
      return count <= windowed.count;
    case Occurrence::at_least:
      return count >= windowed.count;
  }
  return false;
}

/// Counts a person's events around one index event, or their distinct values.
class Counter {
 public:
  Counter(const Windowed& windowed, const EventTable& table) : windowed_(windowed), table_(table) {}

  void begin() {
    count_ = 0;
    values_.clear();
  }
  void add(const Bag& bag, std::uint32_t slot, const IndexRow& row) {
    const auto reach = reach_of(windowed_, row);
    if (reach.nowhere) return;
    const auto* at = bag.events.data() + bag.offsets[slot];
    const auto* const end = bag.events.data() + bag.offsets[slot + 1];
    if (reach.on_start) {
      at = std::lower_bound(at, end, reach.start_from, [](const Event& event, std::int64_t day) {
        return event.start == no_day || event.start < day;
      });
    }
    for (; at != end; ++at) {
      if (reach.on_start && at->start > reach.start_to) break;
      if (reach.on_end && (at->end == no_day || at->end < reach.end_from || at->end > reach.end_to)) continue;
      if (windowed_.same_visit && (at->visit == null_value || at->visit != row.event.visit)) continue;
      take(*at);
    }
  }
  [[nodiscard]] bool holds() {
    if (windowed_.count_of != CountOf::events) {
      std::sort(values_.begin(), values_.end());
      count_ = std::unique(values_.begin(), values_.end()) - values_.begin();
    }
    return suffices(windowed_, count_);
  }

 private:
  void take(const Event& event) {
    std::int64_t value = null_value;
    switch (windowed_.count_of) {
      case CountOf::events:
        ++count_;
        return;
      case CountOf::concepts: {
        const auto places = table_.offsets.rows();
        const auto place = lower_place(table_.offsets, std::int64_t{event.row} + 1, 0, places);
        value = place == 0 ? null_value : table_.concepts.at(place - 1);
        break;
      }
      case CountOf::start_dates:
        value = event.start == no_day ? null_value : event.start;
        break;
      case CountOf::visits:
        value = event.visit;
        break;
    }
    if (value != null_value) values_.push_back(value);
  }
  const Windowed& windowed_;
  const EventTable& table_;
  std::int64_t count_ = 0;
  std::vector<std::int64_t> values_;
};

}  // namespace

std::vector<std::uint8_t> alive_spans(const IndexSet& set, const Mask& active) {
  std::vector<std::uint8_t> out(set.spans.size(), 0);
  for (std::size_t slot = 0; slot < set.spans.size(); ++slot) {
    const auto& span = set.spans[slot];
    out[slot] = std::find(active.begin() + span.begin, active.begin() + span.end, 1) != active.begin() + span.end;
  }
  return out;
}

const Bag& Shard::bag_for(const Criterion& criterion, IndexSet& set, const Mask& active) {
  const auto& bound = plan_.bound(criterion);
  auto alive = alive_spans(set, active);
  const auto known = set.bags.find(bound.key);
  if (known != set.bags.end()) {
    // Asked for a part of the same persons before: that bag does. Else collect for these.
    bool covers = true;
    for (std::size_t slot = 0; slot < alive.size() && covers; ++slot) {
      covers = alive[slot] == 0 || known->second.alive[slot] != 0;
    }
    if (covers) return known->second;
    for (std::size_t slot = 0; slot < alive.size(); ++slot) alive[slot] |= known->second.alive[slot];
  }
  auto bag = collect(bound, &set, &alive, false);
  for (std::size_t slot = 0; slot < set.spans.size(); ++slot) {
    const auto begin = bag.events.begin() + bag.offsets[slot];
    const auto end = bag.events.begin() + bag.offsets[slot + 1];
    const auto earlier = [](const Event& a, const Event& b) { return a.start < b.start; };
    if (!std::is_sorted(begin, end, earlier)) std::stable_sort(begin, end, earlier);
  }
  bag.alive = std::move(alive);
  return set.bags.insert_or_assign(bound.key, std::move(bag)).first->second;
}

/// Whether a criterion asks no more of its events than where they start: then they are counted as they are read.
bool Shard::counts_directly(const Windowed& windowed, const IndexSet& set) const {
  const auto& bound = plan_.bound(windowed.criterion);
  const auto& criterion = windowed.criterion;
  const auto on_end = [](const std::optional<Window>& window) { return window && window->on_event_end; };
  constexpr int reads_most = 4;  // a bag that is read more often is worth keeping
  return bound.uses <= reads_most && bound.checks.empty() && !criterion.first && !criterion.adjustment &&
         !criterion.user_start && !criterion.user_end && criterion.correlated.empty() &&
         windowed.count_of == CountOf::events && !windowed.same_visit && !on_end(windowed.start_window) &&
         !on_end(windowed.end_window) && set.bags.count(bound.key) == 0;
}

namespace {

/// Where events around one row must start, and how many do.
struct Around {
  Day from = 1;
  Day to = 0;
  std::uint32_t count = 0;
};

/// When every person has one row, rows are slots. Rows of persons who are asked for are picked first, a block at a
/// time: that loop has no branch to guess wrong and touches one byte a person.
template <typename DayOf>
void count_piece(const std::uint32_t* first, const std::uint32_t* last, std::uint64_t row, std::uint32_t from,
                 const std::vector<std::uint8_t>& asked, const std::vector<std::uint32_t>& slot_of, const DayOf& day_of,
                 std::vector<Around>& around) {
  constexpr std::ptrdiff_t block = 2048;
  std::array<std::uint32_t, block> picked;
  while (first != last) {
    const auto rows = static_cast<std::uint32_t>(std::min(block, last - first));
    std::size_t count = 0;
    for (std::uint32_t at = 0; at < rows; ++at) {
      picked[count] = at;
      count += asked[first[at] - from];
    }
    for (std::size_t at = 0; at < count; ++at) {
      auto& one = around[slot_of[first[picked[at]] - from]];
      const Day start = day_of(row + picked[at]);
      one.count += static_cast<std::uint32_t>(start >= one.from) & static_cast<std::uint32_t>(start <= one.to);
    }
    first += rows;
    row += rows;
  }
}

}  // namespace

Mask Shard::counted_directly(const Windowed& windowed, const IndexSet& set, const Mask& active) const {
  const bool one_row_each = set.rows.size() == set.spans.size();
  std::vector<Around> around(set.rows.size());
  const auto day = [](std::int64_t value) {
    return static_cast<Day>(std::clamp<std::int64_t>(value, no_day + 1, std::numeric_limits<Day>::max()));
  };
  for (std::size_t row = 0; row < set.rows.size(); ++row) {
    if (active[row] == 0) continue;
    const auto reach = reach_of(windowed, set.rows[row]);
    if (reach.nowhere) continue;
    around[row].from = reach.on_start ? day(reach.start_from) : no_day;  // without a bound NULL counts too
    around[row].to = day(reach.start_to);
  }
  const auto& bound = plan_.bound(windowed.criterion);
  const auto* person = bound.table->person.numbers<std::uint32_t>();
  const auto alive = one_row_each ? active : alive_spans(set, active);
  const auto asked = asked_of(&set, &alive);
  std::vector<std::uint8_t> is_asked(one_row_each ? to_ - from_ : 0, 0);
  for (std::uint32_t slot = 0; slot < set.spans.size() && one_row_each; ++slot) {
    is_asked[set.spans[slot].person - from_] = alive[slot];
  }
  with_days(bound.table->start, [&](const auto& day_of) {
    const auto take = [&](std::uint32_t slot, std::uint32_t event) {
      const auto start = day_of(event);
      const auto& span = set.spans[slot];
      for (auto row = span.begin; row < span.end; ++row) {
        around[row].count += start >= around[row].from && start <= around[row].to ? 1U : 0U;
      }
    };
    if (!one_row_each || bound.by_source) {
      each_hit(bound, &set, &alive, take);
      return;
    }
    for (const auto& [begin, end] : bound.pieces) {
      const auto* first = std::lower_bound(person + begin, person + end, from_);
      const auto* last = std::lower_bound(first, person + end, to_);
      if (is_worth_searching(asked, last - first))
        scan_piece(person, begin, end, from_, to_, excluded_, &set, &alive, asked, take);
      else
        count_piece(first, last, static_cast<std::uint64_t>(first - person), from_, is_asked, set.slot_of, day_of,
                    around);
    }
  });
  Mask out(set.rows.size(), 0);
  for (const auto& span : set.spans) {
    for (auto row = span.begin; row < span.end;) {
      const auto next = next_event(set, row, span.end);
      std::int64_t count = 0;
      for (auto at = row; at < next; ++at) count += around[at].count;
      if (active[row] != 0 && suffices(windowed, count)) std::fill(out.begin() + row, out.begin() + next, 1);
      row = next;
    }
  }
  return out;
}

Mask Shard::windowed(const Windowed& windowed, IndexSet& set, const Mask& active) {
  if (counts_directly(windowed, set)) return counted_directly(windowed, set, active);
  const auto& bag = bag_for(windowed.criterion, set, active);
  Counter counter(windowed, *plan_.bound(windowed.criterion).table);
  Mask out(set.rows.size(), 0);
  for (std::uint32_t slot = 0; slot < set.spans.size(); ++slot) {
    const auto& span = set.spans[slot];
    for (auto row = span.begin; row < span.end;) {
      const auto next = next_event(set, row, span.end);
      if (active[row] != 0) {
        counter.begin();
        for (auto at = row; at < next; ++at) counter.add(bag, slot, set.rows[at]);
        if (counter.holds()) std::fill(out.begin() + row, out.begin() + next, 1);
      }
      row = next;
    }
  }
  return out;
}

Mask Shard::demographic(const Demographic& demographic, const IndexSet& set, const Mask& active) const {
  const auto& checks = plan_.demographic(demographic);
  Mask out(set.rows.size(), 0);
  for (const auto& span : set.spans) {
    for (auto row = span.begin; row < span.end;) {
      const auto next = next_event(set, row, span.end);
      bool any = false;
      for (auto at = row; at < next && active[row] != 0; ++at) {
        any = any || std::all_of(checks.begin(), checks.end(), [&](const Check& check) {
                return check.holds(tables_, set.rows[at].event, span.person);
              });
      }
      if (any) std::fill(out.begin() + row, out.begin() + next, 1);
      row = next;
    }
  }
  return out;
}

Mask Shard::group(const Group& wanted, IndexSet& set, const Mask& active) {
  if (wanted.empty()) return active;
  const bool all = wanted.kind == GroupKind::all;
  Mask left = active;  // of ALL: those that met every member so far; nobody else need be asked further
  std::vector<std::uint32_t> met(all ? 0 : set.rows.size(), 0);
  const auto count = [&](const Mask& mask) {
    if (all) {
      left = mask;
      return;
    }
    for (std::size_t row = 0; row < mask.size(); ++row) met[row] += mask[row];
  };
  for (const auto& member : wanted.demographics) count(demographic(member, set, left));
  for (const auto& member : wanted.criteria) count(windowed(member, set, left));
  for (const auto& member : wanted.groups) count(group(member, set, left));
  if (all) return left;
  const auto number = wanted.kind == GroupKind::any ? 1 : wanted.count;
  Mask out(set.rows.size(), 0);
  for (std::size_t row = 0; row < out.size(); ++row) {
    const bool holds = wanted.kind == GroupKind::at_most ? met[row] <= number : met[row] >= number;
    out[row] = active[row] != 0 && holds ? 1 : 0;
  }
  return out;
}

}  // namespace naru::cohort
