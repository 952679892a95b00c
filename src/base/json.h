#pragma once
/// JSON and YAML at the wall. Heavy: include from .cc files only; headers take `std::string` or structs.
/// Objects keep their keys sorted, numbers print in the shortest form that reads back exactly, so `canonical`
/// gives the same bytes for the same value everywhere.
#include "base/files.h"
#include "base/result.h"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

/// Instantiated once, in json.cc, instead of in every file that touches JSON.
extern template class nlohmann::basic_json<>;

namespace naru {

using Json = nlohmann::json;

/// Strict parse; duplicate keys, NaN and trailing text are errors. `where` names the file.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::string_view where);
[[nodiscard]] Result<Json> read_json(const fs::path& path);
/// YAML 1.2 core scalars to JSON: true/false/null, decimal integers (no octal), floats, strings; duplicate keys,
/// anchors' cycles and tags are errors; errors name the line.
[[nodiscard]] Result<Json> parse_yaml(std::string_view text, std::string_view where);
[[nodiscard]] Result<Json> read_yaml(const fs::path& path);
/// One line, keys sorted, shortest numbers, UTF-8 as it is.
[[nodiscard]] std::string canonical(const Json& value);
/// Indented, for people; ends with a newline.
[[nodiscard]] std::string pretty(const Json& value);
[[nodiscard]] Json json_of(const Error& error, Language language);

/// Typed reading of one object with errors that name `where.key`.
class Reader {
 public:
  /// REQUIRES: `value` outlives the reader. Error when it is not an object.
  [[nodiscard]] static Result<Reader> of(const Json& value, std::string where);
  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<std::int64_t> integer(std::string_view key) const;
  [[nodiscard]] Result<double> number(std::string_view key) const;
  [[nodiscard]] Result<bool> boolean(std::string_view key) const;
  [[nodiscard]] Result<Reader> object(std::string_view key) const;
  /// The elements of an array; each with its place, `where.key[i]`.
  [[nodiscard]] Result<std::vector<std::pair<const Json*, std::string>>> array(std::string_view key) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;
  [[nodiscard]] Result<std::string> text_or(std::string_view key, std::string fallback) const;
  [[nodiscard]] Result<std::int64_t> integer_or(std::string_view key, std::int64_t fallback) const;
  [[nodiscard]] Result<double> number_or(std::string_view key, double fallback) const;
  [[nodiscard]] Result<bool> boolean_or(std::string_view key, bool fallback) const;
  /// An unknown key is an error that names it and the known ones.
  [[nodiscard]] Done only(std::initializer_list<std::string_view> known) const;
  [[nodiscard]] const Json& raw() const { return *value_; }
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  Reader(const Json& value, std::string where) : value_(&value), where_(std::move(where)) {}
  [[nodiscard]] Result<const Json*> at(std::string_view key) const;
  [[nodiscard]] Error wrong(std::string_view key, std::string_view wanted) const;
  const Json* value_;
  std::string where_;
};

}  // namespace naru
