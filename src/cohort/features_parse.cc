#include "cohort/features.h"
#include "cohort/parse_support.h"

#include <array>
#include <set>

namespace naru::cohort {
namespace {

constexpr std::array<std::pair<std::string_view, FeatureKind>, 6> kinds{{{"age", FeatureKind::age},
                                                                         {"male", FeatureKind::male},
                                                                         {"present", FeatureKind::present},
                                                                         {"count", FeatureKind::count},
                                                                         {"last_value", FeatureKind::last_value},
                                                                         {"days_since", FeatureKind::days_since}}};

Result<ConceptItem> read_item(const Node& node) {
  ConceptItem out;
  NARU_ASSIGN(auto fields, Fields::of(node));
  NARU_ASSIGN(const auto id, fields.integer("concept_id"));
  if (!id) return wrong_type("a concept id", fields.path_of("concept_id"));
  out.concept_id = *id;
  NARU_ASSIGN(out.descendants, fields.boolean_or("descendants", false));
  NARU_ASSIGN(out.excluded, fields.boolean_or("excluded", false));
  NARU_ASSIGN(out.mapped, fields.boolean_or("mapped", false));
  NARU_CHECK(fields.finish());
  return out;
}

Done read_window(Fields& fields, FeatureSpec& out) {
  NARU_ASSIGN(const auto ends, fields.list("window_days"));
  if (ends.empty()) return {};
  const bool numbers = ends.size() == 2 && ends[0].json->is_number_integer() && ends[1].json->is_number_integer();
  if (!numbers) return wrong_type("[from, to] in days", fields.path_of("window_days"));
  out.from_days = ends[0].json->get<std::int64_t>();
  out.to_days = ends[1].json->get<std::int64_t>();
  constexpr std::int64_t days_max = 100'000;
  if (out.from_days > out.to_days || out.from_days < -days_max || out.to_days > days_max) {
    return wrong_type("[from, to] with from <= to", fields.path_of("window_days"));
  }
  return {};
}

Done read_events(Fields& fields, FeatureSpec& out) {
  NARU_ASSIGN(const auto domain, fields.text("domain"));
  const auto* known = domain ? domain_named(*domain) : nullptr;
  if (known == nullptr || known->concept_column.empty()) {
    return wrong_type("a domain such as ConditionOccurrence", fields.path_of("domain"));
  }
  if (out.kind == FeatureKind::last_value && *domain != "Measurement" && *domain != "Observation") {
    return wrong_type("Measurement or Observation", fields.path_of("domain"));
  }
  out.domain = *domain;
  NARU_ASSIGN(const auto items, fields.list("concepts"));
  for (const auto& item : items) {
    NARU_ASSIGN(const auto read, read_item(item));
    out.concepts.push_back(read);
  }
  if (out.concepts.empty()) return wrong_type("at least one concept", fields.path_of("concepts"));
  return read_window(fields, out);
}

Result<FeatureSpec> read_feature(const Node& node) {
  FeatureSpec out;
  NARU_ASSIGN(auto fields, Fields::of(node));
  NARU_ASSIGN(const auto name, fields.text("name"));
  if (!name || name->empty()) return wrong_type("a name", fields.path_of("name"));
  out.name = *name;
  NARU_ASSIGN(const auto given, fields.text("kind"));
  const auto kind = given.value_or("");
  bool found = false;
  for (const auto& [word, value] : kinds) {
    if (kind != word) continue;
    out.kind = value;
    found = true;
  }
  if (!found) return wrong_type("age, male, present, count, last_value or days_since", fields.path_of("kind"));
  if (out.kind != FeatureKind::age && out.kind != FeatureKind::male) NARU_CHECK(read_events(fields, out));
  NARU_CHECK(fields.finish());
  return out;
}

}  // namespace

Result<std::vector<FeatureSpec>> parse_features(std::string_view text, std::string_view where) {
  NARU_ASSIGN(const auto json, parse_json(text, where));
  const std::string path = std::string(where) + ":$";
  NARU_ASSIGN(auto fields, Fields::of({&json, path}));
  NARU_ASSIGN(const auto nodes, fields.list("features"));
  NARU_CHECK(fields.finish());
  if (nodes.empty() || nodes.size() > features_max) {
    return rejected(say("1 to {} features are wanted", "특성은 1개에서 {}개까지입니다", features_max),
                    fields.path_of("features"));
  }
  // Column names differ in more than case.
  std::set<std::string> names{"person_id", "cohort_start_date"};
  std::vector<FeatureSpec> out;
  for (const auto& node : nodes) {
    NARU_ASSIGN(auto feature, read_feature(node));
    auto lower = feature.name;
    for (auto& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (!names.insert(lower).second) {
      return rejected(say("the name {} is there twice", "{} 이름이 두 번 있습니다", feature.name), node.path + ".name");
    }
    out.push_back(std::move(feature));
  }
  return out;
}

}  // namespace naru::cohort
