#pragma once
/// A table in a file, row by row, in memory that does not grow with the file. Not for other rooms.
/// CSV (RFC 4180; first line is the header; also .gz, .xz, .zst, .bz2 or alone in a .zip) or Parquet.
#include "base/result.h"

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace naru::protect {

/// Splits one CSV record that may span several lines. Exposed for the fuzz target.
class CsvFields {
 public:
  explicit CsvFields(char delimiter) : delimiter_(delimiter) {}
  /// Takes a line without its end. True: the record is complete, `fields()` holds it; false: a quote is open, the next
  /// line belongs to it. Nothing: characters follow a closing quote.
  [[nodiscard]] std::optional<bool> take(std::string_view line);
  /// Valid until the next `take`; views into the line when it had no quotes.
  [[nodiscard]] const std::vector<std::string_view>& fields() const { return fields_; }
  [[nodiscard]] bool open() const { return open_; }

 private:
  char delimiter_;
  bool open_ = false;
  std::string text_;  ///< unquoted fields, one after the other
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> fields_;
};
/// The most frequent of , ; tab | in a header line; ',' when there is none.
[[nodiscard]] char guess_delimiter(std::string_view header);

struct TableFile {
  std::filesystem::path path = {};
  char delimiter = 0;         ///< 0: found by looking at the header
  std::string encoding = {};  ///< utf-8 (also when empty) or cp949
};
/// Calls each(cells, record) per row with the cells of `columns`, in that order; records count from 1; a NULL of
/// Parquet is an empty cell. Errors: not_found (no such file or column), rejected (names file and line: a row with
/// another number of fields than the header, an open quote at the end, a damaged file), and whatever `each` returns.
/// `header` is told the names of all columns before the first row, when wanted.
using EachRow = std::function<Done(std::span<const std::string_view> cells, std::int64_t record)>;
[[nodiscard]] Done read_table(const TableFile& file, const std::vector<std::string>& columns, const EachRow& each,
                              char* delimiter_found = nullptr);
/// All rows of a hierarchy file: the same without a header.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> read_cells(const TableFile& file);

}  // namespace naru::protect
