#pragma once
/// Does a score serve groups of persons alike? Rates per group at a threshold, their gaps, and every group against the
/// reference, each with its interval; p values adjusted for their number.
///
/// Sources: Newcombe 1998 (hybrid score interval of a difference of proportions, method 10); Hardt, Price, Srebro 2016
/// (equalised odds); Bird et al. 2020 (fairlearn's definitions: largest minus smallest); Welch 1947; Holm 1979;
/// Benjamini & Hochberg 1995.
#include "evaluate/contrasts.h"
#include "evaluate/decision.h"

#include <string>
#include <vector>

namespace naru::evaluate {

/// One group: its counts at the threshold, and the levels of its scores (of the direction that is judged).
struct FairGroup {
  std::string value;
  Confusion at;
  Levels levels;
};

struct GroupRates {
  std::string value;
  std::uint64_t n = 0;
  Estimate selection_rate;
  Estimate tpr;
  Estimate fpr;
  Estimate ppv;
  Estimate auroc;
};

/// Largest minus smallest over groups. `method` names the two groups; the interval is that of their difference and does
/// not pay for having chosen them, which `method` says. With `p` of the hypothesis that all groups are equal
/// (chi-squared with groups - 1 degrees of freedom).
struct Gap {
  Estimate difference;
  std::optional<double> p_all_equal;
};

struct GroupContrast {
  std::string value;    ///< the group
  std::string versus;   ///< the reference
  std::string measure;  ///< selection_rate, tpr, fpr, ppv, auroc
  Estimate difference;
  std::optional<double> p;
  std::optional<double> p_holm;
  std::optional<double> p_bh;
};

struct Fairness {
  std::vector<GroupRates> groups;
  Gap demographic_parity;  ///< of selection_rate
  Gap equal_opportunity;   ///< of tpr
  Gap false_positive;      ///< of fpr
  Gap equalized_odds;      ///< the larger of the two above
  Gap predictive_parity;   ///< of ppv
  Gap auroc;
  std::string reference;  ///< the largest group; among equals the first
  std::vector<GroupContrast> contrasts;
};
/// REQUIRES: at least one group.
[[nodiscard]] Fairness fairness(const std::vector<FairGroup>& groups);

/// a/m - b/n, Newcombe's interval; p of the pooled score test. Undefined (`empty_denominator`) when m or n is 0.
struct ProportionDifference {
  Estimate difference;
  std::optional<double> p;
};
[[nodiscard]] ProportionDifference proportion_difference(std::uint64_t a, std::uint64_t m, std::uint64_t b,
                                                         std::uint64_t n);

}  // namespace naru::evaluate
