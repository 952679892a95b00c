#pragma once
/// The executor that reads the index. It gives the rows that the SQL plan gives (tested on every definition and on
/// random ones), in milliseconds.
#include "cohort/cohort.h"
#include "cohort/index.h"

#include <optional>

namespace naru::cohort {

struct NativeAnswer {
  Count count;
  std::vector<Entry> entries;  ///< by person, start, end
};

/// Whether the index can answer the definition: it keeps no texts, so conditions on texts are left to SQL.
[[nodiscard]] bool is_native(const Expression& expression);
/// REQUIRES: is_native(expression).
[[nodiscard]] Result<NativeAnswer> run_native(const Index& index, const Expression& expression,
                                              const NativeOptions& options);
/// Entries as CSV: subject_id,cohort_start_date,cohort_end_date.
[[nodiscard]] std::string entries_csv(const std::vector<Entry>& entries);
/// As `people_of_strata` and `strata` of cohort.h.
[[nodiscard]] std::vector<std::vector<std::int64_t>> people_of_strata(const Index& index,
                                                                      const std::vector<Entry>& entries);
[[nodiscard]] StrataTable strata(const Index& index, const std::vector<Entry>& entries);

/// Persons with a concept at least once, by sex and decade of age at its first record.
struct ConceptStratum {
  std::int64_t concept_id = 0;
  std::uint8_t sex = 0;   ///< place in strata's sexes
  std::uint8_t band = 0;  ///< place in strata's age bands
  std::int64_t persons = 0;
};
/// Every concept of an OMOP table of the index; no cells of zero persons. Error not_found names the table.
[[nodiscard]] Result<std::vector<ConceptStratum>> persons_by_concept(const Index& index, std::string_view table,
                                                                     const NativeOptions& options);

}  // namespace naru::cohort
