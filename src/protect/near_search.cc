#include "protect/near_search.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace naru::protect::detail {
namespace {

std::size_t bucket_of(std::uint32_t person) {
  return static_cast<std::size_t>((static_cast<std::uint64_t>(person) * 0x9e3779b97f4a7c15ULL) >> 58);
}

struct Partial {
  Sketch sketch;
  std::int64_t size = 0;
};

class Search {
 public:
  Search(const Held& number, const Stored& stored, const std::vector<Held>& own, std::int64_t min_cell)
      : number_(number), stored_(stored.all), lists_(stored), own_(own), min_cell_(min_cell) {}

  Nearness run(std::int64_t depth) {
    // Fewest parts first: a single earlier number is the plainest reason.
    if (depth > 2) {
      bound_ = 3 * (min_cell_ - 1);
      two_parts();
    }
    for (std::int64_t parts = 3; parts < depth && !stop(); ++parts) {
      bound_ = (parts + 1) * (min_cell_ - 1);
      from_own(0, parts, {*number_.sketch, number_.size});
    }
    return out_;
  }

 private:
  static Partial with(const Partial& partial, const Held& held, int sign) {
    Partial out = partial;
    for (std::size_t bucket = 0; bucket < out.sketch.size(); ++bucket)
      out.sketch[bucket] += sign * (*held.sketch)[bucket];
    out.size += sign * held.size;
    return out;
  }

  [[nodiscard]] bool stop() const { return out_.near || !out_.decided; }

  /// Of n − a − b both lie in n; of n − a + b the number lies in a; of n ± o ± a, o from the same table, a lies in the
  /// table: each but for fewer than min_cell persons, else as many would be left.
  void two_parts() {
    const Partial whole{*number_.sketch, number_.size};
    const auto one = [&](const Held& held, int sign, bool own, auto rest) {
      if (stop()) return;
      parts_.push_back({&held, sign, own});
      rest(with(whole, held, sign));
      if (!stop()) parts_.pop_back();
    };
    for (const auto& own : own_) {
      for (const int sign : {-1, 1}) {
        one(own, sign, true, [&](const Partial& left) {
          last(lists_.inside, 0, left, -1);
          if (!stop() && sign < 0) last(lists_.inside, 0, left, 1);
        });
      }
    }
    for (std::size_t at = 0; at < lists_.inside.size(); ++at) {
      const auto& inner = lists_.inside[at];
      if (stop() || inner.size > number_.size + min_cell_) break;
      if (number_.size != lists_.persons && !may_be_inside(inner, number_, min_cell_)) continue;
      one(inner, -1, false, [&](const Partial& left) { last(lists_.inside, at + 1, left, -1); });
    }
    for (const auto& outer : lists_.around)
      one(outer, -1, false, [&](const Partial& left) { last(stored_, 0, left, 1); });
  }

  void from_own(std::size_t first, std::int64_t left, const Partial& partial) {
    from_stored(0, left, partial);
    if (left < 2) return;
    for (std::size_t at = first; at < own_.size() && !stop(); ++at) {
      for (const int sign : {-1, 1}) {
        parts_.push_back({&own_[at], sign, true});
        from_own(at + 1, left - 1, with(partial, own_[at], sign));
        if (stop()) return;
        parts_.pop_back();
      }
    }
  }

  /// Exactly `left` more parts, all stored, from `first` on.
  void from_stored(std::size_t first, std::int64_t left, const Partial& partial) {
    if (left == 1) {
      last(stored_, first, partial, -1);
      if (!stop()) last(stored_, first, partial, 1);
      return;
    }
    for (std::size_t at = first; at < stored_.size() && !stop(); ++at) {
      for (const int sign : {-1, 1}) {
        parts_.push_back({&stored_[at], sign, false});
        from_stored(at + 1, left - 1, with(partial, stored_[at], sign));
        if (stop()) return;
        parts_.pop_back();
      }
    }
  }

  void last(const std::vector<Held>& list, std::size_t first, const Partial& partial, int sign) {
    // What the last number cannot take away stays: a partial sum with much of the wrong sign is beyond any.
    std::int64_t wrong = 0;
    std::int64_t wrong_buckets = 0;
    for (const auto bucket : partial.sketch) {
      wrong += std::max<std::int64_t>(0, sign * bucket);
      wrong_buckets += sign * bucket > 0 ? 1 : 0;
    }
    if (wrong > bound_ || wrong_buckets >= min_cell_) return;
    // partial.size + sign × size within the bound.
    const auto middle = -sign * partial.size;
    const auto begin = std::lower_bound(list.begin() + static_cast<std::ptrdiff_t>(first), list.end(), middle - bound_,
                                        [](const Held& held, auto size) { return held.size < size; });
    for (auto held = begin; held != list.end() && held->size <= middle + bound_; ++held) {
      if (++tried_ > combinations_max) {
        out_.decided = false;
        return;
      }
      if (!close(partial.sketch, *held->sketch, sign)) continue;
      parts_.push_back({&*held, sign, false});
      if (few_left()) {
        out_.near = true;
        // number + Σ sign × part ≈ 0, told the other way round.
        for (auto part : parts_) out_.parts.push_back({part.held, -part.sign, part.own});
        return;
      }
      parts_.pop_back();
    }
  }

  [[nodiscard]] bool close(const Sketch& partial, const Sketch& held, int sign) const {
    // Fewer than min_cell persons are in fewer than min_cell buckets, and add up to at most the bound.
    std::int64_t sum = 0;
    std::int64_t buckets = 0;
    for (std::size_t block = 0; block < partial.size(); block += 16) {
      std::int32_t part = 0;
      std::int32_t open = 0;
      for (std::size_t bucket = block; bucket < block + 16; ++bucket) {
        const auto left = partial[bucket] + sign * held[bucket];
        part += std::abs(left);
        open += left != 0 ? 1 : 0;
      }
      sum += part;
      buckets += open;
      if (sum > bound_ || buckets >= min_cell_) return false;
    }
    return true;
  }

  /// The exact count, over the persons themselves.
  [[nodiscard]] bool few_left() const {
    std::map<std::uint32_t, int> sum;
    ::Roaring plus = *number_.people;
    // Persons in equally many added and taken sets drop out; the rest is counted one by one.
    const auto count = [&](const ::Roaring& people, int sign) {
      for (const auto person : people) sum[person] += sign;
    };
    const auto& heaviest = largest_opposite();
    ::Roaring common = plus & *heaviest.held->people;
    count(plus - common, 1);
    for (const auto& part : parts_)
      count(&part == &heaviest ? *part.held->people - common : *part.held->people, part.sign);
    std::int64_t left = 0;
    for (const auto& [person, value] : sum)
      if (value != 0 && ++left >= min_cell_) return false;
    return true;
  }

  [[nodiscard]] const Part& largest_opposite() const {
    const Part* out = nullptr;
    for (const auto& part : parts_)
      if (part.sign < 0 && (out == nullptr || part.held->size > out->held->size)) out = &part;
    return out == nullptr ? parts_.front() : *out;
  }

  const Held& number_;
  const std::vector<Held>& stored_;
  const Stored& lists_;
  const std::vector<Held>& own_;
  std::int64_t min_cell_;
  std::int64_t bound_ = 0;
  std::int64_t tried_ = 0;
  std::vector<Part> parts_ = {};
  Nearness out_ = {};
};

}  // namespace

Sketch sketch_of(const ::Roaring& people) {
  Sketch out{};
  for (const auto person : people) ++out[bucket_of(person)];
  return out;
}

Sample sample_of(const ::Roaring& people) {
  if (people.cardinality() <= static_cast<std::uint64_t>(compared_whole_max)) return {};
  // The smallest hashes by a heap with the largest of them on top.
  std::array<std::uint64_t, 64> kept{};
  std::size_t size = 0;
  for (const auto person : people) {
    const auto hash = (static_cast<std::uint64_t>(person) * 0x9e3779b97f4a7c15ULL) >> 32;
    const auto one = hash << 32 | person;
    if (size < kept.size()) {
      kept[size++] = one;
      std::push_heap(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(size));
    } else if (one < kept.front()) {
      std::pop_heap(kept.begin(), kept.end());
      kept.back() = one;
      std::push_heap(kept.begin(), kept.end());
    }
  }
  Sample out;
  out.size = static_cast<std::uint32_t>(size);
  for (std::size_t at = 0; at < size; ++at) out.persons[at] = static_cast<std::uint32_t>(kept[at]);
  return out;
}

bool may_be_inside(const Held& inner, const Held& outer, std::int64_t min_cell) {
  if (inner.size >= outer.size + min_cell) return false;
  std::int64_t outside = 0;
  for (std::size_t block = 0; block < inner.sketch->size(); block += 16) {
    std::int32_t part = 0;
    for (std::size_t bucket = block; bucket < block + 16; ++bucket)
      part += std::max(0, (*inner.sketch)[bucket] - (*outer.sketch)[bucket]);
    if ((outside += part) >= min_cell) return false;
  }
  outside = 0;
  if (inner.size <= compared_whole_max) {
    for (const auto person : *inner.people)
      if (!outer.people->contains(person) && ++outside >= min_cell) return false;
    return true;
  }
  for (std::uint32_t at = 0; at < inner.sample->size; ++at)
    if (!outer.people->contains(inner.sample->persons[at]) && ++outside >= min_cell) return false;
  return true;
}

const Held* nearest(const Held& number, const std::vector<Held>& stored, std::int64_t radius) {
  const auto begin = std::lower_bound(stored.begin(), stored.end(), number.size - radius + 1,
                                      [](const Held& held, auto size) { return held.size < size; });
  const Held* out = nullptr;
  auto best = radius;
  for (auto held = begin; held != stored.end() && held->size < number.size + radius; ++held) {
    std::int64_t apart = 0;
    for (std::size_t bucket = 0; bucket < number.sketch->size(); ++bucket)
      apart += std::abs((*number.sketch)[bucket] - (*held->sketch)[bucket]);
    if (apart >= best) continue;
    const auto distance = static_cast<std::int64_t>(number.people->xor_cardinality(*held->people));
    if (distance >= best) continue;
    best = distance;
    out = &*held;
  }
  return out;
}

Nearness nearness(const Held& number, const Stored& stored, const std::vector<Held>& own, std::int64_t depth,
                  std::int64_t min_cell) {
  return Search(number, stored, own, min_cell).run(depth);
}

}  // namespace naru::protect::detail
