#include "ingest/fhir_store.h"

#include "ingest/shared_steps.h"
#include "ingest_sql.h"

namespace naru::ingest {
namespace {

Done store_patients(Work& work) {
  NARU_CHECK(refuse_repeated(work, "fhir_patient", "person_id", "'Patient'", "duplicate_id"));
  for (const std::string_view name : {"person", "death"}) NARU_CHECK(work.open_part(*model::table_named(name)));
  NARU_CHECK(work.open_identity());
  return work.database.run(sql::text("fhir_patients"));
}

Done store_visits(Work& work) {
  NARU_CHECK(refuse_repeated(work, "fhir_visit", "visit_id", "'Encounter'", "duplicate_id"));
  NARU_CHECK(refuse_rows(work, "fhir_visit", "person_id NOT IN (SELECT person_id FROM known_person)", "person_absent",
                         "'Encounter'"));
  NARU_CHECK(work.open_part(*model::table_named("visit_occurrence")));
  return work.database.run(sql::text("fhir_visits"));
}

Done store_events(Work& work) {
  auto& database = work.database;
  NARU_CHECK(
      database.run("UPDATE fhir_event SET codes = m.codes FROM (SELECT medication, min(codes) AS codes FROM "
                   "fhir_medication GROUP BY "
                   "medication) m WHERE fhir_event.codes = 0 AND fhir_event.medication = m.medication"));
  NARU_CHECK(refuse_rows(work, "fhir_event", "codes = 0", "medication_unresolved", "resource_type"));
  NARU_CHECK(refuse_rows(work, "fhir_event", "person_id NOT IN (SELECT person_id FROM known_person)", "person_absent",
                         "resource_type"));
  NARU_CHECK(refuse_repeated(work, "fhir_event", "resource_id", "resource_type", "duplicate_id"));
  for (const std::string_view name : {"condition_occurrence", "drug_exposure", "procedure_occurrence",
                                      "device_exposure", "measurement", "observation"}) {
    NARU_CHECK(work.open_part(*model::table_named(name)));
  }
  NARU_CHECK(database.run(sql::text("fhir_resolve")));
  NARU_CHECK(database.run(sql::text("fhir_events")));
  NARU_ASSIGN(const auto counts,
              database.query("SELECT resource_type, count(*), count(*) FILTER (WHERE concept_id <> 0), count(DISTINCT "
                             "source_value), count(DISTINCT source_value) FILTER (WHERE concept_id <> 0) FROM "
                             "fhir_resolved GROUP BY resource_type ORDER BY resource_type"));
  for (std::size_t row = 0; row < counts.count; ++row) {
    auto& count = work.receipt.tables[counts.text(0, row)];
    count.records_total = counts.integer(1, row);
    count.records_mapped = counts.integer(2, row);
    count.codes_total = counts.integer(3, row);
    count.codes_mapped = counts.integer(4, row);
  }
  NARU_ASSIGN(
      const auto moved,
      database.query("SELECT resource_type || '>' || target AS way, count(*) FROM fhir_resolved WHERE target <> "
                     "home GROUP BY way ORDER BY way"));
  for (std::size_t row = 0; row < moved.count; ++row) {
    work.receipt.notes["routed_by_domain:" + moved.text(0, row)] = moved.integer(1, row);
  }
  return {};
}

}  // namespace

Done open_fhir_tables(Work& work) { return work.database.run(sql::text("fhir_tables")); }

Done store_fhir(Work& work) {
  NARU_CHECK(store_patients(work));
  NARU_CHECK(know_earlier_rows(work));
  NARU_CHECK(store_visits(work));
  NARU_CHECK(store_events(work));
  NARU_CHECK(detach_absent_visits(work));
  for (auto& [type, count] : work.receipt.tables) count.stored = count.read - count.refused;
  return {};
}

}  // namespace naru::ingest
