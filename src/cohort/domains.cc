#include "cohort/domains.h"

#include <algorithm>

namespace naru::cohort {
namespace {

constexpr std::string_view age = "coalesce(c.age_at_event, year(c.event_start) - p.year_of_birth)";
constexpr std::string_view age_at_end =
    "coalesce(c.age_at_event + year(c.event_end) - year(c.event_start), year(c.event_end) - p.year_of_birth)";

std::vector<Attribute> with(std::vector<Attribute> own, const std::vector<Attribute>& shared) {
  own.insert(own.end(), shared.begin(), shared.end());
  return own;
}

const std::vector<Attribute>& of_person() {
  static const std::vector<Attribute> list{{"Age", Test::number, age, Needs::person},
                                           {"Gender", Test::concepts, "p.gender_concept_id", Needs::person}};
  return list;
}

const std::vector<Attribute>& of_event() {
  static const std::vector<Attribute> list =
      with({{"OccurrenceStartDate", Test::date, "c.event_start"},
            {"ProviderSpecialty", Test::concepts, "pr.specialty_concept_id", Needs::provider}},
           of_person());
  return list;
}

const std::vector<Attribute>& of_event_in_visit() {
  static const std::vector<Attribute> list =
      with({{"VisitType", Test::concepts, "v.visit_concept_id", Needs::visit}}, of_event());
  return list;
}

const std::vector<Attribute>& of_era() {
  static const std::vector<Attribute> list{{"EraStartDate", Test::date, "c.event_start"},
                                           {"EraEndDate", Test::date, "c.event_end"},
                                           {"EraLength", Test::number, "(c.event_end - c.event_start)"},
                                           {"AgeAtStart", Test::number, age, Needs::person},
                                           {"AgeAtEnd", Test::number, age_at_end, Needs::person},
                                           {"Gender", Test::concepts, "p.gender_concept_id", Needs::person}};
  return list;
}

std::vector<Domain> occurrences() {
  return {
      {"ConditionOccurrence", "condition_occurrence", "condition_occurrence_id", "e.condition_start_date",
       "coalesce(e.condition_end_date, e.condition_start_date + 1)", "condition_concept_id", "ConditionSourceConcept",
       "condition_source_concept_id", true,
       with({{"OccurrenceEndDate", Test::date, "c.event_end"},
             {"ConditionType", Test::concepts, "c.condition_type_concept_id", Needs::nothing, "ConditionTypeExclude"},
             {"ConditionStatus", Test::concepts, "c.condition_status_concept_id"},
             {"StopReason", Test::text, "c.stop_reason"}},
            of_event_in_visit())},
      {"DrugExposure", "drug_exposure", "drug_exposure_id", "e.drug_exposure_start_date",
       "coalesce(e.drug_exposure_end_date, e.drug_exposure_start_date + CAST(e.days_supply AS INTEGER), "
       "e.drug_exposure_start_date + 1)",
       "drug_concept_id", "DrugSourceConcept", "drug_source_concept_id", true,
       with({{"OccurrenceEndDate", Test::date, "c.event_end"},
             {"DrugType", Test::concepts, "c.drug_type_concept_id", Needs::nothing, "DrugTypeExclude"},
             {"StopReason", Test::text, "c.stop_reason"},
             {"Refills", Test::number, "c.refills"},
             {"Quantity", Test::number, "c.quantity"},
             {"DaysSupply", Test::number, "c.days_supply"},
             {"RouteConcept", Test::concepts, "c.route_concept_id"},
             {"LotNumber", Test::text, "c.lot_number"}},
            of_event_in_visit())},
      {"ProcedureOccurrence", "procedure_occurrence", "procedure_occurrence_id", "e.procedure_date",
       "e.procedure_date + 1", "procedure_concept_id", "ProcedureSourceConcept", "procedure_source_concept_id", true,
       with({{"ProcedureType", Test::concepts, "c.procedure_type_concept_id", Needs::nothing, "ProcedureTypeExclude"},
             {"Modifier", Test::concepts, "c.modifier_concept_id"},
             {"Quantity", Test::number, "c.quantity"}},
            of_event_in_visit())},
      {"VisitOccurrence", "visit_occurrence", "visit_occurrence_id", "e.visit_start_date", "e.visit_end_date",
       "visit_concept_id", "VisitSourceConcept", "visit_source_concept_id", true,
       with({{"OccurrenceEndDate", Test::date, "c.event_end"},
             {"VisitType", Test::concepts, "c.visit_type_concept_id", Needs::nothing, "VisitTypeExclude"},
             {"VisitLength", Test::number, "(c.event_end - c.event_start)"},
             {"PlaceOfService", Test::concepts, "cs.place_of_service_concept_id", Needs::care_site}},
            of_event())},
      {"VisitDetail", "visit_detail", "visit_detail_id", "e.visit_detail_start_date", "e.visit_detail_end_date",
       "visit_detail_concept_id", "VisitDetailSourceConcept", "visit_detail_source_concept_id", true,
       with({{"VisitDetailStartDate", Test::date, "c.event_start"},
             {"VisitDetailEndDate", Test::date, "c.event_end"},
             {"VisitDetailType", Test::concepts, "c.visit_detail_type_concept_id"},
             {"VisitDetailLength", Test::number, "(c.event_end - c.event_start)"},
             {"ProviderSpecialty", Test::concepts, "pr.specialty_concept_id", Needs::provider},
             {"PlaceOfService", Test::concepts, "cs.place_of_service_concept_id", Needs::care_site}},
            of_person())},
  };
}

std::vector<Domain> findings() {
  return {
      {"Measurement", "measurement", "measurement_id", "e.measurement_date", "e.measurement_date + 1",
       "measurement_concept_id", "MeasurementSourceConcept", "measurement_source_concept_id", true,
       with({{"MeasurementType", Test::concepts, "c.measurement_type_concept_id", Needs::nothing,
              "MeasurementTypeExclude"},
             {"Operator", Test::concepts, "c.operator_concept_id"},
             {"ValueAsNumber", Test::number, "c.value_as_number"},
             {"ValueAsConcept", Test::concepts, "c.value_as_concept_id"},
             {"Unit", Test::concepts, "c.unit_concept_id"},
             {"RangeLow", Test::number, "c.range_low"},
             {"RangeHigh", Test::number, "c.range_high"},
             {"RangeLowRatio", Test::number, "(c.value_as_number / nullif(c.range_low, 0))"},
             {"RangeHighRatio", Test::number, "(c.value_as_number / nullif(c.range_high, 0))"},
             {"Abnormal", Test::abnormal,
              "(c.value_as_number < c.range_low OR c.value_as_number > c.range_high OR c.value_as_concept_id IN "
              "(4155142, 4155143))"}},
            of_event_in_visit())},
      {"Observation", "observation", "observation_id", "e.observation_date", "e.observation_date + 1",
       "observation_concept_id", "ObservationSourceConcept", "observation_source_concept_id", true,
       with({{"ObservationType", Test::concepts, "c.observation_type_concept_id", Needs::nothing,
              "ObservationTypeExclude"},
             {"ValueAsNumber", Test::number, "c.value_as_number"},
             {"ValueAsString", Test::text, "c.value_as_string"},
             {"ValueAsConcept", Test::concepts, "c.value_as_concept_id"},
             {"Qualifier", Test::concepts, "c.qualifier_concept_id"},
             {"Unit", Test::concepts, "c.unit_concept_id"}},
            of_event_in_visit())},
      {"DeviceExposure", "device_exposure", "device_exposure_id", "e.device_exposure_start_date",
       "coalesce(e.device_exposure_end_date, e.device_exposure_start_date + 1)", "device_concept_id",
       "DeviceSourceConcept", "device_source_concept_id", true,
       with({{"OccurrenceEndDate", Test::date, "c.event_end"},
             {"DeviceType", Test::concepts, "c.device_type_concept_id", Needs::nothing, "DeviceTypeExclude"},
             {"UniqueDeviceId", Test::text, "c.unique_device_id"},
             {"Quantity", Test::number, "c.quantity"}},
            of_event_in_visit())},
      {"Specimen", "specimen", "specimen_id", "e.specimen_date", "e.specimen_date + 1", "specimen_concept_id", "", "",
       false,
       with({{"OccurrenceStartDate", Test::date, "c.event_start"},
             {"SpecimenType", Test::concepts, "c.specimen_type_concept_id", Needs::nothing, "SpecimenTypeExclude"},
             {"Quantity", Test::number, "c.quantity"},
             {"Unit", Test::concepts, "c.unit_concept_id"},
             {"AnatomicSite", Test::concepts, "c.anatomic_site_concept_id"},
             {"DiseaseStatus", Test::concepts, "c.disease_status_concept_id"},
             {"SourceId", Test::text, "c.specimen_source_id"}},
            of_person())},
      {"Death", "death", "person_id", "e.death_date", "e.death_date + 1", "cause_concept_id", "DeathSourceConcept",
       "cause_source_concept_id", false,
       with({{"OccurrenceStartDate", Test::date, "c.event_start"},
             {"DeathType", Test::concepts, "c.death_type_concept_id", Needs::nothing, "DeathTypeExclude"}},
            of_person())},
  };
}

std::vector<Domain> periods() {
  return {
      {"ConditionEra", "condition_era", "condition_era_id", "e.condition_era_start_date", "e.condition_era_end_date",
       "condition_concept_id", "", "", false,
       with({{"OccurrenceCount", Test::number, "c.condition_occurrence_count"}}, of_era())},
      {"DrugEra", "drug_era", "drug_era_id", "e.drug_era_start_date", "e.drug_era_end_date", "drug_concept_id", "", "",
       false,
       with({{"OccurrenceCount", Test::number, "c.drug_exposure_count"}, {"GapDays", Test::number, "c.gap_days"}},
            of_era())},
      {"DoseEra", "dose_era", "dose_era_id", "e.dose_era_start_date", "e.dose_era_end_date", "drug_concept_id", "", "",
       false,
       with({{"Unit", Test::concepts, "c.unit_concept_id"}, {"DoseValue", Test::number, "c.dose_value"}}, of_era())},
      {"ObservationPeriod",
       "observation_period",
       "observation_period_id",
       "e.observation_period_start_date",
       "e.observation_period_end_date",
       "",
       "",
       "",
       false,
       {{"PeriodStartDate", Test::date, "c.event_start"},
        {"PeriodEndDate", Test::date, "c.event_end"},
        {"PeriodType", Test::concepts, "c.period_type_concept_id"},
        {"PeriodLength", Test::number, "(c.event_end - c.event_start)"},
        {"AgeAtStart", Test::number, age, Needs::person},
        {"AgeAtEnd", Test::number, age_at_end, Needs::person}},
       "period_type_concept_id"},
      {"PayerPlanPeriod",
       "payer_plan_period",
       "payer_plan_period_id",
       "e.payer_plan_period_start_date",
       "e.payer_plan_period_end_date",
       "",
       "",
       "",
       false,
       {{"PeriodStartDate", Test::date, "c.event_start"},
        {"PeriodEndDate", Test::date, "c.event_end"},
        {"PeriodLength", Test::number, "(c.event_end - c.event_start)"},
        {"AgeAtStart", Test::number, age, Needs::person},
        {"AgeAtEnd", Test::number, age_at_end, Needs::person},
        {"Gender", Test::concepts, "p.gender_concept_id", Needs::person},
        {"PayerConcept", Test::concept_set, "c.payer_concept_id"},
        {"PlanConcept", Test::concept_set, "c.plan_concept_id"},
        {"SponsorConcept", Test::concept_set, "c.sponsor_concept_id"},
        {"StopReasonConcept", Test::concept_set, "c.stop_reason_concept_id"},
        {"PayerSourceConcept", Test::concept_set, "c.payer_source_concept_id"},
        {"PlanSourceConcept", Test::concept_set, "c.plan_source_concept_id"},
        {"SponsorSourceConcept", Test::concept_set, "c.sponsor_source_concept_id"},
        {"StopReasonSourceConcept", Test::concept_set, "c.stop_reason_source_concept_id"}},
       "payer_concept_id"},
  };
}

}  // namespace

const Attribute* Domain::attribute(std::string_view attribute_key) const {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const Attribute& attribute) { return attribute.key == attribute_key; });
  return found == attributes.end() ? nullptr : &*found;
}

const std::vector<Domain>& domains() {
  static const std::vector<Domain> all = [] {
    auto list = occurrences();
    for (auto&& more : {findings(), periods()}) list.insert(list.end(), more.begin(), more.end());
    return list;
  }();
  return all;
}

const Domain* domain_named(std::string_view key) {
  for (const auto& domain : domains()) {
    if (domain.key == key) return &domain;
  }
  return nullptr;
}

const std::vector<Attribute>& demographic_attributes() {
  static const std::vector<Attribute> list{{"Age", Test::number, age, Needs::person},
                                           {"Gender", Test::concepts, "p.gender_concept_id", Needs::person},
                                           {"Race", Test::concepts, "p.race_concept_id", Needs::person},
                                           {"Ethnicity", Test::concepts, "p.ethnicity_concept_id", Needs::person},
                                           {"OccurrenceStartDate", Test::date, "c.event_start"},
                                           {"OccurrenceEndDate", Test::date, "c.event_end"}};
  return list;
}

Looked look_of(const Attribute& attribute) {
  const auto sql = attribute.sql;
  if (attribute.test == Test::abnormal) return {Look::abnormal};
  if (sql == age) return {Look::age};
  if (sql == age_at_end) return {Look::age_at_end};
  if (sql == "c.event_start") return {Look::start};
  if (sql == "c.event_end") return {Look::end};
  if (sql == "(c.event_end - c.event_start)") return {Look::length};
  if (sql.find("range_low") != std::string_view::npos && sql.front() == '(') return {Look::low_ratio};
  if (sql.find("range_high") != std::string_view::npos && sql.front() == '(') return {Look::high_ratio};
  const auto column = sql.substr(sql.find('.') + 1);
  switch (attribute.needs) {
    case Needs::person:
      return {Look::person, column};
    case Needs::visit:
      return {Look::visit, column};
    case Needs::provider:
      return {Look::provider, column};
    case Needs::care_site:
      return {Look::care_site, column};
    case Needs::nothing:
      break;
  }
  return {Look::column, column};
}

std::string_view table_of(Needs needs) {
  switch (needs) {
    case Needs::nothing:
      return "";
    case Needs::person:
      return "person";
    case Needs::visit:
      return "visit_occurrence";
    case Needs::provider:
      return "provider";
    case Needs::care_site:
      return "care_site";
  }
  return "";
}

}  // namespace naru::cohort
