#pragma once
/// The ledger across questions: who was counted in each number that left, kept as bitmaps, and the exact decision about
/// a new table of counts. Method, theorem and non-goals: docs/methods/question-ledger.md.
///
/// A number is *near* when it and at most depth − 1 numbers that left, each added or taken away once, cancel for all
/// but fewer than min_cell persons. A near number is never computed anew: what it would tell follows from the earlier
/// ones, so it is shown as what they say (or not at all). Whether the few persons are in or out changes nothing of what
/// leaves.
#include "protect/output_control.h"
#include "protect/output_table.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::protect {

/// Sorted numbers of persons (dense, from 0; the same person has the same number in one book for ever).
using People = std::vector<std::uint32_t>;

/// A table of counts with its persons: every person in at most one cell.
struct AskedTable {
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  std::vector<People> cells;  ///< rows × columns
  [[nodiscard]] CountTable counts() const;
  [[nodiscard]] std::size_t persons() const;
};

class Perturbation;

/// A person's secret number for consistent perturbation.
using KeyOf = std::function<std::uint64_t(std::uint32_t person)>;

struct BookDecision {
  /// The answer is an earlier one's, whole: its place in the book.
  std::optional<std::size_t> same_as = {};
  std::int64_t distance = 0;  ///< persons in exactly one of the two, then
  ReleasedTable table = {};   ///< else this
  std::vector<bool> told;     ///< numbers that tell something new, in the order of `numbers_of`
  std::int64_t derived = 0;   ///< numbers shown as what earlier ones say
  std::int64_t withheld = 0;  ///< numbers near earlier ones that are not shown
  bool perturbed = false;
};

class AnswerBook {
 public:
  AnswerBook();
  ~AnswerBook();
  AnswerBook(AnswerBook&&) noexcept;
  AnswerBook(const AnswerBook&) = delete;

  [[nodiscard]] std::size_t size() const;       ///< entries, answers given again included
  [[nodiscard]] std::int64_t answers() const;   ///< new answers
  [[nodiscard]] std::uint64_t persons() const;  ///< largest person's number in any entry, plus 1
  [[nodiscard]] const std::string& id(std::size_t entry) const;
  [[nodiscard]] std::int64_t answers_of(std::string_view project) const;
  /// Persons in exactly one of an entry and a table.
  [[nodiscard]] std::int64_t difference(std::size_t entry, const AskedTable& asked) const;
  [[nodiscard]] std::optional<std::size_t> find(std::string_view id) const;  ///< the latest of that id

  /// The table of noise, where several books share one; else the first perturbed answer makes it.
  void share(std::shared_ptr<const Perturbation> perturbation);
  /// May this project have a new answer at all? Depends on how many were given, never on data. Error refused.
  [[nodiscard]] Done check_budget(std::string_view project, const QuestionLedgerPolicy& ledger) const;
  /// REQUIRES: asked cells sorted and disjoint; key_of when the policy has a perturbation. Errors: usage, internal.
  [[nodiscard]] Result<BookDecision> decide(const AskedTable& asked, const OutputRules& rules,
                                            const OutputControl& control, const KeyOf& key_of) const;
  /// After `decide`: what left. A cohort that was close to an earlier one is remembered too, so that it and the next
  /// one beside it get the same answer. Returns the bytes to keep (see `add`); nothing when the very same persons are
  /// known.
  std::string record(std::string_view id, std::string_view project, const AskedTable& asked,
                     const BookDecision& decision);
  /// `record` without the bytes; false when the very same persons are known.
  bool enter(std::string_view id, std::string_view project, const AskedTable& asked, const BookDecision& decision);
  /// Takes up the bytes of an earlier `record`. Error rejected when they are damaged; then nothing changes.
  Done add(std::string_view bytes, std::string_view where);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace naru::protect
