#include "ingest/fhir_store.h"

#include "ingest/fhir_rules.h"
#include "ingest/shared_steps.h"
#include "ingest_sql.h"

#include <array>

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

constexpr std::array<std::string_view, 6> homes = {"condition_occurrence", "drug_exposure", "procedure_occurrence",
                                                   "device_exposure",      "measurement",   "observation"};

std::string type_name(std::int64_t rule) { return std::string(resource_rules()[static_cast<std::size_t>(rule)].name); }

/// SQL expression for the resource type of a staged event.
std::string type_expression() {
  std::string cases = "CASE rule";
  for (std::size_t i = 0; i < resource_rules().size(); ++i)
    cases += fmt::format(" WHEN {} THEN '{}'", i, resource_rules()[i].name);
  return cases + " END";
}

/// Codes of medications that stand in resources of their own.
Done follow_medications(Work& work) {
  auto& database = work.database;
  NARU_ASSIGN(const auto open, database.integer("SELECT count(*) FROM fhir_event WHERE codes = 0"));
  if (open == 0) return {};
  NARU_CHECK(
      database.run("UPDATE fhir_event SET codes = m.codes FROM (SELECT medication, min(codes) AS codes FROM "
                   "fhir_medication GROUP BY medication) m WHERE fhir_event.codes = 0 AND fhir_event.medication = "
                   "m.medication"));
  return refuse_rows(work, "fhir_event", "codes = 0", "medication_unresolved", type_expression());
}

Done count_events(Work& work) {
  NARU_ASSIGN(const auto counts, work.database.query(sql::text("fhir_counts")));
  for (std::size_t row = 0; row < counts.count; ++row) {
    auto& count = work.receipt.tables[type_name(counts.integer(0, row))];
    count.records_total = counts.integer(1, row);
    count.records_mapped = counts.integer(2, row);
    count.codes_total = counts.integer(3, row);
    count.codes_mapped = counts.integer(4, row);
  }
  NARU_ASSIGN(const auto moved, work.database.query("SELECT rule, target, count(*) FROM fhir_resolved WHERE target <> "
                                                    "home GROUP BY rule, target ORDER BY rule, target"));
  for (std::size_t row = 0; row < moved.count; ++row) {
    work.receipt.notes[fmt::format("routed_by_domain:{}>{}", type_name(moved.integer(0, row)),
                                   homes[static_cast<std::size_t>(moved.integer(1, row))])] = moved.integer(2, row);
  }
  return {};
}

/// A resource may be several rows (components): its first row decides whether it was there before.
Done refuse_repeated_events(Work& work) {
  NARU_ASSIGN(const auto repeated,
              work.database.integer("SELECT count(*) - count(DISTINCT record_id) FROM fhir_event"));
  if (repeated == 0) return {};
  return refuse_repeated(work, "fhir_event", "resource_id", type_expression(), "duplicate_id");
}

Done store_events(Work& work) {
  auto& database = work.database;
  NARU_CHECK(follow_medications(work));
  NARU_CHECK(refuse_rows(work, "fhir_event", "person_id NOT IN (SELECT person_id FROM known_person)", "person_absent",
                         type_expression()));
  NARU_CHECK(refuse_repeated_events(work));
  for (const auto name : homes) NARU_CHECK(work.open_part(*model::table_named(name)));
  NARU_CHECK(work.open_codes());
  NARU_CHECK(database.run(sql::text("fhir_resolve")));
  NARU_CHECK(database.run(sql::text("fhir_events")));
  NARU_CHECK(database.run(sql::text("fhir_used")));
  NARU_CHECK(count_events(work));
  return database.run("DROP VIEW fhir_resolved; DROP TABLE fhir_event");
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
