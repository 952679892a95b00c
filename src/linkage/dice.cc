#include "linkage/dice.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <numeric>
#include <thread>
#include <unordered_set>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace naru::linkage {
namespace {

constexpr std::size_t lanes = 8;
constexpr std::size_t strip = 4;             ///< left filters compared at once
constexpr std::size_t blocks_at_once = 256;  ///< right blocks that stay in the near cache

// The right filters in the order of their numbers of bits, eight side by side: word 0 of eight filters, word 1, …
struct Columns {
  std::size_t words = 0;
  std::vector<std::uint64_t> bits;
  std::vector<std::uint32_t> row;       ///< of each lane
  std::vector<std::uint32_t> set_bits;  ///< of each lane
  [[nodiscard]] std::size_t blocks() const { return row.size() / lanes; }
  [[nodiscard]] const std::uint64_t* block(std::size_t number) const { return bits.data() + number * words * lanes; }
};

constexpr std::uint32_t nobody = 0xFFFFFFFFU;

std::vector<std::uint32_t> bits_set(const FilterSet& set) {
  std::vector<std::uint32_t> out(set.size());
  for (std::size_t row = 0; row < set.size(); ++row) {
    for (std::size_t w = 0; w < set.words; ++w)
      out[row] += static_cast<std::uint32_t>(std::popcount(set.filter(row)[w]));
  }
  return out;
}

Columns side_by_side(const FilterSet& set) {
  const auto counts = bits_set(set);
  std::vector<std::uint32_t> order(set.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t row) { return counts[row]; });
  const auto blocks = (set.size() + lanes - 1) / lanes;
  Columns out{set.words, std::vector<std::uint64_t>(blocks * set.words * lanes),
              std::vector<std::uint32_t>(blocks * lanes, nobody), std::vector<std::uint32_t>(blocks * lanes)};
  for (std::size_t at = 0; at < order.size(); ++at) {
    out.row[at] = order[at];
    out.set_bits[at] = counts[order[at]];
    auto* const block = out.bits.data() + at / lanes * set.words * lanes;
    for (std::size_t w = 0; w < set.words; ++w) block[w * lanes + at % lanes] = set.filter(order[at])[w];
  }
  return out;
}

double dice_of(std::uint32_t common, std::uint32_t sum) { return sum == 0 ? 0 : 2.0 * common / sum; }

// [bits of both together] -> fewest common bits that reach the threshold; found by the same arithmetic as dice_of.
std::vector<std::uint32_t> least_common(double threshold, std::uint32_t sum_max) {
  std::vector<std::uint32_t> out(sum_max + 1);
  for (std::uint32_t sum = 0; sum <= sum_max; ++sum) {
    auto common = static_cast<std::uint32_t>(threshold * sum / 2);
    while (common > 0 && dice_of(common - 1, sum) >= threshold) --common;
    while (dice_of(common, sum) < threshold && common <= sum) ++common;
    out[sum] = common;
  }
  return out;
}

using Counts = std::array<std::array<std::uint64_t, lanes>, strip>;
using Bounds = std::array<std::uint64_t, strip>;
// Common bits of four left filters with the eight of a block. Bit s of the answer: some lane of filter s reaches its
// bound; only then is `out` filled.
using Kernel = unsigned (*)(const std::uint64_t* const* left, const std::uint64_t* block, std::size_t words,
                            const Bounds& bounds, Counts& out);

unsigned count_portable(const std::uint64_t* const* left, const std::uint64_t* block, std::size_t words,
                        const Bounds& bounds, Counts& out) {
  unsigned reached = 0;
  for (std::size_t s = 0; s < strip; ++s) {
    out[s].fill(0);
    for (std::size_t w = 0; w < words; ++w) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        out[s][lane] += static_cast<std::uint64_t>(std::popcount(left[s][w] & block[w * lanes + lane]));
      }
    }
    if (*std::ranges::max_element(out[s]) >= bounds[s]) reached |= 1U << s;
  }
  return reached;
}

#if defined(__x86_64__)
__attribute__((target("avx512f,avx512vpopcntdq"))) unsigned count_vector(const std::uint64_t* const* left,
                                                                         const std::uint64_t* block, std::size_t words,
                                                                         const Bounds& bounds, Counts& out) {
  __m512i sum0 = _mm512_setzero_si512();
  __m512i sum1 = sum0;
  __m512i sum2 = sum0;
  __m512i sum3 = sum0;
  const auto* const a = left[0];
  const auto* const b = left[1];
  const auto* const c = left[2];
  const auto* const d = left[3];
  for (std::size_t w = 0; w < words; ++w) {
    const __m512i eight = _mm512_loadu_si512(block + w * lanes);
    const __m512i wa = _mm512_and_si512(eight, _mm512_set1_epi64(static_cast<long long>(a[w])));
    const __m512i wb = _mm512_and_si512(eight, _mm512_set1_epi64(static_cast<long long>(b[w])));
    const __m512i wc = _mm512_and_si512(eight, _mm512_set1_epi64(static_cast<long long>(c[w])));
    const __m512i wd = _mm512_and_si512(eight, _mm512_set1_epi64(static_cast<long long>(d[w])));
    sum0 = _mm512_add_epi64(sum0, _mm512_popcnt_epi64(wa));
    sum1 = _mm512_add_epi64(sum1, _mm512_popcnt_epi64(wb));
    sum2 = _mm512_add_epi64(sum2, _mm512_popcnt_epi64(wc));
    sum3 = _mm512_add_epi64(sum3, _mm512_popcnt_epi64(wd));
  }
  unsigned reached = 0;
  if (_mm512_cmpge_epu64_mask(sum0, _mm512_set1_epi64(static_cast<long long>(bounds[0]))) != 0) reached |= 1U;
  if (_mm512_cmpge_epu64_mask(sum1, _mm512_set1_epi64(static_cast<long long>(bounds[1]))) != 0) reached |= 2U;
  if (_mm512_cmpge_epu64_mask(sum2, _mm512_set1_epi64(static_cast<long long>(bounds[2]))) != 0) reached |= 4U;
  if (_mm512_cmpge_epu64_mask(sum3, _mm512_set1_epi64(static_cast<long long>(bounds[3]))) != 0) reached |= 8U;
  if (reached != 0) {
    _mm512_storeu_si512(out[0].data(), sum0);
    _mm512_storeu_si512(out[1].data(), sum1);
    _mm512_storeu_si512(out[2].data(), sum2);
    _mm512_storeu_si512(out[3].data(), sum3);
  }
  return reached;
}
#endif

Kernel kernel_for(DiceKernel wanted) {
#if defined(__x86_64__)
  if (wanted != DiceKernel::portable && has_vector_kernel()) return count_vector;
#endif
  (void)wanted;
  return count_portable;
}

struct Work {
  const FilterSet* left;
  const std::vector<std::uint32_t>* left_bits;
  const Columns* right;
  const std::vector<std::uint32_t>* least;
  Kernel kernel;
};

void take_lanes(const Work& work, std::size_t row, std::size_t block, const std::array<std::uint64_t, lanes>& counts,
                std::vector<FilterPair>& out) {
  const auto own = (*work.left_bits)[row];
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const auto at = block * lanes + lane;
    const auto common = static_cast<std::uint32_t>(counts[lane]);
    const auto sum = own + work.right->set_bits[at];
    if (work.right->row[at] == nobody || common < (*work.least)[sum]) continue;
    out.push_back({static_cast<std::uint32_t>(row), work.right->row[at], common, dice_of(common, sum)});
  }
}

// Left filters [from, to) against all right ones, strip by strip, while a run of right blocks stays in the near cache.
void compare_strip(const Work& work, std::size_t from, std::size_t to, std::vector<FilterPair>& out) {
  Counts counts{};
  Bounds bounds{};
  std::array<const std::uint64_t*, strip> rows{};
  std::array<const std::uint32_t*, strip> least{};
  for (std::size_t start = 0; start < work.right->blocks(); start += blocks_at_once) {
    const auto stop = std::min(work.right->blocks(), start + blocks_at_once);
    for (auto first = from; first < to; first += strip) {
      for (std::size_t s = 0; s < strip; ++s) {
        const auto row = std::min(first + s, to - 1);
        rows[s] = work.left->filter(row);
        least[s] = work.least->data() + (*work.left_bits)[row];
      }
      for (auto block = start; block < stop; ++block) {
        // The first lane has the fewest bits of the eight, so its bound is the lowest.
        const auto fewest = work.right->set_bits[block * lanes];
        for (std::size_t s = 0; s < strip; ++s) bounds[s] = least[s][fewest];
        const auto reached = work.kernel(rows.data(), work.right->block(block), work.right->words, bounds, counts);
        for (std::size_t s = 0; reached >> s != 0 && first + s < to; ++s) {
          if ((reached >> s & 1U) != 0) take_lanes(work, first + s, block, counts[s], out);
        }
      }
    }
  }
}

}  // namespace

bool has_vector_kernel() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vpopcntdq") != 0;
#else
  return false;
#endif
}

Result<std::vector<FilterPair>> similar_pairs(const FilterSet& left, const FilterSet& right, const DiceOptions& options,
                                              Progress& progress) {
  if (!(options.threshold > 0 && options.threshold <= 1)) {
    return rejected(say("a threshold above 0 and at most 1 is needed", "0보다 크고 1 이하인 임계값이 필요합니다"),
                    "threshold");
  }
  if (left.size() == 0 || right.size() == 0) return std::vector<FilterPair>{};
  if (left.words != right.words) {
    return rejected(say("filters of {} and of {} bits cannot be compared", "{}비트와 {}비트 필터는 비교할 수 없습니다",
                        left.words * 64, right.words * 64),
                    "filters");
  }
  const auto left_bits = bits_set(left);
  const auto columns = side_by_side(right);
  const auto least = least_common(options.threshold, static_cast<std::uint32_t>(2 * 64 * left.words));
  const Work work{&left, &left_bits, &columns, &least, kernel_for(options.kernel)};
  constexpr std::size_t rows_a_piece = 512;
  const auto pieces = (left.size() + rows_a_piece - 1) / rows_a_piece;
  std::vector<std::vector<FilterPair>> found(pieces);
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> held{0};
  std::atomic<bool> stopped{false};
  const auto deed = say("comparing filters", "필터를 비교하는 중");
  const auto take = [&](bool tell) {
    for (auto piece = next++; piece < pieces && held <= options.pairs_max && !stopped; piece = next++) {
      auto& own = found[piece];
      compare_strip(work, piece * rows_a_piece, std::min(left.size(), (piece + 1) * rows_a_piece), own);
      std::ranges::sort(own, {}, [](const FilterPair& pair) { return std::pair(pair.left, pair.right); });
      held += own.size();
      if (tell) {
        progress.at(deed, piece, pieces);
        if (progress.stop_requested()) stopped = true;
      }
    }
  };
  {
    const auto threads = options.threads == 0 ? std::thread::hardware_concurrency() : options.threads;
    std::vector<std::jthread> pool;
    for (unsigned number = 1; number < std::clamp(threads, 1U, 64U); ++number) pool.emplace_back(take, false);
    take(true);
  }
  if (stopped) return interrupted();
  if (held > options.pairs_max) {
    return rejected(
        say("more than {} pairs reach the threshold", "임계값에 이르는 쌍이 {}개를 넘습니다", options.pairs_max),
        "threshold", say("raise the threshold", "임계값을 올리십시오"));
  }
  std::vector<FilterPair> out;
  out.reserve(held);
  for (const auto& own : found) out.insert(out.end(), own.begin(), own.end());
  return out;
}

std::vector<FilterPair> best_pairs(std::vector<FilterPair> pairs) {
  std::ranges::sort(pairs, [](const FilterPair& x, const FilterPair& y) {
    if (x.dice != y.dice) return x.dice > y.dice;
    return std::pair(x.left, x.right) < std::pair(y.left, y.right);
  });
  std::unordered_set<std::uint32_t> left;
  std::unordered_set<std::uint32_t> right;
  std::erase_if(pairs, [&](const FilterPair& pair) {
    if (left.contains(pair.left) || right.contains(pair.right)) return true;
    left.insert(pair.left);
    right.insert(pair.right);
    return false;
  });
  std::ranges::sort(pairs, {}, &FilterPair::left);
  return pairs;
}

}  // namespace naru::linkage
