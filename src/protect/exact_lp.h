#pragma once
/// How far one number of a set of linked tables can move while everything shown stays what it is. Linear programming
/// with bounded variables (Dantzig 1963), smallest-index rule against cycles (Bland 1977), in exact fractions: no
/// rounding error can make a secret look safe. Pure.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace naru::protect {

/// Σ sign × number = 0, over the numbers named; every sum with its parts is one: parts +1, total −1.
struct Term {
  std::size_t number = 0;
  std::int64_t sign = 1;
};
using Equation = std::vector<Term>;

/// A fraction in lowest terms. `good` is lost when 64 bits do not hold a result, and stays lost.
struct Fraction {
  std::int64_t top = 0;
  std::int64_t bottom = 1;
  bool good = true;
  [[nodiscard]] static Fraction of(std::int64_t whole) { return {whole, 1, true}; }
  [[nodiscard]] bool zero() const { return top == 0; }
  [[nodiscard]] int sign() const { return top > 0 ? 1 : top < 0 ? -1 : 0; }
  [[nodiscard]] bool whole() const { return bottom == 1; }
};
[[nodiscard]] Fraction operator+(const Fraction& a, const Fraction& b);
[[nodiscard]] Fraction operator-(const Fraction& a, const Fraction& b);
[[nodiscard]] Fraction operator*(const Fraction& a, const Fraction& b);
/// REQUIRES: b is not zero.
[[nodiscard]] Fraction operator/(const Fraction& a, const Fraction& b);
[[nodiscard]] bool operator<(const Fraction& a, const Fraction& b);

/// How far each number may move down and up from its value, both at least 0; 0 and 0: it is fixed.
struct Room {
  std::int64_t down = 0;
  std::int64_t up = 0;
};

struct Reach {
  Fraction distance;            ///< the farthest move, at least 0
  std::vector<Fraction> moved;  ///< one joint move of all numbers that reaches it
  /// Fixed numbers of which at least one must become free before the target can move farther (from the optimal
  /// multipliers: setting free any others changes nothing).
  std::vector<std::size_t> gate;
};

/// The equations brought to a basis once, then asked about many targets. All moves 0 is always allowed.
class LinkedSystem {
 public:
  LinkedSystem(std::size_t numbers, const std::vector<Equation>& equations);
  /// The farthest `target` moves up (or down) when each number has its room; `free_room` is the room a fixed number
  /// would have if it were set free (it decides which fixed numbers stand in `gate`). Nothing when 64-bit fractions do
  /// not hold the working: treat the target as not protected.
  [[nodiscard]] std::optional<Reach> farthest(std::size_t target, bool up, const std::vector<Room>& room,
                                              const std::vector<Room>& free_room) const;
  [[nodiscard]] std::size_t numbers() const { return numbers_; }

 private:
  std::size_t numbers_;
  std::size_t rows_ = 0;
  std::vector<Fraction> tableau_ = {};   ///< rows × numbers, reduced
  std::vector<std::size_t> basis_ = {};  ///< basic number of each row
};

}  // namespace naru::protect
