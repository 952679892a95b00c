#include "protect/attack.h"

#include "base/random.h"
#include "protect/cell_key.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <functional>
#include <numeric>
#include <thread>

namespace naru::protect {
namespace {

People united(const People& a, const People& b) {
  People out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}
People without(const People& a, std::uint32_t person) {
  auto out = a;
  std::erase(out, person);
  return out;
}

/// One site as the attacker sees it: questions in, numbers out. Every answer is written down.
class Site {
 public:
  /// `keys`: every person's secret number. References outlive it.
  Site(const OutputRules& rules, const OutputControl& control, const std::vector<std::uint64_t>& keys,
       std::shared_ptr<const Perturbation> perturbation)
      : rules_(rules), control_(control), keys_(keys) {
    if (perturbation) book_.share(std::move(perturbation));
  }

  struct Told {
    std::optional<double> value = {};  ///< the total
    bool perturbed = false;
    bool refused = false;
    std::vector<std::optional<double>> cells = {};
  };

  Told ask(const People& people) { return ask_table({people}); }
  /// One row of disjoint cells.
  Told ask_table(const std::vector<People>& cells) {
    Told out;
    AskedTable asked{{"all"}, std::vector<std::string>(cells.size(), "cell"), cells};
    if (!book_.check_budget("attacker", control_.ledger).ok()) {
      out.refused = true;
    } else {
      const auto decision =
          book_.decide(asked, rules_, control_, [this](std::uint32_t person) { return keys_[person]; });
      if (decision.ok() && decision->same_as) {
        out = before_[*decision->same_as];
      } else if (decision.ok()) {
        if (decision->table.total.value) out.value = static_cast<double>(*decision->table.total.value);
        out.perturbed = decision->perturbed;
        for (const auto& cell : decision->table.cells)
          out.cells.push_back(cell.value ? std::optional(static_cast<double>(*cell.value)) : std::nullopt);
      }
      if (decision.ok() && book_.enter("q", "attacker", asked, *decision)) before_.push_back(out);
    }
    transcript_.push_back(out.refused ? -2 : out.value.value_or(-1));
    for (const auto& cell : out.cells) transcript_.push_back(cell.value_or(-1));
    ++questions_;
    return out;
  }

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

std::vector<std::uint64_t> keys_of(std::uint64_t seed, std::uint32_t persons) {
  SeededRandom random(seed);
  PersonKeys keys(random.bytes(32), "attack");
  std::vector<std::uint64_t> out;
  for (std::uint32_t person = 0; person < persons; ++person) out.push_back(keys.of(person));
  return out;
}

/// What the attacker has collected: differences that are about the secret, each with the noise it is known to bear.
class Estimate {
 public:
  void add(double value, double variance) {
    // The secret is 0 or 1: what noise does not explain is an answer given again, and tells nothing.
    const double far = 3 * std::sqrt(variance) + 0.5;
    if (value < -far || value > 1 + far) return;
    sum_ += value / variance;
    weight_ += 1 / variance;
  }
  /// The guess, or nothing to go by.
  [[nodiscard]] std::optional<bool> guess() const {
    if (weight_ == 0) return std::nullopt;
    const double mean = sum_ / weight_;
    if (mean == 0.5) return std::nullopt;
    return mean > 0.5;
  }

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
  People group(std::uint32_t size) {
    if (!ground.groups.empty() && random.below(2) == 0) {
      auto people = without(ground.groups[random.below(ground.groups.size())], target);
      if (people.size() >= size / 2 && people.size() >= static_cast<std::size_t>(min_cell)) return people;
    }
    // Floyd's choice of `size` others, or simply all of them.
    std::vector<std::uint32_t> all;
    const auto others = ground.persons - 1;
    if (size >= others) {
      all.resize(others);
      std::iota(all.begin(), all.end(), std::uint32_t{0});
    } else {
      std::vector<bool> chosen(others, false);
      for (auto at = others - size; at < others; ++at) {
        const auto one = static_cast<std::uint32_t>(random.below(at + 1));
        chosen[chosen[one] ? at : one] = true;
      }
      for (std::uint32_t at = 0; at < others; ++at)
        if (chosen[at]) all.push_back(at);
    }
    for (auto& person : all) person += person >= target ? 1 : 0;
    return all;
  }
  /// "and the target, if he has it": a question can say so of a person whose other features are known.
  [[nodiscard]] People and_target(const People& people) const { return secret ? united(people, {target}) : people; }
  [[nodiscard]] double rounding_variance(std::int64_t base, bool perturbed) const {
    const auto b = static_cast<double>(base);
    return std::max(0.01, (b * b - 1) / 12) + (perturbed ? static_cast<double>(control.perturbation.variance) : 0);
  }
};

struct Attack {
  std::string name;
  Text what;
  std::function<Estimate(World&, const OutputRules&, std::int64_t questions)> run;
};

void add_difference(Estimate& estimate, const Site::Told& more, const Site::Told& less, const World& world,
                    const OutputRules& rules) {
  if (!more.value || !less.value) return;
  estimate.add(*more.value - *less.value, world.rounding_variance(rules.round_to, more.perturbed) +
                                              world.rounding_variance(rules.round_to, less.perturbed));
}

std::uint32_t some_size(World& world) {
  const auto least = static_cast<std::uint32_t>(2 * world.min_cell);
  const auto most = std::max(least + 1, world.ground.persons / 4);
  return least + static_cast<std::uint32_t>(world.random.below(most - least));
}

Estimate tracker(World& world, const OutputRules& rules, std::int64_t questions) {
  // Denning's general tracker: groups T and U, then T ∪ U with the target among them.
  Estimate out;
  for (std::int64_t asked = 0; asked + 3 <= questions && asked < 30; asked += 3) {
    const auto t = world.group(some_size(world));
    const auto u = world.group(some_size(world));
    People common;
    std::set_intersection(t.begin(), t.end(), u.begin(), u.end(), std::back_inserter(common));
    People rest;
    std::set_difference(u.begin(), u.end(), common.begin(), common.end(), std::back_inserter(rest));
    const auto one = world.site.ask(t);
    const auto two = world.site.ask(rest);
    const auto both = world.site.ask(world.and_target(united(t, rest)));
    if (!one.value || !two.value || !both.value) continue;
    out.add(*both.value - *one.value - *two.value, 3 * world.rounding_variance(rules.round_to, both.perturbed));
  }
  return out;
}

Estimate nested(World& world, const OutputRules& rules, std::int64_t /*questions*/) {
  // A thousand cohorts, each inside the next, by turns with and without the target.
  Estimate out;
  const auto all = world.group(world.ground.persons - 1);
  Site::Told before;
  for (std::uint32_t step = 0; step < 1'000; ++step) {
    const auto size = std::max<std::size_t>(static_cast<std::size_t>(world.min_cell), all.size() * (step + 1) / 1'000);
    const People inner(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min(size, all.size())));
    const auto told = world.site.ask(step % 2 == 1 ? world.and_target(inner) : inner);
    if (step % 2 == 1) add_difference(out, told, before, world, rules);
    before = told;
  }
  return out;
}

Estimate averaging(World& world, const OutputRules& rules, std::int64_t questions) {
  Estimate out;
  const auto people = world.group(some_size(world));
  const auto more = world.and_target(people);
  for (std::int64_t asked = 0; asked + 2 <= questions; asked += 2) {
    const auto less_told = world.site.ask(people);
    add_difference(out, world.site.ask(more), less_told, world, rules);
  }
  return out;
}

Estimate one_hot(World& world, const OutputRules& rules, std::int64_t questions) {
  // Multiply the secret by a column that is 1 for the target alone: by itself, then padded with groups.
  Estimate out;
  const auto alone = world.site.ask(world.secret ? People{world.target} : People{});
  const auto nobody = world.site.ask({});
  add_difference(out, alone, nobody, world, rules);
  for (std::int64_t asked = 2; asked + 2 <= questions && asked < 40; asked += 2) {
    const auto padding = world.group(static_cast<std::uint32_t>(world.min_cell - 1 + asked % 5));
    const auto more = world.site.ask(world.and_target(padding));
    const auto less = world.site.ask(padding);
    if (more.value && !less.value) out.add(1, 1);  // it crossed the threshold
    if (!more.value && !less.value) out.add(0, 4);
    add_difference(out, more, less, world, rules);
  }
  return out;
}

Estimate empty_answer(World& world, const OutputRules& rules, std::int64_t /*questions*/) {
  // Nobody or somebody? An answer of 0 is a statement about the target; where zeros are shown, so is its absence.
  Estimate out;
  const auto told = world.site.ask(world.secret ? People{world.target} : People{});
  if (told.value) out.add(*told.value > 0 ? 1 : 0, 1);
  if (!told.value && rules.zeros == Zeros::shown) out.add(1, 1);
  return out;
}

Estimate withdrawal(World& world, const OutputRules& rules, std::int64_t questions) {
  // The same questions before and after the target (with the secret or not) withdrew.
  Estimate out;
  std::vector<std::pair<People, Site::Told>> asked;
  for (std::int64_t number = 0; number * 2 + 2 <= questions && number < 20; ++number) {
    const auto people = world.group(some_size(world));
    asked.emplace_back(people, world.site.ask(world.and_target(people)));
  }
  for (const auto& [people, before] : asked) add_difference(out, before, world.site.ask(people), world, rules);
  return out;
}

Estimate releases(World& world, const OutputRules& rules, std::int64_t questions) {
  // The next release has new persons and lacks the target; the new ones can be counted by themselves.
  Estimate out;
  for (std::int64_t asked = 0; asked + 3 <= questions && asked < 30; asked += 3) {
    const auto all = world.group(some_size(world) + static_cast<std::uint32_t>(3 * world.min_cell));
    const auto cut = all.size() - all.size() / 3;
    const People old(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut));
    const People fresh(all.begin() + static_cast<std::ptrdiff_t>(cut), all.end());
    const auto first = world.site.ask(world.and_target(old));
    const auto second = world.site.ask(all);
    const auto added = world.site.ask(fresh);
    if (!first.value || !second.value || !added.value) continue;
    out.add(*first.value + *added.value - *second.value, 3 * world.rounding_variance(rules.round_to, added.perturbed));
  }
  return out;
}

/// The persons of a group in an order of the attacker's choosing.
People shuffled(World& world, People people) {
  for (std::size_t at = 0; at + 1 < people.size(); ++at)
    std::swap(people[at], people[at + static_cast<std::size_t>(world.random.below(people.size() - at))]);
  return people;
}
People slice(const People& people, std::size_t from, std::size_t to) {
  People out(people.begin() + static_cast<std::ptrdiff_t>(from), people.begin() + static_cast<std::ptrdiff_t>(to));
  std::sort(out.begin(), out.end());
  return out;
}

/// Borders of parts of at least `least`, at random, so that rounding errs either way.
std::vector<std::size_t> borders(World& world, std::size_t persons, std::size_t parts) {
  const auto least = static_cast<std::size_t>(world.min_cell);
  std::vector<std::size_t> out{0};
  for (std::size_t part = 1; part < parts; ++part)
    out.push_back(static_cast<std::size_t>(world.random.below(persons - parts * least + 1)));
  std::sort(out.begin(), out.end());
  for (std::size_t part = 0; part < parts; ++part) out[part] += part * least;
  out.push_back(persons);
  return out;
}

Estimate table_cells(World& world, const OutputRules& rules, std::int64_t questions) {
  // One table gives many numbers: unions of its cells with the target, against the cells' sum. Every third question
  // is another table, so that what one table's noise adds is not in every difference.
  Estimate out;
  constexpr std::size_t cells = 7;
  std::vector<People> parts;
  Site::Told told;
  for (std::int64_t asked = 0; asked + 1 < std::min<std::int64_t>(questions, 18); ++asked) {
    if (asked % 3 == 0) {
      // Not everybody: the same persons again would be answered with the first table.
      const auto all =
          shuffled(world, world.group(world.ground.persons - 1 -
                                      static_cast<std::uint32_t>(world.random.below(world.ground.persons / 4))));
      const auto cut = borders(world, all.size(), cells);
      parts.clear();
      for (std::size_t at = 0; at < cells; ++at) parts.push_back(slice(all, cut[at], cut[at + 1]));
      told = world.site.ask_table(parts);
      if (told.cells.size() != cells) parts.clear();
      continue;
    }
    if (parts.empty()) continue;
    People people;
    double sum = 0;
    std::size_t used = 0;
    for (std::size_t at = 0; at < cells; ++at) {
      if (!told.cells[at] || world.random.below(2) == 0) continue;
      people = united(people, parts[at]);
      sum += *told.cells[at];
      ++used;
    }
    if (used < 2) continue;
    const auto both = world.site.ask(world.and_target(people));
    if (!both.value) continue;
    out.add(*both.value - sum, static_cast<double>(used) * world.rounding_variance(rules.round_to, told.perturbed) +
                                   world.rounding_variance(rules.round_to, both.perturbed));
  }
  return out;
}

/// Two ways past the ledger's depth, and what the policy's noise leaves of each (1 / variance of the estimate).
/// afresh: `depth` new groups and their union with the target, again and again. based: the groups once, while answers
/// are the most exact, then a further group and the union of all with the target, again and again.
struct BeyondDepth {
  double afresh = 0;
  double based = 0;
};
BeyondDepth beyond_precision(const OutputRules& rules, const OutputControl& control, std::int64_t questions) {
  const auto base = static_cast<double>(rules.round_to);
  const double rounding = std::max(0.01, (base * base - 1) / 12);
  const auto noise = static_cast<double>(control.perturbation.spread > 0 ? control.perturbation.variance : 0);
  const auto variance = [&](std::int64_t from, std::int64_t count) {
    const auto exact = std::clamp<std::int64_t>(control.ledger.answers_exact - from, 0, count);
    return static_cast<double>(count) * rounding + static_cast<double>(count - exact) * noise;
  };
  const auto depth = control.ledger.depth;
  BeyondDepth out;
  for (std::int64_t at = 0; at + depth + 1 <= questions; at += depth + 1) out.afresh += 1 / variance(at, depth + 1);
  double pairs = 0;
  for (auto at = depth; at + 2 <= questions; at += 2) pairs += 1 / variance(at, 2);
  if (pairs > 0) out.based = 1 / (variance(0, depth) + 1 / pairs);
  return out;
}

Estimate afresh(World& world, const OutputRules& rules, std::int64_t questions) {
  Estimate out;
  const auto parts = static_cast<std::size_t>(world.control.ledger.depth);
  for (std::int64_t asked = 0; asked + world.control.ledger.depth + 1 <= questions;
       asked += world.control.ledger.depth + 1) {
    const auto all =
        shuffled(world, world.group(world.ground.persons - 1 -
                                    static_cast<std::uint32_t>(world.random.below(world.ground.persons / 3))));
    const auto cut = borders(world, all.size(), parts);
    double sum = 0;
    double variance = 0;
    bool whole = true;
    const auto take = [&](const Site::Told& told, int sign) {
      whole = whole && told.value.has_value();
      sum += sign * told.value.value_or(0);
      variance += world.rounding_variance(rules.round_to, told.perturbed);
    };
    for (std::size_t part = 0; part < parts; ++part) take(world.site.ask(slice(all, cut[part], cut[part + 1])), -1);
    take(world.site.ask(world.and_target(slice(all, 0, all.size()))), 1);
    if (whole) out.add(sum, variance);
  }
  return out;
}

Estimate based(World& world, const OutputRules& rules, std::int64_t questions) {
  Estimate out;
  const auto parts = static_cast<std::size_t>(world.control.ledger.depth);
  const auto all = shuffled(world, world.group(world.ground.persons - 1));
  const auto used = all.size() / 2;
  const auto cut = borders(world, used, parts);
  double sum = 0;
  double variance = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    const auto told = world.site.ask(slice(all, cut[part], cut[part + 1]));
    if (!told.value) return out;
    sum += *told.value;
    variance += world.rounding_variance(rules.round_to, told.perturbed);
  }
  const auto base = slice(all, 0, used);
  for (auto asked = static_cast<std::int64_t>(parts); asked + 2 <= questions; asked += 2) {
    const auto size =
        static_cast<std::size_t>(world.min_cell) +
        static_cast<std::size_t>(world.random.below(all.size() - used - static_cast<std::size_t>(world.min_cell)));
    auto rest = shuffled(world, slice(all, used, all.size()));
    rest.resize(size);
    std::sort(rest.begin(), rest.end());
    const auto one = world.site.ask(rest);
    const auto both = world.site.ask(world.and_target(united(base, rest)));
    if (!one.value || !both.value) continue;
    out.add(*both.value - *one.value - sum, variance + world.rounding_variance(rules.round_to, one.perturbed) +
                                                world.rounding_variance(rules.round_to, both.perturbed));
  }
  return out;
}

std::vector<Attack> all_attacks() {
  return {
      {"tracker", say("two groups, then their union with the target", "두 집단, 그리고 대상자를 더한 합집합"), tracker},
      {"nested_cohorts",
       say("1,000 nested cohorts with and without the target", "대상자를 넣고 뺀 1,000개 중첩 코호트"), nested},
      {"averaging", say("the same two questions many times", "같은 두 질의의 반복"), averaging},
      {"one_hot", say("the target alone, and padded to the threshold", "대상자만, 그리고 기준까지 채워서"), one_hot},
      {"empty_answer", say("nobody or somebody", "없는가 있는가"), empty_answer},
      {"withdrawal_pairs",
       say("the same questions before and after the target withdrew", "대상자 철회 전후의 같은 질의"), withdrawal},
      {"release_pairs",
       say("two releases, the second without the target and with new persons",
           "대상자가 빠지고 새 사람이 더해진 두 공개본"),
       releases},
      {"table_cells",
       say("cells of tables against their unions with the target", "표의 칸들과 대상자를 더한 그 합집합"), table_cells},
      {"beyond_depth",
       say("more new groups than the ledger combines, and their union with the target",
           "장부가 결합하는 것보다 많은 새 집단과 대상자를 더한 합집합"),
       afresh},
      {"beyond_depth_based",
       say("a base asked while answers are the most exact, then more groups beside it",
           "가장 정확할 때 물은 기준 집단과 그 옆의 여러 집단"),
       based},
  };
}

/// After so many attempts in which nothing differed an attack is given up.
constexpr std::int64_t attempts_alike = 40;
/// Where it is enough to know on which side of the bound an attack lies, a look is taken every so many attempts.
constexpr std::int64_t attempts_look = 60;

bool decided(std::int64_t right, std::int64_t of, double advantage_max) {
  const auto share = wilson(right, of);
  return 2 * share.high - 1 <= advantage_max || 2 * share.low - 1 > advantage_max;
}

AttackResult measure(const Attack& attack, const AttackGround& ground, const OutputRules& rules,
                     const OutputControl& control, const std::shared_ptr<const Perturbation>& perturbation,
                     std::uint64_t seed, Attempts attempts) {
  AttackResult out;
  out.name = attack.name;
  out.what = attack.what;
  std::int64_t differ = 0;
  SeededRandom random(seed);
  for (std::int64_t attempt = 0; attempt < control.attack.attempts; ++attempt) {
    // Where nothing that leaves depends on the secret, more attempts tell nothing more.
    if (attempt == attempts_alike && differ == 0) break;
    if (attempts == Attempts::enough && attempt > 0 && attempt % attempts_look == 0 &&
        decided(out.right, 2 * attempt, control.attack.advantage_max)) {
      break;
    }
    out.attempts = attempt + 1;
    const auto target = static_cast<std::uint32_t>(random.below(ground.persons));
    const auto course = random.next_u64();
    const auto keys = keys_of(random.next_u64(), ground.persons);
    const bool coin = random.below(2) == 1;
    std::vector<double> transcripts[2];
    for (const bool played : {false, true}) {
      Site site(rules, control, keys, perturbation);
      World world{ground, control, rules.min_cell, target, played, SeededRandom(course), site};
      const auto estimate = attack.run(world, rules, control.attack.questions);
      transcripts[played ? 1 : 0] = site.transcript();
      out.questions = std::max(out.questions, site.questions());
      if (estimate.guess().value_or(coin) == played) ++out.right;
    }
    differ += transcripts[0] == transcripts[1] ? 0 : 1;
  }
  // Both worlds are guessed. They share ground and course, which makes the two guesses alike and their sum steadier
  // than two independent ones: Wilson's interval errs on the wide side.
  const auto guesses = 2 * out.attempts;
  const auto share = static_cast<double>(out.right) / static_cast<double>(guesses);
  const auto interval = wilson(out.right, guesses);
  out.advantage = 2 * share - 1;
  out.low = 2 * interval.low - 1;
  out.high = 2 * interval.high - 1;
  out.ceiling = static_cast<double>(differ) / static_cast<double>(out.attempts);
  out.within = out.high <= control.attack.advantage_max;
  return out;
}

}  // namespace

ShareInterval wilson(std::int64_t right, std::int64_t of) {
  if (of <= 0) return {0, 1};
  constexpr double z = 1.959963984540054;
  const auto n = static_cast<double>(of);
  const double p = static_cast<double>(right) / n;
  const double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

double advantage_expected(const OutputRules& rules, const OutputControl& control) {
  // The secret moves the estimate by 1; the guess is right where the noise stays below one half.
  const auto questions = std::min(control.attack.questions, control.ledger.answers_project);
  const auto precision = beyond_precision(rules, control, questions);
  return std::erf(std::sqrt(std::max(precision.afresh, precision.based)) / std::sqrt(8.0));
}

bool AttackReport::within() const {
  return std::all_of(attacks.begin(), attacks.end(), [](const auto& attack) { return attack.within; });
}

Result<AttackReport> run_attacks(const AttackGround& ground, const OutputRules& rules, const OutputControl& control,
                                 std::uint64_t seed, Attempts attempts) {
  AttackGround used{std::min(ground.persons, attack_persons_max), {}};
  for (const auto& group : ground.groups) {
    People inside;
    for (const auto person : group)
      if (person < used.persons) inside.push_back(person);
    if (static_cast<std::int64_t>(inside.size()) >= rules.min_cell) used.groups.push_back(std::move(inside));
  }
  if (static_cast<std::int64_t>(used.persons) < attack_persons_least(rules)) {
    return rejected(
        say("{} persons are too few to attack: at least {} are wanted",
            "{}명은 공격하기에 너무 적습니다. {}명 이상이 필요합니다", used.persons, attack_persons_least(rules)),
        "persons");
  }
  AttackReport out;
  out.advantage_max = control.attack.advantage_max;
  out.advantage_expected = advantage_expected(rules, control);
  out.persons = used.persons;
  std::shared_ptr<const Perturbation> perturbation;
  if (control.perturbation.spread > 0) {
    NARU_ASSIGN(auto made, Perturbation::make(control.perturbation.spread, control.perturbation.variance));
    perturbation = std::make_shared<const Perturbation>(std::move(made));
  }
  const auto attacks = all_attacks();
  out.attacks.resize(attacks.size());
  // Each attack has its own seed, so the threads change nothing but the time.
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto at = next++; at < attacks.size(); at = next++)
      out.attacks[at] = measure(attacks[at], used, rules, control, perturbation, seed + at + 1, attempts);
  };
  std::vector<std::thread> threads;
  for (unsigned more = 1; more < std::clamp(std::thread::hardware_concurrency(), 1U, 8U); ++more)
    threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  return out;
}

}  // namespace naru::protect
