#pragma once
/// Strong types for identifiers: a PersonId is not a RowId, and neither prints itself.
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace naru {

/// An identifier that compares and hashes but has no operator<< and no formatter.
template <typename Tag, typename Value = std::int64_t>
class StrongId {
 public:
  StrongId() = default;
  explicit StrongId(Value value) : value_(std::move(value)) {}
  [[nodiscard]] const Value& raw() const { return value_; }
  auto operator<=>(const StrongId&) const = default;

 private:
  Value value_{};
};

/// An identifier that may be shown (a site, a release, a case): safe to log.
using SiteName = std::string;

}  // namespace naru

template <typename Tag, typename Value>
struct std::hash<naru::StrongId<Tag, Value>> {
  std::size_t operator()(const naru::StrongId<Tag, Value>& id) const noexcept { return std::hash<Value>{}(id.raw()); }
};
