#pragma once
/// Rows of FHIR resources on their way into the staging tables. Internal to the room.
#include "ingest/batch.h"
#include "ingest/codes.h"
#include "ingest/fhir_resource.h"
#include "ingest/ids.h"
#include "ingest/work.h"

namespace naru::ingest {

/// OMOP tables an event may go to; staged rows carry the number.
enum class Home : std::int64_t {
  condition_occurrence,
  drug_exposure,
  procedure_occurrence,
  device_exposure,
  measurement,
  observation
};

/// Stages rows; a failed append is kept and ends the run at the next line.
class FhirIntake final : public FhirSink {
 public:
  explicit FhirIntake(Work& work);

  void in_file(std::size_t member) { file_ = static_cast<std::int64_t>(member); }
  [[nodiscard]] Done flush();
  [[nodiscard]] bool failed() const { return !failure_.ok(); }
  [[nodiscard]] const CodeSets& codes() const { return codes_; }
  /// Writes how many resources of each type were read into the receipt.
  void count() const;

  void read(const ResourceRule* rule, std::string_view type, std::int64_t place) override;
  void refused(std::string_view reason) override;
  void ignored(std::string_view type) override { ++work_.receipt.ignored[std::string(type)]; }
  void note(std::string_view code) override;
  void medication(std::string_view reference, std::span<const Coding> codes) override;
  void patient(const PatientRow& row) override;
  void encounter(const EncounterRow& row) override;
  void event(const EventRow& row) override;

 private:
  // Exports list a person's resources together, so the last reference is likely the next.
  struct Remembered {
    std::string text = {};
    std::int64_t id = 0;
  };
  [[nodiscard]] std::int64_t id_of(Remembered& last, std::string_view reference);
  void begin(Batch& batch) {
    batch.put(file_);
    batch.put(place_);
  }
  void end(Batch& batch) {
    batch.end_row();
    if (batch.full() && failure_.ok()) failure_ = batch.flush(work_.database);
  }

  Work& work_;
  Done failure_;
  CodeSets codes_;
  IdHasher ids_;
  std::int64_t file_ = 0;
  std::int64_t place_ = 0;
  const ResourceRule* rule_ = nullptr;
  std::string type_;
  std::vector<std::int64_t> reads_;                          ///< by place in resource_rules()
  std::vector<std::pair<std::string, std::int64_t>> notes_;  ///< few kinds, many times
  Remembered person_, visit_;
  Batch patients_, visits_, events_, medications_;
};

}  // namespace naru::ingest
