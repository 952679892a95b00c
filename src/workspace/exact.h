#pragma once
/// The exact answer of a site's data to a question, before any output rule. It never leaves: `ask` and `feasibility`
/// put it through their gates.
///
/// Computed from the index of the data, by SQL where there is none, and remembered under the identity of the answer:
/// data, consent epoch and withdrawn persons, definition, population, policy, vocabulary, algorithm, program version.
/// Any other value of any of them is another answer, so nothing remembered is ever stale. What is remembered saves time
/// and nothing else: right, ledger and meter are asked each time, by the callers.
#include "cohort/cohort.h"
#include "workspace/ask.h"
#include "workspace/ledger.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace naru::workspace {

struct Exact {
  cohort::Count count;                            ///< of the question, before the population
  std::int64_t persons = 0;                       ///< of the answer
  CountTable table;                               ///< sex × age band
  std::vector<std::vector<std::int64_t>> people;  ///< of every cell, ascending
  bool remembered = false;
};

/// What an exact answer is a function of. REQUIRES: every field is filled; `population` empty means everybody.
struct ExactKey {
  AnswerIdentity identity;
  std::string withdrawn;  ///< digest of the persons left out
  std::string program;
  [[nodiscard]] std::string text() const;  ///< canonical JSON
};
[[nodiscard]] ExactKey key_of(const AnswerIdentity& identity, const AnsweringSite& site);

/// Answers remembered in files of a private folder (person ids in it: mode 0600), the least recently written leave when
/// there are more than `files_max` or `bytes_max`. A damaged or foreign file is no answer.
class ExactMemory {
 public:
  static constexpr std::size_t files_max = 64;
  static constexpr std::uint64_t bytes_max = 256U << 20;
  explicit ExactMemory(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// `names`: the rules of the definition as it is asked now (names are no part of its identity).
  [[nodiscard]] std::optional<Exact> find(const ExactKey& key, const cohort::Expression& question) const;
  /// A disk that is full or a folder that cannot be written is no error: the answer is computed again next time.
  void keep(const ExactKey& key, const Exact& exact) const;

 private:
  [[nodiscard]] std::filesystem::path file_of(const ExactKey& key) const;
  void make_room() const;
  std::filesystem::path folder_;
};

/// Errors: as cohort::run.
[[nodiscard]] Result<Exact> exact_answer(const cohort::Expression& question,
                                         const std::optional<cohort::Expression>& population,
                                         const AnswerIdentity& identity, const AnsweringSite& site);

}  // namespace naru::workspace
