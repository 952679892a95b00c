#pragma once
/// Delimited text, one record at a time, in bounded memory: quotes, CR LF, BOM, records over several lines, UTF-8 or
/// CP949. Files may be compressed.
#include "base/result.h"
#include "engine/archive.h"
#include "engine/cp949.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace naru::ingest {

/// Splits one record (RFC 4180: a doubled quote inside quotes is one quote). False when a quote is still open at the
/// end of `text`; then `fields` is not to be used.
[[nodiscard]] bool split_record(std::string_view text, char delimiter, std::vector<std::string>& fields);

class CsvReader {
 public:
  /// `name` stands in errors; `encoding` is empty (UTF-8) or "cp949". The delimiter (comma, tab, semicolon, bar) is the
  /// most frequent one of the header line. Errors (rejected): empty file, two columns of one name, bad encoding.
  [[nodiscard]] static Result<CsvReader> open(const std::filesystem::path& path, std::string name,
                                              std::string_view encoding);
  ~CsvReader();
  CsvReader(CsvReader&&) noexcept;
  CsvReader(const CsvReader&) = delete;

  /// Column names, trimmed, lower case.
  [[nodiscard]] const std::vector<std::string>& header() const;
  /// False at the end. Text that is not valid in the encoding is an error that names file and line.
  [[nodiscard]] Result<bool> next();
  /// Valid until the next call.
  [[nodiscard]] const std::vector<std::string_view>& fields() const;
  /// Unpacked bytes read so far.
  [[nodiscard]] std::uint64_t bytes_read() const;
  /// Line on which the record began, from 1 (the header is line 1).
  [[nodiscard]] std::uint64_t line() const;
  /// Why the record cannot be used ("wrong_field_count", "unclosed_quote"); empty when it can.
  [[nodiscard]] std::string_view fault() const;

 private:
  struct State;
  explicit CsvReader(std::unique_ptr<State> state);
  /// Takes further lines until the quote that the record left open is closed.
  [[nodiscard]] Done finish_record();
  std::unique_ptr<State> state_;
};

using engine::Cp949;

}  // namespace naru::ingest
