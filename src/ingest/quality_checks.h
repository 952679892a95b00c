#pragma once
/// The file of quality checks, unfolded over the tables of the CDM. Internal to the room.
#include "ingest/quality.h"

#include <set>

namespace naru::ingest {

struct QualityCheck {
  CheckResult result;
  std::vector<std::string> needs;  ///< tables without which it is not applicable
  std::string table;               ///< counted in the one pass over this table; empty: `from`
  std::set<std::string> joins;     ///< concept, person, death
  std::string from;
  std::string where = "true";
  std::string violation;
  std::map<std::string, double> thresholds;  ///< by kind of source
  [[nodiscard]] double at_most(const std::string& kind) const {
    const auto own = thresholds.find(kind);
    return own == thresholds.end() ? result.at_most : own->second;
  }
};

/// {today} becomes a date literal of `today` (YYYY-MM-DD). Errors (rejected) name the check and the key.
[[nodiscard]] Result<std::vector<QualityCheck>> read_quality_checks(const std::filesystem::path& file,
                                                                    const std::string& today);

}  // namespace naru::ingest
