#pragma once
/// One field of a delimited file as a typed cell. The same rules in SQL (sql_integer, sql_date, sql_timestamp) read
/// text columns of Parquet files. Internal to the room.
#include <cstdint>
#include <optional>
#include <string_view>

namespace naru::ingest {

/// Without the blanks (any control character) at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// A whole number, "4483.0" included. Nothing: none, or beyond 64 bits.
[[nodiscard]] std::optional<std::int64_t> integer_cell(std::string_view text);
/// A finite number.
[[nodiscard]] std::optional<double> real_cell(std::string_view text);
/// Days since 1970-01-01: 2020-01-31 (a time may follow), 2020/1/31 or 20200131. Nothing: none, or a day that does not
/// exist.
[[nodiscard]] std::optional<std::int64_t> date_cell(std::string_view text);
/// Microseconds since 1970-01-01: a date, with hour and minute, seconds, fraction, offset as far as written.
[[nodiscard]] std::optional<std::int64_t> timestamp_cell(std::string_view text);

}  // namespace naru::ingest
