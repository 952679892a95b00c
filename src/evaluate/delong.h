#pragma once
/// Integer sums behind the area and its variance (DeLong, DeLong, Clarke-Pearson 1988; Sun & Xu 2014). For other
/// units of this room.
#include "evaluate/levels.h"

namespace naru::evaluate {

__extension__ using Wide = __int128;

/// Sums of doubled placements a (cases, each in 0..2n) and b (controls, each in 0..2m).
struct Moments {
  Wide sum = 0;  ///< of a, which equals the sum of b
  Wide squares_a = 0;
  Wide squares_b = 0;
};
[[nodiscard]] Moments moments_of(const Levels& levels);
[[nodiscard]] Moments moments_of(const Ordered& rows);

/// Sample covariance of placements over `count` persons, divided by count:
/// (k·Σxy − Σx·Σy) / (k²(k−1)·4·other²).
[[nodiscard]] double variance_part(Wide products, Wide sum_x, Wide sum_y, std::uint64_t count, std::uint64_t other);
[[nodiscard]] double variance_of(const Moments& m, std::uint64_t cases, std::uint64_t controls);
[[nodiscard]] double area_of(const Moments& m, std::uint64_t cases, std::uint64_t controls);

}  // namespace naru::evaluate
