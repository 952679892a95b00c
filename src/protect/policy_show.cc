// A policy for people: what it does to every column, and on what each rule rests.
#include "base/json.h"
#include "protect/policy.h"

#include <algorithm>

namespace naru::protect {
namespace {

Json json_of(const Citation& citation, const Policy& policy) {
  const auto* source = policy.source(citation.source);
  Json out{{"rule", citation.rule}, {"clause", citation.clause}, {"verified", citation.verified}};
  out["source"] = source == nullptr ? Json() : Json(source->id);
  out["version"] = source == nullptr ? Json() : Json(source->version);
  out["effective"] = source == nullptr ? Json() : Json(source->effective);
  if (source == nullptr) out["reason"] = "the rule cites no document";
  if (citation.verified) {
    out["verified_on"] = citation.verified_on;
    out["against"] = citation.against;
  } else {
    out["why"] = citation.why;
  }
  return out;
}

Json json_of(const CodeSet& set) { return set.codes.empty() ? Json{{"none", set.none}} : Json(set.codes); }

Json groups_of(const Policy& policy) {
  Json out = Json::array();
  for (const auto& group : policy.sensitive.groups) {
    out.push_back({{"id", group.id},
                   {"title", {{"en", group.title.en}, {"ko", group.title.ko}}},
                   {"diagnoses", json_of(group.diagnoses)},
                   {"drugs", json_of(group.drugs)},
                   {"tests", json_of(group.tests)},
                   {"departments", json_of(group.departments)},
                   {"concepts", group.concepts}});
  }
  return out;
}

Json treatments_of(const Policy& policy) {
  Json out = Json::object();
  for (const auto& table : policy.tables) {
    if (table.left_out) {
      out[table.table] = "left out";
      continue;
    }
    Json columns = Json::object();
    for (const auto& column : table.columns) columns[column.column] = name_of(column.treatment);
    out[table.table] = {{"tier", table.tier}, {"columns", columns}};
  }
  return out;
}

Json figures_of(const Policy& policy) {
  Json quasi = Json::array();
  for (const auto& each : policy.anonymity.quasi_identifiers) {
    quasi.push_back({{"name", each.name},
                     {"column", each.column},
                     {"levels", each.kind == QuasiKind::year ? Json(each.bands) : Json(each.levels)}});
  }
  return {
      {"date_shift", {{"min_days", policy.date_shift.min_days}, {"max_days", policy.date_shift.max_days}}},
      {"ages", {{"age_max", policy.ages.age_max}, {"year_of_birth_min", policy.ages.year_of_birth_min}}},
      {"regions",
       {{"persons_min", policy.regions.persons_min},
        {"zip_digits", policy.regions.zip_digits},
        {"zip_restricted", policy.regions.zip_restricted}}},
      {"rare_codes", {{"persons_min", policy.rare_codes.persons_min}, {"levels_max", policy.rare_codes.levels_max}}},
      {"risk",
       {{"high_risk_above", policy.risk.high_risk_above},
        {"population_persons", policy.risk.population_persons},
        {"visits_known", policy.risk.visits_known},
        {"codes_known", policy.risk.codes_known}}},
      {"k", policy.anonymity.k},
      {"suppression_limit", policy.anonymity.suppression_limit},
      {"quasi_identifiers", quasi},
      {"outputs",
       {{"min_cell", policy.outputs.min_cell},
        {"round_to", policy.outputs.round_to},
        {"complementary", policy.outputs.complementary},
        {"repeat_threshold", policy.outputs.repeat_threshold},
        {"digits", policy.outputs.digits}}},
      {"export_review", {{"reviewers_min", policy.review.reviewers_min}}},
      {"impact_assessment",
       {{"sensitive_persons", policy.impact.sensitive_persons},
        {"linked_persons", policy.impact.linked_persons},
        {"persons", policy.impact.persons}}}};
}

}  // namespace

std::string policy_json(const Policy& policy) {
  Json out = figures_of(policy);
  Json sources = Json::array();
  for (const auto& source : policy.sources) {
    sources.push_back({{"id", source.id},
                       {"title", {{"en", source.title.en}, {"ko", source.title.ko}}},
                       {"version", source.version},
                       {"effective", source.effective},
                       {"reference", source.reference}});
  }
  Json rules = Json::array();
  for (const auto& citation : policy.citations) rules.push_back(json_of(citation, policy));
  const auto ready = ready_for_production(policy);
  out["id"] = policy.id;
  out["version"] = policy.version;
  out["title"] = {{"en", policy.title.en}, {"ko", policy.title.ko}};
  out["hash"] = policy.hash;
  out["use"] = policy.production ? "production" : "demonstration";
  out["ready_for_production"] = ready.ok();
  if (!ready.ok()) out["not_ready"] = {{"en", ready.error().what.en}, {"ko", ready.error().what.ko}};
  out["sources"] = sources;
  out["rules"] = rules;
  out["sensitive_groups"] = groups_of(policy);
  out["tables"] = treatments_of(policy);
  return canonical(out);
}

Text policy_text(const Policy& policy) {
  const auto unverified = std::ranges::count(policy.citations, false, &Citation::verified);
  auto out = say("{} version {} is a complete policy ({})\nhash {}\n{} rules, {} not verified against their original",
                 "{} 버전 {}은(는) 완전한 정책입니다({})\n해시 {}\n규칙 {}건, 원문과 대조되지 않은 규칙 {}건",
                 policy.id, policy.version, policy.production ? "production" : "demonstration", policy.hash,
                 policy.citations.size(), unverified);
  for (const auto& citation : policy.citations) {
    const auto* source = policy.source(citation.source);
    const auto document = source == nullptr
                              ? std::string("-")
                              : fmt::format("{}, {} ({})", source->id, source->version, source->effective);
    const auto line =
        fmt::format("\n  {:<34} {}  [{}] {}", citation.rule, citation.verified ? "✓" : "?", document, citation.clause);
    out.en += line;
    out.ko += line;
  }
  if (const auto ready = ready_for_production(policy); !ready.ok()) {
    out.en += "\nnot for production: " + ready.error().what.en;
    out.ko += "\n실사용 불가: " + ready.error().what.ko;
  }
  return out;
}

}  // namespace naru::protect
