#include "protect/classes.h"

#include "protect/distribution.h"
#include "protect/uniqueness.h"

#include <algorithm>
#include <numeric>

namespace naru::protect::detail {
namespace {

constexpr double distance_digits = 1e-12;

Narrow without(Narrow key, const Field& field) { return field.width == 0 ? key : key & ~(field.mask() << field.shift); }
Wide without(Wide key, const Field& field) {
  if (field.width != 0) key[field.word] &= ~(field.mask() << field.shift);
  return key;
}

// The kept classes from the smallest up; which of equally large ones goes first is fixed by their codes, not by the
// order of the records.
template <class Key>
std::vector<std::uint32_t> smallest_first(const Table<Key>& plain, const std::vector<std::uint8_t>& kept) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < kept.size(); ++i) {
    if (kept[i] != 0 && plain.groups[i].count > 0) order.push_back(i);
  }
  std::ranges::sort(order, [&](std::uint32_t a, std::uint32_t b) {
    const auto& one = plain.groups[a];
    const auto& other = plain.groups[b];
    return one.count != other.count ? one.count < other.count : one.key < other.key;
  });
  return order;
}

// All models over the whole, when the classes order[from…] are kept.
bool whole_holds(const Models& models, const std::vector<std::int64_t>& sizes, std::size_t from) {
  if (from == sizes.size()) return true;
  double records = 0;
  double ones = 0;
  for (std::size_t i = from; i < sizes.size(); ++i) {
    records += static_cast<double>(sizes[i]);
    ones += sizes[i] == 1 ? 1 : 0;
  }
  if (models.average_risk && static_cast<double>(sizes.size() - from) > *models.average_risk * records) return false;
  if (models.sample_uniqueness && ones > *models.sample_uniqueness * records) return false;
  if (models.population_uniqueness.empty() || ones == 0) return true;
  ClassSizes histogram;
  for (std::size_t i = from; i < sizes.size(); ++i) ++histogram[sizes[i]];
  for (const auto& model : models.population_uniqueness) {
    const auto uniques = population_uniques(model.model, histogram, std::max(model.population, records));
    if (!uniques || *uniques > model.threshold * model.population) return false;
  }
  return true;
}

}  // namespace

template <class Key>
std::int64_t Judge<Key>::lost(const Table<Key>& plain) const {
  const auto least = problem_.least_class;
  const auto map = problem_.models.k_map;
  std::int64_t out = 0;
  if (map == 0) {
    const auto small = static_cast<std::uint32_t>(std::min<std::int64_t>(least, UINT32_MAX));
    for (const auto& group : plain.groups) out += group.count < small ? group.count : 0;
    return out;
  }
  for (const auto& group : plain.groups) {
    if (group.count < least || group.population < map) out += group.count;
  }
  return out;
}

template <class Key>
void Judge<Key>::by_size(const Table<Key>& plain, bool least_presence, std::vector<std::uint8_t>& kept) const {
  kept.resize(plain.groups.size());
  const auto least = problem_.least_class;
  for (std::size_t i = 0; i < kept.size(); ++i) kept[i] = plain.groups[i].count >= least ? 1 : 0;
  if (!problem_.models.needs_population()) return;
  const auto map = problem_.models.k_map;
  const auto& presence = problem_.models.presence;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto& group = plain.groups[i];
    if (group.count == 0) continue;
    if (group.population < map) kept[i] = 0;
    if (!presence) continue;
    const double share = static_cast<double>(group.count) / static_cast<double>(group.population);
    if ((least_presence && share < presence->least) || share > presence->most) kept[i] = 0;
  }
}

template <class Key>
void Judge<Key>::by_sensitive(ClassTables<Key>& tables, std::size_t column, std::vector<std::uint8_t>& kept) {
  const auto& table = tables.sensitive[column];
  const auto field = table.layout[problem_.size()];
  // Values class by class: count, then place.
  first_.assign(tables.plain.groups.size() + 1, 0);
  std::vector<std::uint32_t> of_group;
  of_group.reserve(table.groups.size());
  for (const auto& group : table.groups) {
    of_group.push_back(counter_.find(without(group.key, field)));
    ++first_[of_group.back() + 1];
  }
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  values_.resize(table.groups.size());
  auto next = first_;
  for (std::size_t i = 0; i < of_group.size(); ++i) {
    values_[next[of_group[i]]++] = {code_of(table.groups[i].key, field), table.groups[i].count};
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == 0) continue;
    const ValueCounts values(values_.data() + first_[i], first_[i + 1] - first_[i]);
    if (values.empty()) continue;
    for (const auto& model : problem_.models.diversity) {
      if (model.column == column && !is_diverse(model, values)) kept[i] = 0;
    }
    for (const auto& model : problem_.models.closeness) {
      if (kept[i] == 0 || model.column != column) continue;
      const auto& coded = problem_.sensitive[column];
      if (distance_of(model.distance, coded, values) > model.t + distance_digits) kept[i] = 0;
    }
  }
}

template <class Key>
void Judge<Key>::by_whole(const Table<Key>& plain, std::vector<std::uint8_t>& kept) const {
  const auto& models = problem_.models;
  if (!models.average_risk && !models.sample_uniqueness && models.population_uniqueness.empty()) return;
  const auto order = smallest_first(plain, kept);
  std::vector<std::int64_t> sizes;
  for (const auto i : order) sizes.push_back(plain.groups[i].count);
  std::size_t low = 0;
  std::size_t high = sizes.size();
  while (low < high) {
    const auto middle = (low + high) / 2;
    if (whole_holds(models, sizes, middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  for (std::size_t i = 0; i < high; ++i) kept[order[i]] = 0;
}

template <class Key>
Verdict Judge<Key>::operator()(ClassTables<Key>& tables, std::vector<std::uint8_t>& kept) {
  by_size(tables.plain, true, kept);
  if (!tables.sensitive.empty()) {
    counter_.index(tables.plain);
    for (std::size_t s = 0; s < tables.sensitive.size(); ++s) by_sensitive(tables, s, kept);
  }
  by_whole(tables.plain, kept);
  Verdict out;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto count = tables.plain.groups[i].count;
    if (count == 0) continue;
    ++out.classes;
    out.kept_classes += kept[i];
    out.suppressed += kept[i] != 0 ? 0 : count;
  }
  out.lost_for_good = lost(tables.plain);
  return out;
}

template <class Key>
bool Judge<Key>::all_hold(ClassTables<Key>& tables) {
  // A class falls below the least presence by being merged with people who are not in the table, so that one is left
  // out.
  by_size(tables.plain, false, kept_);
  if (!tables.sensitive.empty()) {
    counter_.index(tables.plain);
    for (std::size_t s = 0; s < tables.sensitive.size(); ++s) by_sensitive(tables, s, kept_);
  }
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i] == 0 && tables.plain.groups[i].count > 0) return false;
  }
  return true;
}

template class Judge<Narrow>;
template class Judge<Wide>;

}  // namespace naru::protect::detail
