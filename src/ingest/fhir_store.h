#pragma once
/// Staged FHIR rows into OMOP tables. Internal to the room.
#include "ingest/work.h"

namespace naru::ingest {

/// Creates fhir_patient, fhir_visit, fhir_event and fhir_medication.
[[nodiscard]] Done open_fhir_tables(Work& work);
/// REQUIRES: table fhir_code stands. Refuses duplicates and rows of absent persons, routes by the domain of the
/// standard concept, fills the part tables and the receipt.
[[nodiscard]] Done store_fhir(Work& work);

}  // namespace naru::ingest
