// Feature matrices and extracts against plain SQL over the same tables.
#include "base/digest.h"
#include "base/files.h"
#include "base/testing/support.h"
#include "cohort/extract.h"
#include "cohort/features.h"
#include "cohort/native.h"
#include "engine/archive.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::cohort;

namespace {

struct Study {
  ScratchFolder folder{"study"};
  engine::Database database;
  Cdm cdm;
  NativeAnswer answer;

  explicit Study(const fs::path& circe)
      : database(open(folder.path())), cdm([&] {
          REQUIRE(engine::extract(circe / "fuzz_cdm.zip", folder.path()).ok());
          Progress silent;
          REQUIRE(build_index({.folder = folder.path(), .threads = 2}, silent).ok());
          auto opened = open_cdm(database, {.folder = folder.path()});
          REQUIRE(opened.ok());
          return std::move(opened).value();
        }()) {
    const auto expression = parse(*read_file(circe / "cohorts" / "325.json"), "325");
    REQUIRE(run(database, cdm, *expression, "answer").ok());
    auto native = run_native(*cdm.index(), *expression, {});
    REQUIRE(native.ok());
    answer = std::move(native).value();
  }
  static engine::Database open(const fs::path& folder, unsigned threads = 0) {
    engine::DatabaseOptions options;
    options.allowed_folders = {folder};
    options.threads = threads;
    auto opened = engine::Database::open(options);
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }
  std::int64_t integer(const std::string& sql) {
    const auto value = database.integer(sql);
    REQUIRE_MESSAGE(value.ok(), value.error().what.en << " " << sql);
    return *value;
  }
};

}  // namespace

TEST_CASE("a feature matrix holds what plain queries over the tables give, whatever the threads") {
  const auto circe = test::shared_data("circe");
  if (!circe) return;
  Study study(*circe);
  REQUIRE(study.cdm.require(study.database, {"measurement", "condition_occurrence", "drug_exposure", "person"}).ok());
  const auto top = [&](const std::string& table, const std::string& column, const std::string& filled) {
    return study.integer("SELECT " + column + " FROM " + study.cdm.relation(table) + " WHERE " + filled +
                         " IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1");
  };
  const auto condition = top("condition_occurrence", "condition_concept_id", "condition_concept_id");
  const auto measurement = top("measurement", "measurement_concept_id", "value_as_number");
  const auto text = fmt::format(
      R"({{"features":[{{"name":"age","kind":"age"}},{{"name":"male","kind":"male"}},)"
      R"({{"name":"had","kind":"present","domain":"ConditionOccurrence","concepts":[{{"concept_id":{0}}}]}},)"
      R"({{"name":"times","kind":"count","domain":"ConditionOccurrence","concepts":[{{"concept_id":{0}}}],"window_days":[-900,30]}},)"
      R"({{"name":"last","kind":"last_value","domain":"Measurement","concepts":[{{"concept_id":{1}}}],"window_days":[-5000,0]}},)"
      R"({{"name":"since","kind":"days_since","domain":"Measurement","concepts":[{{"concept_id":{1}}}],"window_days":[-5000,0]}}]}})",
      condition, measurement);
  const auto features = parse_features(text, "features.json");
  REQUIRE_MESSAGE(features.ok(), features.error().what.en << " " << features.error().where);
  Progress silent;
  const auto file = study.folder.path() / "matrix.parquet";
  const auto written =
      write_features(*study.cdm.index(), study.answer.entries, *features, {.threads = 1}, file, silent);
  REQUIRE_MESSAGE(written.ok(), written.error().what.en << " " << written.error().where);
  CHECK(written->rows == static_cast<std::int64_t>(study.answer.entries.size()));
  for (const auto filled : written->filled) CHECK(filled > 0);
  const auto bytes = *sha256_file(file);
  REQUIRE(write_features(*study.cdm.index(), study.answer.entries, *features, {.threads = 5}, file, silent).ok());
  CHECK(*sha256_file(file) == bytes);
  const auto matrix = engine::parquet(file);
  const auto same = [&](const std::string& column, const std::string& sql) {
    return study.integer("SELECT count(*) FROM " + matrix + " m JOIN (SELECT a.person_id, a.start_date, " + sql +
                         " AS wanted FROM answer a) w ON w.person_id = m.person_id AND w.start_date = "
                         "m.cohort_start_date WHERE m." +
                         column + " IS NOT DISTINCT FROM CAST(w.wanted AS DOUBLE)");
  };
  const auto conditions = study.cdm.relation("condition_occurrence") +
                          " e WHERE e.person_id = a.person_id AND "
                          "e.condition_concept_id = " +
                          std::to_string(condition);
  const auto measurements = study.cdm.relation("measurement") +
                            " e WHERE e.person_id = a.person_id AND "
                            "e.measurement_concept_id = " +
                            std::to_string(measurement) +
                            " AND e.measurement_date BETWEEN a.start_date - 5000 AND a.start_date";
  CHECK(same("age", "a.age") == written->rows);
  CHECK(same("male", "(SELECT CASE gender_concept_id WHEN 8507 THEN 1 WHEN 8532 THEN 0 END FROM " +
                         study.cdm.relation("person") + " p WHERE p.person_id = a.person_id)") == written->rows);
  CHECK(same("had", "(SELECT least(count(*), 1) FROM " + conditions +
                        " AND e.condition_start_date BETWEEN a.start_date - 365 AND a.start_date)") == written->rows);
  CHECK(same("times", "(SELECT count(*) FROM " + conditions +
                          " AND e.condition_start_date BETWEEN a.start_date - 900 AND a.start_date + 30)") ==
        written->rows);
  CHECK(same("last", "(SELECT e.value_as_number FROM " + measurements +
                         " AND e.value_as_number IS NOT NULL ORDER BY e.measurement_date DESC, e.measurement_id DESC "
                         "LIMIT 1)") == written->rows);
  CHECK(same("since", "(SELECT min(a.start_date - e.measurement_date) FROM " + measurements + ")") == written->rows);
}

TEST_CASE("features that are unknown, twice there or without concepts are refused with their place") {
  const auto refused_at = [](const std::string& features, const std::string& where) {
    const auto parsed = parse_features("{\"features\":" + features + "}", "f.json");
    REQUIRE(!parsed.ok());
    CHECK(parsed.error().where == where);
    CHECK(!parsed.error().what.ko.empty());
  };
  refused_at("[]", "f.json:$.features");
  refused_at(R"([{"name":"a","kind":"blood"}])", "f.json:$.features[0].kind");
  refused_at(R"([{"name":"a","kind":"age"},{"name":"A","kind":"male"}])", "f.json:$.features[1].name");
  refused_at(R"([{"name":"person_id","kind":"age"}])", "f.json:$.features[0].name");
  refused_at(R"([{"name":"a","kind":"present","domain":"ConditionOccurrence","concepts":[]}])",
             "f.json:$.features[0].concepts");
  refused_at(R"([{"name":"a","kind":"present","domain":"Payer","concepts":[{"concept_id":1}]}])",
             "f.json:$.features[0].domain");
  refused_at(R"([{"name":"a","kind":"last_value","domain":"DrugExposure","concepts":[{"concept_id":1}]}])",
             "f.json:$.features[0].domain");
  refused_at(
      R"([{"name":"a","kind":"count","domain":"DrugExposure","concepts":[{"concept_id":1}],"window_days":[1,0]}])",
      "f.json:$.features[0].window_days");
}

TEST_CASE("an extract holds every row of the cohort's persons and no other, in order of person") {
  const auto circe = test::shared_data("circe");
  if (!circe) return;
  Study study(*circe);
  ScratchFolder out("extract");
  Progress silent;
  const auto target = study.folder.path() / "rows";
  const auto extracted = extract(study.database, study.cdm, "answer", {.out = target}, silent);
  REQUIRE_MESSAGE(extracted.ok(), extracted.error().what.en << " " << extracted.error().where);
  CHECK(extracted->rows.size() > 5);
  for (const auto& [table, rows] : extracted->rows) {
    CAPTURE(table);
    CHECK(rows == study.integer("SELECT count(*) FROM " + study.cdm.relation(table) +
                                " WHERE person_id IN (SELECT person_id FROM answer)"));
    const auto file = engine::parquet(target / (table + ".parquet"));
    CHECK(study.integer("SELECT count(*) FROM " + file + " WHERE person_id NOT IN (SELECT person_id FROM answer)") ==
          0);
    CHECK(study.integer("SELECT count(*) FROM (SELECT person_id, lag(person_id) OVER () AS before FROM " + file +
                        ") s WHERE person_id < before") == 0);
  }
  CHECK(extracted->rows.at("condition_occurrence") > 100);
  const auto inside = extract(study.database, study.cdm, "answer",
                              {.out = target, .tables = {"drug_exposure"}, .inside_entries = true}, silent);
  REQUIRE(inside.ok());
  CHECK(inside->rows.at("drug_exposure") < extracted->rows.at("drug_exposure"));
  CHECK(inside->rows.at("drug_exposure") ==
        study.integer("SELECT count(*) FROM " + study.cdm.relation("drug_exposure") +
                      " t WHERE EXISTS (SELECT 1 FROM answer i WHERE i.person_id = t.person_id AND "
                      "t.drug_exposure_start_date BETWEEN i.start_date AND i.end_date)"));
  CHECK(!extract(study.database, study.cdm, "answer", {.out = target, .tables = {"concept"}}, silent).ok());
}

TEST_CASE(
    "an extract of many rows keeps person, start and key in order through every row group, whatever the threads") {
  ScratchFolder folder("many");
  auto database = Study::open(folder.path());
  const auto put = [&](const std::string& table, const std::string& select, const std::string& order) {
    REQUIRE(database.copy_to_parquet(select, order, folder.path() / (table + ".parquet")).ok());
  };
  put("person", "SELECT i AS person_id, 8507 AS gender_concept_id, 1960 AS year_of_birth FROM range(1, 2001) t(i)",
      "person_id");
  put("observation_period",
      "SELECT i AS observation_period_id, i AS person_id, DATE '2010-01-01' AS observation_period_start_date, DATE "
      "'2024-12-31' AS observation_period_end_date FROM range(1, 2001) t(i)",
      "person_id");
  // 600,000 rows in no order of person or date; one column is NULL everywhere, one in all rows but one.
  put("measurement",
      "SELECT i AS measurement_id, 1 + (i * 7919) % 2000 AS person_id, 5 AS measurement_concept_id, DATE '2012-01-01' "
      "+ "
      "CAST((i * 104729) % 3000 AS INTEGER) AS measurement_date, CAST(i AS DOUBLE) AS value_as_number, CAST(NULL AS "
      "BIGINT) AS unit_concept_id, CASE WHEN i = 78 THEN 3 END AS operator_concept_id FROM range(1, 600001) t(i)",
      "measurement_id");
  Progress silent;
  std::optional<std::string> bytes;
  for (const unsigned threads : {1U, 4U}) {
    auto engine = Study::open(folder.path(), threads);
    REQUIRE(engine
                .run("CREATE TEMP TABLE answer AS SELECT i AS person_id, DATE '2012-01-01' AS start_date, DATE "
                     "'2013-01-01' AS end_date FROM range(1, 2001) t(i) WHERE i % 4 <> 0")
                .ok());
    auto cdm = open_cdm(engine, {.folder = folder.path()});
    REQUIRE(cdm.ok());
    const auto target = folder.path() / "rows" / "deep";  // deeper than tables are looked for
    const auto extracted = extract(engine, *cdm, "answer", {.out = target, .tables = {"measurement"}}, silent);
    REQUIRE_MESSAGE(extracted.ok(), extracted.error().what.en << " " << extracted.error().where);
    CHECK(extracted->rows.at("measurement") == 450'000);
    const auto file = target / "measurement.parquet";
    const auto out_of_order = database.integer(
        "SELECT count(*) FROM (SELECT (person_id, measurement_date, measurement_id) AS here, lag((person_id, "
        "measurement_date, measurement_id)) OVER () AS before FROM " +
        engine::parquet(file) + ") s WHERE here < before");
    REQUIRE(out_of_order.ok());
    CHECK(*out_of_order == 0);
    const auto kept = database.integer("SELECT count(*) FROM " + engine::parquet(file) +
                                       " WHERE operator_concept_id = 3 AND unit_concept_id IS NULL AND "
                                       "value_as_number = 78");
    REQUIRE(kept.ok());
    CHECK(*kept == 1);
    const auto digest = hex(*sha256_file(file));
    CHECK(bytes.value_or(digest) == digest);
    bytes = digest;
  }
}
