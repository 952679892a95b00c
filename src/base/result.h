#pragma once
/// Expected refusals are values: `Result<T>` holds a T or an Error. Throw only to abandon a request.
#include "base/text.h"

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace naru {

/// What a caller can do about it; each kind is one exit status (see `exit_status`).
enum class ErrorKind {
  usage,      ///< 2: the call's words are off
  refused,    ///< 3: policy or a missing right says no
  rejected,   ///< 4: input not accepted, or a verification that failed
  not_found,  ///< 5
  conflict,   ///< 6: busy, or somebody else was faster
  internal,   ///< 70: a defect or a broken machine
};

[[nodiscard]] int exit_status(ErrorKind kind);
[[nodiscard]] std::string_view name_of(ErrorKind kind);
[[nodiscard]] std::optional<ErrorKind> error_kind_named(std::string_view name);

/// `where` names file, line, field or id and never holds a person's data; `hint` says what to do next.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  Text what;
  std::string where;
  Text hint;
};

[[nodiscard]] inline Error usage_error(Text what, std::string where = {}, Text hint = {}) {
  return {ErrorKind::usage, std::move(what), std::move(where), std::move(hint)};
}
[[nodiscard]] inline Error refused(Text what, std::string where, Text hint) {
  return {ErrorKind::refused, std::move(what), std::move(where), std::move(hint)};
}
[[nodiscard]] inline Error rejected(Text what, std::string where, Text hint = {}) {
  return {ErrorKind::rejected, std::move(what), std::move(where), std::move(hint)};
}
[[nodiscard]] inline Error not_found(Text what, std::string where, Text hint = {}) {
  return {ErrorKind::not_found, std::move(what), std::move(where), std::move(hint)};
}
[[nodiscard]] inline Error conflict(Text what, std::string where, Text hint = {}) {
  return {ErrorKind::conflict, std::move(what), std::move(where), std::move(hint)};
}
[[nodiscard]] inline Error internal_error(Text what, std::string where = {}, Text hint = {}) {
  return {ErrorKind::internal, std::move(what), std::move(where), std::move(hint)};
}

/// A thin class over tl::expected, because an alias of it may be dropped silently.
template <typename T = void>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : held_(std::move(value)) {}
  Result(Error error) : held_(tl::make_unexpected(std::move(error))) {}

  [[nodiscard]] bool ok() const { return held_.has_value(); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const T& value() const& { return *held_; }
  [[nodiscard]] T& value() & { return *held_; }
  [[nodiscard]] T&& value() && { return *std::move(held_); }
  [[nodiscard]] const Error& error() const& { return held_.error(); }
  [[nodiscard]] Error&& error() && { return std::move(held_).error(); }
  const T& operator*() const& { return *held_; }
  T& operator*() & { return *held_; }
  T&& operator*() && { return *std::move(held_); }
  const T* operator->() const { return &*held_; }
  T* operator->() { return &*held_; }

 private:
  tl::expected<T, Error> held_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}
  [[nodiscard]] bool ok() const { return !error_; }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] const Error& error() const& { return *error_; }
  [[nodiscard]] Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Done = Result<void>;

}  // namespace naru

// The only control-flow macros of the house.
#define NARU_JOIN_(a, b) a##b
#define NARU_JOIN(a, b) NARU_JOIN_(a, b)
#define NARU_ASSIGN_(held, target, expression)    \
  auto held = (expression);                       \
  if (!held.ok()) return std::move(held).error(); \
  target = std::move(held).value()
/// NARU_ASSIGN(auto x, f()); returns f's error from this function, or goes on with its value.
#define NARU_ASSIGN(target, expression) NARU_ASSIGN_(NARU_JOIN(naru_held_, __LINE__), target, expression)
/// NARU_CHECK(f()); returns f's error from this function, or goes on.
#define NARU_CHECK(expression)                                  \
  do {                                                          \
    auto naru_done_ = (expression);                             \
    if (!naru_done_.ok()) return std::move(naru_done_).error(); \
  } while (false)
