#include "base/digest.h"
#include "base/limits.h"
#include "cohort/parse_support.h"

#include <algorithm>
#include <array>

namespace naru::cohort {
namespace {

Result<Limit> read_limit(Fields& parent, std::string_view key) {
  const auto node = parent.find(key);
  if (!node) return Limit::all;
  NARU_ASSIGN(auto fields, Fields::of(*node));
  NARU_ASSIGN(const auto type, fields.text("Type"));
  NARU_CHECK(fields.finish());
  if (!type || *type == "All" || *type == "ALL") return Limit::all;
  if (*type == "First" || *type == "FIRST") return Limit::first;
  if (*type == "Last" || *type == "LAST") return Limit::last;
  return unsupported("limit " + *type, fields.path_of("Type"));
}

Result<ConceptItem> read_item(const Node& node) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  ConceptItem out;
  const auto inner = fields.find("concept");
  if (!inner) return wrong_type("a concept", fields.path_of("concept"));
  NARU_ASSIGN(auto named, Fields::of(*inner));
  NARU_ASSIGN(const auto id, named.integer("CONCEPT_ID"));
  if (!id) return wrong_type("a concept id", named.path_of("CONCEPT_ID"));
  out.concept_id = *id;
  NARU_ASSIGN(out.excluded, fields.boolean_or("isExcluded", false));
  NARU_ASSIGN(out.descendants, fields.boolean_or("includeDescendants", false));
  NARU_ASSIGN(out.mapped, fields.boolean_or("includeMapped", false));
  NARU_CHECK(fields.finish());
  return out;
}

Result<ConceptSet> read_concept_set(const Node& node) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  ConceptSet out;
  NARU_ASSIGN(const auto id, fields.integer("id"));
  if (!id) return wrong_type("an id", fields.path_of("id"));
  out.id = *id;
  NARU_ASSIGN(const auto name, fields.text("name"));
  out.name = name.value_or("");
  const auto expression = fields.find("expression");
  if (!expression) return wrong_type("a concept set expression", fields.path_of("expression"));
  NARU_ASSIGN(auto inner, Fields::of(*expression));
  NARU_ASSIGN(const auto items, inner.list("items"));
  for (const auto& element : items) {
    NARU_ASSIGN(const auto item, read_item(element));
    out.items.push_back(item);
  }
  NARU_CHECK(inner.finish());
  NARU_CHECK(fields.finish());
  return out;
}

Done read_primary(const Node& node, Expression& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  NARU_ASSIGN(const auto criteria, fields.list("CriteriaList"));
  for (const auto& element : criteria) {
    NARU_ASSIGN(auto criterion, read_criterion(element, 0));
    out.entry.push_back(std::move(criterion));
  }
  if (out.entry.empty()) return wrong_type("at least one entry event", fields.path_of("CriteriaList"));
  if (const auto window = fields.find("ObservationWindow")) {
    NARU_ASSIGN(auto days, Fields::of(*window));
    NARU_ASSIGN(out.prior_days, days.integer_or("PriorDays", 0));
    NARU_ASSIGN(out.post_days, days.integer_or("PostDays", 0));
    NARU_CHECK(days.finish());
  }
  NARU_ASSIGN(out.entry_limit,
              read_limit(fields, fields.find("PrimaryCriteriaLimit") ? "PrimaryCriteriaLimit" : "PrimaryLimit"));
  return fields.finish();
}

Done read_date_offset(const Node& node, Exit& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  out.kind = ExitKind::date_offset;
  NARU_ASSIGN(const auto field, fields.text("DateField"));
  if (!field || (*field != "StartDate" && *field != "EndDate")) {
    return wrong_type("StartDate or EndDate", fields.path_of("DateField"));
  }
  out.from_end = *field == "EndDate";
  NARU_ASSIGN(out.offset_days, fields.integer_or("Offset", 0));
  return fields.finish();
}

Done read_custom_era(const Node& node, Exit& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  out.kind = ExitKind::drug_era;
  NARU_ASSIGN(const auto set, fields.integer("DrugCodesetId"));
  if (!set) return wrong_type("a concept set", fields.path_of("DrugCodesetId"));
  out.drug_set = *set;
  NARU_ASSIGN(out.gap_days, fields.integer_or("GapDays", 0));
  NARU_ASSIGN(out.offset_days, fields.integer_or("Offset", 0));
  NARU_ASSIGN(out.supply_days, fields.integer("DaysSupplyOverride"));
  return fields.finish();
}

Done read_exit(const Node& node, Exit& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  if (const auto offset = fields.find("DateOffset")) NARU_CHECK(read_date_offset(*offset, out));
  if (const auto era = fields.find("CustomEra")) NARU_CHECK(read_custom_era(*era, out));
  return fields.finish();
}

Done read_rules(Fields& fields, Expression& out) {
  NARU_ASSIGN(const auto rules, fields.list("InclusionRules"));
  for (const auto& element : rules) {
    NARU_ASSIGN(auto rule, Fields::of(element));
    InclusionRule kept;
    NARU_ASSIGN(const auto name, rule.text("name"));
    kept.name = name.value_or("");
    rule.ignore("description");
    const auto group = rule.find("expression");
    if (!group) return wrong_type("a group", rule.path_of("expression"));
    NARU_ASSIGN(kept.group, read_group(*group, 0));
    NARU_CHECK(rule.finish());
    out.rules.push_back(std::move(kept));
  }
  return {};
}

Done read_collapse(const Node& node, Expression& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  NARU_ASSIGN(const auto type, fields.text("CollapseType"));
  if (type && *type != "ERA") return unsupported("CollapseType " + *type, fields.path_of("CollapseType"));
  NARU_ASSIGN(out.era_pad_days, fields.integer_or("EraPad", 0));
  return fields.finish();
}

Done read_censor_window(const Node& node, Expression& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  NARU_ASSIGN(const auto start, fields.text("StartDate"));
  NARU_ASSIGN(const auto end, fields.text("EndDate"));
  if (start) {
    NARU_ASSIGN(out.censor_start, day_of(*start, fields.path_of("StartDate")));
  }
  if (end) {
    NARU_ASSIGN(out.censor_end, day_of(*end, fields.path_of("EndDate")));
  }
  return fields.finish();
}

Done read_expression(const Node& node, Expression& out) {
  NARU_ASSIGN(auto fields, Fields::of(node));
  for (const auto key : {"cdmVersionRange", "Title"}) fields.ignore(key);
  NARU_ASSIGN(const auto sets, fields.list("ConceptSets"));
  for (const auto& element : sets) {
    NARU_ASSIGN(auto set, read_concept_set(element));
    out.concept_sets.push_back(std::move(set));
  }
  const auto primary = fields.find("PrimaryCriteria");
  if (!primary) return wrong_type("entry events", fields.path_of("PrimaryCriteria"));
  NARU_CHECK(read_primary(*primary, out));
  if (const auto group = fields.find("AdditionalCriteria")) {
    NARU_ASSIGN(out.additional, read_group(*group, 0));
  }
  NARU_ASSIGN(out.qualified_limit, read_limit(fields, "QualifiedLimit"));
  NARU_ASSIGN(out.expression_limit, read_limit(fields, "ExpressionLimit"));
  NARU_CHECK(read_rules(fields, out));
  if (const auto exit = fields.find("EndStrategy")) NARU_CHECK(read_exit(*exit, out.exit));
  NARU_ASSIGN(const auto censoring, fields.list("CensoringCriteria"));
  for (const auto& element : censoring) {
    NARU_ASSIGN(auto criterion, read_criterion(element, 0));
    out.censoring.push_back(std::move(criterion));
  }
  if (const auto collapse = fields.find("CollapseSettings")) NARU_CHECK(read_collapse(*collapse, out));
  if (const auto window = fields.find("CensorWindow")) NARU_CHECK(read_censor_window(*window, out));
  return fields.finish();
}

/// The same question in the same bytes: without names, captions, version notes, empty values.
Json essence(const Json& value) {
  constexpr std::array<std::string_view, 5> told{"cdmVersionRange", "Title", "name", "description", "CONCEPT_NAME"};
  if (value.is_array()) {
    Json out = Json::array();
    for (const auto& element : value) out.push_back(essence(element));
    return out;
  }
  if (!value.is_object()) return value;
  // Only concepts have it (a null one elsewhere passes as absent): their captions say nothing.
  if (value.contains("CONCEPT_ID") && !value["CONCEPT_ID"].is_null()) return Json{{"CONCEPT_ID", value["CONCEPT_ID"]}};
  Json out = Json::object();
  for (const auto& [key, element] : value.items()) {
    if (element.is_null() || std::find(told.begin(), told.end(), key) != told.end()) continue;
    out[key] = essence(element);
  }
  return out;
}

/// The concept sets a definition refers to must be there.
class Checker {
 public:
  explicit Checker(const Expression& expression) {
    for (const auto& set : expression.concept_sets) sets_.insert(set.id);
  }
  Done set(std::optional<std::int64_t> id, const std::string& where) const {
    if (id && sets_.count(*id) == 0) {
      return rejected(say("there is no concept set {}", "개념집합 {}이(가) 없습니다", *id), where);
    }
    return {};
  }
  Done predicates(const std::vector<Predicate>& list, const std::string& where) const {
    for (const auto& predicate : list) {
      if (predicate.test == Test::concept_set) NARU_CHECK(set(predicate.concept_set, where));
    }
    return {};
  }
  Done criterion(const Criterion& criterion) const {
    NARU_CHECK(set(criterion.concept_set, criterion.where));
    NARU_CHECK(set(criterion.source_concept_set, criterion.where));
    NARU_CHECK(predicates(criterion.predicates, criterion.where));
    for (const auto& nested : criterion.correlated) NARU_CHECK(group(nested));
    return {};
  }
  Done group(const Group& group) const {
    for (const auto& windowed : group.criteria) NARU_CHECK(criterion(windowed.criterion));
    for (const auto& demographic : group.demographics) NARU_CHECK(predicates(demographic.predicates, ""));
    for (const auto& nested : group.groups) NARU_CHECK(this->group(nested));
    return {};
  }

 private:
  std::set<std::int64_t> sets_;
};

Done check_sets(const Expression& expression, const std::string& where) {
  const Checker checker(expression);
  for (const auto& criterion : expression.entry) NARU_CHECK(checker.criterion(criterion));
  for (const auto& criterion : expression.censoring) NARU_CHECK(checker.criterion(criterion));
  if (expression.additional) NARU_CHECK(checker.group(*expression.additional));
  for (const auto& rule : expression.rules) NARU_CHECK(checker.group(rule.group));
  if (expression.exit.kind == ExitKind::drug_era)
    NARU_CHECK(checker.set(expression.exit.drug_set, where + ".EndStrategy"));
  return {};
}

}  // namespace

Result<Expression> parse(std::string_view text, std::string_view where) {
  if (text.size() > limits::definition_bytes) {
    return rejected(say("a definition may have {} bytes", "정의는 {}바이트까지입니다", limits::definition_bytes),
                    std::string(where));
  }
  NARU_ASSIGN(auto json, parse_json(text, where));
  std::string path = std::string(where) + ":$";
  if (json.is_object() && json.contains("expression") && !json.contains("PrimaryCriteria")) {
    path += ".expression";
    Json inner = json["expression"];
    // WebAPI stores the expression as a text in the document.
    if (inner.is_string()) {
      NARU_ASSIGN(inner, parse_json(inner.get<std::string>(), path));
    }
    json = std::move(inner);
  }
  Expression out;
  NARU_CHECK(read_expression({&json, path}, out));
  NARU_CHECK(check_sets(out, path));
  out.canonical = canonical(essence(json));
  return out;
}

std::string definition_hash(const Expression& expression) { return hex(sha256(expression.canonical)); }

}  // namespace naru::cohort
