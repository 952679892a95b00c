// Refinements of a node: what it suppresses as a table of its own, and the centres of its classes.
#include "protect/anonymiser_state.h"

#include <algorithm>
#include <charconv>

namespace naru::protect {
namespace {

using detail::ClassTables;
using detail::Table;

// A node's classes, and for a group at level 0 the class it falls into.
template <class Key>
struct Sorter {
  Sorter(const detail::Problem& asked, const ClassTables<Key>& finest, const std::vector<std::size_t>& ordered)
      : problem(asked), levels(ordered) {
    (void)detail::measure_node(problem, finest, levels, classes, kept);
    counter.index(classes.plain);
  }
  // Place of the class among the node's groups; the group may belong to a table with one more field.
  [[nodiscard]] std::uint32_t group_of(const Key& key, const detail::Layout& layout) const {
    Key out = {};
    for (std::size_t c = 0; c < levels.size(); ++c) {
      put_code(out, classes.plain.layout[c], problem.columns[c].at[levels[c]][code_of(key, layout[c])]);
    }
    return counter.find(out);
  }
  [[nodiscard]] bool keeps(std::uint32_t group) const {
    return kept[group] != 0 && classes.plain.groups[group].count > 0;
  }
  const detail::Problem& problem;
  std::vector<std::size_t> levels;
  ClassTables<Key> classes;
  std::vector<std::uint8_t> kept;
  detail::Counter<Key> counter;
};

std::vector<std::size_t> ordered_levels(const std::vector<std::size_t>& place, const std::vector<std::size_t>& levels) {
  std::vector<std::size_t> out;
  for (const auto c : place) out.push_back(levels[c]);
  return out;
}

double number_of(const std::string& text) {
  double out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

struct Member {
  std::uint32_t group = 0;
  double value = 0;
  double count = 0;
};

// Mean or median of the members of one class, which are sorted by value.
double centre_of(std::span<const Member> members, bool median) {
  double count = 0;
  double sum = 0;
  for (const auto& one : members) {
    count += one.count;
    sum += one.count * one.value;
  }
  if (!median) return sum / count;
  double below = 0;
  for (const auto& one : members) {
    below += one.count;
    if (below * 2 >= count) return one.value;
  }
  return members.back().value;
}

}  // namespace

Anonymiser Anonymiser::leftover(const std::vector<std::size_t>& levels) const {
  auto out = std::make_unique<State>();
  out->spec = state_->spec;
  out->spec.suppression_limit = 1;
  out->coded = state_->coded;
  out->rows = state_->rows;
  out->values = state_->values;
  out->problem = state_->problem;
  out->place = state_->place;
  for (auto& column : out->problem.columns) std::ranges::fill(column.records, 0);
  const auto ordered = ordered_levels(state_->place, levels);
  std::visit(
      [&]<class Key>(const ClassTables<Key>& finest) {
        const Sorter<Key> sorter(state_->problem, finest, ordered);
        const auto sift = [&](const Table<Key>& from) {
          Table<Key> table{.layout = from.layout, .blocked_from = from.blocked_from};
          for (const auto& group : from.groups) {
            if (!sorter.keeps(sorter.group_of(group.key, from.layout))) table.groups.push_back(group);
          }
          return table;
        };
        ClassTables<Key> rest;
        rest.plain = sift(finest.plain);
        for (const auto& table : finest.sensitive) rest.sensitive.push_back(sift(table));
        for (const auto& group : rest.plain.groups) {
          out->records += group.count;
          for (std::size_t c = 0; c < ordered.size(); ++c) {
            out->problem.columns[c].records[code_of(group.key, rest.plain.layout[c])] += group.count;
          }
        }
        out->finest = std::move(rest);
      },
      state_->finest);
  for (std::size_t c = 0; c < ordered.size(); ++c) {
    out->coded[out->place[c]].records = out->problem.columns[c].records;
  }
  out->problem.records = out->records;
  detail::settle(out->problem, 1);
  return Anonymiser(std::move(out));
}

std::vector<double> Anonymiser::kept_shares(const std::vector<std::size_t>& levels) const {
  const auto ordered = ordered_levels(state_->place, levels);
  std::vector<double> out(levels.size(), 0);
  std::visit(
      [&]<class Key>(const ClassTables<Key>& finest) {
        const Sorter<Key> sorter(state_->problem, finest, ordered);
        const auto& plain = sorter.classes.plain;
        for (std::size_t c = 0; c < ordered.size(); ++c) {
          const auto& column = state_->problem.columns[c];
          const auto& rows = column.rows[ordered[c]];
          std::vector<std::int64_t> records(rows.size(), 0);
          for (std::size_t g = 0; g < plain.groups.size(); ++g) {
            if (sorter.kept[g] != 0) records[code_of(plain.groups[g].key, plain.layout[c])] += plain.groups[g].count;
          }
          for (std::size_t v = 0; v < rows.size(); ++v) {
            out[state_->place[c]] +=
                static_cast<double>(records[v]) * (static_cast<double>(rows[v]) / static_cast<double>(column.domain));
          }
        }
      },
      state_->finest);
  return out;
}

std::vector<double> Anonymiser::class_centres(const std::vector<std::size_t>& levels, std::size_t column,
                                              bool median) const {
  const auto ordered = ordered_levels(state_->place, levels);
  const auto at = static_cast<std::size_t>(std::ranges::find(state_->place, column) - state_->place.begin());
  const auto& cells = state_->spec.columns[column].hierarchy.cells;
  std::vector<double> out;
  std::visit(
      [&]<class Key>(const ClassTables<Key>& finest) {
        const Sorter<Key> sorter(state_->problem, finest, ordered);
        std::vector<Member> members;
        for (const auto& group : finest.plain.groups) {
          if (group.count == 0) continue;
          const auto row = code_of(group.key, finest.plain.layout[at]);
          members.push_back({sorter.group_of(group.key, finest.plain.layout), number_of(cells[row].front()),
                             static_cast<double>(group.count)});
        }
        std::ranges::sort(members, [](const Member& a, const Member& b) {
          return a.group != b.group ? a.group < b.group : a.value < b.value;
        });
        // Classes are numbered as the keeper does: kept groups in their order.
        for (std::size_t begin = 0; begin < members.size();) {
          auto end = begin;
          while (end < members.size() && members[end].group == members[begin].group) ++end;
          if (sorter.keeps(members[begin].group)) {
            out.push_back(centre_of(std::span(members).subspan(begin, end - begin), median));
          }
          begin = end;
        }
      },
      state_->finest);
  return out;
}

}  // namespace naru::protect
