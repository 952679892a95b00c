#pragma once
/// Answers a definition for one range of persons. Everything in a definition is asked person by person, so ranges are
/// independent: they run on any number of threads and their answers stand one after the other.
/// Only for this room's .cc files.
#include "cohort/native_plan.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace naru::cohort {

/// Events by slot: those of slot s are events[offsets[s]] … events[offsets[s + 1]).
struct Bag {
  std::vector<std::uint32_t> offsets = {};
  std::vector<Event> events = {};
  std::vector<std::uint8_t> alive = {};  ///< by slot: whose events were asked for
};

/// An event that others are counted around, inside one observation period.
struct IndexRow {
  Event event;
  Day op_start = 0;
  Day op_end = 0;
  std::uint32_t ordinal = 0;  ///< of the person's entry events
};
/// Rows of one person; `slot` is the span's own place.
struct Span {
  std::uint32_t person = 0;  ///< dense number
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
/// Rows that a group is asked of. Rows of one span with the same id are one event in several observation periods when
/// `by_id`, else every row is an event of its own.
struct IndexSet {
  bool by_id = false;
  std::vector<Span> spans = {};
  std::vector<IndexRow> rows = {};
  std::vector<std::uint32_t> slot_of = {};  ///< by person of the shard; no_slot: none
  std::map<std::string, Bag, std::less<>> bags = {};
};
inline constexpr std::uint32_t no_slot = UINT32_MAX;
using Mask = std::vector<std::uint8_t>;  ///< by row of an IndexSet

struct NativeEntry {
  std::uint32_t person = 0;
  Day start = 0;
  Day end = 0;
  std::int64_t age = null_value;
};
struct ShardAnswer {
  std::vector<std::int64_t> attrition = {};  ///< persons after the entry events and after each rule
  std::vector<NativeEntry> entries = {};     ///< by person, start, end
  std::int64_t persons = 0;
};

class Shard {
 public:
  /// Persons [from, to). `excluded`: by dense number of all persons, or empty.
  Shard(const NativePlan& plan, std::uint32_t from, std::uint32_t to, const std::vector<std::uint8_t>& excluded)
      : plan_(plan), tables_(plan.tables()), from_(from), to_(to), excluded_(excluded) {}
  [[nodiscard]] ShardAnswer answer();

 private:
  // native_collect.cc
  struct Hit {
    std::uint32_t slot;
    std::uint32_t row;
  };
  [[nodiscard]] Bag collect(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                            bool whole);
  void hits_of(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
               std::vector<Hit>& hits) const;
  template <typename Take>
  void each_hit(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                Take&& take) const;
  void first_hits(const BoundCriterion& bound, const IndexSet* set, const std::vector<std::uint8_t>* alive,
                  std::size_t slots, std::vector<Hit>& hits) const;
  [[nodiscard]] Event event_of(const BoundCriterion& bound, std::uint32_t row, bool whole) const;
  [[nodiscard]] std::uint32_t person_of(const IndexSet* set, std::uint32_t slot) const {
    return set == nullptr ? from_ + slot : set->spans[slot].person;
  }
  void keep_correlated(const Group& group, const IndexSet* set, Bag& bag);
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> periods_of(std::uint32_t person) const;
  void number_slots(IndexSet& set) const;

  // native_group.cc
  [[nodiscard]] Mask group(const Group& group, IndexSet& set, const Mask& active);
  [[nodiscard]] Mask windowed(const Windowed& windowed, IndexSet& set, const Mask& active);
  [[nodiscard]] bool counts_directly(const Windowed& windowed, const IndexSet& set) const;
  [[nodiscard]] Mask counted_directly(const Windowed& windowed, const IndexSet& set, const Mask& active) const;
  [[nodiscard]] Mask demographic(const Demographic& demographic, const IndexSet& set, const Mask& active) const;
  [[nodiscard]] const Bag& bag_for(const Criterion& criterion, IndexSet& set, const Mask& active);

  // native_exit.cc
  [[nodiscard]] std::vector<Day> exits(IndexSet& set, const Mask& active);
  void era_exits(IndexSet& set, const Mask& active, std::vector<Day>& exits);
  void stays(const IndexSet& set, const Mask& active, const std::vector<Day>& exits, ShardAnswer& out) const;

  // native_shard.cc
  [[nodiscard]] std::int64_t age_at(std::uint32_t person, Day day) const;
  [[nodiscard]] std::optional<IndexSet> few_candidates() const;
  [[nodiscard]] IndexSet entry_events();
  void take_entries(std::uint32_t person, std::vector<std::pair<Event, std::uint32_t>>& events, IndexSet& out) const;
  static void limit(const IndexSet& set, Limit limit, Mask& active);
  [[nodiscard]] static std::int64_t persons_in(const IndexSet& set, const Mask& active);

  const NativePlan& plan_;
  const IndexTables& tables_;
  std::uint32_t from_;
  std::uint32_t to_;
  const std::vector<std::uint8_t>& excluded_;
};

/// By span: whether any of its rows is active.
[[nodiscard]] std::vector<std::uint8_t> alive_spans(const IndexSet& set, const Mask& active);
/// First row after `row` that is another event.
[[nodiscard]] inline std::uint32_t next_event(const IndexSet& set, std::uint32_t row, std::uint32_t end) {
  auto next = row + 1;
  while (set.by_id && next < end && set.rows[next].event.id == set.rows[row].event.id) ++next;
  return next;
}

}  // namespace naru::cohort
