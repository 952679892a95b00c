#pragma once
/// A FHIR R4 resource in one flat structure: what its JSON holds of the elements that become OMOP rows, as written.
/// Reading only; what is admitted and where it goes is decided by fhir_admit.h. Internal to the room.
///
/// Every line is parsed and validated whole (a value that is no JSON in an element nobody reads still refuses the
/// line), then each element is visited once. Views point into the reader's memory and die with the next document.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::ingest {

struct Coding {
  std::string_view system;
  std::string_view code;
  bool preferred = false;  ///< userSelected
};

/// Codings [first, last) of FhirRecord::codings.
struct CodeRange {
  std::size_t first = 0;
  std::size_t last = 0;
  [[nodiscard]] bool empty() const { return first == last; }
};

struct FhirQuantity {
  std::optional<double> value = {};
  std::string_view comparator = {};
  std::string_view system = {};
  std::string_view code = {};
  std::string_view unit = {};
};

/// value[x] with the first reference range beside it.
struct FhirValue {
  bool present = false;
  FhirQuantity quantity = {};  ///< valueInteger is a quantity without unit
  CodeRange codes = {};
  std::string_view text = {};
  bool free_text = false;  ///< `text` is what a person wrote (valueString, or a CodeableConcept without code)
  std::optional<double> low = {}, high = {};
};

struct FhirComponent {
  CodeRange codes = {};
  FhirValue value = {};
};

struct FhirContained {
  std::string_view id;
  CodeRange codes = {};
};

struct FhirName {
  std::string_view use, text, family;
  std::vector<std::string_view> given = {};
};

struct FhirAddress {
  std::string_view text;
  std::vector<std::string_view> parts = {};  ///< line…, city, state, postalCode
  std::vector<std::string_view> road =
      {};  ///< KR Core roadNameAddress: district, roadName, detailedAddress, complements
};

/// Every element that says when; `_from` and `_to` are the ends of a period.
enum class When : std::size_t {
  birth,
  deceased,
  onset,
  onset_from,
  onset_to,
  recorded,
  abatement,
  abatement_from,
  abatement_to,
  effective,
  effective_from,
  effective_to,
  effective_instant,
  issued,
  authored,
  performed,
  performed_from,
  performed_to,
  occurrence,
  prepared,
  handed_over,
  asserted,
  period_from,
  period_to,
  count
};

struct FhirRecord {
  std::string_view type, id, status, intent, class_code, gender;
  std::string_view subject, encounter, medication;  ///< references as written
  std::string_view verification;                    ///< first code of verificationStatus
  std::array<std::string_view, static_cast<std::size_t>(When::count)> times = {};
  std::vector<Coding> codings = {};  ///< of all elements; ranges point here
  CodeRange codes = {};              ///< code, medicationCodeableConcept or vaccineCode
  std::vector<std::string_view> categories = {};
  FhirValue value = {};
  std::vector<FhirComponent> components = {};
  std::vector<FhirContained> contained = {};
  FhirQuantity supply = {}, amount = {};  ///< days of supply; quantity dispensed, ordered or given
  std::optional<double> repeats = {};
  bool not_wanted = false;          ///< doNotPerform
  bool deceased = false;            ///< deceasedBoolean
  bool primary_source = true;       ///< Immunization: recorded by who gave it
  bool said_by_patient = false;     ///< a performer, asserter or source that is the patient
  bool modifier_extension = false;  ///< the resource changes its own meaning in a way this reader does not know
  bool replaced = false;            ///< Patient.link replaced-by
  std::vector<FhirName> names = {};
  std::string_view phone = {};
  std::vector<FhirAddress> addresses = {};

  [[nodiscard]] std::string_view time(When when) const { return times[static_cast<std::size_t>(when)]; }
  void clear();
};

enum class FhirOutcome { good, not_json, truncated, not_utf8, too_deep };

/// One document at a time: a resource, or a Bundle whose entries are then visited.
class FhirReader {
 public:
  FhirReader();
  ~FhirReader();
  FhirReader(const FhirReader&) = delete;

  [[nodiscard]] FhirOutcome parse(std::string_view json);
  /// REQUIRES of all below: the last parse was `good`.
  [[nodiscard]] bool is_bundle() const;
  [[nodiscard]] std::string_view bundle_type() const;
  [[nodiscard]] std::size_t entries() const;
  /// Of entry `i`: fullUrl, and resourceType and id without reading the rest; empty where there is none.
  struct Entry {
    std::string_view full_url, type, id;
    bool has_resource = false;
  };
  [[nodiscard]] Entry entry(std::size_t i) const;
  /// Fills `record` from the document itself or from entry `i`.
  void read(FhirRecord& record) const;
  void read(std::size_t i, FhirRecord& record) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace naru::ingest
