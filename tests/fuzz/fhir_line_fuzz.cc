// One line of a FHIR export: the parser must answer for any bytes, and a refused line must say nothing to the sink.
#include "ingest/fhir_resource.h"

#include <cstdint>
#include <cstdlib>

namespace {

class Counting final : public naru::ingest::FhirSink {
 public:
  int begun = 0, settled = 0;
  void read(const naru::ingest::ResourceRule*, std::string_view, std::int64_t) override { ++begun; }
  void patient(const naru::ingest::PatientRow&) override { ++settled; }
  void encounter(const naru::ingest::EncounterRow&) override { ++settled; }
  void event(const naru::ingest::EventRow&) override { ++settled; }
  void medication(std::string_view, std::span<const naru::ingest::Coding>) override {}
  void refused(std::string_view) override { ++settled; }
  void ignored(std::string_view) override {}
  void note(std::string_view) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool strict : {false, true}) {
    naru::ingest::FhirParser parser(strict);
    Counting sink;
    const auto outcome = parser.parse(text, 1, sink);
    if (outcome != naru::ingest::FhirOutcome::good && (sink.begun != 0 || sink.settled != 0)) std::abort();
  }
  return 0;
}
