#pragma once
/// One FHIR R4 resource as rows of OMOP's shape, before codes are looked up. Admission rules live here; what they
/// leave out is told to the sink as a refusal, never dropped.
#include "ingest/fhir_time.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::ingest {

struct Coding {
  std::string system;
  std::string code;
  bool preferred = false;  ///< userSelected
  auto operator<=>(const Coding&) const = default;
};
using CodeSet = std::vector<Coding>;

struct PatientRow {
  std::string id;
  std::string gender;  ///< as written
  int year = 0;
  int month = 0;                               ///< 0: not known
  int day = 0;                                 ///< 0: not known
  std::optional<std::int32_t> birth_day = {};  ///< the whole date, when it is known
  std::string name = {};
  std::string phone = {};
  std::string address = {};
  std::optional<Moment> death = {};
  bool death_undated = false;
};

struct EncounterRow {
  std::string id;
  std::string person;  ///< "Patient/ID"
  std::int64_t concept_id = 0;
  std::string class_code = {};
  Moment start = {};
  std::optional<Moment> end = {};
};

enum class EventKind { condition, observation, medication, procedure };

struct EventRow {
  EventKind kind = EventKind::condition;
  std::string id;           ///< of the resource
  int part = 0;             ///< 0: the resource itself; n: its n-th component
  std::string person = {};  ///< "Patient/ID"
  std::string visit = {};   ///< "Encounter/ID" or empty
  Moment start = {};
  std::optional<Moment> end = {};
  std::int64_t type_concept_id = 0;
  CodeSet codes = {};
  std::string medication = {};  ///< "Medication/ID" when codes stand in another resource
  bool as_observation = false;  ///< the guide's letter: not a diagnosis, so not in the condition table
  bool is_measurement = false;  ///< where an unmapped Observation goes
  std::string status = {};
  std::optional<double> value = {};
  CodeSet value_codes = {};
  std::string value_text = {};
  std::int64_t operator_concept_id = 0;
  CodeSet unit_codes = {};
  std::string unit_text = {};
  std::optional<double> range_low = {}, range_high = {};
  std::optional<double> quantity = {};
  std::optional<std::int64_t> days = {};
  std::optional<std::int64_t> refills = {};
};

/// Takes what a document holds. `place` is the line of an NDJSON file or the entry of a Bundle document, from 1; a
/// Bundle on line n of an NDJSON file counts its entries from n * 1,000,000 + 1.
class FhirSink {
 public:
  virtual ~FhirSink() = default;
  virtual void read(std::string_view type, std::int64_t place) = 0;  ///< a resource in scope begins
  virtual void patient(PatientRow row) = 0;
  virtual void encounter(EncounterRow row) = 0;
  virtual void event(EventRow row) = 0;
  virtual void medication(std::string reference, CodeSet codes) = 0;
  virtual void refused(std::string_view reason) = 0;  ///< the resource last begun, as a whole
  virtual void ignored(std::string_view type) = 0;
  virtual void note(std::string_view code) = 0;
};

enum class FhirOutcome { good, not_json, truncated, not_utf8, too_deep };

class FhirParser {
 public:
  explicit FhirParser(bool strict);
  ~FhirParser();
  FhirParser(const FhirParser&) = delete;

  /// One JSON document: a resource or a Bundle of any type (strict: only document, collection and message).
  /// `place` is the line, 0 for a whole document. When the outcome is not `good`, the sink was told nothing.
  [[nodiscard]] FhirOutcome parse(std::string_view json, std::int64_t place, FhirSink& sink);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace naru::ingest
