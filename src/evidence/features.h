#pragma once
/// From an OMOP lake to rows a solution can score: who is in, their inputs at the index day, and, separately and only
/// for a locked plan, what happened.
///
/// Rules (stated in every report):
///  - index day: start of the person's first entry into the target cohort;
///  - persons who withdrew are not there at all; persons with an outcome entry on or before the index day are excluded
///    ("prior_outcome");
///  - label 1: first outcome entry in (index, index + horizon]; label 0: none there, and the observation period that
///    holds the index day reaches index + horizon; neither: excluded ("short_follow_up");
///  - inputs read only records dated on or before the index day and within the feature's window.
#include "evidence/site_run.h"
#include "evidence/solution.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace naru::evidence {

/// Of a watch: the horizon is not over yet.
inline constexpr std::uint8_t label_unknown = 2;

/// Person-level: never printed, never written outside the site's memory.
struct StudyRows {
  FeatureMatrix matrix;
  FeatureMatrix comparator;                                ///< inputs of the solution's comparator, if it has one
  std::vector<std::int64_t> person;                        ///< by row, ascending
  std::vector<std::int64_t> index_day;                     ///< by row, days since 1970-01-01
  std::vector<std::uint8_t> label;                         ///< by row; label_unknown only within a window
  std::vector<std::int64_t> event_day;                     ///< by row, days after the index day; 0: no event
  std::vector<std::int64_t> short_days;                    ///< of those left out for short follow-up: days observed
  std::map<std::string, std::vector<std::string>> strata;  ///< "sex" → value by row; "age_band" → value by row
  std::map<std::string, std::int64_t> flow;                ///< "target", "withdrawn", "prior_outcome" …
  std::int64_t consent_epoch = 1;
  std::string vocabulary_hash;
};

/// Rows in ascending person order. Errors as run_plan_at_site.
[[nodiscard]] Result<StudyRows> study_rows(const LockedPlan& plan, const SiteRequest& request);

/// The age bands of subgroups: "0-17", "18-39", "40-49" … "80+".
[[nodiscard]] std::string age_band_of(std::int64_t years);
[[nodiscard]] const std::vector<std::string>& age_bands();

}  // namespace naru::evidence
