#include "engine/duck.h"

#include "base/progress.h"

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
  const auto first_line = all.substr(0, all.find('\n'));
  const auto shown = may_be_shown(type) ? first_line : type;
  return {kind_for(type), say("the engine says: {}", "엔진 메시지: {}", shown), line_in(all), {}};
}

}  // namespace naru::engine::duck
