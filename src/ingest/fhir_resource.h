#pragma once
/// FHIR R4 resources as rows of OMOP's shape, before codes are looked up. Admission rules stand in fhir_rules.h; what
/// they leave out is told to the sink as a refusal, never dropped. Internal to the room.
#include "ingest/fhir_record.h"
#include "ingest/fhir_rules.h"
#include "ingest/fhir_time.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace naru::ingest {

/// Texts of a row are valid while the sink is told about it.
struct PatientRow {
  std::string_view id;
  std::string_view gender;  ///< as written
  int year = 0;
  int month = 0;                               ///< 0: not known
  int day = 0;                                 ///< 0: not known
  std::optional<std::int32_t> birth_day = {};  ///< the whole date, when it is known
  std::string name = {};
  std::string_view phone = {};
  std::string address = {};
  std::optional<Moment> death = {};
  bool death_undated = false;
};

struct EncounterRow {
  std::string_view id;
  std::string_view person;  ///< "Patient/ID"
  std::int64_t concept_id = 0;
  std::int64_t type_concept_id = 0;
  std::string_view class_code = {};
  Moment start = {};
  std::optional<Moment> end = {};
};

struct EventRow {
  const ResourceRule* rule = nullptr;
  std::string_view id;           ///< of the resource
  int part = 0;                  ///< 0: the resource itself; n: its n-th component
  std::string_view person = {};  ///< "Patient/ID"
  std::string_view visit = {};   ///< "Encounter/ID" or empty
  Moment start = {};
  std::optional<Moment> end = {};
  std::int64_t type_concept_id = 0;
  std::span<const Coding> codes = {};
  std::string_view medication = {};  ///< "Medication/ID" when codes stand in another resource
  bool as_observation = false;       ///< the guide's letter: not a diagnosis, so not in the condition table
  bool is_measurement = false;       ///< where an unmapped Observation goes
  std::string_view status = {};
  std::optional<double> value = {};
  std::span<const Coding> value_codes = {};
  std::string_view value_text = {};
  std::int64_t operator_concept_id = 0;
  std::optional<Coding> unit = {};
  std::string_view unit_text = {};
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
  /// A resource in scope begins; `rule` is null for what is counted without one (a Bundle that strict refuses).
  virtual void read(const ResourceRule* rule, std::string_view type, std::int64_t place) = 0;
  virtual void patient(const PatientRow& row) = 0;
  virtual void encounter(const EncounterRow& row) = 0;
  virtual void event(const EventRow& row) = 0;
  virtual void medication(std::string_view reference, std::span<const Coding> codes) = 0;
  virtual void refused(std::string_view reason) = 0;  ///< the resource last begun, as a whole
  virtual void ignored(std::string_view type) = 0;
  virtual void note(std::string_view code) = 0;
};

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
