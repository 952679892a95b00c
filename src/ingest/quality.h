#pragma once
/// Data quality of a lake: checks from a data file (policies/quality.yaml), counted by SQL in a caged database, all
/// checks of one table in one pass over it; per source where several stand, with thresholds per kind of source; kept
/// from run to run as a trend.
#include "base/clock.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace naru::ingest {

enum class CheckState { passed, failed, not_applicable };
[[nodiscard]] std::string_view name_of(CheckState state);

struct CheckResult {
  std::string id;
  std::string category;  ///< conformance, completeness or plausibility
  Text title;
  CheckState state = CheckState::not_applicable;
  std::int64_t rows = 0;
  std::int64_t violations = 0;
  double at_most = 0;  ///< share of violations up to which the check passes; of the strictest source
  Text reason = {};    ///< why it is not applicable
  std::vector<std::string> failed_sources = {};
  /// Violations per row; 0 when there are no rows.
  [[nodiscard]] double share() const {
    return rows == 0 ? 0 : static_cast<double>(violations) / static_cast<double>(rows);
  }
};

/// One earlier assessment: when, of which sources, and the share of violations by check.
struct QualityRun {
  std::string at;
  std::string sources;  ///< digest of the sources that stood
  int failed = 0;
  std::map<std::string, double> shares = {};
};

struct QualityReport {
  std::vector<CheckResult> checks;
  std::vector<QualityRun> history;                           ///< earlier runs, oldest first, this one last
  std::map<std::string, std::int64_t> tables;                ///< rows
  std::map<std::string, std::map<int, std::int64_t>> years;  ///< rows by table and year
  std::vector<std::string> sources;
  /// canonical JSON:
  /// {"checks":[…],"summary":{passed,failed,not_applicable},"tables":{…},"sources":[…],"trend":[…],"at"}
  std::string document;
  std::string html;  ///< one page on its own, Korean and English
};

/// Errors: rejected names the check of the file that cannot be read or computed; not_found when there is no lake.
/// Adds this run to SITE/quality-history.json (the last 100; a run of the same sources replaces its earlier one).
[[nodiscard]] Result<QualityReport> assess_quality(const std::filesystem::path& site,
                                                   const std::filesystem::path& checks, const Clock& clock);

/// For those who build a release: refused when the report (the JSON of naru quality) holds a failed check, naming the
/// checks; rejected when it is no such report.
[[nodiscard]] Done require_quality(const std::filesystem::path& report);

}  // namespace naru::ingest
