#pragma once
/// Records to be linked, as codes: one table in memory, its rows in the order of their ids, so that nothing depends on
/// the order of the files. Not for other rooms.
#include "base/json.h"
#include "base/result.h"
#include "linkage/match.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace naru::linkage {

/// `name` and `kind` of a column in a configuration; other keys are the caller's.
[[nodiscard]] Result<MatchField> read_match_field(const Json& value, const std::string& where);

/// Distinct comparison forms; code 0 is missing.
struct Dictionary {
  std::vector<std::string> values = {""};
  std::vector<std::uint32_t> counts = {0};  ///< records' fields that hold the value
};

struct MatchTable {
  std::vector<MatchField> columns = {};
  std::vector<std::size_t> dictionary_of = {};  ///< all columns of kind name share one
  std::vector<Dictionary> dictionaries = {};
  std::vector<std::vector<std::uint32_t>> codes = {};  ///< [column][row]
  std::vector<std::string> ids = {};
  std::uint32_t left_rows = 0;  ///< rows below belong to the left file; all rows when there is one file
  bool two_files = false;
  [[nodiscard]] std::uint32_t rows() const { return static_cast<std::uint32_t>(ids.size()); }
  [[nodiscard]] const std::string& value(std::size_t column, std::uint32_t code) const {
    return dictionaries[dictionary_of[column]].values[code];
  }
};

/// Comparison forms as they stand in a file, in its order.
struct RecordForms {
  std::vector<std::string> ids = {};                 ///< empty when no id was asked for
  std::vector<std::vector<std::string>> forms = {};  ///< [column][row]
};
/// CSV (delimiter found; UTF-8, or as `encoding` says) or Parquet, also compressed. `id` may be empty. Errors:
/// not_found (file or column), rejected (a record without id, a damaged file).
[[nodiscard]] Result<RecordForms> read_forms(const std::filesystem::path& file, const std::string& id,
                                             const std::vector<MatchField>& columns, std::string_view encoding = {});

/// `right` empty: one file against itself. Errors: as above, and an id that stands twice.
[[nodiscard]] Result<MatchTable> read_match_table(const std::filesystem::path& left, const std::filesystem::path& right,
                                                  const std::string& id, const std::vector<MatchField>& columns,
                                                  std::string_view encoding = {});

}  // namespace naru::linkage
