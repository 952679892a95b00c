#pragma once
/// Records with equal codes, counted: the form in which the search sees a table. Not for other rooms.
/// A key holds one bit field per column. Narrow keys (64 bits) are packed anew when a column is rolled up, so that
/// small products of codes can be counted by direct addressing; wide keys (256 bits) keep their fields in place.
#include <array>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace naru::protect::detail {

using Narrow = std::uint64_t;
using Wide = std::array<std::uint64_t, 4>;
constexpr std::size_t wide_bits = 256;

/// Bits of one column within a key; width 0: the column has one value or was left out.
struct Field {
  std::uint8_t word = 0;
  std::uint8_t shift = 0;
  std::uint8_t width = 0;
  [[nodiscard]] std::uint64_t mask() const { return width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1; }
};
using Layout = std::vector<Field>;

[[nodiscard]] inline std::uint8_t width_of(std::size_t values) {
  return static_cast<std::uint8_t>(values < 2 ? 0 : std::bit_width(values - 1));
}
/// Fields of these numbers of values, lowest bits first. `narrow` tells whether they fit 64 bits.
struct LayoutPlan {
  Layout layout;
  bool narrow = true;
  bool fits = true;  ///< in 256 bits
};
[[nodiscard]] LayoutPlan plan_layout(std::span<const std::size_t> values);

[[nodiscard]] inline std::uint32_t code_of(Narrow key, const Field& field) {
  return static_cast<std::uint32_t>(field.width == 0 ? 0 : key >> field.shift & field.mask());
}
[[nodiscard]] inline std::uint32_t code_of(const Wide& key, const Field& field) {
  return static_cast<std::uint32_t>(key[field.word] >> field.shift & field.mask());
}
inline void put_code(Narrow& key, const Field& field, std::uint32_t code) {
  if (field.width != 0) key |= std::uint64_t{code} << field.shift;
}
inline void put_code(Wide& key, const Field& field, std::uint32_t code) {
  if (field.width != 0) key[field.word] |= std::uint64_t{code} << field.shift;
}

template <class Key>
struct Group {
  Key key = {};
  std::uint32_t count = 0;       ///< records of the table
  std::uint32_t population = 0;  ///< records of the population table, if there is one
};

template <class Key>
struct Table {
  Layout layout = {};
  std::vector<Group<Key>> groups = {};
  /// For every column from this one on: groups that agree in all higher columns stand together. A sorted table: 0.
  std::size_t blocked_from = SIZE_MAX;
  [[nodiscard]] unsigned bits() const;
};

/// One column moved up: its place in the layout, the map of its codes, how many codes there are afterwards.
struct Step {
  std::size_t column = 0;
  const std::uint32_t* map = nullptr;
  std::size_t values = 0;
};

/// Adds up groups of equal keys. One per thread: its memory is used again and again.
template <class Key>
class Counter {
 public:
  /// `out` is emptied and then filled by `add`; `bits`: of all its fields together; `expected`: at most so many adds,
  /// or a guess (it grows).
  void begin(Table<Key>& out, std::size_t expected, unsigned bits);
  void add(const Key& key, std::uint32_t count, std::uint32_t population);
  /// The same for a table that may have moved since `begin`.
  void add_to(Table<Key>& table, const Key& key, std::uint32_t count, std::uint32_t population) {
    out_ = &table;
    add(key, count, population);
  }
  /// Makes `find` answer for a finished table.
  void index(Table<Key>& table);
  /// One column of a blocked table moved up. Within a block only the lower columns differ, so a small array tells which
  /// group of the block a key belongs to, and nothing is hashed. REQUIRES: narrow keys, `column >= in.blocked_from`.
  void roll_blocks(const Table<Key>& in, const Step& step, Table<Key>& out);
  [[nodiscard]] static bool can_roll_blocks(const Table<Key>& in, const Step& step);
  /// Place of the key's group, or UINT32_MAX; only while no other table was begun.
  [[nodiscard]] std::uint32_t find(const Key& key) const;

 private:
  void grow();
  [[nodiscard]] std::uint64_t slot_of(const Key& key) const;
  Table<Key>* out_ = nullptr;
  std::vector<std::uint32_t> slots_;  ///< index + 1; 0 is free
  std::uint64_t mask_ = 0;
  bool direct_ = false;
  std::vector<std::uint32_t> stamps_;  ///< of roll_blocks: first + place; what is below the block's start is free
  std::uint32_t stamp_first_ = 1;
  std::vector<Group<Key>> made_;
};

/// By key, so that nothing depends on the order of records and every column can be rolled in blocks.
template <class Key>
void sort_groups(Table<Key>& table);
/// Only the first `columns` fields stay; sorted. REQUIRES: `in` has plain fields only.
template <class Key>
void project_first(const Table<Key>& in, std::size_t columns, Table<Key>& out);

/// REQUIRES: `in` and `out` differ; steps name different columns.
template <class Key>
void roll(const Table<Key>& in, std::span<const Step> steps, Counter<Key>& counter, Table<Key>& out);
/// Only the fields named in `keep` stay.
template <class Key>
void project(const Table<Key>& in, const std::vector<std::uint8_t>& keep, Counter<Key>& counter, Table<Key>& out);

}  // namespace naru::protect::detail
