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
constexpr unsigned stamp_bits_max = 18;

void sort_by_key(std::vector<Group<Wide>>& groups, unsigned /*bits*/) {
  std::ranges::sort(groups, {}, &Group<Wide>::key);
}
// By digits of eleven bits, lowest first.
void sort_by_key(std::vector<Group<Narrow>>& groups, unsigned bits) {
  if (groups.size() < 2048) {
    std::ranges::sort(groups, {}, &Group<Narrow>::key);
    return;
  }
  std::vector<Group<Narrow>> other(groups.size());
  constexpr unsigned digit = 11;
  for (unsigned shift = 0; shift < bits; shift += digit) {
    std::array<std::uint32_t, (1U << digit) + 1> first = {};
    const auto digit_of = [&](const Group<Narrow>& group) { return group.key >> shift & ((1U << digit) - 1); };
    for (const auto& group : groups) ++first[digit_of(group) + 1];
    for (std::size_t i = 1; i < first.size(); ++i) first[i] += first[i - 1];
    for (const auto& group : groups) other[first[digit_of(group)]++] = group;
    std::swap(groups, other);
  }
}

// The fields of a narrow table close up; those of a wide one stay, and a field without values becomes empty.
void lay_out(Layout& layout, bool narrow) {
  if (!narrow) return;
  unsigned bits = 0;
  for (auto& field : layout) {
    field.shift = static_cast<std::uint8_t>(bits < 64 ? bits : 0);
    bits += field.width;
  }
}

// A column's codes replaced within a key; the fields above it close up.
struct Move {
  std::uint64_t low_mask;
  std::uint64_t code_mask;
  std::uint64_t high_mask;  ///< fields above the column's
  unsigned shift;
  unsigned closing;  ///< bits by which those move down
  const std::uint32_t* map;
};

Narrow moved(Narrow key, const Move& move) {
  const auto code = std::uint64_t{move.map[key >> move.shift & move.code_mask]};
  return (key & move.low_mask) | code << move.shift | (key & move.high_mask) >> move.closing;
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
                   .high_mask = high < 64 ? ~std::uint64_t{0} << high : 0,
                   .shift = field.shift,
                   .closing = unsigned{field.width} - width_of(step.values),
                   .map = step.map});
  }
  std::ranges::sort(out, std::greater<>(), &Move::shift);
  return out;
}

// Whether a key is new to its block is anybody's guess, so nothing branches on it. `stamps` holds, per key within a
// block, `first` + the place of its group; what is below the block's own first one was left by others.
std::uint32_t merge_direct(const Table<Narrow>& in, const Move& all, Group<Narrow>* const made,
                           std::uint32_t* const stamps, const std::uint32_t first) {
  const Move move = all;
  std::uint32_t next = first;
  std::uint32_t begin = first;
  std::uint64_t block = 0;
  for (const auto& group : in.groups) {
    const auto key = group.key;
    const auto high = key & move.high_mask;
    const auto low = (key & move.low_mask) | std::uint64_t{move.map[key >> move.shift & move.code_mask]} << move.shift;
    begin = high != block ? next : begin;
    block = high;
    const auto stamp = stamps[low];
    const bool fresh = stamp < begin;
    const auto place = fresh ? next : stamp;
    const std::uint32_t keep = fresh ? 0U : ~0U;
    auto& there = made[place - first];
    there.key = low | high >> move.closing;
    there.count = (there.count & keep) + group.count;
    there.population = (there.population & keep) + group.population;
    stamps[low] = place;
    next += fresh ? 1 : 0;
  }
  return next - first;
}

std::size_t longest_block(const Table<Narrow>& in, const Move& move) {
  std::size_t longest = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < in.groups.size(); ++i) {
    if (((in.groups[i].key ^ in.groups[begin].key) & move.high_mask) != 0) begin = i;
    longest = std::max(longest, i - begin + 1);
  }
  return longest;
}

std::uint32_t merge_hashed(const Table<Narrow>& in, const Move& move, Group<Narrow>* made, std::uint32_t* stamps,
                           std::uint32_t first, std::uint64_t mask) {
  std::uint32_t next = first;
  std::uint32_t begin = first;
  std::uint64_t block = 0;
  for (const auto& group : in.groups) {
    const auto key = moved(group.key, move);
    const auto high = group.key & move.high_mask;
    begin = high != block ? next : begin;
    block = high;
    auto slot = mixed(key) & mask;
    while (stamps[slot] >= begin && made[stamps[slot] - first].key != key) slot = (slot + 1) & mask;
    if (stamps[slot] >= begin) {
      auto& there = made[stamps[slot] - first];
      there.count += group.count;
      there.population += group.population;
    } else {
      made[next - first] = {key, group.count, group.population};
      stamps[slot] = next++;
    }
  }
  return next - first;
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
bool Counter<Key>::can_roll_blocks(const Table<Key>& in, const Step& step) {
  return std::is_same_v<Key, Narrow> && step.column >= in.blocked_from && in.layout[step.column].width != 0;
}

template <class Key>
void Counter<Key>::roll_blocks(const Table<Key>& in, const Step& step, Table<Key>& out) {
  if constexpr (std::is_same_v<Key, Narrow>) {
    const auto move = moves_of(in.layout, {&step, 1}).front();
    const auto count = in.groups.size();
    const unsigned low_bits = move.shift + width_of(step.values);
    const bool direct = low_bits <= stamp_bits_max;
    const auto mask = direct ? ~std::uint64_t{0} : std::bit_ceil(longest_block(in, move) * 2 + 16) - 1;
    const std::size_t places = direct ? std::size_t{1} << low_bits : mask + 1;
    if (stamps_.size() < places) stamps_.resize(places, 0);
    if (made_.size() < count) made_.resize(count);
    if (count >= UINT32_MAX - stamp_first_) {
      std::ranges::fill(stamps_, 0U);
      stamp_first_ = 1;
    }
    const auto next = direct ? merge_direct(in, move, made_.data(), stamps_.data(), stamp_first_)
                             : merge_hashed(in, move, made_.data(), stamps_.data(), stamp_first_, mask);
    stamp_first_ += next;
    out.groups.assign(made_.begin(), made_.begin() + next);
  }
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
    if (steps.size() == 1 && counter.can_roll_blocks(in, steps.front())) {
      counter.roll_blocks(in, steps.front(), out);
      out.blocked_from = steps.front().column;
      return;
    }
  }
  out.blocked_from = SIZE_MAX;
  counter.begin(out, in.groups.size(), out.bits());
  roll_keys(in, steps, counter);
}

template <class Key>
void project(const Table<Key>& in, const std::vector<std::uint8_t>& keep, Counter<Key>& counter, Table<Key>& out) {
  constexpr bool narrow = std::is_same_v<Key, Narrow>;
  out.layout = in.layout;
  out.blocked_from = SIZE_MAX;
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

template <class Key>
void sort_groups(Table<Key>& table) {
  sort_by_key(table.groups, table.bits());
  table.blocked_from = 0;
}

template <class Key>
void project_first(const Table<Key>& in, std::size_t columns, Table<Key>& out) {
  out.layout = in.layout;
  for (std::size_t c = columns; c < out.layout.size(); ++c) out.layout[c].width = 0;
  Key mask = {};
  for (const auto& field : out.layout) {
    if constexpr (std::is_same_v<Key, Narrow>) {
      if (field.width != 0) mask |= field.mask() << field.shift;
    } else {
      if (field.width != 0) mask[field.word] |= field.mask() << field.shift;
    }
  }
  lay_out(out.layout, std::is_same_v<Key, Narrow>);
  out.groups = in.groups;
  for (auto& group : out.groups) {
    if constexpr (std::is_same_v<Key, Narrow>) {
      group.key &= mask;
    } else {
      for (std::size_t w = 0; w < mask.size(); ++w) group.key[w] &= mask[w];
    }
  }
  sort_groups(out);
  std::size_t last = 0;
  for (std::size_t i = 1; i < out.groups.size(); ++i) {
    if (out.groups[i].key == out.groups[last].key) {
      out.groups[last].count += out.groups[i].count;
      out.groups[last].population += out.groups[i].population;
    } else {
      out.groups[++last] = out.groups[i];
    }
  }
  if (!out.groups.empty()) out.groups.resize(last + 1);
  out.groups.shrink_to_fit();
}

template struct Table<Narrow>;
template struct Table<Wide>;
template class Counter<Narrow>;
template class Counter<Wide>;
template void roll(const Table<Narrow>&, std::span<const Step>, Counter<Narrow>&, Table<Narrow>&);
template void roll(const Table<Wide>&, std::span<const Step>, Counter<Wide>&, Table<Wide>&);
template void sort_groups(Table<Narrow>&);
template void sort_groups(Table<Wide>&);
template void project_first(const Table<Narrow>&, std::size_t, Table<Narrow>&);
template void project_first(const Table<Wide>&, std::size_t, Table<Wide>&);
template void project(const Table<Narrow>&, const std::vector<std::uint8_t>&, Counter<Narrow>&, Table<Narrow>&);
template void project(const Table<Wide>&, const std::vector<std::uint8_t>&, Counter<Wide>&, Table<Wide>&);

}  // namespace naru::protect::detail
