#include "ingest/fhir_resource.h"

#include "base/clock.h"
#include "model/omop.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <map>

namespace naru::ingest {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

// Entry e of a Bundle on line n of an NDJSON file is place n * 1,000,000 + e; of a document, e alone.
constexpr std::int64_t bundle_line_step = 1'000'000;

// Type Concept domain of the OHDSI vocabularies.
constexpr std::int64_t type_problem_list = 32840;
constexpr std::int64_t type_lab = 32856;
constexpr std::int64_t type_self_report = 32865;

std::string_view text_at(element object, std::string_view key) {
  std::string_view value;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return value;
}

std::optional<element> at(element object, std::string_view key) {
  element value;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<double> number_at(element object, std::string_view key) {
  double value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

bool true_at(element object, std::string_view key) {
  bool value = false;
  return object[key].get(value) == simdjson::SUCCESS && value;
}

/// Elements of an array; an object that is no array counts as its one element, as some exports write it.
template <typename Each>
void each_at(element object, std::string_view key, Each each) {
  const auto found = at(object, key);
  if (!found) return;
  simdjson::dom::array list;
  if (found->get(list) != simdjson::SUCCESS) {
    if (found->type() == element_type::OBJECT) each(*found);
    return;
  }
  for (const element one : list) {
    if (one.type() == element_type::OBJECT) each(one);
  }
}

CodeSet codes_of(element concept_element) {
  CodeSet codes;
  each_at(concept_element, "coding", [&](element coding) {
    const auto code = text_at(coding, "code");
    if (code.empty()) return;
    codes.push_back({std::string(text_at(coding, "system")), std::string(code), true_at(coding, "userSelected")});
  });
  return codes;
}

CodeSet codes_at(element object, std::string_view key) {
  const auto found = at(object, key);
  if (!found || found->type() != element_type::OBJECT) return {};
  return codes_of(*found);
}

/// The first code of a CodeableConcept, for statuses and categories whose system is fixed.
std::string_view code_at(element object, std::string_view key) {
  std::string_view code;
  each_at(object, key, [&](element concept_element) {
    each_at(concept_element, "coding", [&](element coding) {
      if (code.empty()) code = text_at(coding, "code");
    });
  });
  return code;
}

bool has_category(element object, std::string_view wanted) {
  bool found = false;
  each_at(object, "category", [&](element category) {
    each_at(category, "coding", [&](element coding) { found = found || text_at(coding, "code") == wanted; });
  });
  return found;
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::ranges::find(list, text) != list.end();
}

std::int64_t visit_concept(std::string_view class_code) {
  using namespace model::concepts;
  constexpr std::array inpatient = {std::string_view("IMP"), std::string_view("ACUTE"), std::string_view("NONAC"),
                                    std::string_view("OBSENC")};
  if (is_one_of(class_code, inpatient)) return inpatient_visit;
  if (class_code == "AMB" || class_code == "SS") return outpatient_visit;
  if (class_code == "EMER") return emergency_visit;
  if (class_code == "HH") return home_visit;
  if (class_code == "VR") return telehealth_visit;
  return no_matching;
}

std::int64_t comparator_concept(std::string_view comparator) {
  if (comparator == "<") return 4171756;
  if (comparator == "<=") return 4171754;
  if (comparator == ">=") return 4171755;
  if (comparator == ">") return 4172704;
  return 0;
}

/// Whole days of a FHIR duration; nothing when the unit is not one of time.
std::optional<std::int64_t> days_of(element duration) {
  const auto value = number_at(duration, "value");
  if (!value || *value <= 0 || *value > 100'000) return std::nullopt;
  auto unit = text_at(duration, "code");
  if (unit.empty()) unit = text_at(duration, "unit");
  double days = 0;
  if (unit == "d" || unit == "day" || unit == "days" || unit == "일") days = *value;
  if (unit == "wk") days = *value * 7;
  if (unit == "mo") days = *value * 30;
  if (unit == "a") days = *value * 365;
  if (unit == "h") days = *value / 24;
  if (days == 0) return std::nullopt;
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(days + 0.5));
}

}  // namespace

struct FhirParser::State {
  explicit State(bool strict_) : strict(strict_) {}
  bool strict;
  simdjson::dom::parser parser;
  std::map<std::string, std::string, std::less<>> full_urls;  // of the Bundle being read: fullUrl → Type/id

  /// "Patient/1" from "Patient/1", "http://host/fhir/Patient/1/_history/2" or a fullUrl of the same Bundle.
  [[nodiscard]] std::string reference(element object, std::string_view key, std::string_view type) const {
    const auto found = at(object, key);
    if (!found || found->type() != element_type::OBJECT) return {};
    auto text = text_at(*found, "reference");
    if (const auto known = full_urls.find(text); known != full_urls.end()) return known->second;
    if (const auto history = text.find("/_history/"); history != std::string_view::npos) text = text.substr(0, history);
    const std::string head = std::string(type) + "/";
    const auto start = text.rfind(head);
    if (start == std::string_view::npos || (start > 0 && text[start - 1] != '/')) return {};
    if (text.size() == start + head.size()) return {};
    return std::string(text.substr(start));
  }

  [[nodiscard]] std::string person_of(element resource) const {
    auto person = reference(resource, "subject", "Patient");
    return person.empty() ? reference(resource, "patient", "Patient") : person;
  }

  /// Three outcomes: a moment, none written (empty reason), or one that cannot be (reason).
  [[nodiscard]] std::optional<Moment> moment(std::string_view text, bool& bad) const {
    if (text.empty()) return std::nullopt;
    auto found = moment_of(text, strict);
    if (!found) bad = true;
    return found;
  }
  [[nodiscard]] std::optional<Moment> moment_at(element object, std::string_view key, bool& bad) const {
    return moment(text_at(object, key), bad);
  }
  [[nodiscard]] std::optional<Moment> period(element object, std::string_view key, std::string_view side,
                                             bool& bad) const {
    const auto found = at(object, key);
    if (!found || found->type() != element_type::OBJECT) return std::nullopt;
    return moment_at(*found, side, bad);
  }

  void patient(element resource, std::string id, FhirSink& sink) const;
  void encounter(element resource, std::string id, FhirSink& sink) const;
  void condition(element resource, std::string id, FhirSink& sink) const;
  void observation(element resource, std::string id, FhirSink& sink) const;
  void medication_request(element resource, std::string id, FhirSink& sink) const;
  void procedure(element resource, std::string id, FhirSink& sink) const;
  void resource(element resource, std::string_view fallback_id, std::int64_t place, FhirSink& sink) const;
  void bundle(element bundle, std::int64_t place, FhirSink& sink);

  /// Subject, date and code every event needs; tells the sink what is missing.
  bool complete(EventRow& row, element resource, const std::optional<Moment>& start, bool bad, FhirSink& sink) const {
    row.person = person_of(resource);
    row.visit = reference(resource, "encounter", "Encounter");
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
      if (start->imputed) sink.note("date_imputed");
      return true;
    }
    return false;
  }
};

namespace {

void read_name(element resource, PatientRow& row) {
  std::string best;
  each_at(resource, "name", [&](element name) {
    std::string text(text_at(name, "text"));
    if (text.empty()) {
      simdjson::dom::array given;
      if (const auto found = at(name, "given"); found && found->get(given) == simdjson::SUCCESS) {
        for (const element one : given) {
          std::string_view part;
          if (one.get(part) == simdjson::SUCCESS) text += (text.empty() ? "" : " ") + std::string(part);
        }
      }
      const auto family = text_at(name, "family");
      if (!family.empty()) text += (text.empty() ? "" : " ") + std::string(family);
    }
    const auto use = text_at(name, "use");
    if (best.empty() || use == "official") {
      if (!text.empty() && use != "maiden" && use != "old") best = std::move(text);
    }
  });
  row.name = std::move(best);
}

void read_contact(element resource, PatientRow& row) {
  each_at(resource, "telecom", [&](element telecom) {
    if (row.phone.empty() && text_at(telecom, "system") == "phone") row.phone = text_at(telecom, "value");
  });
  each_at(resource, "address", [&](element address) {
    if (!row.address.empty()) return;
    std::string text(text_at(address, "text"));
    if (text.empty()) {
      simdjson::dom::array lines;
      if (const auto found = at(address, "line"); found && found->get(lines) == simdjson::SUCCESS) {
        for (const element one : lines) {
          std::string_view part;
          if (one.get(part) == simdjson::SUCCESS) text += (text.empty() ? "" : " ") + std::string(part);
        }
      }
      for (const auto* key : {"city", "state", "postalCode"}) {
        const auto part = text_at(address, key);
        if (!part.empty()) text += (text.empty() ? "" : " ") + std::string(part);
      }
    }
    row.address = std::move(text);
  });
}

void read_quantity(element quantity, EventRow& row) {
  row.value = number_at(quantity, "value");
  row.operator_concept_id = comparator_concept(text_at(quantity, "comparator"));
  const auto code = text_at(quantity, "code");
  if (!code.empty()) row.unit_codes = {{std::string(text_at(quantity, "system")), std::string(code)}};
  row.unit_text = text_at(quantity, "unit");
  if (row.unit_text.empty()) row.unit_text = code;
}

/// True when the element holds any value.
bool read_value(element holder, EventRow& row) {
  if (const auto quantity = at(holder, "valueQuantity"); quantity && quantity->type() == element_type::OBJECT) {
    read_quantity(*quantity, row);
    return row.value.has_value();
  }
  if (const auto coded = at(holder, "valueCodeableConcept"); coded && coded->type() == element_type::OBJECT) {
    row.value_codes = codes_of(*coded);
    if (row.value_codes.empty()) row.value_text = text_at(*coded, "text");
    return true;
  }
  if (const auto whole = number_at(holder, "valueInteger")) {
    row.value = whole;
    return true;
  }
  bool truth = false;
  if (holder["valueBoolean"].get(truth) == simdjson::SUCCESS) {
    row.value_text = truth ? "true" : "false";
    return true;
  }
  for (const auto* key : {"valueString", "valueDateTime", "valueTime"}) {
    const auto text = text_at(holder, key);
    if (text.empty()) continue;
    row.value_text = text;
    return true;
  }
  return false;
}

void read_range(element holder, EventRow& row) {
  bool first = true;
  each_at(holder, "referenceRange", [&](element range) {
    if (!first) return;
    first = false;
    if (const auto low = at(range, "low"); low && low->type() == element_type::OBJECT)
      row.range_low = number_at(*low, "value");
    if (const auto high = at(range, "high"); high && high->type() == element_type::OBJECT)
      row.range_high = number_at(*high, "value");
  });
}

bool said_by_patient(element resource) {
  bool found = false;
  each_at(resource, "performer",
          [&](element performer) { found = found || text_at(performer, "reference").starts_with("Patient/"); });
  return found;
}

}  // namespace

void FhirParser::State::patient(element resource, std::string id, FhirSink& sink) const {
  PatientRow row{.id = std::move(id), .gender = std::string(text_at(resource, "gender"))};
  bool bad = false;
  const auto written = text_at(resource, "birthDate");
  const auto birth = moment(written, bad);
  if (bad) return sink.refused("impossible_date");
  if (!birth) return sink.refused("missing_birth_date");
  const auto date = civil_from_days(birth->day);
  row.year = date.year;
  if (written.size() >= 7) row.month = static_cast<int>(date.month);
  if (written.size() >= 10) {
    row.day = static_cast<int>(date.day);
    row.birth_day = birth->day;
  }
  row.death = moment_at(resource, "deceasedDateTime", bad);
  if (bad) return sink.refused("impossible_date");
  row.death_undated = true_at(resource, "deceasedBoolean");
  read_name(resource, row);
  read_contact(resource, row);
  sink.patient(std::move(row));
}

void FhirParser::State::encounter(element resource, std::string id, FhirSink& sink) const {
  constexpr std::array<std::string_view, 3> unrealised = {"planned", "cancelled", "entered-in-error"};
  const auto status = text_at(resource, "status");
  if (is_one_of(status, unrealised)) return sink.refused("status:" + std::string(status));
  EncounterRow row{.id = std::move(id), .person = person_of(resource)};
  if (const auto coding = at(resource, "class"); coding && coding->type() == element_type::OBJECT) {
    row.class_code = text_at(*coding, "code");
  }
  row.concept_id = visit_concept(row.class_code);
  bool bad = false;
  const auto start = period(resource, "period", "start", bad);
  row.end = period(resource, "period", "end", bad);
  if (row.person.empty()) return sink.refused("person_missing");
  if (bad) return sink.refused("impossible_date");
  if (!start) return sink.refused("missing_date");
  row.start = *start;
  if (start->imputed) sink.note("date_imputed");
  if (!row.end) sink.note("visit_end_from_start");
  sink.encounter(std::move(row));
}

void FhirParser::State::condition(element resource, std::string id, FhirSink& sink) const {
  EventRow row{.kind = EventKind::condition, .id = std::move(id)};
  const auto verification = code_at(resource, "verificationStatus");
  if (verification == "entered-in-error") return sink.refused("verification:entered-in-error");
  if (verification == "refuted" && !strict) return sink.refused("verification:refuted");
  row.as_observation =
      strict && (verification == "refuted" || verification == "provisional" || verification == "differential");
  row.status = verification;
  row.codes = codes_at(resource, "code");
  row.type_concept_id = has_category(resource, "problem-list-item") ? type_problem_list : model::concepts::type_ehr;
  bool bad = false;
  auto start = moment_at(resource, "onsetDateTime", bad);
  if (!start) start = period(resource, "onsetPeriod", "start", bad);
  if (!start) start = moment_at(resource, "recordedDate", bad);
  row.end = moment_at(resource, "abatementDateTime", bad);
  if (!row.end) row.end = period(resource, "abatementPeriod", "end", bad);
  if (!row.end) row.end = period(resource, "onsetPeriod", "end", bad);
  if (complete(row, resource, start, bad, sink)) sink.event(std::move(row));
}

void FhirParser::State::observation(element resource, std::string id, FhirSink& sink) const {
  constexpr std::array<std::string_view, 2> unrealised = {"cancelled", "entered-in-error"};
  const auto status = text_at(resource, "status");
  if (is_one_of(status, unrealised) || (strict && status == "registered")) {
    return sink.refused("status:" + std::string(status));
  }
  EventRow row{.kind = EventKind::observation, .id = std::move(id)};
  row.status = status;
  row.codes = codes_at(resource, "code");
  const bool laboratory = has_category(resource, "laboratory");
  const bool measured = laboratory || has_category(resource, "vital-signs");
  row.type_concept_id = said_by_patient(resource) ? type_self_report
                        : laboratory              ? type_lab
                                                  : model::concepts::type_ehr;
  bool bad = false;
  auto start = moment_at(resource, "effectiveDateTime", bad);
  if (!start) start = period(resource, "effectivePeriod", "start", bad);
  if (!start) start = moment_at(resource, "effectiveInstant", bad);
  if (!start) start = moment_at(resource, "issued", bad);
  if (!complete(row, resource, start, bad, sink)) return;
  EventRow own = row;
  const bool valued = read_value(resource, own);
  read_range(resource, own);
  own.is_measurement = measured || own.value.has_value();
  int place = 0;
  each_at(resource, "component", [&](element component) {
    EventRow part = row;
    part.part = ++place;
    part.codes = codes_at(component, "code");
    if (part.codes.empty()) return sink.note("component_without_code");
    (void)read_value(component, part);
    read_range(component, part);
    part.is_measurement = measured || part.value.has_value();
    sink.event(std::move(part));
  });
  // A panel's own row would say nothing that its components do not.
  if (valued || place == 0) sink.event(std::move(own));
}

void FhirParser::State::medication_request(element resource, std::string id, FhirSink& sink) const {
  constexpr std::array<std::string_view, 3> unrealised = {"cancelled", "draft", "entered-in-error"};
  constexpr std::array<std::string_view, 5> ordered = {"order", "original-order", "reflex-order", "filler-order",
                                                       "instance-order"};
  const auto status = text_at(resource, "status");
  const auto intent = text_at(resource, "intent");
  if (is_one_of(status, unrealised) || (strict && status == "stopped")) {
    return sink.refused("status:" + std::string(status));
  }
  if (strict ? intent != "instance-order" : !is_one_of(intent, ordered)) {
    return sink.refused("intent:" + std::string(intent.empty() ? "missing" : intent));
  }
  if (true_at(resource, "doNotPerform")) return sink.refused("do_not_perform");
  EventRow row{.kind = EventKind::medication, .id = std::move(id)};
  row.status = status;
  row.type_concept_id = model::concepts::type_ehr_prescription;
  row.codes = codes_at(resource, "medicationCodeableConcept");
  if (row.codes.empty()) {
    row.medication = reference(resource, "medicationReference", "Medication");
    if (const auto inner = at(resource, "medicationReference"); inner && row.medication.empty()) {
      const auto local = text_at(*inner, "reference");
      each_at(resource, "contained", [&](element contained) {
        if (local.starts_with('#') && text_at(contained, "id") == local.substr(1))
          row.codes = codes_at(contained, "code");
      });
    }
  }
  bool bad = false;
  const auto start = moment_at(resource, "authoredOn", bad);
  if (const auto dispense = at(resource, "dispenseRequest"); dispense && dispense->type() == element_type::OBJECT) {
    if (const auto supply = at(*dispense, "expectedSupplyDuration"); supply && supply->type() == element_type::OBJECT)
      row.days = days_of(*supply);
    if (const auto amount = at(*dispense, "quantity"); amount && amount->type() == element_type::OBJECT)
      row.quantity = number_at(*amount, "value");
    if (const auto repeats = number_at(*dispense, "numberOfRepeatsAllowed"); repeats && *repeats >= 0 && *repeats < 1e6)
      row.refills = static_cast<std::int64_t>(*repeats);
  }
  if (complete(row, resource, start, bad, sink)) sink.event(std::move(row));
}

void FhirParser::State::procedure(element resource, std::string id, FhirSink& sink) const {
  constexpr std::array<std::string_view, 3> unrealised = {"preparation", "not-done", "entered-in-error"};
  const auto status = text_at(resource, "status");
  if (is_one_of(status, unrealised) || (strict && status == "stopped")) {
    return sink.refused("status:" + std::string(status));
  }
  EventRow row{.kind = EventKind::procedure, .id = std::move(id)};
  row.status = status;
  row.type_concept_id = model::concepts::type_ehr;
  row.codes = codes_at(resource, "code");
  bool bad = false;
  auto start = moment_at(resource, "performedDateTime", bad);
  if (!start) start = period(resource, "performedPeriod", "start", bad);
  row.end = period(resource, "performedPeriod", "end", bad);
  if (complete(row, resource, start, bad, sink)) sink.event(std::move(row));
}

void FhirParser::State::resource(element resource, std::string_view fallback_id, std::int64_t place,
                                 FhirSink& sink) const {
  const auto type = text_at(resource, "resourceType");
  std::string id(text_at(resource, "id"));
  if (id.empty()) id = fallback_id;
  if (type == "Medication") {
    sink.ignored(type);
    if (!id.empty()) sink.medication("Medication/" + id, codes_at(resource, "code"));
    return;
  }
  constexpr std::array<std::string_view, 6> in_scope = {"Patient",     "Encounter",         "Condition",
                                                        "Observation", "MedicationRequest", "Procedure"};
  if (!is_one_of(type, in_scope)) return sink.ignored(type.empty() ? "not a resource" : type);
  sink.read(type, place);
  if (id.empty()) return sink.refused("missing_id");
  if (type == "Patient") return patient(resource, std::move(id), sink);
  if (type == "Encounter") return encounter(resource, std::move(id), sink);
  if (type == "Condition") return condition(resource, std::move(id), sink);
  if (type == "Observation") return observation(resource, std::move(id), sink);
  if (type == "MedicationRequest") return medication_request(resource, std::move(id), sink);
  procedure(resource, std::move(id), sink);
}

void FhirParser::State::bundle(element bundle, std::int64_t place, FhirSink& sink) {
  constexpr std::array<std::string_view, 3> by_the_letter = {"document", "collection", "message"};
  const auto type = text_at(bundle, "type");
  if (strict && !is_one_of(type, by_the_letter)) {
    sink.read("Bundle", place);
    return sink.refused("bundle_type:" + std::string(type.empty() ? "missing" : type));
  }
  sink.note("bundles_opened");
  const auto id_of = [](element entry, element resource) {
    std::string id(text_at(resource, "id"));
    const auto url = text_at(entry, "fullUrl");
    if (id.empty() && url.starts_with("urn:uuid:")) id = url.substr(9);
    return id;
  };
  full_urls.clear();
  each_at(bundle, "entry", [&](element entry) {
    const auto resource = at(entry, "resource");
    const auto url = text_at(entry, "fullUrl");
    if (!resource || url.empty()) return;
    const auto id = id_of(entry, *resource);
    if (!id.empty()) full_urls[std::string(url)] = std::string(text_at(*resource, "resourceType")) + "/" + id;
  });
  std::int64_t entry_place = 0;
  each_at(bundle, "entry", [&](element entry) {
    const auto here = place * bundle_line_step + ++entry_place;
    const auto held = at(entry, "resource");
    if (!held || held->type() != element_type::OBJECT) return sink.ignored("Bundle entry without resource");
    resource(*held, id_of(entry, *held), here, sink);
  });
  full_urls.clear();
}

FhirParser::FhirParser(bool strict) : state_(std::make_unique<State>(strict)) {}
FhirParser::~FhirParser() = default;

FhirOutcome FhirParser::parse(std::string_view json, std::int64_t place, FhirSink& sink) {
  element document;
  const auto error = state_->parser.parse(json.data(), json.size(), true).get(document);
  if (error == simdjson::UTF8_ERROR) return FhirOutcome::not_utf8;
  if (error == simdjson::DEPTH_ERROR) return FhirOutcome::too_deep;
  if (error == simdjson::UNCLOSED_STRING || error == simdjson::INCOMPLETE_ARRAY_OR_OBJECT)
    return FhirOutcome::truncated;
  if (error != simdjson::SUCCESS) {
    // A cut object ends in other errors too, depending on where the cut fell.
    const auto last = json.find_last_not_of(" \t\r\n");
    const bool cut = last == std::string_view::npos || json[last] != '}';
    return cut && json.find('{') != std::string_view::npos ? FhirOutcome::truncated : FhirOutcome::not_json;
  }
  if (document.type() != element_type::OBJECT) return FhirOutcome::not_json;
  if (text_at(document, "resourceType") == "Bundle") {
    state_->bundle(document, place, sink);
  } else {
    state_->resource(document, {}, std::max<std::int64_t>(place, 1), sink);
  }
  return FhirOutcome::good;
}

}  // namespace naru::ingest
