#include "evaluate/levels.h"

#include <array>
#include <bit>
#include <cmath>

namespace naru::evaluate {
namespace {

// Doubles as unsigned integers in the same order: flip all bits of negatives, the sign bit of the others.
std::uint64_t key_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x + 0.0);  // -0.0 + 0.0 is +0.0
  return (bits >> 63U) != 0 ? ~bits : bits | (1ULL << 63U);
}
double score_of(std::uint64_t key) { return std::bit_cast<double>((key >> 63U) != 0 ? key & ~(1ULL << 63U) : ~key); }

constexpr unsigned digit_bits = 11;
constexpr unsigned passes = 6;
constexpr std::size_t buckets = 1U << digit_bits;

void radix_sort(std::vector<std::uint64_t>& keys) {
  std::vector<std::array<std::size_t, buckets>> counts(passes);
  for (auto& table : counts) table.fill(0);
  for (const auto key : keys) {
    for (unsigned pass = 0; pass < passes; ++pass) ++counts[pass][(key >> (pass * digit_bits)) & (buckets - 1)];
  }
  std::vector<std::uint64_t> other(keys.size());
  for (unsigned pass = 0; pass < passes; ++pass) {
    auto& table = counts[pass];
    const unsigned shift = pass * digit_bits;
    // All keys share this digit: the pass would copy without moving anything.
    if (!keys.empty() && table[(keys.front() >> shift) & (buckets - 1)] == keys.size()) continue;
    std::size_t at = 0;
    for (auto& entry : table) {
      const std::size_t count = entry;
      entry = at;
      at += count;
    }
    for (const auto key : keys) other[table[(key >> shift) & (buckets - 1)]++] = key;
    keys.swap(other);
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

Result<Levels> levels_of(std::span<const double> score, std::span<const std::uint8_t> label, Direction direction) {
  if (score.size() != label.size()) {
    return rejected(say("scores and labels differ in length", "점수와 라벨의 길이가 다릅니다"), "scores");
  }
  std::vector<std::uint64_t> cases;
  std::vector<std::uint64_t> controls;
  controls.reserve(score.size());
  for (std::size_t i = 0; i < score.size(); ++i) {
    if (!std::isfinite(score[i])) return bad_row(i, true);
    if (label[i] > 1) return bad_row(i, false);
    const auto key = key_of(direction == Direction::higher ? score[i] : -score[i]);
    (label[i] == 1 ? cases : controls).push_back(key);
  }
  radix_sort(cases);
  radix_sort(controls);
  Levels out;
  out.n_cases = cases.size();
  out.n_controls = controls.size();
  out.score.reserve(score.size());
  out.cases.reserve(score.size());
  out.controls.reserve(score.size());
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < cases.size() || j < controls.size()) {
    const bool from_cases = j == controls.size() || (i < cases.size() && cases[i] <= controls[j]);
    const auto key = from_cases ? cases[i] : controls[j];
    const auto first_case = i;
    const auto first_control = j;
    while (i < cases.size() && cases[i] == key) ++i;
    while (j < controls.size() && controls[j] == key) ++j;
    out.score.push_back(score_of(key));
    out.cases.push_back(i - first_case);
    out.controls.push_back(j - first_control);
  }
  return out;
}

Result<Levels> levels_of_grid(std::span<const std::uint64_t> cases, std::span<const std::uint64_t> controls) {
  if (cases.size() != controls.size() || cases.size() < 2) {
    return rejected(
        say("histograms of cases and controls differ in length", "사건과 비사건 히스토그램의 길이가 다릅니다"),
        "histogram");
  }
  const double grid = static_cast<double>(cases.size() - 1);
  Levels out;
  for (std::size_t k = 0; k < cases.size(); ++k) {
    if (cases[k] + controls[k] == 0) continue;
    out.score.push_back(static_cast<double>(k) / grid);
    out.cases.push_back(cases[k]);
    out.controls.push_back(controls[k]);
    out.n_cases += cases[k];
    out.n_controls += controls[k];
  }
  return out;
}

std::size_t grid_bin(double score, std::int64_t grid) {
  // nearbyint rounds half to even in the default mode, which nothing in this program changes.
  return static_cast<std::size_t>(std::nearbyint(score * static_cast<double>(grid)));
}

Levels inside_unit(Levels levels, std::int64_t grid) {
  if (levels.size() == 0) return levels;
  const double quarter = 0.25 / static_cast<double>(grid);
  if (levels.score.front() <= 0) levels.score.front() = quarter;
  if (levels.score.back() >= 1) levels.score.back() = 1 - quarter;
  return levels;
}

}  // namespace naru::evaluate
