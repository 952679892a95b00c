#include "cohort/native_shard.h"

#include "base/clock.h"

#include <algorithm>
#include <tuple>

namespace naru::cohort {
namespace {

/// NULL stands last.
std::int64_t last_if_null(Day day) { return day == no_day ? std::numeric_limits<std::int64_t>::max() : day; }

}  // namespace

std::int64_t Shard::age_at(std::uint32_t person, Day day) const {
  const auto born = tables_.persons.year_of_birth.at(person);
  return born == null_value ? null_value : civil_from_days(day).year - born;
}

/// A person's entry events in order, each inside an observation period with the wanted days around it; see
/// entry_events.sql. The second of each pair is the criterion's place.
void Shard::take_entries(std::uint32_t person, std::vector<std::pair<Event, std::uint32_t>>& events,
                         IndexSet& out) const {
  const auto& expression = plan_.expression();
  const auto begin = static_cast<std::uint32_t>(out.rows.size());
  const auto [first, last] = periods_of(person);
  for (const auto& [event, source] : events) {
    for (auto period = first; period < last && event.start != no_day; ++period) {
      const auto from = day_at(tables_.persons.period_start, period);
      const auto to = day_at(tables_.persons.period_end, period);
      if (from == no_day || to == no_day || event.start < from || event.start > to) continue;
      if (from + expression.prior_days > event.start || event.start + expression.post_days > to) continue;
      out.rows.push_back({event, from, to, source});
    }
  }
  const auto end = static_cast<std::uint32_t>(out.rows.size());
  if (begin == end) return;
  const bool latest = expression.entry_limit == Limit::last;
  const auto concept_of = [&](const IndexRow& row) {
    const auto& table = *plan_.bound(expression.entry[row.ordinal]).table;
    const auto place = lower_place(table.offsets, std::int64_t{row.event.row} + 1, 0, table.offsets.rows());
    return table.concepts.at(place - 1);
  };
  if (end - begin > 1) {
    std::sort(out.rows.begin() + begin, out.rows.end(), [&](const IndexRow& a, const IndexRow& b) {
      if (a.event.sort != b.event.sort) return latest ? a.event.sort > b.event.sort : a.event.sort < b.event.sort;
      const auto key = [](const IndexRow& row) {
        return std::tuple(row.event.id, row.ordinal, last_if_null(row.event.start), last_if_null(row.event.end));
      };
      if (key(a) != key(b)) return key(a) < key(b);
      if (a.event.row != b.event.row) {
        const auto concept_a = concept_of(a);
        const auto concept_b = concept_of(b);
        if (concept_a != concept_b)
          return concept_b == null_value || (concept_a != null_value && concept_a < concept_b);
      }
      return std::tie(a.op_start, a.op_end) < std::tie(b.op_start, b.op_end);
    });
  }
  if (expression.entry_limit != Limit::all) out.rows.resize(begin + 1);
  const auto kept = static_cast<std::uint32_t>(out.rows.size());
  for (auto row = begin; row < kept; ++row) out.rows[row].ordinal = row - begin;
  out.spans.push_back({person, begin, kept});
}

/// Persons with any row that an entry criterion reads, when they are so few that walking them beats walking all persons
/// of the shard; nothing otherwise.
std::optional<IndexSet> Shard::few_candidates() const {
  constexpr std::size_t persons_per_row = 8;
  std::vector<std::uint32_t> found;
  for (const auto& entry : plan_.expression().entry) {
    const auto& bound = plan_.bound(entry);
    const auto* person = bound.table->person.numbers<std::uint32_t>();
    for (const auto& [begin, end] : bound.pieces) {
      if (person == nullptr) break;
      const auto* first = std::lower_bound(person + begin, person + end, from_);
      const auto* last = std::lower_bound(first, person + end, to_);
      if ((found.size() + static_cast<std::size_t>(last - first)) * persons_per_row > to_ - from_) return std::nullopt;
      found.insert(found.end(), first, last);
    }
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  IndexSet out;
  for (const auto person : found) {
    if (excluded_.empty() || excluded_[person] == 0) out.spans.push_back({person, 0, 0});
  }
  number_slots(out);
  return out;
}

IndexSet Shard::entry_events() {
  IndexSet out;
  const auto few = few_candidates();
  const auto slots = few ? static_cast<std::uint32_t>(few->spans.size()) : to_ - from_;
  std::vector<Bag> bags;
  for (const auto& entry : plan_.expression().entry) {
    bags.push_back(collect(plan_.bound(entry), few ? &*few : nullptr, nullptr, true));
  }
  std::size_t expected = 0;
  for (const auto& bag : bags) expected += bag.events.size();
  out.rows.reserve(expected);
  out.spans.reserve(std::min<std::size_t>(expected, slots));
  std::vector<std::pair<Event, std::uint32_t>> events;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    events.clear();
    for (std::uint32_t source = 0; source < bags.size(); ++source) {
      const auto& bag = bags[source];
      for (auto at = bag.offsets[slot]; at < bag.offsets[slot + 1]; ++at) events.emplace_back(bag.events[at], source);
    }
    if (!events.empty()) take_entries(few ? few->spans[slot].person : from_ + slot, events, out);
  }
  number_slots(out);
  return out;
}

/// Leaves each person's first or last active event; ties by the order of entry events.
void Shard::limit(const IndexSet& set, Limit wanted, Mask& active) {
  if (wanted == Limit::all) return;
  for (const auto& span : set.spans) {
    auto best = span.end;
    for (auto row = span.begin; row < span.end; ++row) {
      if (active[row] == 0) continue;
      const auto start = set.rows[row].event.start;
      if (best == span.end ||
          (wanted == Limit::first ? start < set.rows[best].event.start : start > set.rows[best].event.start)) {
        best = row;
      }
    }
    for (auto row = span.begin; row < span.end; ++row) active[row] = row == best ? 1 : 0;
  }
}

std::int64_t Shard::persons_in(const IndexSet& set, const Mask& active) {
  const auto alive = alive_spans(set, active);
  return std::count(alive.begin(), alive.end(), 1);
}

ShardAnswer Shard::answer() {
  const auto& expression = plan_.expression();
  ShardAnswer out;
  auto set = entry_events();
  Mask active(set.rows.size(), 1);
  if (expression.additional) {
    active = group(*expression.additional, set, active);
    limit(set, expression.qualified_limit, active);
  }
  out.attrition.push_back(persons_in(set, active));
  for (const auto& rule : expression.rules) {
    if (out.attrition.back() > 0) active = group(rule.group, set, active);
    out.attrition.push_back(out.attrition.back() == 0 ? 0 : persons_in(set, active));
  }
  limit(set, expression.expression_limit, active);
  if (out.attrition.back() > 0) stays(set, active, exits(set, active), out);
  return out;
}

}  // namespace naru::cohort
