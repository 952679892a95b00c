#include "cohort/native_scan.h"

#include <algorithm>

namespace naru::cohort {

namespace {
Day moved(Day day, std::int64_t by) { return day == no_day ? no_day : static_cast<Day>(day + by); }
}  // namespace

void Shard::hits_of(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                    std::vector<Hit>& hits) const {
  each_hit(bound, set, alive, [&](std::uint32_t slot, std::uint32_t row) { hits.push_back({slot, row}); });
}

/// The first event of each slot by its table's start and id, without keeping the others; NULL starts stand last.
void Shard::first_hits(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                       std::size_t slots, std::vector<Hit>& hits) const {
  struct Best {
    Day start = no_day;
    std::uint32_t row = UINT32_MAX;
  };
  std::vector<Best> best(slots);
  const auto& table = *bound.table;
  const auto scan = [&](const auto& day_of) {
    each_hit(bound, set, alive, [&](std::uint32_t slot, std::uint32_t row) {
      auto& kept = best[slot];
      const auto start = day_of(row);
      if (kept.row != UINT32_MAX) {
        if (start == kept.start ? table.id.at(row) >= table.id.at(kept.row)
                                : start == no_day || (kept.start != no_day && start > kept.start))
          return;
      }
      kept = {start, row};
    });
  };
  with_days(table.start, scan);
  for (std::size_t slot = 0; slot < slots; ++slot) {
    if (best[slot].row != UINT32_MAX) hits.push_back({static_cast<std::uint32_t>(slot), best[slot].row});
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
  if (criterion.first)
    first_hits(bound, set, alive, slots, hits);
  else
    hits_of(bound, set, alive, hits);
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
