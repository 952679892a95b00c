#pragma once
/// One cell of a delimited file as it is written (RFC 4180).
#include <string>
#include <string_view>

namespace naru {

/// In quotes, with quotes doubled, when it holds the delimiter, a quote or an end of line; otherwise as it is.
[[nodiscard]] inline std::string csv_cell(std::string_view value, char delimiter = ',') {
  if (value.find_first_of("\"\r\n") == std::string_view::npos && value.find(delimiter) == std::string_view::npos)
    return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace naru
