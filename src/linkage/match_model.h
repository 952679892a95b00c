#pragma once
/// The Fellegi–Sunter model: how much each level of agreement speaks for one person, learned without labels.
/// docs/methods/record-linkage.md. Not for other rooms.
#include "linkage/candidates.h"

#include <array>
#include <cstdint>
#include <vector>

namespace naru::linkage {

/// Levels of all fields of one pair, four bits each, the first field lowest.
using Pattern = std::uint64_t;
inline constexpr std::size_t match_columns_max = 16;
[[nodiscard]] Pattern pattern_of(const MatchTable& table, std::uint32_t a, std::uint32_t b);
[[nodiscard]] inline Level level_of(Pattern pattern, std::size_t column) {
  return static_cast<Level>(pattern >> (4 * column) & 15U);
}
/// Patterns of all pairs, over `threads`.
[[nodiscard]] std::vector<Pattern> patterns_of(const MatchTable& table, const std::vector<RowPair>& pairs,
                                               unsigned threads);

/// m: share of each level among records of one person; u: among records of different persons; missing left out.
struct FieldModel {
  std::array<double, level_count> m{};
  std::array<double, level_count> u{};
};

class MatchModel {
 public:
  /// Expectation maximisation over a fixed sample of the candidates; u from pairs drawn by a fixed generator.
  /// REQUIRES: as many patterns as pairs.
  MatchModel(const MatchTable& table, const std::vector<RowPair>& pairs, const std::vector<Pattern>& patterns);
  /// ln of the odds that the two rows are one person, in nats.
  [[nodiscard]] double log_odds(std::uint32_t a, std::uint32_t b, Pattern pattern) const;
  [[nodiscard]] const std::vector<FieldModel>& fields() const { return fields_; }
  /// Probability that two rows drawn at random are one person.
  [[nodiscard]] double prior() const { return prior_; }

 private:
  void learn_differences();
  void learn_agreements(const std::vector<RowPair>& pairs, const std::vector<Pattern>& patterns);
  void settle_weights();

  const MatchTable* table_;
  std::vector<FieldModel> fields_;
  std::vector<std::array<double, level_count>> weights_;  ///< ln m/u; of exact and swapped only ln m
  std::vector<std::vector<double>> rarity_;               ///< [dictionary][code]: -ln of the share of records with it
  double prior_ = 0;
};

[[nodiscard]] double probability_of(double log_odds);

}  // namespace naru::linkage
