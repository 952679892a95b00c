#include "protect/attack_world.h"

#include "protect/cell_key.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace naru::protect::detail {

People united(const People& a, const People& b) {
  People out;
  out.reserve(a.size() + b.size());
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

People slice(const People& people, std::size_t from, std::size_t to) {
  People out(people.begin() + static_cast<std::ptrdiff_t>(from), people.begin() + static_cast<std::ptrdiff_t>(to));
  std::sort(out.begin(), out.end());
  return out;
}

Site::Site(const OutputRules& rules, const OutputControl& control, const std::vector<std::uint64_t>& keys,
           std::shared_ptr<const Perturbation> perturbation)
    : rules_(rules), control_(control), keys_(keys) {
  if (perturbation) book_.share(std::move(perturbation));
}

Site::Told Site::ask_table(const std::vector<People>& cells) {
  Told out;
  AskedTable asked{{"all"}, std::vector<std::string>(cells.size(), "cell"), cells};
  if (!book_.check_budget("attacker", control_.ledger).ok()) {
    out.refused = true;
  } else {
    const auto decision = book_.decide(asked, rules_, control_, [this](std::uint32_t person) { return keys_[person]; });
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

std::vector<std::uint64_t> keys_of(std::uint64_t seed, std::uint32_t persons) {
  SeededRandom random(seed);
  PersonKeys keys(random.bytes(32), "attack");
  std::vector<std::uint64_t> out;
  for (std::uint32_t person = 0; person < persons; ++person) out.push_back(keys.of(person));
  return out;
}

void Estimate::add(double value, double variance) {
  // The secret is 0 or 1: what noise does not explain is an answer given again, and tells nothing.
  const double far = 3 * std::sqrt(variance) + 0.5;
  if (value < -far || value > 1 + far) return;
  sum_ += value / variance;
  weight_ += 1 / variance;
}

std::optional<bool> Estimate::guess() const {
  if (weight_ == 0) return std::nullopt;
  const double mean = sum_ / weight_;
  if (mean == 0.5) return std::nullopt;
  return mean > 0.5;
}

People World::group(std::uint32_t size) {
  if (!ground.groups.empty() && random.below(2) == 0) {
    auto people = ground.groups[random.below(ground.groups.size())];
    std::erase(people, target);
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

People World::and_target(const People& people) const { return secret ? united(people, {target}) : people; }

double World::rounding_variance(std::int64_t base, bool perturbed) const {
  const auto b = static_cast<double>(base);
  return std::max(0.01, (b * b - 1) / 12) + (perturbed ? static_cast<double>(control.perturbation.variance) : 0);
}

std::uint32_t World::some_size() {
  const auto least = static_cast<std::uint32_t>(2 * min_cell);
  const auto most = std::max(least + 1, ground.persons / 4);
  return least + static_cast<std::uint32_t>(random.below(most - least));
}

People World::shuffled(People people) {
  for (std::size_t at = 0; at + 1 < people.size(); ++at)
    std::swap(people[at], people[at + static_cast<std::size_t>(random.below(people.size() - at))]);
  return people;
}

std::vector<std::size_t> World::borders(std::size_t persons, std::size_t parts) {
  const auto least = static_cast<std::size_t>(min_cell);
  std::vector<std::size_t> out{0};
  for (std::size_t part = 1; part < parts; ++part)
    out.push_back(static_cast<std::size_t>(random.below(persons - parts * least + 1)));
  std::sort(out.begin(), out.end());
  for (std::size_t part = 0; part < parts; ++part) out[part] += part * least;
  out.push_back(persons);
  return out;
}

}  // namespace naru::protect::detail
