#include "ingest/fhir_resource.h"

#include "ingest/fhir_admit.h"

#include <algorithm>

namespace naru::ingest {
namespace {

// Entry e of a Bundle on line n of an NDJSON file is place n * 1,000,000 + e; of a document, e alone.
constexpr std::int64_t bundle_line_step = 1'000'000;

}  // namespace

struct FhirParser::State {
  explicit State(bool strict_) : strict(strict_), admission(strict_) {}
  bool strict;
  FhirReader reader = {};
  FhirRecord record = {};
  FhirAdmission admission;

  void resource(std::string_view fallback_id, std::int64_t place, FhirSink& sink) {
    const auto id = record.id.empty() ? fallback_id : record.id;
    if (record.type == "Medication") {
      sink.ignored(record.type);
      if (id.empty()) return;
      const std::span<const Coding> all(record.codings);
      sink.medication("Medication/" + std::string(id),
                      all.subspan(record.codes.first, record.codes.last - record.codes.first));
      return;
    }
    const auto* rule = rule_named(record.type);
    if (rule == nullptr) return sink.ignored(record.type.empty() ? "not a resource" : record.type);
    sink.read(rule, rule->name, place);
    if (id.empty()) return sink.refused("missing_id");
    admission.admit(*rule, record, id, sink);
  }

  void bundle(std::int64_t place, FhirSink& sink) {
    const auto type = reader.bundle_type();
    if (strict && std::ranges::find(strict_bundles, type) == strict_bundles.end()) {
      sink.read(nullptr, "Bundle", place);
      return sink.refused("bundle_type:" + std::string(type.empty() ? "missing" : type));
    }
    sink.note("bundles_opened");
    const auto fallback = [](const FhirReader::Entry& entry) {
      return entry.full_url.starts_with("urn:uuid:") ? entry.full_url.substr(9) : std::string_view();
    };
    auto& urls = admission.full_urls;
    for (std::size_t i = 0; i < reader.entries(); ++i) {
      const auto entry = reader.entry(i);
      if (!entry.has_resource || entry.full_url.empty()) continue;
      const auto id = entry.id.empty() ? fallback(entry) : entry.id;
      if (!id.empty()) urls[std::string(entry.full_url)] = std::string(entry.type) + "/" + std::string(id);
    }
    for (std::size_t i = 0; i < reader.entries(); ++i) {
      const auto entry = reader.entry(i);
      const auto here = place * bundle_line_step + static_cast<std::int64_t>(i) + 1;
      if (!entry.has_resource) {
        sink.ignored("Bundle entry without resource");
        continue;
      }
      reader.read(i, record);
      resource(fallback(entry), here, sink);
    }
    urls.clear();
  }
};

FhirParser::FhirParser(bool strict) : state_(std::make_unique<State>(strict)) {}
FhirParser::~FhirParser() = default;

FhirOutcome FhirParser::parse(std::string_view json, std::int64_t place, FhirSink& sink) {
  const auto outcome = state_->reader.parse(json);
  if (outcome != FhirOutcome::good) return outcome;
  if (state_->reader.is_bundle()) {
    state_->bundle(place, sink);
    return outcome;
  }
  state_->reader.read(state_->record);
  state_->resource({}, std::max<std::int64_t>(place, 1), sink);
  return outcome;
}

}  // namespace naru::ingest
