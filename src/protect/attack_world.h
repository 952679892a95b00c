#pragma once
/// What an attack plays with: a site that answers, a world with a secret in it, and what the attacker makes of the
/// answers. Not for other rooms.
#include "base/random.h"
#include "protect/attack.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect::detail {

/// One site as the attacker sees it: questions in, numbers out. Every answer is written down.
class Site {
 public:
  /// `keys`: every person's secret number. References outlive it.
  Site(const OutputRules& rules, const OutputControl& control, const std::vector<std::uint64_t>& keys,
       std::shared_ptr<const Perturbation> perturbation);

  struct Told {
    std::optional<double> value = {};  ///< the total
    bool perturbed = false;
    bool refused = false;
    std::vector<std::optional<double>> cells = {};
  };
  Told ask(const People& people) { return ask_table({people}); }
  /// One row of disjoint cells.
  Told ask_table(const std::vector<People>& cells);

  [[nodiscard]] const std::vector<double>& transcript() const { return transcript_; }
  [[nodiscard]] std::int64_t questions() const { return questions_; }

 private:
  const OutputRules& rules_;
  const OutputControl& control_;
  const std::vector<std::uint64_t>& keys_;
  AnswerBook book_ = {};
  std::vector<Told> before_ = {};
  std::vector<double> transcript_ = {};
  std::int64_t questions_ = 0;
};

[[nodiscard]] std::vector<std::uint64_t> keys_of(std::uint64_t seed, std::uint32_t persons);

/// What the attacker has collected: differences that are about the secret, each with the noise it is known to bear.
class Estimate {
 public:
  void add(double value, double variance);
  /// The guess, or nothing to go by.
  [[nodiscard]] std::optional<bool> guess() const;

 private:
  double sum_ = 0;
  double weight_ = 0;
};

/// The world of one attempt; both answers to the secret are played with the same ground and the same keys.
struct World {
  const AttackGround& ground;
  const OutputControl& control;
  std::int64_t min_cell;
  std::uint32_t target;
  bool secret;
  SeededRandom random;
  Site& site;

  /// A group that questions can define and that does not hold the target, of about the wanted size.
  [[nodiscard]] People group(std::uint32_t size);
  /// "and the target, if he has it": a question can say so of a person whose other features are known.
  [[nodiscard]] People and_target(const People& people) const;
  [[nodiscard]] double rounding_variance(std::int64_t base, bool perturbed) const;

  // Choices of the attacker.
  [[nodiscard]] std::uint32_t some_size();
  /// The persons of a group in an order of the attacker's choosing.
  [[nodiscard]] People shuffled(People people);
  /// Borders of `parts` parts of at least min_cell each, at random, so that rounding errs either way.
  [[nodiscard]] std::vector<std::size_t> borders(std::size_t persons, std::size_t parts);
};

[[nodiscard]] People united(const People& a, const People& b);
[[nodiscard]] People slice(const People& people, std::size_t from, std::size_t to);  ///< sorted

struct Attack {
  std::string name;
  Text what;
  std::function<Estimate(World&, const OutputRules&, std::int64_t questions)> run;
};
[[nodiscard]] std::vector<Attack> all_attacks();

}  // namespace naru::protect::detail
