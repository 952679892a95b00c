#include "cohort/native_shard.h"

#include <algorithm>

namespace naru::cohort {

namespace {
Day moved(Day day, std::int64_t by) { return day == no_day ? no_day : static_cast<Day>(day + by); }
}  // namespace

/// Rows [begin, end) of one concept lie by person: those of this shard, of wanted persons.
template <typename Take>
void Shard::scan_piece(const std::uint32_t* person, std::uint64_t begin, std::uint64_t end, const IndexSet* set,
                       const std::vector<std::uint8_t>* alive, Take&& take) const {
  const auto* first = std::lower_bound(person + begin, person + end, from_);
  const auto* last = std::lower_bound(first, person + end, to_);
  if (set == nullptr) {
    for (const auto* at = first; at != last; ++at) {
      const auto slot = *at - from_;
      if (slot < to_ - from_ && (excluded_.empty() || excluded_[*at] == 0)) {
        take(slot, static_cast<std::uint32_t>(at - person));
      }
    }
    return;
  }
  const auto wanted = [&](std::uint32_t slot) { return alive == nullptr || (*alive)[slot] != 0; };
  constexpr std::ptrdiff_t worth_searching = 24;
  if (static_cast<std::ptrdiff_t>(set->spans.size()) * worth_searching < last - first) {
    // Few persons, many rows: look each person up.
    for (std::uint32_t slot = 0; slot < set->spans.size() && first != last; ++slot) {
      if (!wanted(slot)) continue;
      const auto who = set->spans[slot].person;
      std::ptrdiff_t step = 1;
      while (step < last - first && first[step] < who) step *= 2;
      first = std::lower_bound(first, std::min(first + step + 1, last), who);
      for (; first != last && *first == who; ++first) take(slot, static_cast<std::uint32_t>(first - person));
    }
    return;
  }
  for (const auto* at = first; at != last; ++at) {
    const auto place = *at - from_;
    const auto slot = place < set->slot_of.size() ? set->slot_of[place] : no_slot;
    if (slot != no_slot && wanted(slot)) take(slot, static_cast<std::uint32_t>(at - person));
  }
}

void Shard::hits_of(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                    std::vector<Hit>& hits) const {
  const auto* person = bound.table->person.numbers<std::uint32_t>();
  if (person == nullptr) return;
  for (const auto& [begin, end] : bound.pieces) {
    scan_piece(person, begin, end, set, alive, [&](std::uint32_t slot, std::uint32_t row) {
      if (bound.by_source &&
          !std::binary_search(bound.sources.begin(), bound.sources.end(), bound.table->source.at(row)))
        return;
      hits.push_back({slot, row});
    });
  }
}

/// The first event of each slot by its table's start and id; NULL starts stand last.
void Shard::keep_first(const BoundCriterion& bound, std::size_t slots, std::vector<Hit>& hits) const {
  std::vector<std::uint32_t> best(slots, UINT32_MAX);
  const auto before = [&](std::uint32_t a, std::uint32_t b) {
    const auto start_a = bound.table->start.at(a);
    const auto start_b = bound.table->start.at(b);
    if (start_a != start_b) {
      if (start_a == null_value || start_b == null_value) return start_b == null_value;
      return start_a < start_b;
    }
    return bound.table->id.at(a) < bound.table->id.at(b);
  };
  for (const auto& hit : hits) {
    auto& row = best[hit.slot];
    if (row == UINT32_MAX || before(hit.row, row)) row = hit.row;
  }
  hits.clear();
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (best[slot] != UINT32_MAX) hits.push_back({static_cast<std::uint32_t>(slot), best[slot]});
  }
}

Event Shard::event_of(const BoundCriterion& bound, std::uint32_t row, bool whole) const {
  Event out;
  const auto& table = *bound.table;
  out.row = row;
  out.start = day_at(table.start, row);
  out.end = day_at(table.end, row);
  if (const auto& adjustment = bound.criterion->adjustment) {
    const auto start = out.start;
    const auto end = out.end;
    out.start = moved(adjustment->start_from_end ? end : start, adjustment->start_offset_days);
    out.end = moved(adjustment->end_from_end ? end : start, adjustment->end_offset_days);
  }
  out.sort = out.start;
  out.age = table.age.at(row);
  if (whole) out.id = table.id.at(row);
  if (bound.needs_visit) out.visit = table.visit.at(row);
  return out;
}

Bag Shard::collect(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                   bool whole) {
  const std::size_t slots = set == nullptr ? to_ - from_ : set->spans.size();
  const auto& criterion = *bound.criterion;
  whole = whole || !criterion.correlated.empty();
  std::vector<Hit> hits;
  hits_of(bound, set, alive, hits);
  if (criterion.first) keep_first(bound, slots, hits);
  Bag out;
  out.offsets.assign(slots + 1, 0);
  if (hits.empty()) return out;
  const bool user_period = criterion.user_start || criterion.user_end;
  if (!bound.checks.empty() || user_period || criterion.adjustment) {
    std::size_t kept = 0;
    for (const auto& hit : hits) {
      const auto event = event_of(bound, hit.row, false);
      bool good = std::all_of(bound.checks.begin(), bound.checks.end(), [&](const Check& check) {
        return check.holds(tables_, event, person_of(set, hit.slot));
      });
      // Dates that were adjusted past each other are no event; nor is one without an end, as SQL has it.
      if (criterion.adjustment) good = good && event.start != no_day && event.end >= event.start;
      for (const auto& day : {criterion.user_start, criterion.user_end}) {
        if (day) good = good && event.start != no_day && event.start <= *day && event.end >= *day;
      }
      if (good) hits[kept++] = hit;
    }
    hits.resize(kept);
  }
  for (const auto& hit : hits) ++out.offsets[hit.slot + 1];
  for (std::size_t slot = 0; slot < slots; ++slot) out.offsets[slot + 1] += out.offsets[slot];
  out.events.resize(hits.size());
  auto next = out.offsets;
  for (const auto& hit : hits) {
    auto event = event_of(bound, hit.row, whole);
    if (criterion.user_start) event.start = *criterion.user_start;
    if (criterion.user_end) event.end = *criterion.user_end;
    out.events[next[hit.slot]++] = event;
  }
  for (const auto& group : criterion.correlated) keep_correlated(group, set, out);
  return out;
}

std::pair<std::uint64_t, std::uint64_t> Shard::periods_of(std::uint32_t person) const {
  return {static_cast<std::uint64_t>(tables_.persons.period_offsets.at(person)),
          static_cast<std::uint64_t>(tables_.persons.period_offsets.at(person + 1))};
}

void Shard::number_slots(IndexSet& set) const {
  set.slot_of.assign(to_ - from_, no_slot);
  for (std::uint32_t slot = 0; slot < set.spans.size(); ++slot) set.slot_of[set.spans[slot].person - from_] = slot;
}

/// Keeps the events around which the group holds; each in the observation periods that its start lies in.
void Shard::keep_correlated(const Group& wanted, const IndexSet* set, Bag& bag) {
  IndexSet inner;
  inner.by_id = true;
  const auto slots = static_cast<std::uint32_t>(bag.offsets.size() - 1);
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    const auto person = person_of(set, slot);
    const auto [first, last] = periods_of(person);
    const auto begin = static_cast<std::uint32_t>(inner.rows.size());
    for (auto at = bag.offsets[slot]; at < bag.offsets[slot + 1]; ++at) {
      const auto& event = bag.events[at];
      for (auto period = first; period < last && event.start != no_day; ++period) {
        const auto from = day_at(tables_.persons.period_start, period);
        const auto to = day_at(tables_.persons.period_end, period);
        if (from == no_day || to == no_day || event.start < from || event.start > to) continue;
        inner.rows.push_back({event, from, to, 0});
      }
    }
    const auto end = static_cast<std::uint32_t>(inner.rows.size());
    if (begin == end) continue;
    std::stable_sort(inner.rows.begin() + begin, inner.rows.end(),
                     [](const IndexRow& a, const IndexRow& b) { return a.event.id < b.event.id; });
    inner.spans.push_back({person, begin, end});
  }
  number_slots(inner);
  const auto held = group(wanted, inner, Mask(inner.rows.size(), 1));
  // Events of a person whose id is among those that hold.
  std::vector<std::uint32_t> offsets(bag.offsets.size(), 0);
  std::vector<Event> kept;
  std::vector<std::int64_t> ids;
  std::size_t span = 0;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    offsets[slot] = static_cast<std::uint32_t>(kept.size());
    if (span == inner.spans.size() || inner.spans[span].person != person_of(set, slot)) continue;
    ids.clear();
    for (auto row = inner.spans[span].begin; row < inner.spans[span].end; ++row) {
      if (held[row] != 0) ids.push_back(inner.rows[row].event.id);
    }
    ++span;
    for (auto at = bag.offsets[slot]; at < bag.offsets[slot + 1] && !ids.empty(); ++at) {
      if (std::binary_search(ids.begin(), ids.end(), bag.events[at].id)) kept.push_back(bag.events[at]);
    }
  }
  offsets[slots] = static_cast<std::uint32_t>(kept.size());
  bag.offsets = std::move(offsets);
  bag.events = std::move(kept);
}

}  // namespace naru::cohort
