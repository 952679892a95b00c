#pragma once
/// How strictly a use of data must be reviewed, by the policy's review_tiers: docs/methods/review-tier.md.
#include "protect/policy.h"

#include <string>
#include <vector>

namespace naru::protect {

/// What is known of a use.
struct ReviewFacts {
  std::vector<std::string> data_kinds = {};     ///< structured, free-text, image, signal, genome
  std::string recipient;                        ///< internal, third-party
  std::string environment;                      ///< controlled, uncontrolled
  std::vector<std::string> circumstances = {};  ///< repeat-use, designated-body
};

struct ReviewDemand {
  ReviewTier tier;
  std::vector<Text> reasons = {};  ///< each step that led to it, in order
};
/// Raised at most to the strictest tier and lowered at most to the lightest; kinds raise by one tier in all, and so do
/// circumstances lower. Errors: rejected for a word that the policy's table does not know.
[[nodiscard]] Result<ReviewDemand> review_demand(const Policy& policy, const ReviewFacts& facts);

}  // namespace naru::protect
