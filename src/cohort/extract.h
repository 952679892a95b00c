#pragma once
/// All rows of a cohort's persons, table by table, ordered by person: what a model or a workspace reads in one pass.
#include "cohort/cohort.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace naru::cohort {

struct ExtractRequest {
  std::filesystem::path out;             ///< folder, one TABLE.parquet each
  std::vector<std::string> tables = {};  ///< OMOP names; empty: every table of persons that has a file
  bool inside_entries = false;           ///< only rows that start within one of the person's entries
};
struct ExtractReceipt {
  std::map<std::string, std::int64_t> rows = {};
  double seconds = 0;
};

/// `entries` is a table that `run` left. Columns are those of OMOP 5.4; rows by person, start date and key. Errors:
/// rejected names a table that is not one of persons. REQUIRES: the database may write below `out`.
[[nodiscard]] Result<ExtractReceipt> extract(engine::Database& database, Cdm& cdm, std::string_view entries,
                                             const ExtractRequest& request, Progress& progress);

}  // namespace naru::cohort
