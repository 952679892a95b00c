#include "cohort/parse_support.h"

#include "base/clock.h"

#include <array>
#include <cmath>

namespace naru::cohort {

Error unsupported(std::string_view feature, const std::string& path) {
  return rejected(say("the cohort feature {} is not supported", "코호트 기능 {}은(는) 지원되지 않습니다", feature),
                  path,
                  say("remove it from the definition or ask for it; it is never left out silently",
                      "정의에서 빼거나 추가를 요청하세요. 몰래 무시되지 않습니다"));
}

Error wrong_type(std::string_view wanted, const std::string& path) {
  return rejected(say("{} is wanted here", "여기에는 {}이(가) 필요합니다", wanted), path);
}

Result<Fields> Fields::of(const Node& node) {
  if (!node.json->is_object()) return wrong_type("an object", node.path);
  return Fields(node);
}

std::optional<Node> Fields::find(std::string_view key) {
  asked_.emplace(key);
  const auto found = node_.json->find(key);
  if (found == node_.json->end() || found->is_null()) return std::nullopt;
  return Node{&*found, path_of(key)};
}

Result<std::optional<std::int64_t>> Fields::integer(std::string_view key) {
  const auto node = find(key);
  if (!node) return std::optional<std::int64_t>();
  if (node->json->is_number_integer()) return std::optional(node->json->get<std::int64_t>());
  if (node->json->is_number_float()) {
    // R tools export ids as 4483.0.
    const auto value = node->json->get<double>();
    if (std::abs(value) < 9e15 && value == std::floor(value)) return std::optional(static_cast<std::int64_t>(value));
  }
  return wrong_type("a whole number", node->path);
}

Result<std::int64_t> Fields::integer_or(std::string_view key, std::int64_t fallback) {
  NARU_ASSIGN(const auto value, integer(key));
  return value.value_or(fallback);
}

Result<std::optional<double>> Fields::number(std::string_view key) {
  const auto node = find(key);
  if (!node) return std::optional<double>();
  if (!node->json->is_number()) return wrong_type("a number", node->path);
  return std::optional(node->json->get<double>());
}

Result<bool> Fields::boolean_or(std::string_view key, bool fallback) {
  const auto node = find(key);
  if (!node) return fallback;
  if (!node->json->is_boolean()) return wrong_type("true or false", node->path);
  return node->json->get<bool>();
}

Result<std::optional<std::string>> Fields::text(std::string_view key) {
  const auto node = find(key);
  if (!node) return std::optional<std::string>();
  if (!node->json->is_string()) return wrong_type("a text", node->path);
  return std::optional(node->json->get<std::string>());
}

Result<std::vector<Node>> Fields::list(std::string_view key) {
  const auto node = find(key);
  std::vector<Node> out;
  if (!node) return out;
  if (!node->json->is_array()) return wrong_type("a list", node->path);
  for (std::size_t index = 0; index < node->json->size(); ++index) {
    out.push_back({&(*node->json)[index], node->path + "[" + std::to_string(index) + "]"});
  }
  return out;
}

Done Fields::finish() const {
  for (const auto& [key, value] : node_.json->items()) {
    if (!value.is_null() && asked_.count(key) == 0) return unsupported(key, path_of(key));
  }
  return {};
}

Result<std::int32_t> day_of(const std::string& text, const std::string& path) {
  return parse_date(std::string_view(text).substr(0, 10), path);
}

namespace {

struct Operator {
  std::string_view name;
  Compare compare;
};
constexpr std::array<Operator, 8> operators{{{"lt", Compare::lt},
                                             {"lte", Compare::lte},
                                             {"eq", Compare::eq},
                                             {"!eq", Compare::unequal},
                                             {"gt", Compare::gt},
                                             {"gte", Compare::gte},
                                             {"bt", Compare::between},
                                             {"!bt", Compare::not_between}}};

Result<Compare> compare_of(Fields& fields) {
  NARU_ASSIGN(const auto name, fields.text("Op"));
  if (!name) return wrong_type("an operator", fields.path_of("Op"));
  for (const auto& row : operators) {
    if (row.name == *name) return row.compare;
  }
  return unsupported("operator " + *name, fields.path_of("Op"));
}

bool needs_extent(Compare compare) { return compare == Compare::between || compare == Compare::not_between; }

Done read_number(Fields& fields, Predicate& out) {
  NARU_ASSIGN(out.compare, compare_of(fields));
  NARU_ASSIGN(const auto value, fields.number("Value"));
  NARU_ASSIGN(const auto extent, fields.number("Extent"));
  if (!value) return wrong_type("a number", fields.path_of("Value"));
  if (needs_extent(out.compare) && !extent) return wrong_type("a number", fields.path_of("Extent"));
  out.value = *value;
  out.extent = extent.value_or(0);
  return fields.finish();
}

Done read_date(Fields& fields, Predicate& out) {
  NARU_ASSIGN(out.compare, compare_of(fields));
  NARU_ASSIGN(const auto value, fields.text("Value"));
  if (!value) return wrong_type("a date", fields.path_of("Value"));
  NARU_ASSIGN(out.date, day_of(*value, fields.path_of("Value")));
  NARU_ASSIGN(const auto extent, fields.text("Extent"));
  if (needs_extent(out.compare)) {
    if (!extent) return wrong_type("a date", fields.path_of("Extent"));
    NARU_ASSIGN(out.date_extent, day_of(*extent, fields.path_of("Extent")));
  }
  return fields.finish();
}

Done read_text(Fields& fields, Predicate& out) {
  NARU_ASSIGN(const auto op, fields.text("Op"));
  NARU_ASSIGN(const auto text, fields.text("Text"));
  if (!op) return wrong_type("an operator", fields.path_of("Op"));
  std::string_view name = *op;
  if (!name.empty() && name.front() == '!') {
    out.negated = true;
    name.remove_prefix(1);
  }
  if (name == "contains")
    out.match = TextMatch::contains;
  else if (name == "startsWith")
    out.match = TextMatch::starts_with;
  else if (name == "endsWith")
    out.match = TextMatch::ends_with;
  else
    return unsupported("operator " + *op, fields.path_of("Op"));
  out.text = text.value_or("");
  return fields.finish();
}

Done read_concepts(Fields& parent, const Attribute& attribute, Predicate& out) {
  NARU_ASSIGN(const auto nodes, parent.list(attribute.key));
  for (const auto& node : nodes) {
    NARU_ASSIGN(auto fields, Fields::of(node));
    NARU_ASSIGN(const auto id, fields.integer("CONCEPT_ID"));
    if (!id) return wrong_type("a concept id", fields.path_of("CONCEPT_ID"));
    out.concepts.push_back(*id);
  }
  return {};
}

/// "GenderCS": {"CodesetId": 3, "IsExclusion": false}
Done read_concept_set(Fields& parent, const Attribute& attribute, std::vector<Predicate>& into) {
  const auto node = parent.find(std::string(attribute.key) + "CS");
  if (!node) return {};
  NARU_ASSIGN(auto fields, Fields::of(*node));
  NARU_ASSIGN(const auto id, fields.integer("CodesetId"));
  if (!id) return wrong_type("a concept set", fields.path_of("CodesetId"));
  Predicate out{std::string(attribute.key), Test::concept_set};
  out.concept_set = *id;
  NARU_ASSIGN(out.negated, fields.boolean_or("IsExclusion", false));
  into.push_back(std::move(out));
  return fields.finish();
}

}  // namespace

Done read_predicate(Fields& parent, const Attribute& attribute, std::vector<Predicate>& into) {
  Predicate out{std::string(attribute.key), attribute.test};
  if (!attribute.exclude_key.empty()) {
    NARU_ASSIGN(out.negated, parent.boolean_or(attribute.exclude_key, false));
  }
  if (attribute.test == Test::concepts) {
    NARU_CHECK(read_concept_set(parent, attribute, into));
    NARU_CHECK(read_concepts(parent, attribute, out));
    // An empty list is how ATLAS writes "no condition".
    if (!out.concepts.empty()) into.push_back(std::move(out));
    return {};
  }
  if (attribute.test == Test::concept_set) {
    NARU_ASSIGN(const auto id, parent.integer(attribute.key));
    if (!id) return {};
    out.concept_set = *id;
    into.push_back(std::move(out));
    return {};
  }
  if (attribute.test == Test::abnormal) {
    NARU_ASSIGN(const bool wanted, parent.boolean_or(attribute.key, false));
    if (wanted) into.push_back(std::move(out));
    return {};
  }
  const auto node = parent.find(attribute.key);
  if (!node) return {};
  NARU_ASSIGN(auto fields, Fields::of(*node));
  if (attribute.test == Test::number) NARU_CHECK(read_number(fields, out));
  if (attribute.test == Test::date) NARU_CHECK(read_date(fields, out));
  if (attribute.test == Test::text) NARU_CHECK(read_text(fields, out));
  into.push_back(std::move(out));
  return {};
}

}  // namespace naru::cohort
