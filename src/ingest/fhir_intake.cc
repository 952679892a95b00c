#include "ingest/fhir_intake.h"

namespace naru::ingest {
namespace {

Home home_of(const EventRow& row) {
  switch (row.rule->type) {
    case ResourceType::condition:
      return Home::condition_occurrence;
    case ResourceType::procedure:
      return Home::procedure_occurrence;
    case ResourceType::observation:
      return row.is_measurement ? Home::measurement : Home::observation;
    default:
      return Home::drug_exposure;
  }
}

std::optional<std::int64_t> day_of(const std::optional<Moment>& moment) {
  return moment ? std::optional<std::int64_t>(moment->day) : std::nullopt;
}
std::optional<std::int64_t> micros_of(const std::optional<Moment>& moment) {
  return moment ? moment->micros : std::nullopt;
}

}  // namespace

FhirIntake::FhirIntake(Work& work)
    : work_(work),
      reads_(resource_rules().size(), 0),
      patients_("fhir_patient", {{"_file", engine::Kind::integer},
                                 {"_line", engine::Kind::integer},
                                 {"person_id", engine::Kind::integer},
                                 {"source_id", engine::Kind::text},
                                 {"gender", engine::Kind::text},
                                 {"year", engine::Kind::integer},
                                 {"month", engine::Kind::integer},
                                 {"day", engine::Kind::integer},
                                 {"birth", engine::Kind::date},
                                 {"name", engine::Kind::text},
                                 {"phone", engine::Kind::text},
                                 {"address", engine::Kind::text},
                                 {"death", engine::Kind::date},
                                 {"death_time", engine::Kind::timestamp}}),
      visits_("fhir_visit", {{"_file", engine::Kind::integer},
                             {"_line", engine::Kind::integer},
                             {"visit_id", engine::Kind::integer},
                             {"person_id", engine::Kind::integer},
                             {"concept_id", engine::Kind::integer},
                             {"type_concept_id", engine::Kind::integer},
                             {"class", engine::Kind::text},
                             {"start", engine::Kind::date},
                             {"start_time", engine::Kind::timestamp},
                             {"finish", engine::Kind::date},
                             {"finish_time", engine::Kind::timestamp}}),
      events_("fhir_event", {{"_file", engine::Kind::integer},
                             {"_line", engine::Kind::integer},
                             {"rule", engine::Kind::integer},
                             {"resource_id", engine::Kind::integer},
                             {"record_id", engine::Kind::integer},
                             {"person_id", engine::Kind::integer},
                             {"visit_id", engine::Kind::integer},
                             {"start", engine::Kind::date},
                             {"start_time", engine::Kind::timestamp},
                             {"finish", engine::Kind::date},
                             {"finish_time", engine::Kind::timestamp},
                             {"type_concept_id", engine::Kind::integer},
                             {"codes", engine::Kind::integer},
                             {"medication", engine::Kind::integer},
                             {"home", engine::Kind::integer},
                             {"as_observation", engine::Kind::integer},
                             {"status", engine::Kind::text},
                             {"value", engine::Kind::real},
                             {"value_codes", engine::Kind::integer},
                             {"value_text", engine::Kind::text},
                             {"operator_concept_id", engine::Kind::integer},
                             {"unit_codes", engine::Kind::integer},
                             {"unit_text", engine::Kind::text},
                             {"range_low", engine::Kind::real},
                             {"range_high", engine::Kind::real},
                             {"quantity", engine::Kind::real},
                             {"days", engine::Kind::integer},
                             {"refills", engine::Kind::integer}}),
      medications_("fhir_medication", {{"medication", engine::Kind::integer}, {"codes", engine::Kind::integer}}) {}

Done FhirIntake::flush() {
  NARU_CHECK(std::move(failure_));
  NARU_CHECK(patients_.flush(work_.database));
  NARU_CHECK(visits_.flush(work_.database));
  NARU_CHECK(events_.flush(work_.database));
  return medications_.flush(work_.database);
}

void FhirIntake::count() const {
  for (std::size_t i = 0; i < reads_.size(); ++i) {
    if (reads_[i] > 0) work_.receipt.tables[std::string(resource_rules()[i].name)].read += reads_[i];
  }
  for (const auto& [code, times] : notes_) work_.receipt.notes[code] += times;
}

std::int64_t FhirIntake::id_of(Remembered& last, std::string_view reference) {
  if (reference != last.text) {
    last.text = reference;
    last.id = ids_.of({reference});
  }
  return last.id;
}

void FhirIntake::read(const ResourceRule* rule, std::string_view type, std::int64_t place) {
  rule_ = rule;
  place_ = place;
  if (rule == nullptr) {
    type_ = type;
    ++work_.receipt.tables[type_].read;
  } else {
    ++reads_[static_cast<std::size_t>(rule - resource_rules().data())];
  }
}

void FhirIntake::refused(std::string_view reason) {
  work_.refuse(work_.members[static_cast<std::size_t>(file_)].name, place_,
               rule_ != nullptr ? rule_->name : std::string_view(type_), reason);
}

void FhirIntake::note(std::string_view code) {
  for (auto& [known, times] : notes_) {
    if (known == code) {
      ++times;
      return;
    }
  }
  notes_.emplace_back(code, 1);
}

void FhirIntake::medication(std::string_view reference, std::span<const Coding> codes) {
  medications_.put(ids_.of({reference}));
  medications_.put(codes_.number_of(codes));
  end(medications_);
}

void FhirIntake::patient(const PatientRow& row) {
  const auto known = [](int part) { return part == 0 ? std::nullopt : std::optional<std::int64_t>(part); };
  if (row.death_undated && !row.death) note("death_without_date");
  begin(patients_);
  patients_.put(ids_.of({"Patient/", row.id}));
  patients_.put(row.id);
  patients_.put(row.gender);
  patients_.put(std::int64_t{row.year});
  patients_.put(known(row.month));
  patients_.put(known(row.day));
  patients_.put(row.birth_day ? std::optional<std::int64_t>(*row.birth_day) : std::nullopt);
  patients_.put(row.name);
  patients_.put(row.phone);
  patients_.put(row.address);
  patients_.put(day_of(row.death));
  patients_.put(micros_of(row.death));
  end(patients_);
}

void FhirIntake::encounter(const EncounterRow& row) {
  begin(visits_);
  visits_.put(ids_.of({"Encounter/", row.id}));
  visits_.put(id_of(person_, row.person));
  visits_.put(row.concept_id);
  visits_.put(row.type_concept_id);
  visits_.put(row.class_code);
  visits_.put(std::int64_t{row.start.day});
  visits_.put(row.start.micros);
  visits_.put(day_of(row.end));
  visits_.put(micros_of(row.end));
  end(visits_);
}

void FhirIntake::event(const EventRow& row) {
  const auto resource_id = ids_.of({row.rule->name, "/", row.id});
  begin(events_);
  events_.put(static_cast<std::int64_t>(row.rule - resource_rules().data()));
  events_.put(resource_id);
  events_.put(row.part == 0 ? resource_id : ids_.of({row.rule->name, "/", row.id, "#", std::to_string(row.part)}));
  events_.put(id_of(person_, row.person));
  events_.put(row.visit.empty() ? std::nullopt : std::optional<std::int64_t>(id_of(visit_, row.visit)));
  events_.put(std::int64_t{row.start.day});
  events_.put(row.start.micros);
  events_.put(day_of(row.end));
  events_.put(micros_of(row.end));
  events_.put(row.type_concept_id);
  events_.put(codes_.number_of(row.codes));
  events_.put(row.medication.empty() ? std::nullopt : std::optional<std::int64_t>(ids_.of({row.medication})));
  events_.put(static_cast<std::int64_t>(home_of(row)));
  events_.put(std::int64_t{row.as_observation ? 1 : 0});
  events_.put(row.status);
  events_.put(row.value);
  events_.put(codes_.number_of(row.value_codes));
  events_.put(row.value_text);
  events_.put(row.operator_concept_id);
  events_.put(row.unit ? codes_.number_of({&*row.unit, 1}) : 0);
  events_.put(row.unit_text);
  events_.put(row.range_low);
  events_.put(row.range_high);
  events_.put(row.quantity);
  events_.put(row.days);
  events_.put(row.refills);
  end(events_);
}

}  // namespace naru::ingest
