#include "cohort/native_plan.h"

#include <algorithm>
#include <set>

namespace naru::cohort {
namespace {

bool found_in(const Column& column, std::int64_t id, std::uint64_t& place) {
  place = lower_place(column, id, 0, column.rows());
  return place < column.rows() && column.at(place) == id;
}

template <typename Each>
void each_link(const Links& links, std::int64_t key, Each&& each) {
  std::uint64_t place = 0;
  if (!found_in(links.keys, key, place)) return;
  const auto to = static_cast<std::uint64_t>(links.offsets.at(place + 1));
  for (auto at = static_cast<std::uint64_t>(links.offsets.at(place)); at < to; ++at) each(links.values.at(at));
}

/// Everything below a concept, itself included when it is named; through concept_ancestor or through 'Is a'.
std::vector<std::int64_t> below(const VocabularyColumns& vocabulary, std::int64_t id, bool rebuild) {
  std::vector<std::int64_t> out;
  if (!rebuild) {
    each_link(vocabulary.descendants, id, [&](std::int64_t child) { out.push_back(child); });
    return out;
  }
  std::set<std::int64_t> seen{id};
  out.push_back(id);
  for (std::size_t at = 0; at < out.size(); ++at) {
    each_link(vocabulary.children, out[at], [&](std::int64_t child) {
      if (seen.insert(child).second) out.push_back(child);
    });
  }
  return out;
}

void sort_unique(std::vector<std::int64_t>& list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

std::map<std::int64_t, std::vector<std::int64_t>> resolve_sets(const VocabularyColumns& vocabulary,
                                                               const std::vector<ConceptSet>& sets,
                                                               bool rebuild_ancestors) {
  std::map<std::int64_t, std::vector<std::int64_t>> out;
  std::map<std::int64_t, std::vector<std::int64_t>> excluded;
  for (const auto& set : sets) {
    auto& taken = out[set.id];
    for (const auto& item : set.items) {
      std::vector<std::int64_t> named;
      std::uint64_t place = 0;
      if (found_in(vocabulary.concepts, item.concept_id, place)) named.push_back(item.concept_id);
      if (item.descendants) {
        for (const auto child : below(vocabulary, item.concept_id, rebuild_ancestors)) {
          if (found_in(vocabulary.concepts, child, place) && vocabulary.valid.at(place) == 1) named.push_back(child);
        }
      }
      if (item.mapped) {
        sort_unique(named);
        const auto own = named;
        for (const auto standard : own) {
          each_link(vocabulary.mapped_from, standard, [&](std::int64_t source) { named.push_back(source); });
        }
      }
      auto& into = item.excluded ? excluded[set.id] : taken;
      into.insert(into.end(), named.begin(), named.end());
    }
  }
  for (auto& [id, taken] : out) {
    sort_unique(taken);
    auto& without = excluded[id];
    sort_unique(without);
    std::vector<std::int64_t> left;
    std::set_difference(taken.begin(), taken.end(), without.begin(), without.end(), std::back_inserter(left));
    taken = std::move(left);
  }
  return out;
}

}  // namespace naru::cohort
