#pragma once
/// Attacks that try to disprove the output rules: somebody who may ask whatever he can define tries to find out one
/// person's secret yes or no. They run on a release's own persons through the very code that decides real questions
/// (answer_book.h). Attacks, attackers and what is not claimed: docs/methods/attack-tests.md. Deterministic in the
/// seed.
#include "protect/answer_book.h"

#include <cstdint>
#include <string>
#include <vector>

namespace naru::protect {

/// Whom the attacks are about.
struct AttackGround {
  std::uint32_t persons = 0;
  /// Groups that questions can name (persons of a diagnosis, say), each of at least min_cell persons; may be empty.
  std::vector<People> groups;
};

struct AttackResult {
  std::string name;
  Text what;                   ///< what is tried, in a sentence
  std::int64_t attempts = 0;   ///< each in two worlds, with and without the secret
  std::int64_t questions = 0;  ///< asked per attempt, at most
  std::int64_t right = 0;      ///< guesses that were right, of two an attempt
  double advantage = 0;        ///< 2 × share right − 1: 0 is a coin, 1 is certainty
  double low = 0;              ///< 95 % interval (Wilson 1927)
  double high = 0;
  /// Share of attempts in which anything at all that left depended on the secret: no attacker, whatever else he knows,
  /// can do better than this.
  double ceiling = 0;
  bool within = false;     ///< high is at most the policy's bound
  double cpu_seconds = 0;  ///< spent; stands in no report, which is the same for the same release
};

struct AttackReport {
  std::vector<AttackResult> attacks;
  double advantage_max = 0;       ///< the policy's bound
  double advantage_expected = 0;  ///< of the better way beyond the depth, by the formula
  std::int64_t persons = 0;       ///< of the ground that was used
  [[nodiscard]] bool within() const;
};

/// What the better of two ways past the ledger's depth reaches when the noise alone stands against it: erf(√p / √8), p
/// the sum of 1 / variance over the policy's number of questions. Normal approximation; docs/methods/attack-tests.md.
[[nodiscard]] double advantage_expected(const OutputRules& rules, const OutputControl& control);

/// Persons needed to hide among.
[[nodiscard]] inline std::int64_t attack_persons_least(const OutputRules& rules) { return 12 * rules.min_cell; }
inline constexpr std::uint32_t attack_persons_max = 500;  ///< a larger ground is cut to its first so many

/// all: the policy's number for each attack. enough: until the interval lies on one side of the bound, looked at every
/// 60 attempts, at most the policy's number. An attack in which nothing differs in 40 attempts ends in either case.
enum class Attempts { all, enough };

/// Runs tracker, nested cohorts, averaging of repeats, one-hot multiplication, empty answers, withdrawal pairs, release
/// pairs, cells of tables and combinations beyond the ledger's depth. Errors: rejected when there are too few persons
/// to hide among.
[[nodiscard]] Result<AttackReport> run_attacks(const AttackGround& ground, const OutputRules& rules,
                                               const OutputControl& control, std::uint64_t seed,
                                               Attempts attempts = Attempts::all);
/// The same with as many attempts as are enough, remembered while the process lives by everything the result is a
/// function of (persons, groups, rules, seed): a release that is built again to compare is not attacked again. Safe to
/// call from several threads.
[[nodiscard]] Result<AttackReport> measured_attacks(const AttackGround& ground, const OutputRules& rules,
                                                    const OutputControl& control, std::uint64_t seed);
/// The `attack` section of a risk report, canonical JSON.
[[nodiscard]] std::string attack_json(const AttackReport& report);

/// The ground of a release: its persons, and the persons of each condition, drug and procedure concept that enough
/// have. `data` is the folder of TABLE.parquet. Errors: not_found without persons.
[[nodiscard]] Result<AttackGround> attack_ground(const std::filesystem::path& data, std::int64_t min_cell);

/// 95 % Wilson interval of a share.
struct ShareInterval {
  double low = 0;
  double high = 0;
};
[[nodiscard]] ShareInterval wilson(std::int64_t right, std::int64_t of);

}  // namespace naru::protect
