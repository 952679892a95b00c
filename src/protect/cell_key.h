#pragma once
/// Consistent perturbation: every person has a secret number, a cell's key is the sum of its persons', and key and
/// count together pick the noise from a fixed table. The same cell gives the same answer wherever and however often it
/// is asked for, so repeats cannot be averaged. Bounded, unbiased, never below 0, never a person where there is none.
/// Fraser and Wooton 2005; Thompson, Broadfoot and Elazar 2013. docs/methods/cell-key.md.
#include "base/digest.h"
#include "base/result.h"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace naru::protect {

/// A person's secret number: first 64 bits of HMAC(HKDF(key, "naru/cell-key/v1", label), id as 8 bytes big endian).
class PersonKeys {
 public:
  PersonKeys(std::span<const std::uint8_t> key, std::string_view label);
  [[nodiscard]] std::uint64_t of(std::int64_t person);

 private:
  Hmac hmac_;
};

/// Noise v of count n has probability ∝ exp(a·v + b·v²) on max(−n, −spread) … spread, with a and b such that the mean
/// is 0 and the variance is as wanted, or as near as counts below the spread allow: the distribution of greatest
/// entropy under these conditions. Weights are whole numbers out of 2^32; where the support is symmetric the mean is
/// exactly 0.
class Perturbation {
 public:
  /// Errors: usage unless 1 <= spread <= 100 and 1 <= variance <= spread·(spread+1)/3.
  [[nodiscard]] static Result<Perturbation> make(std::int64_t spread, std::int64_t variance);
  /// The noise of a cell; `key` is the sum (modulo 2^64) of its persons' numbers. REQUIRES: count >= 0.
  [[nodiscard]] std::int64_t noise(std::int64_t count, std::uint64_t key) const;
  [[nodiscard]] std::int64_t perturbed(std::int64_t count, std::uint64_t key) const {
    return count + noise(count, key);
  }
  struct Row {
    std::int64_t least = 0;
    std::vector<std::uint64_t> below{};  ///< cumulative weights out of 2^32
    [[nodiscard]] double probability(std::int64_t noise) const;
  };
  /// Row of a count; all counts of at least the spread share one.
  [[nodiscard]] const Row& row(std::int64_t count) const;

 private:
  std::int64_t spread_ = 0;
  std::vector<Row> rows_ = {};
};

}  // namespace naru::protect
