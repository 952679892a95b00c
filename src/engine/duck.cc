#include "engine/duck.h"

#include "base/progress.h"
#include "engine/table_source.h"

#include <array>
#include <cctype>

namespace naru::engine::duck {
namespace {

/// "Line: 17" somewhere in a CSV error: the only part of it that may be shown.
std::string line_in(std::string_view message) {
  const auto at = message.find("Line: ");
  if (at == std::string_view::npos) return {};
  auto end = at + 6;
  while (end < message.size() && std::isdigit(static_cast<unsigned char>(message[end])) != 0) ++end;
  return "line " + std::string(message.substr(at + 6, end - at - 6));
}

/// Classes whose messages talk about SQL, names, files or resources, never about a cell.
bool may_be_shown(std::string_view type) {
  constexpr std::array<std::string_view, 11> safe{"Parser Error",
                                                  "Syntax Error",
                                                  "Binder Error",
                                                  "Catalog Error",
                                                  "Permission Error",
                                                  "IO Error",
                                                  "Missing Extension Error",
                                                  "Not implemented Error",
                                                  "Out of Memory Error",
                                                  "Dependency Error",
                                                  "TransactionContext Error"};
  for (const auto name : safe) {
    if (type == name) return true;
  }
  return false;
}

/// The number after a mark in a message, or nothing.
std::string number_after(std::string_view message, std::string_view mark) {
  const auto at = message.find(mark);
  if (at == std::string_view::npos) return {};
  auto end = at + mark.size();
  while (end < message.size() && std::isdigit(static_cast<unsigned char>(message[end])) != 0) ++end;
  return std::string(message.substr(at + mark.size(), end - at - mark.size()));
}

/// What is wrong with a delimited file, without its cells: the engine quotes the whole line.
Error csv_error(std::string_view all) {
  const auto has = [&](std::string_view words) { return all.find(words) != std::string_view::npos; };
  if (has("utf-8 encoded") || has("Invalid unicode")) {
    return rejected(say("the text is not UTF-8", "UTF-8 텍스트가 아닙니다"), line_in(all), utf8_hint());
  }
  const auto expected = number_after(all, "Expected Number of Columns: ");
  const auto found = number_after(all, " Found: ");
  if (!expected.empty() && !found.empty()) {
    return rejected(say("{} cells where the header has {}", "머리글은 {1}칸인데 {0}칸입니다", found, expected),
                    line_in(all), say("check the delimiter and quotes", "구분자와 따옴표를 확인하세요"));
  }
  if (has("nterminated quote")) {
    return rejected(say("a quote is never closed", "따옴표가 닫히지 않았습니다"), line_in(all),
                    say("check the delimiter and quotes", "구분자와 따옴표를 확인하세요"));
  }
  return rejected(say("the file cannot be read as delimited text", "구분자로 나뉜 텍스트로 읽을 수 없습니다"),
                  line_in(all), say("check delimiter, quotes and line ends", "구분자, 따옴표, 줄 끝을 확인하세요"));
}

ErrorKind kind_for(std::string_view type) {
  if (type == "Permission Error") return ErrorKind::refused;
  if (type == "Out of Memory Error" || type == "INTERNAL Error" || type == "FATAL Error") return ErrorKind::internal;
  return ErrorKind::rejected;
}

}  // namespace

Error error_of(const char* message) {
  const std::string_view all = message != nullptr ? message : "unknown";
  const auto colon = all.find(':');
  const auto type = all.substr(0, colon);
  if (type == "INTERRUPT Error") return interrupted();
  if (all.find("CSV Error on Line") != std::string_view::npos || all.find("sniffing file") != std::string_view::npos) {
    return csv_error(all);
  }
  const auto first_line = all.substr(0, all.find('\n'));
  const auto shown = may_be_shown(type) ? first_line : type;
  return {kind_for(type), say("the engine says: {}", "엔진 메시지: {}", shown), line_in(all), {}};
}

}  // namespace naru::engine::duck
