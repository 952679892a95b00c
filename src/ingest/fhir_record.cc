#include "ingest/fhir_record.h"

#include <simdjson.h>

#include <unordered_map>

namespace naru::ingest {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string_view text_of(element value) {
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::string_view text_at(element object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::optional<double> number_of(element value) {
  double number = 0;
  if (value.get(number) != simdjson::SUCCESS) return std::nullopt;
  return number;
}

bool is_true(element value) {
  bool truth = false;
  return value.get(truth) == simdjson::SUCCESS && truth;
}

/// Members of an object; nothing when the value is none.
template <typename Each>
void each_field(element value, Each each) {
  simdjson::dom::object object;
  if (value.get(object) != simdjson::SUCCESS) return;
  for (const auto field : object) each(field.key, field.value);
}

/// Objects of an array; an object that is no array counts as its one element, as some exports write it.
template <typename Each>
void each_object(element value, Each each) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) {
    if (value.type() == element_type::OBJECT) each(value);
    return;
  }
  for (const element one : list) {
    if (one.type() == element_type::OBJECT) each(one);
  }
}

void each_text(element value, std::vector<std::string_view>& into) {
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return;
  for (const element one : list) {
    const auto text = text_of(one);
    if (!text.empty()) into.push_back(text);
  }
}

CodeRange codes_of(element codeable, FhirRecord& record) {
  CodeRange range{record.codings.size(), record.codings.size()};
  each_field(codeable, [&](std::string_view key, element value) {
    if (key != "coding") return;
    each_object(value, [&](element one) {
      Coding coding;
      each_field(one, [&](std::string_view part, element content) {
        if (part == "code") coding.code = text_of(content);
        if (part == "system") coding.system = text_of(content);
        if (part == "userSelected") coding.preferred = is_true(content);
      });
      if (!coding.code.empty()) record.codings.push_back(coding);
    });
  });
  range.last = record.codings.size();
  return range;
}

/// The first code of a CodeableConcept (or of the first of several), for statuses whose system is fixed.
std::string_view first_code(element value) {
  std::string_view code;
  each_object(value, [&](element codeable) {
    each_field(codeable, [&](std::string_view key, element content) {
      if (key != "coding") return;
      each_object(content, [&](element one) {
        if (code.empty()) code = text_at(one, "code");
      });
    });
  });
  return code;
}

FhirQuantity quantity_of(element value) {
  FhirQuantity quantity;
  each_field(value, [&](std::string_view key, element content) {
    if (key == "value") quantity.value = number_of(content);
    if (key == "comparator") quantity.comparator = text_of(content);
    if (key == "system") quantity.system = text_of(content);
    if (key == "code") quantity.code = text_of(content);
    if (key == "unit") quantity.unit = text_of(content);
  });
  return quantity;
}

void read_range(element value, FhirValue& into) {
  bool first = true;
  each_object(value, [&](element range) {
    if (!first) return;
    first = false;
    each_field(range, [&](std::string_view key, element content) {
      if (key == "low") into.low = quantity_of(content).value;
      if (key == "high") into.high = quantity_of(content).value;
    });
  });
}

/// True when `key` is a value[x] or the reference range.
bool read_value(std::string_view key, element value, FhirRecord& record, FhirValue& into) {
  if (key == "referenceRange") {
    read_range(value, into);
    return true;
  }
  if (!key.starts_with("value")) return false;
  const auto kind = key.substr(5);
  if (kind == "Quantity") {
    into.quantity = quantity_of(value);
    into.present = into.quantity.value.has_value();
  } else if (kind == "CodeableConcept") {
    into.codes = codes_of(value, record);
    into.present = value.type() == element_type::OBJECT;
    if (into.codes.empty() && into.present) {
      into.text = text_at(value, "text");
      into.free_text = true;
    }
  } else if (kind == "Integer") {
    into.quantity.value = number_of(value);
    into.present = into.quantity.value.has_value();
  } else if (kind == "Boolean") {
    bool truth = false;
    into.present = value.get(truth) == simdjson::SUCCESS;
    if (into.present) into.text = truth ? "true" : "false";
  } else if (kind == "String" || kind == "DateTime" || kind == "Time") {
    into.text = text_of(value);
    into.present = !into.text.empty();
    into.free_text = kind == "String";
  }
  return true;
}

void read_components(element value, FhirRecord& record) {
  each_object(value, [&](element one) {
    FhirComponent component;
    each_field(one, [&](std::string_view key, element content) {
      if (key == "code") {
        component.codes = codes_of(content, record);
      } else {
        (void)read_value(key, content, record, component.value);
      }
    });
    record.components.push_back(component);
  });
}

void read_names(element value, FhirRecord& record) {
  each_object(value, [&](element one) {
    FhirName name;
    each_field(one, [&](std::string_view key, element content) {
      if (key == "use") name.use = text_of(content);
      if (key == "text") name.text = text_of(content);
      if (key == "family") name.family = text_of(content);
      if (key == "given") each_text(content, name.given);
    });
    record.names.push_back(std::move(name));
  });
}

/// The parts of a roadNameAddress extension in the order in which an address is said.
void read_road(element extensions, FhirAddress& address) {
  std::array<std::string_view, 4> parts;
  constexpr std::array<std::string_view, 4> urls = {"district", "roadName", "detailedAddress", "complements"};
  each_object(extensions, [&](element outer) {
    if (!text_at(outer, "url").ends_with("roadNameAddress")) return;
    each_field(outer, [&](std::string_view key, element inner) {
      if (key != "extension") return;
      each_object(inner, [&](element part) {
        const auto url = text_at(part, "url");
        for (std::size_t i = 0; i < urls.size(); ++i) {
          if (url == urls[i]) parts[i] = text_at(part, "valueString");
        }
      });
    });
  });
  for (const auto part : parts) {
    if (!part.empty()) address.road.push_back(part);
  }
}

void read_addresses(element value, FhirRecord& record) {
  each_object(value, [&](element one) {
    FhirAddress address;
    std::string_view city, state, code;
    each_field(one, [&](std::string_view key, element content) {
      if (key == "text") address.text = text_of(content);
      if (key == "line") each_text(content, address.parts);
      if (key == "city") city = text_of(content);
      if (key == "state") state = text_of(content);
      if (key == "postalCode") code = text_of(content);
      if (key == "extension") read_road(content, address);
    });
    for (const auto part : {city, state, code}) {
      if (!part.empty()) address.parts.push_back(part);
    }
    record.addresses.push_back(std::move(address));
  });
}

void read_dispense(element value, FhirRecord& record) {
  each_field(value, [&](std::string_view key, element content) {
    if (key == "expectedSupplyDuration") record.supply = quantity_of(content);
    if (key == "quantity") record.amount = quantity_of(content);
    if (key == "numberOfRepeatsAllowed") record.repeats = number_of(content);
  });
}

void note_patient(std::string_view reference, FhirRecord& record) {
  record.said_by_patient = record.said_by_patient || reference.starts_with("Patient/");
}

using Read = void (*)(element, FhirRecord&);

template <When when>
void time_of(element value, FhirRecord& record) {
  record.times[static_cast<std::size_t>(when)] = text_of(value);
}

template <When from, When to>
void period_of(element value, FhirRecord& record) {
  each_field(value, [&](std::string_view key, element content) {
    if (key == "start") record.times[static_cast<std::size_t>(from)] = text_of(content);
    if (key == "end") record.times[static_cast<std::size_t>(to)] = text_of(content);
  });
}

template <std::string_view FhirRecord::*member>
void text_into(element value, FhirRecord& record) {
  record.*member = text_of(value);
}

template <std::string_view FhirRecord::*member>
void reference_into(element value, FhirRecord& record) {
  if (value.type() == element_type::OBJECT) record.*member = text_at(value, "reference");
}

void coded(element value, FhirRecord& record) { record.codes = codes_of(value, record); }

void categories(element value, FhirRecord& record) {
  each_object(value, [&](element codeable) {
    each_field(codeable, [&](std::string_view key, element content) {
      if (key != "coding") return;
      each_object(content, [&](element one) { record.categories.push_back(text_at(one, "code")); });
    });
  });
}

void performers(element value, FhirRecord& record) {
  each_object(value, [&](element one) { note_patient(text_at(one, "reference"), record); });
}

void contained(element value, FhirRecord& record) {
  each_object(value, [&](element one) {
    FhirContained held{text_at(one, "id"), {}};
    each_field(one, [&](std::string_view key, element content) {
      if (key == "code") held.codes = codes_of(content, record);
    });
    record.contained.push_back(held);
  });
}

void telecom(element value, FhirRecord& record) {
  each_object(value, [&](element one) {
    if (record.phone.empty() && text_at(one, "system") == "phone") record.phone = text_at(one, "value");
  });
}

void links(element value, FhirRecord& record) {
  each_object(value, [&](element one) { record.replaced = record.replaced || text_at(one, "type") == "replaced-by"; });
}

// Base R4 names; elements not named here are kept nowhere (docs/methods/fhir-to-omop.md lists what that loses).
const std::unordered_map<std::string_view, Read>& readers() {
  using enum When;
  static const std::unordered_map<std::string_view, Read> all = {
      {"resourceType", text_into<&FhirRecord::type>},
      {"id", text_into<&FhirRecord::id>},
      {"status", text_into<&FhirRecord::status>},
      {"intent", text_into<&FhirRecord::intent>},
      {"gender", text_into<&FhirRecord::gender>},
      {"class", [](element value, FhirRecord& record) { record.class_code = text_at(value, "code"); }},
      {"subject", reference_into<&FhirRecord::subject>},
      {"patient", reference_into<&FhirRecord::subject>},
      {"encounter", reference_into<&FhirRecord::encounter>},
      {"context", reference_into<&FhirRecord::encounter>},
      {"medicationReference", reference_into<&FhirRecord::medication>},
      {"verificationStatus", [](element value, FhirRecord& record) { record.verification = first_code(value); }},
      {"code", coded},
      {"medicationCodeableConcept", coded},
      {"vaccineCode", coded},
      {"category", categories},
      {"performer", performers},
      {"asserter", performers},
      {"informationSource", performers},
      {"reportedReference", performers},
      {"component", read_components},
      {"contained", contained},
      {"dispenseRequest", read_dispense},
      {"daysSupply", [](element value, FhirRecord& record) { record.supply = quantity_of(value); }},
      {"quantity", [](element value, FhirRecord& record) { record.amount = quantity_of(value); }},
      {"doseQuantity", [](element value, FhirRecord& record) { record.amount = quantity_of(value); }},
      {"dosage",
       [](element value, FhirRecord& record) {
         if (value.type() != element_type::OBJECT) return;  // a list: dosage instructions, not what was given
         each_field(value, [&](std::string_view key, element content) {
           if (key == "dose") record.amount = quantity_of(content);
         });
       }},
      {"doNotPerform", [](element value, FhirRecord& record) { record.not_wanted = is_true(value); }},
      {"deceasedBoolean", [](element value, FhirRecord& record) { record.deceased = is_true(value); }},
      {"primarySource",
       [](element value, FhirRecord& record) {
         bool truth = true;
         if (value.get(truth) == simdjson::SUCCESS) record.primary_source = truth;
       }},
      {"modifierExtension", [](element, FhirRecord& record) { record.modifier_extension = true; }},
      {"implicitRules", [](element, FhirRecord& record) { record.modifier_extension = true; }},
      {"link", links},
      {"name", read_names},
      {"telecom", telecom},
      {"address", read_addresses},
      {"birthDate", time_of<birth>},
      {"deceasedDateTime", time_of<deceased>},
      {"onsetDateTime", time_of<onset>},
      {"onsetPeriod", period_of<onset_from, onset_to>},
      {"recordedDate", time_of<recorded>},
      {"abatementDateTime", time_of<abatement>},
      {"abatementPeriod", period_of<abatement_from, abatement_to>},
      {"effectiveDateTime", time_of<effective>},
      {"effectivePeriod", period_of<effective_from, effective_to>},
      {"effectiveInstant", time_of<effective_instant>},
      {"issued", time_of<issued>},
      {"authoredOn", time_of<authored>},
      {"performedDateTime", time_of<performed>},
      {"performedPeriod", period_of<performed_from, performed_to>},
      {"occurrenceDateTime", time_of<occurrence>},
      {"whenPrepared", time_of<prepared>},
      {"whenHandedOver", time_of<handed_over>},
      {"dateAsserted", time_of<asserted>},
      {"period", period_of<period_from, period_to>},
  };
  return all;
}

void read_resource(element resource, FhirRecord& record) {
  record.clear();
  const auto& known = readers();
  each_field(resource, [&](std::string_view key, element value) {
    const auto found = known.find(key);
    if (found != known.end()) {
      found->second(value, record);
    } else {
      (void)read_value(key, value, record, record.value);
    }
  });
}

}  // namespace

struct FhirReader::State {
  simdjson::dom::parser parser;
  element document;
  bool bundle = false;
  std::vector<element> entries;
};

FhirReader::FhirReader() : state_(std::make_unique<State>()) {}
FhirReader::~FhirReader() = default;

FhirOutcome FhirReader::parse(std::string_view json) {
  auto& state = *state_;
  state.entries.clear();
  state.bundle = false;
  const auto error = state.parser.parse(json.data(), json.size(), true).get(state.document);
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
  if (state.document.type() != element_type::OBJECT) return FhirOutcome::not_json;
  // Nearly every export writes resourceType first; a full search would visit each key of every line.
  state.bundle = text_at(state.document, "resourceType") == "Bundle";
  if (state.bundle) {
    each_field(state.document, [&](std::string_view key, element value) {
      if (key == "entry") each_object(value, [&](element one) { state.entries.push_back(one); });
    });
  }
  return FhirOutcome::good;
}

bool FhirReader::is_bundle() const { return state_->bundle; }
std::string_view FhirReader::bundle_type() const { return text_at(state_->document, "type"); }
std::size_t FhirReader::entries() const { return state_->entries.size(); }

FhirReader::Entry FhirReader::entry(std::size_t i) const {
  Entry entry;
  each_field(state_->entries[i], [&](std::string_view key, element value) {
    if (key == "fullUrl") entry.full_url = text_of(value);
    if (key == "resource" && value.type() == element_type::OBJECT) {
      entry.has_resource = true;
      entry.type = text_at(value, "resourceType");
      entry.id = text_at(value, "id");
    }
  });
  return entry;
}

void FhirReader::read(FhirRecord& record) const { read_resource(state_->document, record); }

void FhirReader::read(std::size_t i, FhirRecord& record) const {
  record.clear();
  element resource;
  if (state_->entries[i]["resource"].get(resource) == simdjson::SUCCESS) read_resource(resource, record);
}

}  // namespace naru::ingest
