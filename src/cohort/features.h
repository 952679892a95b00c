#pragma once
/// What was known of a cohort's persons around their entry, as a table for models: one row per entry, one column per
/// feature. Computed from the index in shards of entries, written as Parquet in bounded memory.
/// Meaning of each kind: docs/methods/feature-matrix.md.
#include "cohort/cohort.h"
#include "cohort/index.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace naru::cohort {

enum class FeatureKind {
  age,         ///< years at entry
  male,        ///< 1, 0, NULL when neither male nor female
  present,     ///< 1 when there is an event in the window, else 0
  count,       ///< events in the window
  last_value,  ///< value_as_number of the latest event in the window that has one; the greater id of one day
  days_since,  ///< days from the latest event in the window to the entry
};

struct FeatureSpec {
  std::string name;  ///< column name
  FeatureKind kind = FeatureKind::age;
  std::string domain = {};  ///< Circe's name, "ConditionOccurrence"; not for age and male
  std::vector<ConceptItem> concepts = {};
  std::int64_t from_days = -365;  ///< window around the entry date, both ends in
  std::int64_t to_days = 0;
};
inline constexpr std::size_t features_max = 2'000;

/// {"features":[{"name","kind","domain","concepts":[{"concept_id","descendants","excluded","mapped"}],"window_days":[a,b]}]}
/// Errors: rejected names what is unknown, missing or there twice, by its place.
[[nodiscard]] Result<std::vector<FeatureSpec>> parse_features(std::string_view json, std::string_view where);

struct FeatureReceipt {
  std::int64_t rows = 0;
  std::vector<std::int64_t> filled = {};  ///< by feature: rows with a value that is neither NULL nor 0
  double seconds = 0;
};

/// Columns: person_id BIGINT, cohort_start_date DATE, then a DOUBLE per feature; rows by person and date. Parquet, or
/// CSV when the file is named so. REQUIRES: `entries` is ordered so and is of the index's tables.
[[nodiscard]] Result<FeatureReceipt> write_features(const Index& index, const std::vector<Entry>& entries,
                                                    const std::vector<FeatureSpec>& features,
                                                    const NativeOptions& options, const std::filesystem::path& file,
                                                    Progress& progress);

}  // namespace naru::cohort
