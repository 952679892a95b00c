#include "engine/database.h"
#include "engine/table_source.h"

namespace naru::engine {
namespace {

std::string doubled(std::string_view text, char mark) {
  std::string out(1, mark);
  for (const char c : text) {
    if (c == mark) out += c;
    out += c;
  }
  out += mark;
  return out;
}

/// A file name in a table function is a pattern: its own wildcards are set in brackets, which match themselves.
std::string pattern_of(const std::filesystem::path& file) {
  // The cage compares names as they are written: a relative one would be outside.
  const auto path = std::filesystem::absolute(file).lexically_normal().string();
  std::string out;
  for (const char c : path) {
    if (c == '*' || c == '?' || c == '[') {
      out += '[';
      out += c;
      out += ']';
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string quoted(std::string_view name) { return doubled(name, '"'); }
std::string literal(std::string_view text) { return doubled(text, '\''); }

std::string file_literal(const std::filesystem::path& file) { return literal(pattern_of(file)); }

std::string parquet(const std::filesystem::path& file) { return "read_parquet(" + literal(pattern_of(file)) + ")"; }

std::string parquet(const std::vector<std::filesystem::path>& files) {
  std::string list;
  for (const auto& file : files) {
    if (!list.empty()) list += ", ";
    list += literal(pattern_of(file));
  }
  return "read_parquet([" + list + "])";
}

Result<std::size_t> Rows::index_of(std::string_view name) const {
  for (std::size_t index = 0; index < columns.size(); ++index) {
    if (columns[index].name == name) return index;
  }
  return not_found(say("the answer has no such column", "결과에 그런 열이 없습니다"), std::string(name));
}

}  // namespace naru::engine
