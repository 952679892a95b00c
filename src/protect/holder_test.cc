#include "protect/holder.h"

#include "base/digest.h"
#include "base/files.h"
#include "engine/database.h"
#include "protect/pseudonym.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace naru;
using namespace naru::protect;

namespace {

const Policy& policy() {
  static const Policy loaded = [] {
    auto read = find_policy(NARU_SOURCE_DIR, "naru-demo");
    REQUIRE(read.ok());
    return *read;
  }();
  return loaded;
}

// Sixty persons, each with visits, conditions and measurements; person 7 has sensitive records of every group.
struct Holder {
  ScratchFolder scratch{"holder"};
  fs::path lake = scratch.path() / "lake";
  fs::path vocabulary = scratch.path() / "vocabulary";
  fs::path rows = scratch.path() / "private" / "rows.parquet";
  fs::path shifts = scratch.path() / "linkage" / "shifts.parquet";
  fs::path out = scratch.path() / "protected";
  engine::Database database;

  Holder() : database(opened(scratch.path())) {
    for (const auto& folder : {lake, vocabulary, rows.parent_path(), shifts.parent_path()}) {
      REQUIRE(make_folder(folder).ok());
    }
    write(lake / "person.parquet",
          "SELECT i AS person_id, CASE WHEN i % 2 = 0 THEN 8507 ELSE 8532 END AS gender_concept_id, 1920 + i AS "
          "year_of_birth, 6 AS month_of_birth, 15 AS day_of_birth, 0 AS race_concept_id, 0 AS ethnicity_concept_id, "
          "900 + i AS location_id, 5 AS provider_id, 'SECRETID-' || i AS person_source_value, 'M' AS "
          "gender_source_value FROM range(1, 61) AS r(i)");
    write(lake / "location.parquet",
          "SELECT 900 + i AS location_id, 'SECRETSTREET ' || i AS address_1, 'SECRETZIP' || i AS zip, CASE WHEN i < 40 "
          "THEN 'Seoul' ELSE 'Busan' END AS state, NULL::VARCHAR AS county FROM range(1, 100) AS r(i)");
    write(lake / "observation_period.parquet",
          "SELECT i AS observation_period_id, i AS person_id, DATE '2019-01-01' AS observation_period_start_date, DATE "
          "'2023-12-31' AS observation_period_end_date, 32817 AS period_type_concept_id FROM range(1, 61) AS r(i)");
    write(
        lake / "visit_occurrence.parquet",
        "SELECT 5000 + i * 10 + v AS visit_occurrence_id, i AS person_id, 9202 AS visit_concept_id, DATE '2020-01-01' "
        "+ CAST(v * 30 + i AS INTEGER) AS visit_start_date, TIMESTAMP '2020-01-01 10:11:12' AS visit_start_datetime, "
        "DATE '2020-01-03' + CAST(v * 30 + i AS INTEGER) AS visit_end_date, 32817 AS visit_type_concept_id, 5 AS "
        "provider_id, 'SECRETVISIT' || i AS visit_source_value FROM range(1, 61) AS r(i), range(1, 4) AS s(v)");
    write(lake / "condition_occurrence.parquet",
          "SELECT 7000 + i * 10 + v AS condition_occurrence_id, i AS person_id, 100 + v AS condition_concept_id, DATE "
          "'2020-01-01' + CAST(v * 30 + i AS INTEGER) AS condition_start_date, NULL::DATE AS condition_end_date, 32817 "
          "AS condition_type_concept_id, 'SECRETTEXT' AS stop_reason, 5000 + i * 10 + v AS visit_occurrence_id, CASE "
          "WHEN v = 1 THEN 'E11.9' ELSE 'SECRETCODE' || i END AS condition_source_value, 0 AS "
          "condition_source_concept_id FROM range(1, 61) AS r(i), range(1, 4) AS s(v) UNION ALL SELECT * FROM (VALUES "
          "(1, 7, 0, DATE '2021-01-01', NULL, 32817, NULL, NULL, 'F32.1', 0), "
          "(2, 7, 0, DATE '2021-01-01', NULL, 32817, NULL, NULL, 'KCD8:B24', 0), "
          "(3, 7, 0, DATE '2021-01-01', NULL, 32817, NULL, NULL, 'a539', 0), "
          "(4, 7, 0, DATE '2021-01-01', NULL, 32817, NULL, NULL, 'E75.2', 0), "
          "(5, 7, 0, DATE '2021-01-01', NULL, 32817, NULL, NULL, 'O04.9', 0), "
          "(6, 8, 201, DATE '2021-01-01', NULL, 32817, NULL, NULL, NULL, 0), "
          "(9, 9, 0, DATE '2021-01-01', NULL, 32817, NULL, NULL, 'Fever', 0))");
    write(lake / "measurement.parquet",
          "SELECT i AS measurement_id, i AS person_id, 300 AS measurement_concept_id, DATE '2020-05-05' AS "
          "measurement_date, 32817 AS measurement_type_concept_id, 1.5 AS value_as_number, 'D8045' AS "
          "measurement_source_value FROM range(1, 61) AS r(i)");
    // 200 is what F32.1 maps to; 201 stands below it.
    write(
        vocabulary / "concept.parquet",
        "SELECT * FROM (VALUES (10, 'KCD8', 'F32.1', 'x'), (200, 'SNOMED', '1', 'x'), (201, 'SNOMED', '2', 'x'), (12, "
        "'KCD8', 'E11.9', 'x'), (101, 'SNOMED', '3', 'x'), (102, 'SNOMED', '4', 'x'), (103, 'SNOMED', '5', 'x'), (300, "
        "'SNOMED', '6', 'x'), (400, 'RxNorm', '7', 'x'), (401, 'ATC', 'N06AB', 'x'), (402, 'KPIS', '642100', 'x'), "
        "(403, "
        "'RxNorm', '8', 'x'), (500, 'LOINC', '56888-1', 'x')) AS t(concept_id, vocabulary_id, concept_code, "
        "concept_name)");
    write(vocabulary / "concept_relationship.parquet",
          "SELECT * FROM (VALUES (10, 200, 'Maps to'), (402, 400, 'Maps to')) AS t(concept_id_1, concept_id_2, "
          "relationship_id)");
    write(vocabulary / "concept_ancestor.parquet",
          "SELECT * FROM (VALUES (200, 201), (401, 400)) AS t(ancestor_concept_id, descendant_concept_id)");
    // Row ids do not follow the order of persons. Person 60 has no shift id.
    write(rows, "SELECT i AS person_id, 1000000 + (i * 7919) % 104729 AS row_id FROM range(1, 61) AS r(i)");
    write(shifts, "SELECT 1000000 + (i * 7919) % 104729 AS row_id, i * 31 AS shift_id FROM range(1, 60) AS r(i)");
  }
  static engine::Database opened(const fs::path& folder) {
    auto database = engine::Database::open({.allowed_folders = {folder}});
    REQUIRE(database.ok());
    return std::move(*database);
  }
  void write(const fs::path& file, const std::string& select) {
    REQUIRE(database.run("COPY (" + select + ") TO " + engine::literal(file.string()) + " (FORMAT parquet)").ok());
  }
  ProtectRequest request() const {
    return {.lake = lake,
            .vocabulary = vocabulary,
            .rows = rows,
            .shifts = shifts,
            .date_key = Bytes(32, 1),
            .order_key = Bytes(32, 2),
            .withdrawn = {5},
            .out = out};
  }
  Result<ProtectReport> protect() const {
    Progress silent;
    return protect_holder(request(), policy(), silent);
  }
  std::int64_t count(const std::string& sql) {
    auto answer = database.integer(sql);
    REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().what.en));
    return *answer;
  }
  std::string table(std::string_view name) const { return engine::parquet(out / (std::string(name) + ".parquet")); }
};

}  // namespace

TEST_CASE("a lake is protected, and everybody and every row is accounted for") {
  Holder holder;
  const auto report = holder.protect();
  REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.error().what.en + " " + report.error().where));
  CHECK(report->persons_read == 60);
  CHECK(report->persons_withdrawn == 1);
  CHECK(report->persons_without_shift == 1);
  CHECK(report->persons_stored == 58);
  for (const auto& table : report->tables) {
    CAPTURE(table.table);
    if (table.table == "location") continue;  // many places become few
    CHECK(table.read == table.stored + table.sensitive + table.without_person);
  }
  CHECK(report->risk.persons == 58);
  CHECK(report_json(*report).find("\"without_shift\":1") != std::string::npos);
}

TEST_CASE("no source value, source id, address or free text is in any protected file") {
  Holder holder;
  REQUIRE(holder.protect().ok());
  const auto files = list_files(holder.out, true);
  REQUIRE(files.ok());
  REQUIRE(files->size() >= 6);
  for (const auto& file : *files) {
    const auto relation = engine::parquet(holder.out / file);
    const auto columns = holder.database.describe(relation);
    REQUIRE(columns.ok());
    for (const auto& [column, type] : *columns) {
      CAPTURE(file.string());
      CAPTURE(column);
      CHECK(holder.count("SELECT count(*) FROM " + relation + " WHERE contains(CAST(" + engine::quoted(column) +
                         " AS VARCHAR), 'SECRET')") == 0);
      if (type != "BIGINT" || column.find("concept") != std::string::npos) continue;
      // Keys of the lake are 900s, 5000s and 7000s: no key column of the output may hold one of those records' keys.
      const auto least = column == "person_id" ? 1'000'000 : 1;
      const auto most = column == "person_id" ? 2'000'000 : 200;
      CHECK(holder.count("SELECT count(*) FROM " + relation + " WHERE " + engine::quoted(column) + " NOT BETWEEN " +
                         std::to_string(least) + " AND " + std::to_string(most)) == 0);
    }
  }
}

TEST_CASE("a code that the vocabulary knows is kept and anything else a source wrote is not") {
  Holder holder;
  REQUIRE(holder.protect().ok());
  const auto table = holder.table("condition_occurrence");
  CHECK(holder.count("SELECT count(*) FROM " + table + " WHERE condition_source_value = 'E11.9'") == 58);
  CHECK(holder.count("SELECT count(DISTINCT condition_source_value) FROM " + table) == 1);
}

TEST_CASE("intervals and the order of a person's dates survive the shift, and dates really moved back") {
  Holder holder;
  REQUIRE(holder.protect().ok());
  const auto protected_visits = holder.table("visit_occurrence");
  const auto lake_visits = engine::parquet(holder.lake / "visit_occurrence.parquet");
  const auto rows = engine::parquet(holder.rows);
  // Per person: sorted starts minus the first start are the same before and after.
  const auto gaps = [](const std::string& relation, const std::string& person) {
    return "SELECT " + person +
           " AS person, list(d - first ORDER BY d) AS gaps FROM (SELECT *, visit_start_date AS d, "
           "min(visit_start_date) OVER (PARTITION BY person_id) AS first FROM " +
           relation + ") GROUP BY " + person;
  };
  CHECK(holder.count("SELECT count(*) FROM (" + gaps(protected_visits, "person_id") +
                     ") AS a JOIN (SELECT r.row_id, "
                     "g.gaps FROM (" +
                     gaps(lake_visits, "person_id") + ") AS g JOIN " + rows +
                     " AS r ON r.person_id = g.person) AS b ON a.person = b.row_id WHERE a.gaps = b.gaps") == 58);
  CHECK(holder.count("SELECT count(*) FROM " + protected_visits + " WHERE visit_end_date - visit_start_date <> 2") ==
        0);
  const auto moved = holder.database.query(
      "SELECT l.visit_start_date - p.visit_start_date AS days, l.person_id FROM (SELECT person_id, "
      "min(visit_start_date) "
      "AS visit_start_date FROM " +
      lake_visits + " GROUP BY 1) AS l JOIN " + rows +
      " AS r USING (person_id) JOIN (SELECT person_id, min(visit_start_date) AS visit_start_date FROM " +
      protected_visits + " GROUP BY 1) AS p ON p.person_id = r.row_id");
  REQUIRE(moved.ok());
  DateShifter shifter(Bytes(32, 1), 1, 365);
  for (std::size_t i = 0; i < moved->count; ++i) {
    CHECK(moved->integer(0, i) == shifter.days_for(moved->integer(1, i) * 31));
  }
}

TEST_CASE("visits and conditions still belong together under their new keys") {
  Holder holder;
  REQUIRE(holder.protect().ok());
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("condition_occurrence") + " AS c JOIN " +
                     holder.table("visit_occurrence") +
                     " AS v USING (visit_occurrence_id) WHERE c.person_id = v.person_id AND c.condition_start_date = "
                     "v.visit_start_date") == 58 * 3);
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("location")) == 2);
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("person") + " AS p JOIN " + holder.table("location") +
                     " AS l USING (location_id)") == 58);
}

TEST_CASE("age at event is counted before the shift, in full years, and capped by the policy") {
  Holder holder;
  REQUIRE(holder.protect().ok());
  const auto age_of = [&](int person) {
    return holder.count("SELECT min(c.age_at_event) FROM " + holder.table("measurement") + " AS c JOIN " +
                        engine::parquet(holder.rows) +
                        " AS r ON r.row_id = c.person_id WHERE r.person_id = " + std::to_string(person));
  };
  CHECK(age_of(50) == 49);  // born 1970-06-15, measured 2020-05-05
  CHECK(age_of(1) == 89);   // born 1921
  CHECK(holder.count("SELECT min(year_of_birth) FROM " + holder.table("person")) == 1936);
}

TEST_CASE("records of the five sensitive groups stay behind, found by code, mapping and descendant") {
  Holder holder;
  const auto report = holder.protect();
  REQUIRE(report.ok());
  CHECK(report->sensitive_rows.at("mental-illness") == 2);  // F32.1, and concept 201 below what it maps to
  CHECK(report->sensitive_persons.at("mental-illness") == 2);
  for (const auto* group : {"hiv-aids", "sexually-transmitted", "rare-disease", "abuse-abortion"}) {
    CAPTURE(group);
    CHECK(report->sensitive_rows.at(group) == 1);
  }
  CHECK(report->sensitive_concepts.at("mental-illness") >= 3);
  const auto table = holder.table("condition_occurrence");
  CHECK(holder.count("SELECT count(*) FROM " + table + " WHERE condition_concept_id IN (0, 200, 201)") == 0);
  // "Fever" is no code that anybody can read: it stays behind too.
  CHECK(report->withheld_rows.at("unreadable") == 1);
  // A laboratory code that begins like a rare disease is no diagnosis.
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("measurement")) == 58);
}

TEST_CASE("a column or table that the policy does not name fails closed and leaves the earlier output alone") {
  Holder holder;
  REQUIRE(holder.protect().ok());
  const auto before = sha256_file(holder.out / "person.parquet");
  holder.write(holder.lake / "death.parquet",
               "SELECT 1 AS person_id, DATE '2021-01-01' AS death_date, 'x' AS whispered");
  const auto column = holder.protect();
  REQUIRE_FALSE(column.ok());
  CHECK(column.error().where == "death.whispered");
  fs::remove(holder.lake / "death.parquet");
  holder.write(holder.lake / "diary.parquet", "SELECT 1 AS person_id");
  const auto table = holder.protect();
  REQUIRE_FALSE(table.ok());
  CHECK(table.error().where == "diary");
  CHECK(*sha256_file(holder.out / "person.parquet") == *before);
}

TEST_CASE("protecting twice gives the same bytes") {
  Holder holder;
  REQUIRE(holder.protect().ok());
  std::vector<Digest> first;
  const auto files = list_files(holder.out, true);
  for (const auto& file : *files) first.push_back(*sha256_file(holder.out / file));
  REQUIRE(holder.protect().ok());
  for (std::size_t i = 0; i < files->size(); ++i) CHECK(*sha256_file(holder.out / (*files)[i]) == first[i]);
}

TEST_CASE("without row ids or shift ids nothing is protected and the file is named") {
  Holder holder;
  fs::remove(holder.shifts);
  const auto report = holder.protect();
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().where == "shifts.parquet");
  CHECK_FALSE(fs::exists(holder.out));
}

TEST_CASE(
    "a drug, a test and a visited department that reveal a group stay behind, and so does a drug nobody can read") {
  Holder holder;
  holder.write(
      holder.lake / "drug_exposure.parquet",
      "SELECT * FROM (VALUES (1, 10, 400, 0, NULL), (2, 11, 0, 402, NULL), (3, 12, 0, 0, '642100'), (4, 13, 403, "
      "0, NULL), (5, 14, 0, 0, 'SECRETPILL'), (6, 15, 0, 0, 'N06AB06')) AS t(drug_exposure_id, person_id, "
      "drug_concept_id, drug_source_concept_id, drug_source_value), (SELECT DATE '2021-02-03' AS "
      "drug_exposure_start_date, DATE '2021-02-04' AS drug_exposure_end_date, 32817 AS drug_type_concept_id)");
  holder.write(holder.lake / "measurement.parquet",
               "SELECT * FROM (VALUES (1, 16, 500, NULL), (2, 17, 0, '56888-1'), (3, 18, 300, NULL)) AS "
               "t(measurement_id, person_id, measurement_concept_id, measurement_source_value), (SELECT DATE "
               "'2021-02-03' AS measurement_date, 32817 AS measurement_type_concept_id)");
  // Visit 5201 of person 20 is one to psychiatry; its condition and nothing else of that person goes with it.
  holder.write(holder.lake / "provider.parquet",
               "SELECT 78 AS provider_id, '03' AS specialty_source_value, 'SECRETDOCTOR' AS provider_name");
  holder.write(
      holder.lake / "visits.parquet",
      "SELECT * REPLACE (CASE WHEN visit_occurrence_id = 5201 THEN 78 ELSE provider_id END AS provider_id) FROM " +
          engine::parquet(holder.lake / "visit_occurrence.parquet"));
  fs::rename(holder.lake / "visits.parquet", holder.lake / "visit_occurrence.parquet");
  const auto report = holder.protect();
  REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.error().what.en + " " + report.error().where));
  const auto drugs = holder.table("drug_exposure");
  CHECK(holder.count("SELECT count(*) FROM " + drugs) == 1);
  CHECK(holder.count("SELECT min(drug_concept_id) FROM " + drugs) == 403);
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("measurement")) == 1);
  CHECK(report->sensitive_rows.at("hiv-aids") == 3);  // B24 and two tests
  CHECK(report->withheld_rows.at("unreadable") == 2);
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("visit_occurrence") + " AS v JOIN " +
                     engine::parquet(holder.rows) + " AS r ON r.row_id = v.person_id WHERE r.person_id = 20") == 2);
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("condition_occurrence") + " AS v JOIN " +
                     engine::parquet(holder.rows) + " AS r ON r.row_id = v.person_id WHERE r.person_id = 20") == 2);
}

TEST_CASE("family history of the dead is removed and that of the living is kept") {
  Holder holder;
  holder.write(holder.lake / "death.parquet", "SELECT 21 AS person_id, DATE '2022-01-01' AS death_date");
  holder.write(holder.lake / "observation.parquet",
               "SELECT i AS observation_id, i AS person_id, 0 AS observation_concept_id, DATE '2021-01-01' AS "
               "observation_date, 32817 AS observation_type_concept_id, 'Z80.3' AS observation_source_value FROM "
               "range(21, 23) AS r(i)");
  const auto report = holder.protect();
  REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.error().what.en + " " + report.error().where));
  CHECK(report->withheld_rows.at("family-history") == 1);
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("observation") + " AS v JOIN " +
                     engine::parquet(holder.rows) + " AS r ON r.row_id = v.person_id WHERE r.person_id = 22") == 1);
}

TEST_CASE("without a vocabulary nothing can be screened, so nothing is protected") {
  Holder holder;
  fs::remove(holder.vocabulary / "concept.parquet");
  const auto report = holder.protect();
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().where == "concept.parquet");
  CHECK(report.error().hint.en.find("vocabulary load") != std::string::npos);
  CHECK_FALSE(fs::exists(holder.out));
}

TEST_CASE("a policy that is not verified protects nobody's data") {
  Holder holder;
  auto preset = find_policy(NARU_SOURCE_DIR, "kr-guideline");
  REQUIRE(preset.ok());
  Progress silent;
  const auto report = protect_holder(holder.request(), *preset, silent);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().kind == ErrorKind::refused);
  CHECK_FALSE(fs::exists(holder.out));
}

TEST_CASE("safe harbour keeps of dates the year and of postcodes three digits, and none of the small ones") {
  Holder holder;
  holder.write(
      holder.lake / "location.parquet",
      "SELECT 900 + i AS location_id, CASE WHEN i = 1 THEN '03601' WHEN i = 2 THEN '9' ELSE '12345' END AS zip, "
      "'NY' AS state FROM range(1, 100) AS r(i)");
  auto preset = find_policy(NARU_SOURCE_DIR, "hipaa-safe-harbour");
  REQUIRE_MESSAGE(preset.ok(), (preset.ok() ? "" : preset.error().where + ": " + preset.error().what.en));
  preset->production = false;  // for the test's made-up people
  Progress silent;
  const auto report = protect_holder(holder.request(), *preset, silent);
  REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.error().what.en + " " + report.error().where));
  CHECK(holder.count("SELECT count(*) FROM " + holder.table("visit_occurrence") +
                     " WHERE visit_start_date NOT IN (DATE '2020-01-01')") == 0);
  const auto places = holder.table("location");
  CHECK(holder.count("SELECT count(*) FROM " + places + " WHERE zip = '123'") == 1);
  CHECK(holder.count("SELECT count(*) FROM " + places + " WHERE zip = '000'") == 1);
  CHECK(holder.count("SELECT count(*) FROM " + places + " WHERE zip IS NULL") == 1);
}
