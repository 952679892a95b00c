#pragma once
/// Do few numbers that left cancel a new one but for a handful of persons? Not for other rooms. Pure.
#include <roaring/roaring.hh>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace naru::protect::detail {

/// Persons per bucket: two sets that differ in few persons differ in few buckets by little.
using Sketch = std::array<std::int32_t, 64>;
/// Sets of at most so many persons are compared whole: that costs less than to look a sample's persons up.
inline constexpr std::int64_t compared_whole_max = 256;
/// The persons of a larger set whose hash is smallest: a fair sample, the same persons in every set that holds them.
struct Sample {
  std::array<std::uint32_t, 64> persons{};
  std::uint32_t size = 0;
};
[[nodiscard]] Sketch sketch_of(const ::Roaring& people);
[[nodiscard]] Sample sample_of(const ::Roaring& people);

/// A number that outsiders hold.
struct Held {
  const ::Roaring* people = nullptr;
  const Sketch* sketch = nullptr;
  const Sample* sample = nullptr;
  std::int64_t size = 0;
  std::optional<std::int64_t> shown = {};  ///< as it left; nothing when it was hidden
  std::size_t number = 0;                  ///< own: its place in the new table; stored: its table
};

/// False when at least min_cell persons of `inner` are surely not in `outer`; true may still be wrong.
[[nodiscard]] bool may_be_inside(const Held& inner, const Held& outer, std::int64_t min_cell);

struct Part {
  const Held* held = nullptr;
  int sign = 1;
  bool own = false;
};
struct Nearness {
  bool near = false;
  bool decided = true;        ///< false: more combinations than the limit; then treat as near
  std::vector<Part> parts{};  ///< number ≈ Σ sign × part
};

/// Work limit: combinations whose sizes fit, per number.
inline constexpr std::int64_t combinations_max = 400'000'000;

/// The stored number with the fewest persons in exactly one of the two, if fewer than `radius`; of several the first.
/// `stored` sorted by size; told or not.
[[nodiscard]] const Held* nearest(const Held& number, const std::vector<Held>& stored, std::int64_t radius);

/// Told numbers, each list sorted by size.
struct Stored {
  const std::vector<Held>& all;
  /// Those that may lie inside the new table's persons (but for fewer than min_cell): every number that is taken away
  /// from the new one, or that stands beside another number of its table, is among them.
  const std::vector<Held>& inside;
  /// Those that may hold the number: whatever a further number is added to is among them.
  const std::vector<Held>& around;
  std::int64_t persons = 0;  ///< of the new table: against a number of so many `inside` was found
};
/// `own` are numbers of the same table that will be shown. At most depth − 1 parts, at least one stored. Near: the
/// combination is not 0 for fewer than min_cell persons.
[[nodiscard]] Nearness nearness(const Held& number, const Stored& stored, const std::vector<Held>& own,
                                std::int64_t depth, std::int64_t min_cell);

}  // namespace naru::protect::detail
