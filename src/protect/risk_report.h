#pragma once
/// A risk assessment as one HTML file that a board member reads in five minutes: no scripts, no outside files, charts
/// as inline SVG, Korean and English, prints on A4.
#include "protect/assessment.h"

#include <map>
#include <optional>
#include <string>

namespace naru::protect {

struct RiskReport {
  std::string subject;  ///< a release's id or a table's name
  Assessment before = {};
  std::optional<Assessment> after = {};
  std::string policy = {};                         ///< "naru-demo v1"; empty: none
  bool demonstration = false;                      ///< the policy is for made-up people
  std::optional<std::int64_t> k_wanted = {};       ///< by the policy
  std::map<std::string, std::string> levels = {};  ///< how each quasi-identifier is shown
  std::optional<std::int64_t> suppressed = {};     ///< persons left out to reach k
  std::optional<ImpactAssessment> impact = {};
  std::optional<ImpactThresholds> thresholds = {};
  std::optional<double> high_risk_above = {};
};
/// Same report, same bytes.
[[nodiscard]] std::string risk_report_html(const RiskReport& report);

}  // namespace naru::protect
