#pragma once
/// How strictly an application must be reviewed, by the review tiers of the policy that its SOP names:
/// docs/methods/review-tier.md. The tier's quorum adds to the board's own and is kept with the case.
#include "base/result.h"
#include "govern/application.h"
#include "protect/policy.h"

#include <string>
#include <vector>

namespace naru::govern {

struct ReviewNeed {
  std::string policy;
  std::string policy_hash;
  std::string tier;
  std::int64_t reviewers_min = 0;
  std::int64_t external_min = 0;
  bool in_person = false;
  std::vector<Text> reasons = {};
};
/// What makes a review lighter, as far as the authority knows it: words of the policy's `lowered_by`, and why each
/// holds or does not.
struct Circumstances {
  std::vector<std::string> found = {};
  std::vector<Text> reasons = {};
};
/// Kinds of data by the tables asked for and those of the datasets; recipient internal when the applicant's
/// organisation is the only holder; environment uncontrolled when anything but checked outputs may leave (exported
/// weights).
[[nodiscard]] Result<ReviewNeed> review_need(const Application& application,
                                             const std::vector<catalogue::Dataset>& datasets,
                                             const protect::Policy& policy, const Circumstances& circumstances);
/// {"policy","policy_hash","tier","reviewers_min","external_min","in_person","reasons":[{en,ko}]}
[[nodiscard]] std::string review_json(const ReviewNeed& need);
[[nodiscard]] Result<ReviewNeed> parse_review(std::string_view json, std::string_view where);

}  // namespace naru::govern
