#include "base/result.h"

#include <array>

namespace naru {
namespace {
struct KindRow {
  ErrorKind kind;
  int status;
  std::string_view name;
};
constexpr std::array<KindRow, 6> kinds{{{ErrorKind::usage, 2, "usage"},
                                        {ErrorKind::refused, 3, "refused"},
                                        {ErrorKind::rejected, 4, "rejected"},
                                        {ErrorKind::not_found, 5, "not_found"},
                                        {ErrorKind::conflict, 6, "conflict"},
                                        {ErrorKind::internal, 70, "internal"}}};
}  // namespace

int exit_status(ErrorKind kind) {
  for (const auto& row : kinds)
    if (row.kind == kind) return row.status;
  return 70;
}

std::string_view name_of(ErrorKind kind) {
  for (const auto& row : kinds)
    if (row.kind == kind) return row.name;
  return "internal";
}

std::optional<ErrorKind> error_kind_named(std::string_view name) {
  for (const auto& row : kinds)
    if (row.name == name) return row.kind;
  return std::nullopt;
}

}  // namespace naru
