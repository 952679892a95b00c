#pragma once
/// What the FHIR reader accepts, fills, loses and departs from, for those who use the data (HL7 FHIR-to-OMOP guide:
/// f2o-002, 003, 004, 010, 025, 026, 080, 082, 092, 122). The admission rules in it are the ones the reader applies.
#include <string>

namespace naru::ingest {

/// Canonical JSON. `strict`: the guide's letter; else the default reading with its departures.
[[nodiscard]] std::string fhir_declaration(bool strict);

}  // namespace naru::ingest
