#include "cohort/native_shard.h"

#include <algorithm>
#include <tuple>

namespace naru::cohort {
namespace {

void earlier(Day& exit, std::int64_t day, Day start) {
  if (day >= start && (exit == no_day || day < exit)) exit = static_cast<Day>(day);
}

}  // namespace

/// Ends of the drug eras that hold an entry date; see drug_era_ends.sql.
void Shard::era_exits(IndexSet& set, const Mask& active, std::vector<Day>& exits) {
  const auto& exit = plan_.expression().exit;
  const auto& drugs = plan_.era_drugs();
  if (drugs.sources.empty()) return;
  const auto alive = alive_spans(set, active);
  std::vector<Hit> hits;
  hits_of(drugs, &set, &alive, hits);
  hits_of(plan_.era_sources(), &set, &alive, hits);
  struct Exposure {
    std::uint32_t slot;
    Day start, end;
  };
  std::vector<Exposure> exposures;
  for (const auto& hit : hits) {
    const auto start = day_at(drugs.table->start, hit.row);
    if (start == no_day) continue;
    const auto end = exit.supply_days ? static_cast<Day>(start + *exit.supply_days) : day_at(drugs.table->end, hit.row);
    exposures.push_back({hit.slot, start, end});
  }
  std::sort(exposures.begin(), exposures.end(), [](const Exposure& a, const Exposure& b) {
    return std::tie(a.slot, a.start, a.end) < std::tie(b.slot, b.start, b.end);
  });
  for (std::size_t at = 0; at < exposures.size();) {
    const auto slot = exposures[at].slot;
    const auto era_start = exposures[at].start;
    std::int64_t era_end = exposures[at].end;
    for (++at; at < exposures.size() && exposures[at].slot == slot && era_end + exit.gap_days >= exposures[at].start;
         ++at) {
      era_end = std::max<std::int64_t>(era_end, exposures[at].end);
    }
    era_end += exit.offset_days;
    for (auto row = set.spans[slot].begin; row < set.spans[slot].end; ++row) {
      const auto start = set.rows[row].event.start;
      if (active[row] != 0 && start >= era_start && start <= era_end) earlier(exits[row], era_end, start);
    }
  }
}

std::vector<Day> Shard::exits(IndexSet& set, const Mask& active) {
  const auto& expression = plan_.expression();
  std::vector<Day> out(set.rows.size(), no_day);
  for (std::size_t row = 0; row < out.size(); ++row) {
    if (active[row] == 0) continue;
    const auto& index = set.rows[row];
    if (expression.exit.kind == ExitKind::date_offset) {
      const auto from = expression.exit.from_end ? index.event.end : index.event.start;
      if (from == no_day) continue;
      earlier(out[row], std::min<std::int64_t>(from + expression.exit.offset_days, index.op_end), index.event.start);
    } else {
      earlier(out[row], index.op_end, index.event.start);
    }
  }
  if (expression.exit.kind == ExitKind::drug_era) era_exits(set, active, out);
  for (const auto& censor : expression.censoring) {
    const auto& bag = bag_for(censor, set, active);
    for (std::uint32_t slot = 0; slot < set.spans.size(); ++slot) {
      for (auto row = set.spans[slot].begin; row < set.spans[slot].end; ++row) {
        if (active[row] == 0) continue;
        const auto& index = set.rows[row];
        for (auto at = bag.offsets[slot]; at < bag.offsets[slot + 1]; ++at) {
          const auto start = bag.events[at].start;
          if (start == no_day || start < index.event.start) continue;
          if (start <= index.op_end) earlier(out[row], start, index.event.start);
          break;  // by start: the first one is the earliest
        }
      }
    }
  }
  return out;
}

/// Pads, joins stays that touch or overlap, cuts; see entries.sql.
void Shard::stays(const IndexSet& set, const Mask& active, const std::vector<Day>& exits, ShardAnswer& out) const {
  const auto& expression = plan_.expression();
  const auto pad = expression.era_pad_days;
  struct Stay {
    Day start;
    std::int64_t end;
    std::int64_t age;
  };
  std::vector<Stay> list;
  for (const auto& span : set.spans) {
    list.clear();
    for (auto row = span.begin; row < span.end; ++row) {
      if (active[row] == 0 || exits[row] == no_day) continue;
      list.push_back({set.rows[row].event.start, exits[row] + pad, set.rows[row].event.age});
    }
    std::sort(list.begin(), list.end(),
              [](const Stay& a, const Stay& b) { return std::tie(a.start, a.end) < std::tie(b.start, b.end); });
    const auto before = out.entries.size();
    for (std::size_t at = 0; at < list.size();) {
      auto stay = list[at];
      for (++at; at < list.size() && stay.end >= list[at].start; ++at) {
        stay.end = std::max(stay.end, list[at].end);
        if (list[at].age != null_value && (stay.age == null_value || list[at].age < stay.age)) stay.age = list[at].age;
      }
      auto end = static_cast<Day>(stay.end - pad);
      auto start = stay.start;
      if (expression.censor_start) start = std::max(start, *expression.censor_start);
      if (expression.censor_end) end = std::min(end, *expression.censor_end);
      if (start > end) continue;
      auto age = stay.age;
      if (age == null_value) age = age_at(span.person, start);
      out.entries.push_back({span.person, start, end, age});
    }
    if (out.entries.size() > before) ++out.persons;
  }
}

}  // namespace naru::cohort
