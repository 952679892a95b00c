#include "ingest/fhir_declaration.h"

#include "base/json.h"
#include "ingest/fhir_rules.h"
#include "model/omop.h"

#include <map>

namespace naru::ingest {
namespace {

/// OMOP tables that rows of a resource type may reach: its own and those a concept's domain sends it to.
Json tables_of(const ResourceRule& rule) {
  if (rule.type == ResourceType::patient) return {"person", "death", "observation_period"};
  if (rule.type == ResourceType::encounter) return {"visit_occurrence"};
  return {"condition_occurrence", "drug_exposure", "procedure_occurrence",
          "device_exposure",      "measurement",   "observation"};
}

Json inputs(bool strict) {
  Json list = Json::array();
  for (const auto& rule : resource_rules()) {
    auto refused = rule.refused_statuses;
    if (strict) refused.insert(refused.end(), rule.strict_statuses.begin(), rule.strict_statuses.end());
    const auto& intents = strict ? rule.strict_intents : rule.admitted_intents;
    list.push_back({{"resource", rule.name},
                    {"profile", "http://hl7.org/fhir/StructureDefinition/" + std::string(rule.name)},
                    {"relies_on", rule.needed},
                    {"refused_statuses", refused},
                    {"admitted_intents", intents.empty() ? Json() : Json(intents)},
                    {"usual_table", rule.home},
                    {"tables", tables_of(rule)}});
  }
  return list;
}

/// Every table of the lake: "partial" when some of its columns are filled, "derived", or "none".
Json populated() {
  std::map<std::string, std::string> state;
  for (const auto& table : model::tables()) state[table.name] = table.derived ? "derived" : "none";
  for (const auto& rule : resource_rules())
    for (const auto& table : tables_of(rule)) state[table.get<std::string>()] = "partial";
  state["observation_period"] = "derived";
  state["dose_era"] = "none";
  return Json(state);
}

Json departures(bool strict) {
  Json list = Json::array();
  const auto add = [&](const char* statement, const char* what, const char* why) {
    list.push_back({{"statement", statement}, {"departure", what}, {"rationale", why}});
  };
  add("f2o-091", "StructureMaps are not executed; the same logic is written in this engine",
      "the published maps cast ids to integers and copy codes into concept ids");
  if (strict) return list;
  add("f2o-013", "Bundles of every type are opened, transactions too", "real exports for tests are transactions");
  add("f2o-060",
      "MedicationRequests with the intents order, original-order, reflex-order and filler-order are admitted, "
      "and stopped ones of every kind, with their status in stop_reason",
      "routine exports order with these; by the letter none of Synthea's 1,745 prescriptions would be stored");
  add("f2o-060", "provisional and differential diagnoses stay conditions with their status; refuted ones are refused",
      "a research question can leave them out by condition_status_concept_id");
  add("f2o-071", "an imputed date is counted in the receipt, not written into the type concept",
      "the type concept keeps saying where the record comes from");
  add("f2o-072", "the wall clock is kept as written", "it keeps the calendar day that the patient lived through");
  add("f2o-022", "valueString is kept in value_as_string",
      "the lake stays at the holder; protection removes free text");
  return list;
}

Json identifiers() {
  const auto one = [](const char* system, const char* strategy, const char* assessment) {
    return Json{{"system", system}, {"strategy", strategy}, {"assessment", assessment}};
  };
  return {one("Resource.identifier of any system (hospital number, resident number, insurance number)", "exclusion",
              "direct identifiers under the Personal Information Protection Act, art. 2: never read"),
          one("Resource.id", "surrogate key mapping",
              "pseudonymous within the holder; lake ids are SHA-256 of type and id, the id itself stays in "
              "person_source_value at the holder and is replaced under keys before anything leaves"),
          one("name, birth date, sex, first phone, address", "external storage",
              "private/identity.parquet of the holder, owner-only, outside the OMOP schema; for linkage alone")};
}

Json losses() {
  return {"practitioners, organisations, locations and participants",
          "reasons, body sites, notes, severity, stages and insurance type",
          "route, dosage instructions and dispense intervals",
          "hasMember links between observations, and all but the first reference range",
          "all but the best of several codings of one element",
          "resource types that are not listed under input (counted as ignored in the receipt)"};
}

}  // namespace

std::string fhir_declaration(bool strict) {
  return canonical(Json{
      {"reading", strict ? "strict" : "default"},
      {"guide", fhir_guide},
      {"fhir_versions", {fhir_version}},
      {"cdm_version", "5.4"},
      {"software", "naru " NARU_VERSION},
      {"use_cases",
       {"cohort queries and federated counts", "evaluation of medical AI", "linked releases for research"}},
      {"forms", {"single resources", "Bundles", "Bulk Data NDJSON"}},
      {"bundle_types", strict ? Json(strict_bundles) : Json("every type")},
      {"input", inputs(strict)},
      {"tables", populated()},
      {"code_priority",
       {"a valid standard concept of the site's vocabulary", "the more specific of two codes of one code system",
        "userSelected", "known to the vocabulary at all", "products and findings before classifications (ATC)",
        "order of writing"}},
      {"vocabulary",
       "OHDSI Standardized Vocabularies as loaded by the operator; release and hash stand in each receipt"},
      {"terminology_server", Json{{"used", false}, {"offered", false}}},
      {"time_zone", strict ? "UTC+09:00" : "wall clock as written"},
      {"imputation",
       {"a missing month or day is the first", "a visit without an end ends when it starts",
        "a drug exposure without days of supply ends when it starts"}},
      {"modifiers", "a resource with modifierExtension or implicitRules, or a Patient replaced by another, is refused"},
      {"identifiers", identifiers()},
      {"losses", losses()},
      {"departures", departures(strict)},
      {"legal_instrument", "named for every source when it is loaded (--legal-basis) and kept in its receipt"},
      {"manual_intervention",
       "mappings of the site's steward (naru vocabulary map); their hash stands in each receipt"},
      {"reference_suite",
       Json{{"version", nullptr}, {"claim", "none: the guide's suite is not part of this project"}}}});
}

}  // namespace naru::ingest
