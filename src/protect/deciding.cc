#include "protect/deciding.h"

#include "protect/cell_key.h"

#include <algorithm>
#include <deque>
#include <map>

namespace naru::protect::detail {

::Roaring bitmap_of(const People& people) { return ::Roaring(people.size(), people.data()); }

std::vector<::Roaring> bitmaps_of(std::size_t rows, std::size_t columns, const std::vector<::Roaring>& cells) {
  auto out = cells;
  out.resize(rows * columns + rows + columns + 1);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < columns; ++column) {
      const auto& cell = cells[row * columns + column];
      out[rows * columns + row] |= cell;
      out[rows * columns + rows + column] |= cell;
    }
    out.back() |= out[rows * columns + row];
  }
  return out;
}

std::vector<::Roaring> cells_of(const AskedTable& asked) {
  std::vector<::Roaring> out;
  for (const auto& cell : asked.cells) out.push_back(bitmap_of(cell));
  return out;
}

std::int64_t radius_of(std::int64_t level, bool small, std::int64_t min_cell) {
  const auto half = std::max<std::int64_t>(2, min_cell / 2);
  const auto out = level == 0 ? min_cell : level == 1 ? half : 2;
  return small ? std::min(out, half) : out;
}

namespace {

/// Total first, then margins, then cells: what matters most to the reader is decided first.
std::vector<std::size_t> by_importance(std::size_t cells, std::size_t numbers) {
  std::vector<std::size_t> out{numbers - 1};
  for (auto at = cells; at + 1 < numbers; ++at) out.push_back(at);
  for (std::size_t at = 0; at < cells; ++at) out.push_back(at);
  return out;
}

struct NewNumber {
  ::Roaring people;
  Sketch sketch{};
  Sample sample{};
};

/// Everything about one decision.
class Deciding {
 public:
  Deciding(const AskedTable& asked, const OutputRules& rules, const OutputControl& control, const KeyOf& key_of,
           const Perturbation* perturbation)
      : asked_(asked),
        rules_(rules),
        control_(control),
        key_of_(key_of),
        perturbation_(perturbation),
        counts_(asked.counts()),
        values_(numbers_of(counts_)),
        near_(values_.size()) {}

  Result<BookDecision> run(const Shelves& shelves, bool perturb) {
    find_near(shelves);
    std::vector<bool> near(values_.size(), false);
    for (std::size_t at = 0; at < near.size(); ++at) near[at] = near_[at].near || !near_[at].decided;
    NARU_ASSIGN(const auto hidden, hidden_numbers(counts_, rules_, near));
    BookDecision out;
    out.perturbed = perturb;
    std::vector<ReleasedCount> numbers(values_.size());
    out.told.assign(values_.size(), false);
    if (perturb) NARU_CHECK(compute_keys());
    for (std::size_t at = 0; at < values_.size(); ++at) {
      if (near[at]) continue;
      numbers[at] = fresh(at, hidden[at], perturb);
      out.told[at] = numbers[at].value.has_value() && values_[at] > 0;
    }
    for (std::size_t at = 0; at < values_.size(); ++at) {
      if (!near[at]) continue;
      numbers[at] = derived(at, numbers);
      (numbers[at].value ? out.derived : out.withheld) += 1;
    }
    out.table = table_of(counts_, numbers);
    return out;
  }

 private:
  void find_near(const Shelves& shelves) {
    if (shelves.every.empty()) return;
    const auto cells = cells_of(asked_);
    const auto all = bitmaps_of(asked_.rows.size(), asked_.columns.size(), cells);
    const NewNumber total{all.back(), sketch_of(all.back()), sample_of(all.back())};
    const Held everybody{&total.people, &total.sketch, &total.sample, values_.back()};
    std::vector<Held> inside;
    for (const auto& one : shelves.told)
      if (may_be_inside(one, everybody, rules_.min_cell)) inside.push_back(one);
    const auto unions = earlier_unions(inside, cells);
    UnionSearch search(shelves.tables, control_.ledger.answers_exact, rules_.min_cell);
    std::deque<NewNumber> kept;
    std::vector<Held> own;
    std::vector<std::size_t> decided;
    for (const auto at : by_importance(counts_.cells.size(), values_.size())) {
      if (values_[at] == 0) continue;
      if (const auto twin = twin_of(at, all, decided)) {
        near_[at] = near_[*twin];
        if (parts_.contains(*twin)) parts_[at] = parts_[*twin];
        continue;
      }
      decided.push_back(at);
      kept.push_back({all[at], sketch_of(all[at]), sample_of(all[at])});
      const auto& made = kept.back();
      const Held held{&made.people, &made.sketch, &made.sample, values_[at], {}, at};
      const bool small = values_[at] < rules_.min_cell;
      if (const auto* one = nearest(held, shelves.every, radius_of(0, small, rules_.min_cell))) {
        near_[at].near = true;
        parts_[at].push_back({std::nullopt, 1, one->shown});
        continue;
      }
      if (small) continue;
      if (near_by_union(at, held, search, unions)) continue;
      const auto around = numbers_around(held, shelves);
      near_[at] =
          nearness(held, {shelves.told, inside, around, values_.back()}, own, control_.ledger.depth, rules_.min_cell);
      for (const auto& part : near_[at].parts) {
        parts_[at].push_back({part.own ? std::optional(part.held->number) : std::nullopt, part.sign, part.held->shown});
      }
      near_[at].parts.clear();  // they point into `own`, which moves when it grows
      if (!near_[at].near && near_[at].decided) own.push_back(held);
    }
  }

  /// Told numbers that may hold all of this one. A table that does not hold it has no number that does.
  [[nodiscard]] std::vector<Held> numbers_around(const Held& number, const Shelves& shelves) const {
    std::vector<bool> holds(shelves.tables.size());
    for (std::size_t at = 0; at < holds.size(); ++at)
      holds[at] = may_be_inside(number, shelves.tables[at].everybody, rules_.min_cell);
    std::vector<Held> out;
    for (const auto& one : shelves.told) {
      if (!holds[one.number]) continue;
      // A number of as many persons as its table is the table, which was asked.
      const bool whole = one.size == shelves.tables[one.number].everybody.size;
      if (whole || may_be_inside(number, one, rules_.min_cell)) out.push_back(one);
    }
    return out;
  }

  /// An earlier number that cells of the new table make up, whole rows of it told by their totals.
  struct EarlierUnion {
    std::vector<std::size_t> units;  ///< places in the order in which they are decided
    std::int64_t shown = 0;
  };

  [[nodiscard]] std::vector<EarlierUnion> earlier_unions(const std::vector<Held>& inside,
                                                         const std::vector<::Roaring>& cells) const {
    std::vector<EarlierUnion> out;
    if (cells.size() < 2) return out;
    const auto columns = asked_.columns.size();
    for (const auto& earlier : inside) {
      const auto chosen = cells_that_make(earlier, cells, rules_.min_cell);
      if (chosen.size() < 2) continue;  // one cell: `nearest` finds it
      EarlierUnion one{{}, *earlier.shown};
      for (std::size_t row = 0, at = 0; row < asked_.rows.size(); ++row) {
        const auto first = at;
        while (at < chosen.size() && chosen[at] / columns == row) ++at;
        if (at > first && at - first == filled(row * columns, 1, columns)) {
          one.units.push_back(cells.size() + row);
        } else {
          for (auto cell = first; cell < at; ++cell) one.units.push_back(decided_as(chosen[cell]));
        }
      }
      // In the order in which they are decided: margins, then cells.
      std::sort(one.units.begin(), one.units.end(), [&](std::size_t a, std::size_t b) {
        const bool a_cell = a < cells.size();
        const bool b_cell = b < cells.size();
        return a_cell != b_cell ? b_cell : a < b;
      });
      if (one.units.size() >= 2) out.push_back(std::move(one));
    }
    return out;
  }

  /// How many of `count` cells hold anybody.
  [[nodiscard]] std::size_t filled(std::size_t from, std::size_t step, std::size_t count) const {
    std::size_t out = 0;
    for (std::size_t at = 0; at < count; ++at) out += values_[from + at * step] > 0 ? 1 : 0;
    return out;
  }
  /// The place at which a cell's persons are decided: a margin that holds the same ones comes first.
  [[nodiscard]] std::size_t decided_as(std::size_t cell) const {
    const auto rows = asked_.rows.size();
    const auto columns = asked_.columns.size();
    if (filled(cell / columns * columns, 1, columns) == 1) return rows * columns + cell / columns;
    if (filled(cell % columns, columns, rows) == 1) return rows * columns + rows + cell % columns;
    return cell;
  }

  /// A union of parts of earlier tables, or the last part of a union that is an earlier number: it is shown as what
  /// those say. Sets what is known of place `at` and says whether it is near.
  bool near_by_union(std::size_t at, const Held& held, UnionSearch& search, const std::vector<EarlierUnion>& unions) {
    const auto parts = search.parts_of(held);
    for (const auto& part : parts) parts_[at].push_back({std::nullopt, part.sign, part.shown});
    for (const auto& whole : unions) {
      if (!parts.empty()) break;
      if (whole.units.back() != at) continue;
      const bool others_told = std::all_of(whole.units.begin(), whole.units.end() - 1, [&](std::size_t unit) {
        return values_[unit] >= rules_.min_cell && !near_[unit].near && near_[unit].decided;
      });
      if (!others_told) continue;
      parts_[at].push_back({std::nullopt, 1, whole.shown});
      for (auto unit = whole.units.begin(); unit + 1 != whole.units.end(); ++unit)
        parts_[at].push_back({*unit, -1, std::nullopt});
      break;
    }
    near_[at].near = parts_.contains(at);
    return near_[at].near;
  }

  /// A number already decided that counts the same persons.
  [[nodiscard]] std::optional<std::size_t> twin_of(std::size_t at, const std::vector<::Roaring>& all,
                                                   const std::vector<std::size_t>& decided) const {
    for (const auto before : decided)
      if (values_[before] == values_[at] && all[before] == all[at]) return before;
    return std::nullopt;
  }

  Done compute_keys() {
    if (!key_of_) return internal_error(say("no key for perturbation", "교란 키가 없습니다"), "ledger");
    keys_.assign(values_.size(), 0);
    const auto rows = asked_.rows.size();
    const auto columns = asked_.columns.size();
    for (std::size_t cell = 0; cell < asked_.cells.size(); ++cell) {
      std::uint64_t key = 0;
      for (const auto person : asked_.cells[cell]) key += key_of_(person);
      keys_[cell] = key;
      keys_[rows * columns + cell / columns] += key;
      keys_[rows * columns + rows + cell % columns] += key;
      keys_.back() += key;
    }
    return {};
  }

  [[nodiscard]] ReleasedCount fresh(std::size_t at, bool hidden, bool perturb) const {
    const auto value = values_[at];
    if (rules_.small(value)) return {std::nullopt, Suppressed::small};
    if (hidden) return {std::nullopt, Suppressed::complementary};
    return finished(perturb ? perturbation_->perturbed(value, keys_[at]) : value);
  }

  /// Rounded; what noise or arithmetic brought below the threshold looks like any small number.
  [[nodiscard]] ReleasedCount finished(std::int64_t value) const {
    if (rules_.small(std::max<std::int64_t>(value, 0))) return {std::nullopt, Suppressed::small};
    return {rounded_to(std::max<std::int64_t>(value, 0), rules_.round_to), Suppressed::no};
  }

  /// A sum of numbers that left: it tells nothing they did not.
  [[nodiscard]] ReleasedCount derived(std::size_t at, const std::vector<ReleasedCount>& numbers) const {
    const auto parts = parts_.find(at);
    if (parts == parts_.end()) return {std::nullopt, Suppressed::complementary};
    std::int64_t sum = 0;
    for (const auto& part : parts->second) {
      const auto shown = part.own ? numbers[*part.own].value : part.shown;
      if (!shown) return {std::nullopt, rules_.small(values_[at]) ? Suppressed::small : Suppressed::complementary};
      sum += part.sign * *shown;
    }
    return finished(sum);
  }

  struct Recipe {
    std::optional<std::size_t> own;
    int sign = 1;
    std::optional<std::int64_t> shown = {};
  };

  const AskedTable& asked_;
  const OutputRules& rules_;
  const OutputControl& control_;
  const KeyOf& key_of_;
  const Perturbation* perturbation_;
  CountTable counts_;
  std::vector<std::int64_t> values_;
  std::vector<Nearness> near_;
  std::map<std::size_t, std::vector<Recipe>> parts_ = {};
  std::vector<std::uint64_t> keys_ = {};
};

}  // namespace

Result<BookDecision> decide_anew(const AskedTable& asked, const OutputRules& rules, const OutputControl& control,
                                 const KeyOf& key_of, const Perturbation* perturbation, const Shelves& shelves,
                                 bool perturb) {
  return Deciding(asked, rules, control, key_of, perturbation).run(shelves, perturb);
}

}  // namespace naru::protect::detail
