#pragma once
/// Data quality of a lake: checks from a data file (policies/quality.yaml), counted by SQL in a caged database.
#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naru::ingest {

enum class CheckState { passed, failed, not_applicable };

struct CheckResult {
  std::string id;
  std::string category;  ///< conformance, completeness or plausibility
  Text title;
  CheckState state = CheckState::not_applicable;
  std::int64_t rows = 0;
  std::int64_t violations = 0;
  double at_most = 0;  ///< share of violations up to which the check passes
  Text reason = {};    ///< why it is not applicable
  /// Violations per row; 0 when there are no rows.
  [[nodiscard]] double share() const {
    return rows == 0 ? 0 : static_cast<double>(violations) / static_cast<double>(rows);
  }
};

struct QualityReport {
  std::vector<CheckResult> checks;
  std::string document;  ///< canonical JSON: {"checks":[…],"summary":{passed,failed,not_applicable},"tables":{…},"at"}
  std::string html;      ///< one page on its own, Korean and English
};

/// Errors: rejected names the check of the file that cannot be read or computed; not_found when there is no lake.
[[nodiscard]] Result<QualityReport> assess_quality(const std::filesystem::path& site,
                                                   const std::filesystem::path& checks, const Clock& clock);

}  // namespace naru::ingest
