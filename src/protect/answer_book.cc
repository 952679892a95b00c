#include "protect/answer_book.h"

#include "base/digest.h"
#include "base/json.h"
#include "protect/cell_key.h"
#include "protect/near_search.h"
#include "protect/union_search.h"

#include <algorithm>
#include <deque>
#include <map>

namespace naru::protect {
namespace {

using detail::EarlierTable;
using detail::Held;
using detail::Nearness;
using detail::Sketch;

::Roaring bitmap_of(const People& people) { return ::Roaring(people.size(), people.data()); }

/// Bitmaps of all numbers of a table, in the order of `numbers_of`.
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

struct Entry {
  std::string id;
  std::string project;
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<bool> told;
  std::vector<std::optional<std::int64_t>> shown;
  std::int64_t level = 0;  ///< 0: an answer of its own; 1: close to one of those; 2: close to one of these …
  ::Roaring everybody = {};
  std::int64_t persons = 0;
  /// Of an answer of its own; the same persons once.
  struct Number {
    ::Roaring people;
    Sketch sketch{};
    detail::Sample sample{};
    std::int64_t size = 0;
    bool told = false;
    std::optional<std::int64_t> shown = {};
  };
  std::vector<Number> numbers = {};
  std::vector<std::size_t> place = {};  ///< which of `numbers` stands at each place of the table
};

void add_number(Entry& entry, ::Roaring people, bool told, std::optional<std::int64_t> shown) {
  entry.place.push_back(entry.numbers.size());
  const auto size = static_cast<std::int64_t>(people.cardinality());
  for (auto& before : entry.numbers) {
    // The same persons again (a margin of one row): the same number.
    if (before.size != size || !(before.people == people)) continue;
    if (told && !before.told) before.shown = shown;
    before.told = before.told || told;
    entry.place.back() = static_cast<std::size_t>(&before - entry.numbers.data());
    return;
  }
  people.runOptimize();
  entry.numbers.push_back({std::move(people), {}, {}, size, told, shown});
  entry.numbers.back().sketch = detail::sketch_of(entry.numbers.back().people);
  entry.numbers.back().sample = detail::sample_of(entry.numbers.back().people);
}

Entry filled(Entry out, const std::vector<::Roaring>& cells) {
  auto all = bitmaps_of(out.rows.size(), out.columns.size(), cells);
  out.everybody = all.back();
  out.persons = static_cast<std::int64_t>(out.everybody.cardinality());
  if (out.level > 0) return out;
  for (std::size_t at = 0; at < all.size(); ++at) add_number(out, std::move(all[at]), out.told[at], out.shown[at]);
  return out;
}

std::vector<::Roaring> cells_of(const AskedTable& asked) {
  std::vector<::Roaring> out;
  for (const auto& cell : asked.cells) out.push_back(bitmap_of(cell));
  return out;
}

std::string flags(const std::vector<bool>& told) {
  std::string out;
  for (const bool one : told) out += one ? '1' : '0';
  return out;
}

Error damaged(std::string_view where) {
  return rejected(say("the ledger of answered questions is damaged", "응답한 질의의 장부가 손상되었습니다"),
                  std::string(where),
                  say("restore the site's private folder from its backup; no new question is answered without it",
                      "기관의 private 폴더를 백업에서 복구하세요. 그 전에는 새 질의에 답하지 않습니다"));
}

/// How close a cohort must be to an entry to get its answer. Answers given again draw ever smaller circles, so that a
/// chain of cohorts does not carry one answer far away; the last circle still holds a neighbour of one person. Cohorts
/// too small to be shown join a larger one's answer only from nearby.
std::int64_t radius_of(std::int64_t level, bool small, std::int64_t min_cell) {
  const auto half = std::max<std::int64_t>(2, min_cell / 2);
  const auto out = level == 0 ? min_cell : level == 1 ? half : 2;
  return small ? std::min(out, half) : out;
}

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
  detail::Sample sample{};
};

/// What the book holds, in the shapes that a decision wants.
struct Shelves {
  std::vector<Held> every = {};  ///< numbers of all answers, sorted by size; of the same size the earlier first
  std::vector<Held> told = {};   ///< those that left
  std::vector<EarlierTable> tables = {};
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
    const NewNumber total{all.back(), detail::sketch_of(all.back()), detail::sample_of(all.back())};
    const Held everybody{&total.people, &total.sketch, &total.sample, values_.back()};
    std::vector<Held> inside;
    for (const auto& one : shelves.told)
      if (detail::may_be_inside(one, everybody, rules_.min_cell)) inside.push_back(one);
    const auto unions = earlier_unions(inside, cells);
    detail::UnionSearch search(shelves.tables, control_.ledger.answers_exact, rules_.min_cell);
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
      kept.push_back({all[at], detail::sketch_of(all[at]), detail::sample_of(all[at])});
      const auto& made = kept.back();
      const Held held{&made.people, &made.sketch, &made.sample, values_[at], {}, at};
      const bool small = values_[at] < rules_.min_cell;
      if (const auto* one = detail::nearest(held, shelves.every, radius_of(0, small, rules_.min_cell))) {
        near_[at].near = true;
        parts_[at].push_back({std::nullopt, 1, one->shown});
        continue;
      }
      if (small) continue;
      if (near_by_union(at, held, search, unions)) continue;
      const auto around = numbers_around(held, shelves);
      near_[at] = detail::nearness(held, {shelves.told, inside, around}, own, control_.ledger.depth, rules_.min_cell);
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
      holds[at] = detail::may_be_inside(number, shelves.tables[at].everybody, rules_.min_cell);
    std::vector<Held> out;
    for (const auto& one : shelves.told)
      if (holds[one.number] && detail::may_be_inside(number, one, rules_.min_cell)) out.push_back(one);
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
      const auto chosen = detail::cells_that_make(earlier, cells, rules_.min_cell);
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
  bool near_by_union(std::size_t at, const Held& held, detail::UnionSearch& search,
                     const std::vector<EarlierUnion>& unions) {
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

CountTable AskedTable::counts() const {
  CountTable out{rows, columns, {}};
  for (const auto& cell : cells) out.cells.push_back(static_cast<std::int64_t>(cell.size()));
  return out;
}

std::size_t AskedTable::persons() const {
  std::size_t out = 0;
  for (const auto& cell : cells) out += cell.size();
  return out;
}

struct AnswerBook::State {
  std::deque<Entry> entries;
  std::shared_ptr<const Perturbation> perturbation = {};

  Shelves shelves = {};
  std::size_t shelved = 0;   ///< entries on the shelves
  std::int64_t answers = 0;  ///< of these, answers of their own

  /// Puts the entries that came since on the shelves; entries never change and stay where they are.
  const Shelves& ready() {
    const auto sorted_from = std::pair(shelves.every.size(), shelves.told.size());
    for (; shelved < entries.size(); ++shelved) {
      const auto& entry = entries[shelved];
      if (entry.level > 0) continue;
      EarlierTable table{answers++, entry.rows.size(), entry.columns.size(), {}, {}};
      for (const auto place : entry.place) {
        const auto& number = entry.numbers[place];
        table.people.push_back(&number.people);
        table.told.push_back(number.told ? number.shown : std::nullopt);
      }
      const auto held = [&](const Entry::Number& number) {
        return Held{&number.people, &number.sketch, &number.sample, number.size, number.shown, shelves.tables.size()};
      };
      for (const auto& number : entry.numbers) {
        if (number.size == 0) continue;
        shelves.every.push_back(held(number));
        if (number.told) shelves.told.push_back(held(number));
      }
      table.everybody = held(entry.numbers[entry.place.back()]);
      shelves.tables.push_back(std::move(table));
    }
    merge(shelves.every, sorted_from.first);
    merge(shelves.told, sorted_from.second);
    return shelves;
  }

 private:
  static void merge(std::vector<Held>& list, std::size_t sorted) {
    const auto smaller = [](const Held& a, const Held& b) { return a.size < b.size; };
    const auto middle = list.begin() + static_cast<std::ptrdiff_t>(sorted);
    std::stable_sort(middle, list.end(), smaller);
    std::inplace_merge(list.begin(), middle, list.end(), smaller);
  }
};

AnswerBook::AnswerBook() : state_(std::make_unique<State>()) {}
AnswerBook::~AnswerBook() = default;
AnswerBook::AnswerBook(AnswerBook&&) noexcept = default;

void AnswerBook::share(std::shared_ptr<const Perturbation> perturbation) {
  state_->perturbation = std::move(perturbation);
}

std::size_t AnswerBook::size() const { return state_->entries.size(); }
std::uint64_t AnswerBook::persons() const {
  std::uint64_t out = 0;
  for (const auto& entry : state_->entries)
    if (!entry.everybody.isEmpty()) out = std::max<std::uint64_t>(out, std::uint64_t{entry.everybody.maximum()} + 1);
  return out;
}
const std::string& AnswerBook::id(std::size_t entry) const { return state_->entries[entry].id; }

std::int64_t AnswerBook::answers() const {
  return std::count_if(state_->entries.begin(), state_->entries.end(),
                       [](const Entry& entry) { return entry.level == 0; });
}

std::int64_t AnswerBook::answers_of(std::string_view project) const {
  return std::count_if(state_->entries.begin(), state_->entries.end(),
                       [&](const Entry& entry) { return entry.level == 0 && entry.project == project; });
}

std::optional<std::size_t> AnswerBook::find(std::string_view id) const {
  for (auto at = size(); at > 0; --at)
    if (state_->entries[at - 1].id == id) return at - 1;
  return std::nullopt;
}

std::int64_t AnswerBook::difference(std::size_t entry, const AskedTable& asked) const {
  ::Roaring everybody;
  for (const auto& cell : asked.cells) everybody |= bitmap_of(cell);
  return static_cast<std::int64_t>(state_->entries[entry].everybody.xor_cardinality(everybody));
}

Done AnswerBook::check_budget(std::string_view project, const QuestionLedgerPolicy& ledger) const {
  const bool project_full = answers_of(project) >= ledger.answers_project;
  if (!project_full && answers() < ledger.answers_release) return {};
  return refused(project_full ? say("the project has had all {} new answers from these data",
                                    "이 과제는 이 자료에서 새 답변 {}개를 모두 받았습니다", ledger.answers_project)
                              : say("all {} new answers from these data have been given",
                                    "이 자료의 새 답변 {}개가 모두 제공되었습니다", ledger.answers_release),
                 "disclosure.ledger",
                 say("ask an earlier question again, or wait for the next release",
                     "이전에 답변된 질의를 다시 하거나 다음 공개본을 기다리세요"));
}

Result<BookDecision> AnswerBook::decide(const AskedTable& asked, const OutputRules& rules, const OutputControl& control,
                                        const KeyOf& key_of) const {
  if (asked.cells.size() != asked.rows.size() * asked.columns.size()) {
    return usage_error(say("the table's cells do not fit", "표의 칸이 맞지 않습니다"), "table");
  }
  const auto persons = static_cast<std::int64_t>(asked.persons());
  ::Roaring everybody;
  for (const auto& cell : asked.cells) everybody |= bitmap_of(cell);
  BookDecision close;
  for (std::size_t at = 0; at < state_->entries.size(); ++at) {
    const auto& entry = state_->entries[at];
    const auto radius = radius_of(entry.level, persons < rules.min_cell, rules.min_cell);
    if (std::abs(entry.persons - persons) >= radius) continue;
    const auto distance = static_cast<std::int64_t>(entry.everybody.xor_cardinality(everybody));
    if (distance >= radius || (close.same_as && distance >= close.distance)) continue;
    close.same_as = at;
    close.distance = distance;
  }
  if (close.same_as) return close;
  const bool perturb = control.perturbation.spread > 0 && answers() >= control.ledger.answers_exact;
  if (perturb && !state_->perturbation) {
    NARU_ASSIGN(auto made, Perturbation::make(control.perturbation.spread, control.perturbation.variance));
    state_->perturbation = std::make_shared<const Perturbation>(std::move(made));
  }
  return Deciding(asked, rules, control, key_of, state_->perturbation.get()).run(state_->ready(), perturb);
}

bool AnswerBook::enter(std::string_view id, std::string_view project, const AskedTable& asked,
                       const BookDecision& decision) {
  if (decision.same_as && decision.distance == 0) return false;
  const auto numbers = asked.cells.size() + asked.rows.size() + asked.columns.size() + 1;
  std::vector<std::optional<std::int64_t>> shown;
  if (!decision.same_as) {
    for (const auto* part : {&decision.table.cells, &decision.table.row_totals, &decision.table.column_totals})
      for (const auto& count : *part) shown.push_back(count.value);
    shown.push_back(decision.table.total.value);
  }
  shown.resize(numbers);
  auto told = decision.told;
  told.resize(numbers, false);
  const auto level = decision.same_as ? state_->entries[*decision.same_as].level + 1 : 0;
  state_->entries.push_back(filled(
      {std::string(id), std::string(project), asked.rows, asked.columns, std::move(told), std::move(shown), level},
      cells_of(asked)));
  return true;
}

std::string AnswerBook::record(std::string_view id, std::string_view project, const AskedTable& asked,
                               const BookDecision& decision) {
  if (!enter(id, project, asked, decision)) return {};
  std::string payload;
  Json sizes = Json::array();
  for (const auto& cell : cells_of(asked)) {
    std::string bytes(cell.getSizeInBytes(), '\0');
    cell.write(bytes.data());
    sizes.push_back(bytes.size());
    payload += bytes;
  }
  const auto& entry = state_->entries.back();
  Json shown = Json::array();
  for (const auto& value : entry.shown) shown.push_back(value ? Json(*value) : Json(nullptr));
  const Json header{{"version", 1},
                    {"id", id},
                    {"project", project},
                    {"level", entry.level},
                    {"rows", asked.rows},
                    {"columns", asked.columns},
                    {"told", flags(entry.told)},
                    {"shown", shown},
                    {"sizes", sizes},
                    {"sha256", hex(sha256(payload))}};
  return canonical(header) + "\n" + payload;
}

Done AnswerBook::add(std::string_view bytes, std::string_view where) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) return damaged(where);
  const auto parsed = parse_json(bytes.substr(0, end), where);
  if (!parsed.ok()) return damaged(where);
  const auto payload = bytes.substr(end + 1);
  try {
    const auto& header = *parsed;
    if (header.at("version") != 1 || header.at("sha256") != hex(sha256(payload))) return damaged(where);
    auto rows = header.at("rows").get<std::vector<std::string>>();
    auto columns = header.at("columns").get<std::vector<std::string>>();
    const auto told_text = header.at("told").get<std::string>();
    const auto sizes = header.at("sizes").get<std::vector<std::size_t>>();
    const auto numbers = rows.size() * columns.size() + rows.size() + columns.size() + 1;
    if (sizes.size() != rows.size() * columns.size() || told_text.size() != numbers ||
        header.at("shown").size() != numbers)
      return damaged(where);
    std::vector<::Roaring> cells;
    std::size_t offset = 0;
    for (const auto size : sizes) {
      if (size > payload.size() - offset) return damaged(where);
      cells.push_back(::Roaring::readSafe(payload.data() + offset, size));
      offset += size;
    }
    std::vector<bool> told;
    std::vector<std::optional<std::int64_t>> shown;
    for (std::size_t at = 0; at < numbers; ++at) {
      const auto& value = header.at("shown")[at];
      told.push_back(told_text[at] == '1');
      shown.push_back(value.is_null() ? std::nullopt : std::optional(value.get<std::int64_t>()));
      if (told.back() && !shown.back()) return damaged(where);
    }
    state_->entries.push_back(filled({header.at("id"), header.at("project"), std::move(rows), std::move(columns),
                                      std::move(told), std::move(shown), header.at("level").get<std::int64_t>()},
                                     cells));
  } catch (const std::exception&) {
    return damaged(where);
  }
  return {};
}

}  // namespace naru::protect
