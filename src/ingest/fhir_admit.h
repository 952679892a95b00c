#pragma once
/// From a resource as written to the rows it stands for, or to the reason why it stands for none. Pure: no I/O, no
/// JSON. Internal to the room.
#include "ingest/fhir_resource.h"

#include <functional>
#include <map>

namespace naru::ingest {

class FhirAdmission {
 public:
  explicit FhirAdmission(bool strict) : strict_(strict) {}
  /// fullUrl → "Type/id" of the Bundle being read.
  std::map<std::string, std::string, std::less<>> full_urls = {};

  /// Tells the sink rows or one refusal. REQUIRES: sink.read() was told.
  void admit(const ResourceRule& rule, const FhirRecord& record, std::string_view id, FhirSink& sink) const;
  /// "Patient/1" from "Patient/1", "http://host/fhir/Patient/1/_history/2" or a fullUrl; empty when it is none.
  [[nodiscard]] std::string_view reference(std::string_view written, std::string_view type) const;

 private:
  void patient(const FhirRecord& record, std::string_view id, FhirSink& sink) const;
  void encounter(const FhirRecord& record, std::string_view id, FhirSink& sink) const;
  void condition(EventRow row, const FhirRecord& record, FhirSink& sink) const;
  void observation(EventRow row, const FhirRecord& record, FhirSink& sink) const;
  void medicine(EventRow row, const FhirRecord& record, FhirSink& sink) const;
  void procedure(EventRow row, const FhirRecord& record, FhirSink& sink) const;
  /// The first of these that is written; an impossible one sets `bad`.
  [[nodiscard]] std::optional<Moment> moment(const FhirRecord& record, std::initializer_list<When> order,
                                             bool& bad) const;
  /// Subject, date and code every event needs; tells the sink what is missing.
  [[nodiscard]] bool complete(EventRow& row, const FhirRecord& record, const std::optional<Moment>& start, bool bad,
                              FhirSink& sink) const;
  void put_value(EventRow& row, const FhirRecord& record, const FhirValue& value, FhirSink& sink) const;

  bool strict_;
};

}  // namespace naru::ingest
