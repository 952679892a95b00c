#include "protect/answer_book.h"

#include "base/digest.h"
#include "base/json.h"
#include "protect/cell_key.h"
#include "protect/deciding.h"

#include <algorithm>
#include <deque>
#include <map>

namespace naru::protect {
namespace {

using detail::bitmap_of;
using detail::bitmaps_of;
using detail::cells_of;
using detail::EarlierTable;
using detail::Held;
using detail::Shelves;
using detail::Sketch;

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
  std::int64_t own = 0;                                          ///< answers of their own
  std::map<std::string, std::int64_t, std::less<>> own_of = {};  ///< by project
  std::shared_ptr<const Perturbation> perturbation = {};

  Shelves shelves = {};
  std::size_t shelved = 0;   ///< entries on the shelves
  std::int64_t answers = 0;  ///< of these, answers of their own

  void take(Entry entry) {
    if (entry.level == 0) {
      ++own;
      ++own_of[entry.project];
    }
    entries.push_back(std::move(entry));
  }

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

std::int64_t AnswerBook::answers() const { return state_->own; }

std::int64_t AnswerBook::answers_of(std::string_view project) const {
  const auto found = state_->own_of.find(project);
  return found == state_->own_of.end() ? 0 : found->second;
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
    const auto radius = detail::radius_of(entry.level, persons < rules.min_cell, rules.min_cell);
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
  return detail::decide_anew(asked, rules, control, key_of, state_->perturbation.get(), state_->ready(), perturb);
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
  state_->take(filled(
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
    state_->take(filled({header.at("id"), header.at("project"), std::move(rows), std::move(columns), std::move(told),
                         std::move(shown), header.at("level").get<std::int64_t>()},
                        cells));
  } catch (const std::exception&) {
    return damaged(where);
  }
  return {};
}

}  // namespace naru::protect
