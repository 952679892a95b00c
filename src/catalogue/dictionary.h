#pragma once
/// A data dictionary inferred from the files of a deposit, for the depositor to confirm. It repeats no value.
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naru::catalogue {

struct InferredColumn {
  std::string name;
  std::string type;          ///< integer, number, date, timestamp, boolean or text
  double filled = 0;         ///< share of rows with a value
  std::int64_t values = 0;   ///< distinct values
  bool identifying = false;  ///< its name says so, or every row has a value of its own and it is text
};
struct InferredFile {
  std::string name;
  std::int64_t rows = 0;
  std::vector<InferredColumn> columns;
};

/// CSV, TSV and Parquet files in `folder` and below, sorted. Errors: rejected names a file that cannot be read.
[[nodiscard]] Result<std::vector<InferredFile>> infer_dictionary(const std::filesystem::path& folder);
/// dictionary.yaml to be filled in: `confirmed: false`, empty meanings. What `known` (text of an earlier
/// dictionary.yaml, or empty) says of a column is kept.
[[nodiscard]] Result<std::string> dictionary_yaml(const std::vector<InferredFile>& files, std::string_view known);
/// [{"name","rows","columns":[{"name","type","filled","values","identifying"}…]}…]
[[nodiscard]] std::string dictionary_json(const std::vector<InferredFile>& files);

}  // namespace naru::catalogue
