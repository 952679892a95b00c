#include "cohort/parse_support.h"

#include <algorithm>
#include <cctype>

namespace naru::cohort {
namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::toupper(x) == std::toupper(y);
         });
}

Result<bool> is_end_date(Fields& fields, std::string_view key, bool fallback) {
  NARU_ASSIGN(const auto field, fields.text(key));
  if (!field) return fallback;
  if (*field == "END_DATE") return true;
  if (*field == "START_DATE") return false;
  return unsupported(*field, fields.path_of(key));
}

Result<DateAdjustment> read_adjustment(const Node& node) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  DateAdjustment out;
  NARU_ASSIGN(out.start_from_end, is_end_date(fields, "StartWith", false));
  NARU_ASSIGN(out.start_offset_days, fields.integer_or("StartOffset", 0));
  NARU_ASSIGN(out.end_from_end, is_end_date(fields, "EndWith", true));
  NARU_ASSIGN(out.end_offset_days, fields.integer_or("EndOffset", 0));
  NARU_CHECK(fields.finish());
  return out;
}

Done read_user_period(const Node& node, Criterion& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  NARU_ASSIGN(const auto start, fields.text("StartDate"));
  NARU_ASSIGN(const auto end, fields.text("EndDate"));
  if (start && !start->empty()) {
    NARU_ASSIGN(out.user_start, day_of(*start, fields.path_of("StartDate")));
  }
  if (end && !end->empty()) {
    NARU_ASSIGN(out.user_end, day_of(*end, fields.path_of("EndDate")));
  }
  return fields.finish();
}

Result<WindowEnd> read_window_end(Fields& window, std::string_view key) {
  const auto node = window.find(key);
  if (!node) return wrong_type("a window end", window.path_of(key));
  NARU_ASSIGN(auto fields, Fields::of(*node));
  WindowEnd out;
  NARU_ASSIGN(out.days, fields.integer("Days"));
  NARU_ASSIGN(out.sign, fields.integer_or("Coeff", 1));
  if (out.sign != 1 && out.sign != -1) return wrong_type("1 or -1", fields.path_of("Coeff"));
  NARU_CHECK(fields.finish());
  return out;
}

Result<Window> read_window(const Node& node, bool event_end_by_default) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  Window out;
  NARU_ASSIGN(out.start, read_window_end(fields, "Start"));
  NARU_ASSIGN(out.end, read_window_end(fields, "End"));
  NARU_ASSIGN(out.from_index_end, fields.boolean_or("UseIndexEnd", false));
  NARU_ASSIGN(out.on_event_end, fields.boolean_or("UseEventEnd", event_end_by_default));
  NARU_CHECK(fields.finish());
  return out;
}

Done read_occurrence(const Node& node, Windowed& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  NARU_ASSIGN(const auto type, fields.integer("Type"));
  if (!type) return wrong_type("an occurrence type", fields.path_of("Type"));
  if (*type == 0)
    out.occurrence = Occurrence::exactly;
  else if (*type == 1)
    out.occurrence = Occurrence::at_most;
  else if (*type == 2)
    out.occurrence = Occurrence::at_least;
  else
    return unsupported("occurrence type " + std::to_string(*type), fields.path_of("Type"));
  NARU_ASSIGN(const auto count, fields.integer("Count"));
  if (!count || *count < 0) return wrong_type("a count", fields.path_of("Count"));
  out.count = *count;
  NARU_ASSIGN(const bool distinct, fields.boolean_or("IsDistinct", false));
  NARU_ASSIGN(const auto column, fields.text("CountColumn"));
  if (distinct) {
    if (!column || *column == "DOMAIN_CONCEPT")
      out.count_of = CountOf::concepts;
    else if (*column == "START_DATE")
      out.count_of = CountOf::start_dates;
    else if (*column == "VISIT_ID")
      out.count_of = CountOf::visits;
    else
      return unsupported("CountColumn " + *column, fields.path_of("CountColumn"));
  }
  return fields.finish();
}

Result<Windowed> read_windowed(const Node& node, int depth) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  Windowed out;
  const auto criterion = fields.find("Criteria");
  if (!criterion) return wrong_type("a criterion", fields.path_of("Criteria"));
  NARU_ASSIGN(out.criterion, read_criterion(*criterion, depth));
  // When a window does not say, a start window looks at the event's start and an end window at its end.
  if (const auto window = fields.find("StartWindow")) {
    NARU_ASSIGN(out.start_window, read_window(*window, false));
  }
  if (const auto window = fields.find("EndWindow")) {
    NARU_ASSIGN(out.end_window, read_window(*window, true));
  }
  const auto occurrence = fields.find("Occurrence");
  if (!occurrence) return wrong_type("an occurrence", fields.path_of("Occurrence"));
  NARU_CHECK(read_occurrence(*occurrence, out));
  NARU_ASSIGN(out.same_visit, fields.boolean_or("RestrictVisit", false));
  NARU_ASSIGN(out.ignore_observation_period, fields.boolean_or("IgnoreObservationPeriod", false));
  NARU_CHECK(fields.finish());
  return out;
}

Result<Demographic> read_demographic(const Node& node) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  Demographic out;
  for (const auto& attribute : demographic_attributes()) {
    NARU_CHECK(read_predicate(fields, attribute, out.predicates));
  }
  NARU_CHECK(fields.finish());
  return out;
}

Done read_group_kind(Fields& fields, Group& out) {
  NARU_ASSIGN(const auto type, fields.text("Type"));
  if (!type) return wrong_type("a group type", fields.path_of("Type"));
  NARU_ASSIGN(const auto count, fields.integer("Count"));
  if (same_word(*type, "ALL"))
    out.kind = GroupKind::all;
  else if (same_word(*type, "ANY"))
    out.kind = GroupKind::any;
  else if (same_word(*type, "AT_LEAST"))
    out.kind = GroupKind::at_least;
  else if (same_word(*type, "AT_MOST"))
    out.kind = GroupKind::at_most;
  else
    return unsupported("group type " + *type, fields.path_of("Type"));
  if (out.kind == GroupKind::at_least || out.kind == GroupKind::at_most) {
    if (!count || *count < 0) return wrong_type("a count", fields.path_of("Count"));
    out.count = *count;
  }
  return {};
}

}  // namespace

Result<Group> read_group(const Node& node, int depth) {
  if (depth > depth_max) return unsupported("nesting this deep", node.path);
  NARU_ASSIGN(auto fields, Fields::of(node));
  Group out;
  NARU_CHECK(read_group_kind(fields, out));
  NARU_ASSIGN(const auto criteria, fields.list("CriteriaList"));
  for (const auto& element : criteria) {
    NARU_ASSIGN(auto windowed, read_windowed(element, depth + 1));
    out.criteria.push_back(std::move(windowed));
  }
  NARU_ASSIGN(const auto demographics, fields.list("DemographicCriteriaList"));
  for (const auto& element : demographics) {
    NARU_ASSIGN(auto demographic, read_demographic(element));
    out.demographics.push_back(std::move(demographic));
  }
  NARU_ASSIGN(const auto groups, fields.list("Groups"));
  for (const auto& element : groups) {
    NARU_ASSIGN(auto group, read_group(element, depth + 1));
    out.groups.push_back(std::move(group));
  }
  NARU_CHECK(fields.finish());
  return out;
}

Result<Criterion> read_criterion(const Node& node, int depth) {
  if (depth > depth_max) return unsupported("nesting this deep", node.path);
  if (!node.json->is_object() || node.json->size() != 1) return wrong_type("one criterion", node.path);
  const auto& key = node.json->begin().key();
  const auto path = node.path + "." + key;
  const auto* domain = domain_named(key);
  if (domain == nullptr) return unsupported(key, path);
  NARU_ASSIGN(auto fields, Fields::of({&node.json->begin().value(), path}));
  Criterion out;
  out.domain = key;
  out.where = path;
  if (!domain->concept_column.empty()) {
    NARU_ASSIGN(out.concept_set, fields.integer("CodesetId"));
  }
  if (!domain->source_key.empty()) {
    NARU_ASSIGN(out.source_concept_set, fields.integer(domain->source_key));
  }
  NARU_ASSIGN(out.first, fields.boolean_or("First", false));
  for (const auto& attribute : domain->attributes) NARU_CHECK(read_predicate(fields, attribute, out.predicates));
  if (const auto adjustment = fields.find("DateAdjustment")) {
    NARU_ASSIGN(out.adjustment, read_adjustment(*adjustment));
  }
  if (key == "ObservationPeriod" || key == "PayerPlanPeriod") {
    if (const auto period = fields.find("UserDefinedPeriod")) NARU_CHECK(read_user_period(*period, out));
  }
  if (const auto correlated = fields.find("CorrelatedCriteria")) {
    NARU_ASSIGN(auto group, read_group(*correlated, depth + 1));
    if (!group.empty()) out.correlated.push_back(std::move(group));
  }
  NARU_CHECK(fields.finish());
  return out;
}

}  // namespace naru::cohort
