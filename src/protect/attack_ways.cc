// The attacks themselves. What each tries and what it can reach: docs/methods/attack-tests.md.
#include "protect/attack_world.h"

#include <algorithm>

namespace naru::protect::detail {
namespace {

void add_difference(Estimate& estimate, const Site::Told& more, const Site::Told& less, const World& world,
                    const OutputRules& rules) {
  if (!more.value || !less.value) return;
  estimate.add(*more.value - *less.value, world.rounding_variance(rules.round_to, more.perturbed) +
                                              world.rounding_variance(rules.round_to, less.perturbed));
}

Estimate tracker(World& world, const OutputRules& rules, std::int64_t questions) {
  // Denning's general tracker: groups T and U, then T ∪ U with the target among them.
  Estimate out;
  for (std::int64_t asked = 0; asked + 3 <= questions && asked < 30; asked += 3) {
    const auto t = world.group(world.some_size());
    const auto u = world.group(world.some_size());
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
  const auto people = world.group(world.some_size());
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
    const auto people = world.group(world.some_size());
    asked.emplace_back(people, world.site.ask(world.and_target(people)));
  }
  for (const auto& [people, before] : asked) add_difference(out, before, world.site.ask(people), world, rules);
  return out;
}

Estimate releases(World& world, const OutputRules& rules, std::int64_t questions) {
  // The next release has new persons and lacks the target; the new ones can be counted by themselves.
  Estimate out;
  for (std::int64_t asked = 0; asked + 3 <= questions && asked < 30; asked += 3) {
    const auto all = world.group(world.some_size() + static_cast<std::uint32_t>(3 * world.min_cell));
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
      const auto all = world.shuffled(world.group(
          world.ground.persons - 1 - static_cast<std::uint32_t>(world.random.below(world.ground.persons / 4))));
      const auto cut = world.borders(all.size(), cells);
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

Estimate afresh(World& world, const OutputRules& rules, std::int64_t questions) {
  Estimate out;
  const auto parts = static_cast<std::size_t>(world.control.ledger.depth);
  for (std::int64_t asked = 0; asked + world.control.ledger.depth + 1 <= questions;
       asked += world.control.ledger.depth + 1) {
    const auto all = world.shuffled(world.group(
        world.ground.persons - 1 - static_cast<std::uint32_t>(world.random.below(world.ground.persons / 3))));
    const auto cut = world.borders(all.size(), parts);
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
  const auto all = world.shuffled(world.group(world.ground.persons - 1));
  const auto used = all.size() / 2;
  const auto cut = world.borders(used, parts);
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
    auto rest = world.shuffled(slice(all, used, all.size()));
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

}  // namespace

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

}  // namespace naru::protect::detail
