#include "protect/attack.h"

#include "protect/attack_world.h"
#include "protect/cell_key.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <ctime>
#include <thread>

namespace naru::protect {
namespace {

using detail::Attack;
using detail::Site;
using detail::World;

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

/// After so many attempts in which nothing differed an attack is given up.
constexpr std::int64_t attempts_alike = 40;
/// Where it is enough to know on which side of the bound an attack lies, a look is taken every so many attempts.
constexpr std::int64_t attempts_look = 60;

bool decided(std::int64_t right, std::int64_t of, double advantage_max) {
  const auto share = wilson(right, of);
  return 2 * share.high - 1 <= advantage_max || 2 * share.low - 1 > advantage_max;
}

double thread_seconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

AttackResult measure(const Attack& attack, const AttackGround& ground, const OutputRules& rules,
                     const OutputControl& control, const std::shared_ptr<const Perturbation>& perturbation,
                     std::uint64_t seed, Attempts attempts) {
  AttackResult out;
  const auto begun = thread_seconds();
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
    const auto keys = detail::keys_of(random.next_u64(), ground.persons);
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
  out.cpu_seconds = thread_seconds() - begun;
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
  const auto attacks = detail::all_attacks();
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
