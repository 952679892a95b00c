#include "ingest/fhir_rules.h"

#include <algorithm>

namespace naru::ingest {

const std::vector<ResourceRule>& resource_rules() {
  static const std::vector<ResourceRule> all = {
      {ResourceType::patient, "Patient", "person", {}, {}, {}, {}, {"id", "birthDate"}},
      {ResourceType::encounter,
       "Encounter",
       "visit_occurrence",
       {"planned", "cancelled", "entered-in-error"},
       {},
       {},
       {},
       {"id", "subject", "period.start"}},
      {ResourceType::condition,
       "Condition",
       "condition_occurrence",
       {},
       {},
       {},
       {},
       {"id", "subject", "code", "onset[x] or recordedDate"}},
      {ResourceType::observation,
       "Observation",
       "observation",
       {"cancelled", "entered-in-error"},
       {"registered"},
       {},
       {},
       {"id", "subject", "code", "effective[x] or issued"}},
      {ResourceType::medication_request,
       "MedicationRequest",
       "drug_exposure",
       {"cancelled", "draft", "entered-in-error"},
       {"stopped"},
       {"order", "original-order", "reflex-order", "filler-order", "instance-order"},
       {"instance-order"},
       {"id", "subject", "medication[x]", "authoredOn"}},
      {ResourceType::medication_dispense,
       "MedicationDispense",
       "drug_exposure",
       {"preparation", "cancelled", "entered-in-error", "declined"},
       {"stopped", "on-hold"},
       {},
       {},
       {"id", "subject", "medication[x]", "whenHandedOver or whenPrepared"}},
      {ResourceType::medication_administration,
       "MedicationAdministration",
       "drug_exposure",
       {"not-done", "entered-in-error"},
       {"stopped"},
       {},
       {},
       {"id", "subject", "medication[x]", "effective[x]"}},
      {ResourceType::medication_statement,
       "MedicationStatement",
       "drug_exposure",
       {"entered-in-error", "intended", "not-taken"},
       {"stopped"},
       {},
       {},
       {"id", "subject", "medication[x]", "effective[x] or dateAsserted"}},
      {ResourceType::immunization,
       "Immunization",
       "drug_exposure",
       {"not-done", "entered-in-error"},
       {},
       {},
       {},
       {"id", "patient", "vaccineCode", "occurrenceDateTime"}},
      {ResourceType::procedure,
       "Procedure",
       "procedure_occurrence",
       {"preparation", "not-done", "entered-in-error"},
       {"stopped"},
       {},
       {},
       {"id", "subject", "code", "performed[x]"}},
  };
  return all;
}

const ResourceRule* rule_named(std::string_view type) {
  const auto found = std::ranges::find(resource_rules(), type, &ResourceRule::name);
  return found == resource_rules().end() ? nullptr : &*found;
}

}  // namespace naru::ingest
