#include "evaluate/ordered.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

namespace naru::evaluate {
namespace {

using Key = std::uint64_t;
constexpr unsigned digit_bits = 11;
constexpr std::size_t small = 32;  // below, insertion beats another pass

void insertion(Key* keys, std::size_t n) {
  for (std::size_t i = 1; i < n; ++i) {
    const Key key = keys[i];
    std::size_t j = i;
    for (; j > 0 && keys[j - 1] > key; --j) keys[j] = keys[j - 1];
    keys[j] = key;
  }
}

// How one pass splits a part: bucket = (key - least) >> shift.
struct Split {
  Key least = 0;
  unsigned shift = 0;
  std::size_t buckets = 0;  // 0: all keys are equal
};
Split split_of(const Key* keys, std::size_t n) {
  Key least = keys[0];
  Key most = keys[0];
  for (std::size_t i = 1; i < n; ++i) {
    least = std::min(least, keys[i]);
    most = std::max(most, keys[i]);
  }
  if (least == most) return {};
  const auto bits = static_cast<unsigned>(std::bit_width(most - least));
  const auto digits = std::min({digit_bits, bits, static_cast<unsigned>(std::bit_width(n)) - 1});
  return {least, bits - digits, std::size_t{1} << digits};
}

// After it, end[b] is where bucket b ends.
using Ends = std::array<std::size_t, (1U << digit_bits) + 1>;
void distribute(const Key* from, Key* to, std::size_t n, const Split& split, Ends& end) {
  std::fill_n(end.begin(), split.buckets + 1, std::size_t{0});
  for (std::size_t i = 0; i < n; ++i) ++end[((from[i] - split.least) >> split.shift) + 1];
  for (std::size_t b = 0; b < split.buckets; ++b) end[b + 1] += end[b];
  for (std::size_t i = 0; i < n; ++i) to[end[(from[i] - split.least) >> split.shift]++] = from[i];
}

void sort_in(Key* keys, Key* scratch, std::size_t n);

// Sorted into `to`; `from` is used up. Depth is at most 6: each pass takes 11 bits of what is left.
void sort_to(Key* from, Key* to, std::size_t n) {
  if (n <= small) {
    std::copy_n(from, n, to);
    insertion(to, n);
    return;
  }
  const auto split = split_of(from, n);
  if (split.buckets == 0) {
    std::copy_n(from, n, to);
    return;
  }
  Ends end;
  distribute(from, to, n, split, end);
  if (split.shift == 0) return;
  std::size_t begin = 0;
  bool loose = false;
  for (std::size_t b = 0; b < split.buckets; ++b) {
    const auto count = end[b] - begin;
    if (count > small) {
      sort_in(to + begin, from + begin, count);
    } else {
      loose |= count > 1;
    }
    begin = end[b];
  }
  // No key is more than one small bucket away from its place.
  if (loose) insertion(to, n);
}

void sort_in(Key* keys, Key* scratch, std::size_t n) {
  if (n <= small) {
    insertion(keys, n);
    return;
  }
  const auto split = split_of(keys, n);
  if (split.buckets == 0) return;
  Ends end;
  distribute(keys, scratch, n, split, end);
  if (split.shift == 0) {
    std::copy_n(scratch, n, keys);
    return;
  }
  std::size_t begin = 0;
  for (std::size_t b = 0; b < split.buckets; ++b) {
    sort_to(scratch + begin, keys + begin, end[b] - begin);
    begin = end[b];
  }
}

Error bad_row(std::size_t row, bool is_score) {
  const auto where = "row " + std::to_string(row + 1);
  if (is_score) {
    return rejected(say("a score is not a finite number", "점수가 유한한 수가 아닙니다"), where,
                    say("remove or impute missing scores before evaluating", "평가 전에 결측 점수를 처리하세요"));
  }
  return rejected(say("a label is not 0 or 1", "라벨이 0 또는 1이 아닙니다"), where);
}

}  // namespace

std::uint64_t key_of(double x) {
  // Flip all bits of negatives, the sign bit of the others.
  const auto bits = std::bit_cast<std::uint64_t>(x + 0.0);  // -0.0 + 0.0 is +0.0
  return (bits >> 63U) != 0 ? ~bits : bits | (1ULL << 63U);
}

double score_of(std::uint64_t key) { return std::bit_cast<double>((key >> 63U) != 0 ? key & ~(1ULL << 63U) : ~key); }

void sort_keys(std::span<std::uint64_t> keys) {
  if (keys.size() < 2) return;
  // Not a vector: it would write every byte once more for nothing.
  const auto scratch = std::make_unique_for_overwrite<Key[]>(keys.size());
  sort_in(keys.data(), scratch.get(), keys.size());
}

Result<Ordered> ordered(std::span<const double> score, std::span<const std::uint8_t> label, Direction direction) {
  if (score.size() != label.size()) {
    return rejected(say("scores and labels differ in length", "점수와 라벨의 길이가 다릅니다"), "scores");
  }
  Ordered out;
  for (std::size_t i = 0; i < label.size(); ++i) {
    if (label[i] > 1) return bad_row(i, false);
    if (!std::isfinite(score[i])) return bad_row(i, true);
    out.n_cases += label[i];
  }
  out.keys.resize(score.size());
  const double sign = direction == Direction::higher ? 1.0 : -1.0;
  std::array<Key*, 2> place{out.keys.data() + out.n_cases, out.keys.data()};
  for (std::size_t i = 0; i < score.size(); ++i) *place[label[i]]++ = key_of(sign * score[i]);
  const std::span<Key> all(out.keys);
  sort_keys(all.first(out.n_cases));
  sort_keys(all.subspan(out.n_cases));
  return out;
}

}  // namespace naru::evaluate
