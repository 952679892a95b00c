#include "protect/noisy_answers.h"

#include <algorithm>
#include <cmath>

namespace naru::protect {
namespace {

Done check_bounds(const Bounds& bounds) {
  constexpr std::int64_t most = 1 << 19;  // the noise's own range
  if (bounds.least < bounds.most && bounds.least >= -most && bounds.most <= most) return {};
  return usage_error(say("bounds must be two different whole numbers within ±{}: choose a larger unit",
                         "하한과 상한은 ±{} 안의 서로 다른 정수여야 합니다. 더 큰 단위를 쓰세요", most),
                     "bounds");
}

std::int64_t clamped(std::int64_t value, const Bounds& bounds) { return std::clamp(value, bounds.least, bounds.most); }

}  // namespace

Result<NoisyNumber> noisy_count(std::int64_t count, double rho, Random& random) {
  NARU_ASSIGN(const auto variance, variance_for(1, rho));
  return NoisyNumber{static_cast<double>(count + discrete_gaussian(variance, random)), std::sqrt(variance.real()),
                     rho_of_gaussian(1, variance)};
}

Result<NoisyNumber> noisy_sum(const std::vector<std::int64_t>& values, const Bounds& bounds, double rho,
                              Random& random) {
  NARU_CHECK(check_bounds(bounds));
  const auto sensitivity = static_cast<double>(std::max(std::abs(bounds.least), std::abs(bounds.most)));
  NARU_ASSIGN(const auto variance, variance_for(sensitivity, rho));
  std::int64_t sum = 0;
  for (const auto value : values) sum += clamped(value, bounds);
  return NoisyNumber{static_cast<double>(sum + discrete_gaussian(variance, random)), std::sqrt(variance.real()),
                     rho_of_gaussian(sensitivity, variance)};
}

Result<NoisyNumber> noisy_mean(const std::vector<std::int64_t>& values, const Bounds& bounds, double rho,
                               Random& random) {
  NARU_CHECK(check_bounds(bounds));
  // Twice the distance from the middle is whole; its bound is the width.
  const auto width = bounds.most - bounds.least;
  std::vector<std::int64_t> doubled;
  doubled.reserve(values.size());
  for (const auto value : values) doubled.push_back(2 * clamped(value, bounds) - bounds.least - bounds.most);
  NARU_ASSIGN(const auto sum, noisy_sum(doubled, {-width, width}, rho / 2, random));
  NARU_ASSIGN(const auto count, noisy_count(static_cast<std::int64_t>(values.size()), rho / 2, random));
  const auto persons = std::max(count.value, 1.0);
  const double middle = static_cast<double>(bounds.least + bounds.most) / 2;
  const double offset = sum.value / 2 / persons;
  const double value = std::clamp(middle + offset, static_cast<double>(bounds.least), static_cast<double>(bounds.most));
  return NoisyNumber{value, std::hypot(sum.standard_error / 2, offset * count.standard_error) / persons,
                     sum.rho + count.rho};
}

Result<NoisyHistogram> noisy_histogram(const std::vector<std::int64_t>& bins, std::int64_t bins_per_person, double rho,
                                       Random& random) {
  if (bins_per_person < 1) {
    return usage_error(say("a person counts in at least one bin", "한 사람은 하나 이상의 구간에 속합니다"), "bins");
  }
  const double sensitivity = std::sqrt(static_cast<double>(bins_per_person));
  NARU_ASSIGN(const auto variance, variance_for(sensitivity, rho));
  NoisyHistogram out{{}, std::sqrt(variance.real()), rho_of_gaussian(sensitivity, variance)};
  for (const auto bin : bins)
    out.counts.push_back(std::max<std::int64_t>(0, bin + discrete_gaussian(variance, random)));
  return out;
}

Result<NoisyNumber> noisy_quantile(const std::vector<std::int64_t>& values, double share, const Bounds& bounds,
                                   double rho, Random& random) {
  NARU_CHECK(check_bounds(bounds));
  if (!(share > 0 && share < 1)) {
    return usage_error(say("a quantile's share lies between 0 and 1", "분위 비율은 0과 1 사이입니다"), "share");
  }
  auto sorted = values;
  for (auto& value : sorted) value = clamped(value, bounds);
  std::sort(sorted.begin(), sorted.end());
  auto low = bounds.least;
  auto high = bounds.most;
  const double steps = std::ceil(std::log2(static_cast<double>(high - low + 1)));
  const double part = rho / (steps + 1);
  NARU_ASSIGN(const auto total, noisy_count(static_cast<std::int64_t>(sorted.size()), part, random));
  double spent = total.rho;
  double error = total.standard_error;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto up_to = std::upper_bound(sorted.begin(), sorted.end(), middle) - sorted.begin();
    NARU_ASSIGN(const auto rank, noisy_count(up_to, part, random));
    spent += rank.rho;
    error = std::hypot(rank.standard_error, share * total.standard_error);
    if (rank.value >= share * total.value) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return NoisyNumber{static_cast<double>(low), error, spent};
}

}  // namespace naru::protect
