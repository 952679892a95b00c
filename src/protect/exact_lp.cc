#include "protect/exact_lp.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace naru::protect {
namespace {

__extension__ using Wide = __int128;

Fraction lowest(Wide top, Wide bottom, bool good) {
  if (!good) return {0, 1, false};
  if (bottom < 0) {
    top = -top;
    bottom = -bottom;
  }
  if (bottom != 1) {
    Wide a = top < 0 ? -top : top;
    Wide b = bottom;
    while (b != 0) {
      const Wide rest = a % b;
      a = b;
      b = rest;
    }
    if (a > 1) {
      top /= a;
      bottom /= a;
    }
  }
  constexpr Wide most = std::numeric_limits<std::int64_t>::max();
  if (top > most || top < -most || bottom > most) return {0, 1, false};
  return {static_cast<std::int64_t>(top), static_cast<std::int64_t>(bottom), true};
}

/// Where one run of the simplex method stands.
class Walk {
 public:
  Walk(std::vector<Fraction> tableau, std::vector<std::size_t> basis, std::size_t numbers,
       const std::vector<Room>& room)
      : tableau_(std::move(tableau)), basis_(std::move(basis)), numbers_(numbers), room_(room), at_(numbers) {
    basic_.assign(numbers_, false);
    for (const auto number : basis_) basic_[number] = true;
  }

  /// Reduced cost of each number for moving `target` by `wanted` (1 or −1); basic ones have none.
  [[nodiscard]] std::vector<Fraction> prices(std::size_t target, int wanted) const {
    std::vector<Fraction> out(numbers_);
    const auto row = std::find(basis_.begin(), basis_.end(), target);
    if (row == basis_.end()) {
      out[target] = Fraction::of(wanted);
      return out;
    }
    const auto base = static_cast<std::size_t>(row - basis_.begin()) * numbers_;
    for (std::size_t number = 0; number < numbers_; ++number) {
      if (basic_[number]) continue;
      out[number] = Fraction::of(-wanted) * tableau_[base + number];
    }
    return out;
  }

  /// One step; false at the optimum.
  bool step(std::size_t target, int wanted) {
    const auto price = prices(target, wanted);
    for (std::size_t number = 0; number < numbers_; ++number) {
      if (basic_[number] || price[number].zero()) continue;
      const int direction = price[number].sign();
      if (room_left(number, direction).sign() <= 0) continue;
      advance(number, direction);
      return true;
    }
    return false;
  }

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] const std::vector<Fraction>& at() const { return at_; }

 private:
  [[nodiscard]] Fraction room_left(std::size_t number, int direction) const {
    return direction > 0 ? Fraction::of(room_[number].up) - at_[number]
                         : Fraction::of(room_[number].down) + at_[number];
  }

  void advance(std::size_t entering, int direction) {
    auto distance = room_left(entering, direction);
    std::size_t leaving = basis_.size();
    for (std::size_t row = 0; row < basis_.size(); ++row) {
      // Basic number of the row = −entry × entering + …, so it moves against the entry.
      const auto& entry = tableau_[row * numbers_ + entering];
      if (entry.zero()) continue;
      const int way = -entry.sign() * direction;
      const auto magnitude = entry.sign() > 0 ? entry : Fraction::of(0) - entry;
      const auto reach = room_left(basis_[row], way) / magnitude;
      good_ = good_ && reach.good;
      const bool closer = reach < distance;
      const bool tie = !closer && !(distance < reach) && leaving < basis_.size() && basis_[row] < basis_[leaving];
      if (closer || tie) {
        distance = reach;
        leaving = row;
      }
    }
    const auto move = direction > 0 ? distance : Fraction::of(0) - distance;
    for (std::size_t row = 0; row < basis_.size(); ++row) {
      const auto& entry = tableau_[row * numbers_ + entering];
      if (!entry.zero()) at_[basis_[row]] = at_[basis_[row]] - entry * move;
    }
    at_[entering] = at_[entering] + move;
    good_ = good_ && at_[entering].good;
    if (leaving < basis_.size()) pivot(leaving, entering);
  }

  void pivot(std::size_t row, std::size_t entering) {
    const auto base = row * numbers_;
    const auto lead = tableau_[base + entering];
    for (std::size_t number = 0; number < numbers_; ++number) {
      if (!tableau_[base + number].zero()) tableau_[base + number] = tableau_[base + number] / lead;
    }
    for (std::size_t other = 0; other < basis_.size(); ++other) {
      if (other == row) continue;
      const auto factor = tableau_[other * numbers_ + entering];
      if (factor.zero()) continue;
      for (std::size_t number = 0; number < numbers_; ++number) {
        if (tableau_[base + number].zero()) continue;
        auto& entry = tableau_[other * numbers_ + number];
        entry = entry - factor * tableau_[base + number];
        good_ = good_ && entry.good;
      }
    }
    basic_[basis_[row]] = false;
    basis_[row] = entering;
    basic_[entering] = true;
  }

  std::vector<Fraction> tableau_;
  std::vector<std::size_t> basis_;
  std::size_t numbers_;
  const std::vector<Room>& room_;
  std::vector<Fraction> at_;
  std::vector<bool> basic_ = {};
  bool good_ = true;
};

constexpr std::size_t steps_max = 20'000;

}  // namespace

Fraction operator+(const Fraction& a, const Fraction& b) {
  if (a.bottom == 1 && b.bottom == 1) return lowest(Wide{a.top} + b.top, 1, a.good && b.good);
  return lowest(Wide{a.top} * b.bottom + Wide{b.top} * a.bottom, Wide{a.bottom} * b.bottom, a.good && b.good);
}
Fraction operator-(const Fraction& a, const Fraction& b) { return a + Fraction{-b.top, b.bottom, b.good}; }
Fraction operator*(const Fraction& a, const Fraction& b) {
  return lowest(Wide{a.top} * b.top, Wide{a.bottom} * b.bottom, a.good && b.good);
}
Fraction operator/(const Fraction& a, const Fraction& b) {
  return lowest(Wide{a.top} * b.bottom, Wide{a.bottom} * b.top, a.good && b.good);
}
bool operator<(const Fraction& a, const Fraction& b) { return Wide{a.top} * b.bottom < Wide{b.top} * a.bottom; }

LinkedSystem::LinkedSystem(std::size_t numbers, const std::vector<Equation>& equations) : numbers_(numbers) {
  tableau_.assign(equations.size() * numbers_, {});
  for (std::size_t row = 0; row < equations.size(); ++row) {
    for (const auto& term : equations[row]) {
      auto& entry = tableau_[row * numbers_ + term.number];
      entry = entry + Fraction::of(term.sign);
    }
  }
  // Gauss and Jordan; equations that follow from others fall away.
  std::size_t done = 0;
  for (std::size_t number = 0; number < numbers_ && done < equations.size(); ++number) {
    std::size_t lead = done;
    while (lead < equations.size() && tableau_[lead * numbers_ + number].zero()) ++lead;
    if (lead == equations.size()) continue;
    const auto begin = [&](std::size_t row) { return tableau_.begin() + static_cast<std::ptrdiff_t>(row * numbers_); };
    std::swap_ranges(begin(lead), begin(lead + 1), begin(done));
    const auto scale = tableau_[done * numbers_ + number];
    for (std::size_t other = 0; other < numbers_; ++other) {
      tableau_[done * numbers_ + other] = tableau_[done * numbers_ + other] / scale;
    }
    for (std::size_t row = 0; row < equations.size(); ++row) {
      const auto factor = tableau_[row * numbers_ + number];
      if (row == done || factor.zero()) continue;
      for (std::size_t other = 0; other < numbers_; ++other) {
        auto& entry = tableau_[row * numbers_ + other];
        entry = entry - factor * tableau_[done * numbers_ + other];
      }
    }
    basis_.push_back(number);
    ++done;
  }
  rows_ = done;
  tableau_.resize(rows_ * numbers_);
}

std::optional<Reach> LinkedSystem::farthest(std::size_t target, bool up, const std::vector<Room>& room,
                                            const std::vector<Room>& free_room) const {
  const int wanted = up ? 1 : -1;
  Walk walk(tableau_, basis_, numbers_, room);
  std::size_t steps = 0;
  while (walk.step(target, wanted)) {
    if (!walk.good() || ++steps > steps_max) return std::nullopt;
  }
  if (!walk.good()) return std::nullopt;
  Reach out;
  out.moved = walk.at();
  out.distance = up ? out.moved[target] : Fraction::of(0) - out.moved[target];
  const auto price = walk.prices(target, wanted);
  for (std::size_t number = 0; number < numbers_; ++number) {
    const bool fixed = room[number].down == 0 && room[number].up == 0;
    if (!fixed || price[number].zero()) continue;
    const auto could = price[number].sign() > 0 ? free_room[number].up : free_room[number].down;
    if (could > 0) out.gate.push_back(number);
  }
  return out;
}

}  // namespace naru::protect
