#pragma once
/// Answers with noise: counts, sums, means, quantiles, histograms over persons. Each function says its sensitivity,
/// what it costs, and returns a value that may leave. None of them spends: privacy_budget.h does, in one place.
/// docs/methods/noise.md. One value (or one histogram row) per person; adding or taking away a person is the neighbour.
#include "protect/zcdp.h"

#include <cstdint>
#include <vector>

namespace naru::protect {

/// Values are whole units (days, won, tenths of a gram); each is moved into least … most before anything else.
struct Bounds {
  std::int64_t least = 0;
  std::int64_t most = 0;
};

struct NoisyNumber {
  double value = 0;
  double standard_error = 0;  ///< of the noise alone
  double rho = 0;             ///< what it cost
};

/// Sensitivity 1.
[[nodiscard]] Result<NoisyNumber> noisy_count(std::int64_t count, double rho, Random& random);
/// Sensitivity max(|least|, |most|). Errors: usage for bounds that are not.
[[nodiscard]] Result<NoisyNumber> noisy_sum(const std::vector<std::int64_t>& values, const Bounds& bounds, double rho,
                                            Random& random);
/// Half of the budget for the sum around the middle of the bounds (sensitivity half their width), half for the count;
/// the quotient is moved into the bounds. The standard error is the first-order one.
[[nodiscard]] Result<NoisyNumber> noisy_mean(const std::vector<std::int64_t>& values, const Bounds& bounds, double rho,
                                             Random& random);
/// `bins`: each person counts in at most `bins_per_person` of them (sensitivity its square root). No value is below 0.
struct NoisyHistogram {
  std::vector<std::int64_t> counts;
  double standard_error = 0;
  double rho = 0;
};
[[nodiscard]] Result<NoisyHistogram> noisy_histogram(const std::vector<std::int64_t>& bins,
                                                     std::int64_t bins_per_person, double rho, Random& random);
/// Quantile (0 < share < 1) by bisection of the bounds: each of the ⌈log2(width + 1)⌉ steps compares a noisy count
/// below the middle with the share of a noisy total; every step gets the same part of the budget. Exact to one unit but
/// for the noise. `standard_error` is that of a rank, in persons.
[[nodiscard]] Result<NoisyNumber> noisy_quantile(const std::vector<std::int64_t>& values, double share,
                                                 const Bounds& bounds, double rho, Random& random);

}  // namespace naru::protect
