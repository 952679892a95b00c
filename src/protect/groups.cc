#include "protect/groups.h"

#include <algorithm>

namespace naru::protect::detail {
namespace {

std::uint64_t mixed(std::uint64_t key) {
  key *= 0x9E3779B97F4A7C15ULL;
  return key ^ key >> 32;
}
std::uint64_t mixed(const Wide& key) {
  std::uint64_t out = 0;
  for (const auto word : key) out = mixed(out ^ word);
  return out;
}

constexpr unsigned direct_bits_max = 22;

// The fields of a narrow table close up; those of a wide one stay, and a field without values becomes empty.
void lay_out(Layout& layout, bool narrow) {
  if (!narrow) return;
  unsigned bits = 0;
  for (auto& field : layout) {
    field.shift = static_cast<std::uint8_t>(bits < 64 ? bits : 0);
    bits += field.width;
  }
}

struct Move {
  std::uint64_t low_mask;
  std::uint64_t code_mask;
  unsigned shift;
  unsigned high_shift;
  unsigned new_high_shift;
  bool has_high;
  const std::uint32_t* map;
};

Narrow moved(Narrow key, const Move& move) {
  const auto low = key & move.low_mask;
  const auto high = move.has_high ? key >> move.high_shift : 0;
  const auto code = std::uint64_t{move.map[key >> move.shift & move.code_mask]};
  return low | code << move.shift | (move.has_high ? high << move.new_high_shift : 0);
}

// From the highest column down, so that a move does not disturb the shifts of those still to come.
std::vector<Move> moves_of(const Layout& layout, std::span<const Step> steps) {
  std::vector<Move> out;
  for (const auto& step : steps) {
    const auto& field = layout[step.column];
    if (field.width == 0) continue;
    const unsigned high = field.shift + field.width;
    out.push_back({.low_mask = (std::uint64_t{1} << field.shift) - 1,
                   .code_mask = field.mask(),
                   .shift = field.shift,
                   .high_shift = high,
                   .new_high_shift = field.shift + unsigned{width_of(step.values)},
                   .has_high = high < 64,
                   .map = step.map});
  }
  std::ranges::sort(out, std::greater<>(), &Move::shift);
  return out;
}

void roll_keys(const Table<Narrow>& in, std::span<const Step> steps, Counter<Narrow>& counter) {
  const auto moves = moves_of(in.layout, steps);
  if (moves.size() == 1) {
    const auto move = moves.front();
    for (const auto& group : in.groups) counter.add(moved(group.key, move), group.count, group.population);
    return;
  }
  for (const auto& group : in.groups) {
    auto key = group.key;
    for (const auto& move : moves) key = moved(key, move);
    counter.add(key, group.count, group.population);
  }
}

void roll_keys(const Table<Wide>& in, std::span<const Step> steps, Counter<Wide>& counter) {
  for (const auto& group : in.groups) {
    auto key = group.key;
    for (const auto& step : steps) {
      const auto& field = in.layout[step.column];
      if (field.width == 0) continue;
      const auto code = step.map[code_of(key, field)];
      key[field.word] &= ~(field.mask() << field.shift);
      put_code(key, field, code);
    }
    counter.add(key, group.count, group.population);
  }
}

}  // namespace

LayoutPlan plan_layout(std::span<const std::size_t> values) {
  LayoutPlan out;
  unsigned bits = 0;
  for (const auto count : values) bits += width_of(count);
  out.narrow = bits <= 64;
  unsigned word = 0;
  unsigned shift = 0;
  for (const auto count : values) {
    const auto width = width_of(count);
    if (!out.narrow && shift + width > 64) {
      ++word;
      shift = 0;
    }
    out.layout.push_back({static_cast<std::uint8_t>(word), static_cast<std::uint8_t>(shift < 64 ? shift : 0), width});
    shift += width;
  }
  out.fits = word < std::tuple_size_v<Wide>;
  return out;
}

template <class Key>
unsigned Table<Key>::bits() const {
  unsigned out = 0;
  for (const auto& field : layout) out += field.width;
  return out;
}

template <class Key>
std::uint64_t Counter<Key>::slot_of(const Key& key) const {
  if constexpr (std::is_same_v<Key, Narrow>) {
    if (direct_) return key;
  }
  return mixed(key) & mask_;
}

template <class Key>
void Counter<Key>::begin(Table<Key>& out, std::size_t expected, unsigned bits) {
  out_ = &out;
  out.groups.clear();
  const auto hashed = std::bit_ceil(expected * 2 + 16);
  direct_ = false;
  std::uint64_t size = hashed;
  if constexpr (std::is_same_v<Key, Narrow>) {
    direct_ = bits <= direct_bits_max && std::uint64_t{1} << bits <= std::max<std::uint64_t>(hashed * 2, 1024);
    if (direct_) size = std::uint64_t{1} << bits;
  }
  slots_.assign(size, 0);
  mask_ = size - 1;
}

template <class Key>
void Counter<Key>::index(Table<Key>& table) {
  out_ = &table;
  direct_ = false;
  slots_.resize(std::bit_ceil(table.groups.size() + 8));
  grow();
}

template <class Key>
void Counter<Key>::grow() {
  slots_.assign(slots_.size() * 2, 0);
  mask_ = slots_.size() - 1;
  for (std::size_t i = 0; i < out_->groups.size(); ++i) {
    auto slot = slot_of(out_->groups[i].key);
    while (slots_[slot] != 0) slot = (slot + 1) & mask_;
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

template <class Key>
void Counter<Key>::add(const Key& key, std::uint32_t count, std::uint32_t population) {
  auto& groups = out_->groups;
  auto slot = slot_of(key);
  while (slots_[slot] != 0) {
    auto& group = groups[slots_[slot] - 1];
    if (group.key == key) {
      group.count += count;
      group.population += population;
      return;
    }
    slot = (slot + 1) & mask_;
  }
  groups.push_back({key, count, population});
  slots_[slot] = static_cast<std::uint32_t>(groups.size());
  if (!direct_ && groups.size() * 2 >= slots_.size()) grow();
}

template <class Key>
std::uint32_t Counter<Key>::find(const Key& key) const {
  auto slot = slot_of(key);
  while (slots_[slot] != 0) {
    if (out_->groups[slots_[slot] - 1].key == key) return slots_[slot] - 1;
    slot = (slot + 1) & mask_;
  }
  return UINT32_MAX;
}

template <class Key>
void roll(const Table<Key>& in, std::span<const Step> steps, Counter<Key>& counter, Table<Key>& out) {
  constexpr bool narrow = std::is_same_v<Key, Narrow>;
  out.layout = in.layout;
  if constexpr (narrow) {
    for (const auto& step : steps) {
      auto& width = out.layout[step.column].width;
      if (width != 0) width = width_of(step.values);
    }
    lay_out(out.layout, narrow);
  }
  counter.begin(out, in.groups.size(), out.bits());
  roll_keys(in, steps, counter);
}

template <class Key>
void project(const Table<Key>& in, const std::vector<std::uint8_t>& keep, Counter<Key>& counter, Table<Key>& out) {
  constexpr bool narrow = std::is_same_v<Key, Narrow>;
  out.layout = in.layout;
  for (std::size_t c = 0; c < keep.size(); ++c) {
    if (keep[c] == 0) out.layout[c].width = 0;
  }
  lay_out(out.layout, narrow);
  counter.begin(out, std::min<std::size_t>(in.groups.size(), 4096), out.bits());
  std::vector<std::size_t> kept;
  for (std::size_t c = 0; c < keep.size(); ++c) {
    if (out.layout[c].width != 0) kept.push_back(c);
  }
  for (const auto& group : in.groups) {
    Key key = {};
    for (const auto c : kept) put_code(key, out.layout[c], code_of(group.key, in.layout[c]));
    counter.add(key, group.count, group.population);
  }
}

template struct Table<Narrow>;
template struct Table<Wide>;
template class Counter<Narrow>;
template class Counter<Wide>;
template void roll(const Table<Narrow>&, std::span<const Step>, Counter<Narrow>&, Table<Narrow>&);
template void roll(const Table<Wide>&, std::span<const Step>, Counter<Wide>&, Table<Wide>&);
template void project(const Table<Narrow>&, const std::vector<std::uint8_t>&, Counter<Narrow>&, Table<Narrow>&);
template void project(const Table<Wide>&, const std::vector<std::uint8_t>&, Counter<Wide>&, Table<Wide>&);

}  // namespace naru::protect::detail
