#pragma once
/// Walking the postings of a criterion. Included where the walk has to be inlined; only for this room's .cc files.
#include "cohort/native_shard.h"

#include <algorithm>

namespace naru::cohort {

/// Calls `use` with a function from row to day that fits the column's width.
template <typename Use>
void with_days(const Column& column, Use&& use) {
  const auto base = static_cast<Day>(column.shape().base);
  if (const auto* days = column.numbers<std::uint16_t>()) {
    use([=](std::uint64_t row) { return days[row] == UINT16_MAX ? no_day : base + Day{days[row]}; });
    return;
  }
  use([&column](std::uint64_t row) { return day_at(column, row); });
}

/// Few persons, many rows: each person is looked up instead of reading all rows.
[[nodiscard]] inline bool is_worth_searching(std::size_t persons, std::ptrdiff_t rows) {
  constexpr std::ptrdiff_t rows_per_search = 64;
  return static_cast<std::ptrdiff_t>(persons) * rows_per_search < rows;
}
/// How many spans are asked for.
[[nodiscard]] inline std::size_t asked_of(const IndexSet* set, const std::vector<std::uint8_t>* alive) {
  if (set == nullptr) return 0;
  return alive == nullptr ? set->spans.size() : static_cast<std::size_t>(std::count(alive->begin(), alive->end(), 1));
}

/// Rows [begin, end) of one concept, which lie by person: those of persons [from, to) who are wanted. `take` gets a
/// slot of the set (or the person less `from` when there is none) and the row. `asked`: see asked_of.
template <typename Take>
void scan_piece(const std::uint32_t* person, std::uint64_t begin, std::uint64_t end, std::uint32_t from,
                std::uint32_t to, const std::vector<std::uint8_t>& excluded, const IndexSet* set,
                const std::vector<std::uint8_t>* alive, std::size_t asked, Take&& take) {
  const auto* first = std::lower_bound(person + begin, person + end, from);
  const auto* last = std::lower_bound(first, person + end, to);
  if (set == nullptr) {
    for (const auto* at = first; at != last; ++at) {
      const auto slot = *at - from;
      if (slot < to - from && (excluded.empty() || excluded[*at] == 0))
        take(slot, static_cast<std::uint32_t>(at - person));
    }
    return;
  }
  const auto wanted = [&](std::uint32_t slot) { return alive == nullptr || (*alive)[slot] != 0; };
  if (is_worth_searching(asked, last - first)) {
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
    const auto place = *at - from;
    const auto slot = place < set->slot_of.size() ? set->slot_of[place] : no_slot;
    if (slot != no_slot && wanted(slot)) take(slot, static_cast<std::uint32_t>(at - person));
  }
}

template <typename Take>
void Shard::each_hit(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                     Take&& take) const {
  const auto* person = bound.table->person.numbers<std::uint32_t>();
  if (person == nullptr) return;
  const auto asked = asked_of(set, alive);
  for (const auto& [begin, end] : bound.pieces) {
    if (!bound.by_source) {
      scan_piece(person, begin, end, from_, to_, excluded_, set, alive, asked, take);
      continue;
    }
    scan_piece(person, begin, end, from_, to_, excluded_, set, alive, asked,
               [&](std::uint32_t slot, std::uint32_t row) {
                 if (std::binary_search(bound.sources.begin(), bound.sources.end(), bound.table->source.at(row)))
                   take(slot, row);
               });
  }
}

}  // namespace naru::cohort
