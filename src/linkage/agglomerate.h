#pragma once
/// From pairs to persons: groups of records join while their records, on average, look like one person.
/// docs/methods/record-linkage.md. Not for other rooms.
#include "linkage/match_model.h"

#include <vector>

namespace naru::linkage {

struct WeighedPair {
  RowPair rows;
  double log_odds = 0;
};

/// Greatest first; ties in the order of the rows.
void sort_by_weight(std::vector<WeighedPair>& pairs);

/// Average linkage from the strongest pair down to `least` nats; of large groups at most 6 x 6 records are compared.
/// Every pair within a group comes out with the weight at which it was brought together.
/// REQUIRES: `pairs` sorted by weight.
[[nodiscard]] Result<std::vector<WeighedPair>> agglomerate(const MatchTable& table, const MatchModel& model,
                                                           const std::vector<WeighedPair>& pairs, double least,
                                                           Progress& progress);
/// Each row at most once, from the strongest pair down to `least`. REQUIRES: sorted by weight.
[[nodiscard]] std::vector<WeighedPair> one_to_one(const std::vector<WeighedPair>& pairs, double least);

}  // namespace naru::linkage
