#pragma once
/// Reading Circe JSON: typed values with their JSON path, unknown keys as errors. Only for this room's .cc files.
#include "base/json.h"
#include "cohort/domains.h"

#include <optional>
#include <set>

namespace naru::cohort {

/// A JSON value and where it stands.
struct Node {
  const Json* json;
  std::string path;
};

[[nodiscard]] Error unsupported(std::string_view feature, const std::string& path);
[[nodiscard]] Error wrong_type(std::string_view wanted, const std::string& path);

/// One object; keys with the value null count as absent. Keys that were never asked for are unsupported features.
class Fields {
 public:
  [[nodiscard]] static Result<Fields> of(const Node& node);
  [[nodiscard]] std::optional<Node> find(std::string_view key);
  [[nodiscard]] Result<std::optional<std::int64_t>> integer(std::string_view key);
  [[nodiscard]] Result<std::int64_t> integer_or(std::string_view key, std::int64_t fallback);
  [[nodiscard]] Result<std::optional<double>> number(std::string_view key);
  [[nodiscard]] Result<bool> boolean_or(std::string_view key, bool fallback);
  [[nodiscard]] Result<std::optional<std::string>> text(std::string_view key);
  /// Elements of an array; none when absent.
  [[nodiscard]] Result<std::vector<Node>> list(std::string_view key);
  void ignore(std::string_view key) { asked_.emplace(key); }
  /// Error names the first key nobody asked for.
  [[nodiscard]] Done finish() const;
  [[nodiscard]] const Node& node() const { return node_; }
  [[nodiscard]] std::string path_of(std::string_view key) const { return node_.path + "." + std::string(key); }

 private:
  explicit Fields(Node node) : node_(std::move(node)) {}
  Node node_;
  std::set<std::string, std::less<>> asked_ = {};
};

/// "2020-01-31" or with a time behind it.
[[nodiscard]] Result<std::int32_t> day_of(const std::string& text, const std::string& path);
/// The predicate of `attribute` if the object has it (also as "…CS", a concept set).
[[nodiscard]] Done read_predicate(Fields& fields, const Attribute& attribute, std::vector<Predicate>& into);
/// {"ConditionOccurrence": {…}}
[[nodiscard]] Result<Criterion> read_criterion(const Node& node, int depth);
[[nodiscard]] Result<Group> read_group(const Node& node, int depth);
inline constexpr int depth_max = 24;

}  // namespace naru::cohort
