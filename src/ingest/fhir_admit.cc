#include "ingest/fhir_admit.h"

#include "base/clock.h"
#include "model/omop.h"

#include <algorithm>

namespace naru::ingest {
namespace {

namespace concepts = model::concepts;

// Type Concept domain of the OHDSI vocabularies.
constexpr std::int64_t type_administration = 32818;
constexpr std::int64_t type_dispensing = 32825;
constexpr std::int64_t type_problem_list = 32840;
constexpr std::int64_t type_lab = 32856;
constexpr std::int64_t type_self_report = 32865;
constexpr std::int64_t type_algorithm = 32882;  // "Standard algorithm from EHR": the date was made by a rule

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::ranges::find(list, text) != std::ranges::end(list);
}

std::int64_t visit_concept(std::string_view class_code) {
  constexpr std::array<std::string_view, 4> inpatient = {"IMP", "ACUTE", "NONAC", "OBSENC"};
  if (holds(inpatient, class_code)) return concepts::inpatient_visit;
  if (class_code == "AMB" || class_code == "SS") return concepts::outpatient_visit;
  if (class_code == "EMER") return concepts::emergency_visit;
  if (class_code == "HH") return concepts::home_visit;
  if (class_code == "VR") return concepts::telehealth_visit;
  return concepts::no_matching;
}

std::int64_t comparator_concept(std::string_view comparator) {
  if (comparator == "<") return 4171756;
  if (comparator == "<=") return 4171754;
  if (comparator == ">=") return 4171755;
  if (comparator == ">") return 4172704;
  return 0;
}

/// Whole days of a FHIR duration; nothing when the unit is not one of time.
std::optional<std::int64_t> days_of(const FhirQuantity& duration) {
  if (!duration.value || *duration.value <= 0 || *duration.value > 100'000) return std::nullopt;
  const auto unit = duration.code.empty() ? duration.unit : duration.code;
  double days = 0;
  if (unit == "d" || unit == "day" || unit == "days" || unit == "일") days = *duration.value;
  if (unit == "wk") days = *duration.value * 7;
  if (unit == "mo") days = *duration.value * 30;
  if (unit == "a") days = *duration.value * 365;
  if (unit == "h") days = *duration.value / 24;
  if (days == 0) return std::nullopt;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(days + 0.5));
}

std::span<const Coding> codes_in(const FhirRecord& record, CodeRange range) {
  return std::span<const Coding>(record.codings).subspan(range.first, range.last - range.first);
}

std::string joined(const std::vector<std::string_view>& parts, std::string_view between) {
  std::string text;
  for (const auto part : parts) {
    if (!text.empty()) text += between;
    text += part;
  }
  return text;
}

bool is_hangul(std::string_view text) {
  // Syllables U+AC00..U+D7A3 begin with the bytes EA B0 .. ED 9E.
  return text.size() >= 3 && static_cast<unsigned char>(text[0]) >= 0xEA && static_cast<unsigned char>(text[0]) <= 0xED;
}

/// Korean names are said family first and written without a space.
std::string spoken(const FhirName& name) {
  if (!name.text.empty()) return std::string(name.text);
  if (is_hangul(name.family)) return std::string(name.family) + joined(name.given, "");
  auto text = joined(name.given, " ");
  if (!name.family.empty()) text += (text.empty() ? "" : " ") + std::string(name.family);
  return text;
}

std::string best_name(const std::vector<FhirName>& names) {
  std::string best;
  for (const auto& name : names) {
    if (!best.empty() && name.use != "official") continue;
    if (name.use == "maiden" || name.use == "old") continue;
    auto text = spoken(name);
    if (!text.empty()) best = std::move(text);
  }
  return best;
}

std::string best_address(const std::vector<FhirAddress>& addresses) {
  for (const auto& address : addresses) {
    if (!address.text.empty()) return std::string(address.text);
    auto text = joined(address.road.empty() ? address.parts : address.road, " ");
    if (!text.empty()) return text;
  }
  return {};
}

}  // namespace

void FhirRecord::clear() {
  type = id = status = intent = class_code = gender = subject = encounter = medication = verification = phone = {};
  times.fill({});
  codings.clear();
  codes = {};
  categories.clear();
  value = {};
  components.clear();
  contained.clear();
  supply = amount = {};
  repeats.reset();
  not_wanted = deceased = said_by_patient = modifier_extension = replaced = false;
  primary_source = true;
  names.clear();
  addresses.clear();
}

std::string_view FhirAdmission::reference(std::string_view written, std::string_view type) const {
  if (!full_urls.empty()) {
    if (const auto known = full_urls.find(written); known != full_urls.end()) written = known->second;
  }
  if (const auto history = written.find("/_history/"); history != std::string_view::npos)
    written = written.substr(0, history);
  // "Type/id" at the start or after the last slash but one.
  const auto slash = written.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == written.size() || slash < type.size()) return {};
  const auto start = slash - type.size();
  if (written.substr(start, type.size()) != type || (start > 0 && written[start - 1] != '/')) return {};
  return written.substr(start);
}

std::optional<Moment> FhirAdmission::moment(const FhirRecord& record, std::initializer_list<When> order,
                                            bool& bad) const {
  for (const auto when : order) {
    const auto text = record.time(when);
    if (text.empty()) continue;
    auto found = moment_of(text, strict_);
    if (!found) bad = true;
    return found;
  }
  return std::nullopt;
}

bool FhirAdmission::complete(EventRow& row, const FhirRecord& record, const std::optional<Moment>& start, bool bad,
                             FhirSink& sink) const {
  row.person = reference(record.subject, "Patient");
  row.visit = reference(record.encounter, "Encounter");
  if (row.person.empty()) {
    sink.refused("person_missing");
  } else if (bad) {
    sink.refused("impossible_date");
  } else if (!start) {
    sink.refused("missing_date");
  } else if (row.codes.empty() && row.medication.empty()) {
    sink.refused("missing_code");
  } else {
    row.start = *start;
    if (start->imputed) {
      sink.note("date_imputed");
      if (strict_ && row.type_concept_id != type_self_report) row.type_concept_id = type_algorithm;
    }
    return true;
  }
  return false;
}

void FhirAdmission::put_value(EventRow& row, const FhirRecord& record, const FhirValue& value, FhirSink& sink) const {
  row.value = value.quantity.value;
  row.operator_concept_id = comparator_concept(value.quantity.comparator);
  if (!value.quantity.code.empty()) row.unit = Coding{value.quantity.system, value.quantity.code};
  row.unit_text = value.quantity.unit.empty() ? value.quantity.code : value.quantity.unit;
  row.value_codes = codes_in(record, value.codes);
  row.value_text = value.text;
  row.range_low = value.low;
  row.range_high = value.high;
  // What a person wrote may name the patient; the guide's letter allows no such field (f2o-022).
  if (strict_ && value.free_text && !value.text.empty()) {
    row.value_text = {};
    sink.note("free_text_left_out");
  }
}

void FhirAdmission::patient(const FhirRecord& record, std::string_view id, FhirSink& sink) const {
  PatientRow row{.id = id, .gender = record.gender};
  bool bad = false;
  const auto written = record.time(When::birth);
  const auto birth = moment(record, {When::birth}, bad);
  if (bad) return sink.refused("impossible_date");
  if (!birth) return sink.refused("missing_birth_date");
  const auto date = civil_from_days(birth->day);
  row.year = date.year;
  if (written.size() >= 7) row.month = static_cast<int>(date.month);
  if (written.size() >= 10) {
    row.day = static_cast<int>(date.day);
    row.birth_day = birth->day;
  }
  row.death = moment(record, {When::deceased}, bad);
  if (bad) return sink.refused("impossible_date");
  row.death_undated = record.deceased;
  row.name = best_name(record.names);
  row.phone = record.phone;
  row.address = best_address(record.addresses);
  sink.patient(row);
}

void FhirAdmission::encounter(const FhirRecord& record, std::string_view id, FhirSink& sink) const {
  EncounterRow row{.id = id, .person = reference(record.subject, "Patient")};
  row.class_code = record.class_code;
  row.concept_id = visit_concept(row.class_code);
  row.type_concept_id = concepts::type_ehr_encounter;
  bool bad = false;
  const auto start = moment(record, {When::period_from}, bad);
  row.end = moment(record, {When::period_to}, bad);
  if (row.person.empty()) return sink.refused("person_missing");
  if (bad) return sink.refused("impossible_date");
  if (!start) return sink.refused("missing_date");
  row.start = *start;
  if (start->imputed) {
    sink.note("date_imputed");
    if (strict_) row.type_concept_id = type_algorithm;
  }
  if (!row.end) sink.note("visit_end_from_start");
  sink.encounter(row);
}

void FhirAdmission::condition(EventRow row, const FhirRecord& record, FhirSink& sink) const {
  const auto verification = record.verification;
  if (verification == "entered-in-error") return sink.refused("verification:entered-in-error");
  if (verification == "refuted" && !strict_) return sink.refused("verification:refuted");
  row.as_observation =
      strict_ && (verification == "refuted" || verification == "provisional" || verification == "differential");
  row.status = verification;
  row.type_concept_id = record.said_by_patient                          ? type_self_report
                        : holds(record.categories, "problem-list-item") ? type_problem_list
                                                                        : concepts::type_ehr;
  bool bad = false;
  const auto start = moment(record, {When::onset, When::onset_from, When::recorded}, bad);
  row.end = moment(record, {When::abatement, When::abatement_to, When::onset_to}, bad);
  if (complete(row, record, start, bad, sink)) sink.event(row);
}

void FhirAdmission::observation(EventRow row, const FhirRecord& record, FhirSink& sink) const {
  const bool laboratory = holds(record.categories, "laboratory");
  const bool measured = laboratory || holds(record.categories, "vital-signs");
  row.type_concept_id = record.said_by_patient ? type_self_report : laboratory ? type_lab : concepts::type_ehr;
  bool bad = false;
  const auto start =
      moment(record, {When::effective, When::effective_from, When::effective_instant, When::issued}, bad);
  if (!complete(row, record, start, bad, sink)) return;
  int place = 0;
  for (const auto& component : record.components) {
    EventRow part = row;
    part.part = ++place;
    part.codes = codes_in(record, component.codes);
    if (part.codes.empty()) {
      sink.note("component_without_code");
      continue;
    }
    put_value(part, record, component.value, sink);
    part.is_measurement = measured || part.value.has_value();
    sink.event(part);
  }
  // A panel's own row would say nothing that its components do not.
  if (!record.value.present && place > 0) return;
  put_value(row, record, record.value, sink);
  row.is_measurement = measured || row.value.has_value();
  sink.event(row);
}

void FhirAdmission::medicine(EventRow row, const FhirRecord& record, FhirSink& sink) const {
  if (record.not_wanted) return sink.refused("do_not_perform");
  bool bad = false;
  std::optional<Moment> start;
  switch (row.rule->type) {
    case ResourceType::medication_dispense:
      row.type_concept_id = type_dispensing;
      start = moment(record, {When::handed_over, When::prepared}, bad);
      break;
    case ResourceType::medication_administration:
      row.type_concept_id = type_administration;
      start = moment(record, {When::effective, When::effective_from}, bad);
      row.end = moment(record, {When::effective_to}, bad);
      break;
    case ResourceType::medication_statement:
      row.type_concept_id = concepts::type_ehr;
      start = moment(record, {When::effective, When::effective_from, When::asserted}, bad);
      row.end = moment(record, {When::effective_to}, bad);
      break;
    case ResourceType::immunization:
      row.type_concept_id = record.primary_source ? type_administration : concepts::type_ehr;
      start = moment(record, {When::occurrence}, bad);
      break;
    default:
      row.type_concept_id = concepts::type_ehr_prescription;
      start = moment(record, {When::authored}, bad);
  }
  if (record.said_by_patient) row.type_concept_id = type_self_report;
  if (row.codes.empty()) {
    row.medication = reference(record.medication, "Medication");
    if (row.medication.empty() && record.medication.starts_with('#')) {
      for (const auto& held : record.contained) {
        if (held.id == record.medication.substr(1)) row.codes = codes_in(record, held.codes);
      }
    }
  }
  row.days = days_of(record.supply);
  row.quantity = record.amount.value;
  if (record.repeats && *record.repeats >= 0 && *record.repeats < 1e6)
    row.refills = static_cast<std::int64_t>(*record.repeats);
  if (complete(row, record, start, bad, sink)) sink.event(row);
}

void FhirAdmission::procedure(EventRow row, const FhirRecord& record, FhirSink& sink) const {
  row.type_concept_id = record.said_by_patient ? type_self_report : concepts::type_ehr;
  bool bad = false;
  const auto start = moment(record, {When::performed, When::performed_from}, bad);
  row.end = moment(record, {When::performed_to}, bad);
  if (complete(row, record, start, bad, sink)) sink.event(row);
}

void FhirAdmission::admit(const ResourceRule& rule, const FhirRecord& record, std::string_view id,
                          FhirSink& sink) const {
  const auto refuse = [&](std::string_view what, std::string_view which) {
    sink.refused(std::string(what) + ":" + std::string(which.empty() ? "missing" : which));
  };
  // FHIR itself forbids to process a resource whose modifier one does not understand (R4, 2.4.0.2), in any reading.
  if (record.modifier_extension) return sink.refused("modifier_extension");
  if (holds(rule.refused_statuses, record.status) || (strict_ && holds(rule.strict_statuses, record.status)))
    return refuse("status", record.status);
  const auto& intents = strict_ ? rule.strict_intents : rule.admitted_intents;
  if (!intents.empty() && !holds(intents, record.intent)) return refuse("intent", record.intent);
  if (rule.type == ResourceType::patient) {
    if (record.replaced) return sink.refused("replaced_by_another_patient");
    return patient(record, id, sink);
  }
  if (rule.type == ResourceType::encounter) return encounter(record, id, sink);
  EventRow row{.rule = &rule, .id = id};
  row.codes = codes_in(record, record.codes);
  row.status = record.status;
  if (rule.type == ResourceType::condition) return condition(row, record, sink);
  if (rule.type == ResourceType::observation) return observation(row, record, sink);
  if (rule.type == ResourceType::procedure) return procedure(row, record, sink);
  medicine(row, record, sink);
}

}  // namespace naru::ingest
