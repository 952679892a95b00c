#include "ingest/cells.h"
#include "ingest/coverage.h"
#include "ingest/ingest.h"
#include "ingest/shared_steps.h"
#include "ingest/testing.h"
#include "vocabulary/vocabulary.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

const std::string person_head = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n";
const std::string condition_head =
    "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_type_concept_id,"
    "condition_source_value\n";

/// The engine's own reading of a text, to hold ours against.
std::string engine_says(Site& site, const std::string& expression) { return site.text("SELECT " + expression); }

}  // namespace

TEST_CASE("cells are read as the engine reads the same text") {
  Site site;
  for (const std::string text : {"2020-01-31", "2020-02-30", "2020-02-29", "2019-02-29", "20200131", "2020013",
                                 "2020-1-5", "2020-01-31 10:00:00", "x", "2020/01/31", "1999-12-31", "20201301"}) {
    CAPTURE(text);
    const auto ours = date_cell(text);
    const auto theirs = engine_says(site, "CASE WHEN length('" + text + "') = 8 AND strpos('" + text +
                                              "', '-') = 0 THEN try_strptime('" + text +
                                              "', '%Y%m%d')::DATE ELSE try_cast('" + text + "' AS DATE) END");
    CHECK((ours ? format_date(static_cast<std::int32_t>(*ours)) : std::string("null")) == theirs);
  }
  CHECK(integer_cell("4483.0") == 4483);
  CHECK(integer_cell("-9223372036854775807") == -9223372036854775807);
  CHECK_FALSE(integer_cell("9223372036854775808"));
  CHECK_FALSE(integer_cell("4483.5"));
  CHECK_FALSE(integer_cell("1e3"));
  CHECK_FALSE(integer_cell("-"));
  CHECK(real_cell("+1.50") == 1.5);
  CHECK_FALSE(real_cell("nan"));
  CHECK_FALSE(real_cell("1,5"));
  CHECK(timestamp_cell("1970-01-02 00:00:01.5") == 86'401'500'000);
  CHECK(timestamp_cell("1970-01-01T09:00:00+09:00") == 0);
  CHECK_FALSE(timestamp_cell("1970-01-01 25:00"));
}

TEST_CASE("64-bit signed ids, blanks and the junk of zip makers") {
  Site site;
  const auto folder = site.scratch.path() / "omop";
  put(folder / "PERSON.CSV", person_head + "-9223372036854775807, 8507 ,1980.0,,0\n9007199254740993,8532,1990,0,0\n");
  put(folder / "__MACOSX/person.csv", "junk");
  put(folder / "._person.csv", "junk");
  const auto receipt = site.take(Kind::omop, folder);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  CHECK(receipt->tables.at("person").stored == 2);
  CHECK(site.text("SELECT string_agg(person_id, ' ' ORDER BY person_id) FROM lake(person)") ==
        "-9223372036854775807 9007199254740993");
}

TEST_CASE("an OMOP source in a DuckDB file is the same lake as in CSV, and a file that is none is named") {
  Site csv, duck;
  const auto folder = csv.scratch.path() / "omop";
  put(folder / "person.csv", person_head + "1,8507,1980,0,0\n2,8532,1990,0,0\n");
  put(folder / "condition_occurrence.csv", condition_head + "1,1,0,2020-01-05,32817,E11\n2,2,0,2020-01-06,32817,I10\n");
  REQUIRE(csv.take(Kind::omop, folder).ok());
  const auto file = duck.scratch.path() / "cdm.duckdb";
  {
    auto database = engine::Database::open({.file = file, .allowed_folders = {folder}});
    REQUIRE(database.ok());
    for (const std::string name : {"person", "condition_occurrence"}) {
      REQUIRE(database
                  ->run("CREATE TABLE " + name + " AS SELECT * FROM read_csv(" +
                        engine::literal((folder / (name + ".csv")).string()) + ")")
                  .ok());
    }
    REQUIRE(database->run("CREATE VIEW measurement AS SELECT * FROM person").ok());
  }
  const auto receipt = duck.take(Kind::omop, file);
  REQUIRE_MESSAGE(receipt.ok(), receipt.error().what.en, receipt.error().where);
  CHECK_FALSE(receipt->tables.contains("measurement"));
  for (const std::string name : {"person", "condition_occurrence"}) {
    CHECK(*read_file(csv.root / "lake" / (name + ".parquet")) == *read_file(duck.root / "lake" / (name + ".parquet")));
  }
  put(duck.scratch.path() / "broken.duckdb", "this is no database");
  const auto broken = duck.take(Kind::omop, duck.scratch.path() / "broken.duckdb");
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().where == "broken.duckdb");
}

TEST_CASE("the lake's bytes do not depend on threads or on the order of a file that is not sorted") {
  std::string forth = person_head, back = person_head;
  for (int i = 0; i < 20'000; ++i) {
    forth += fmt::format("{},8507,{},0,0\n", i, 1940 + i % 60);
    back += fmt::format("{},8507,{},0,0\n", 19'999 - i, 1940 + (19'999 - i) % 60);
  }
  std::string first;
  for (const unsigned threads : {1U, 2U, 7U}) {
    for (const auto* text : {&forth, &back}) {
      Site site;
      put(site.scratch.path() / "omop/person.csv", *text);
      REQUIRE(site.take({.kind = Kind::omop, .sources = {site.scratch.path() / "omop"}, .threads = threads}).ok());
      const auto bytes = *read_file(site.root / "lake" / "person.parquet");
      if (first.empty()) first = bytes;
      CHECK(bytes == first);
    }
  }
}

TEST_CASE("a disk that fills stops the load, says so, and leaves the lake that stood before") {
  Site site;
  put(site.scratch.path() / "first/person.csv", person_head + "1,8507,1980,0,0\n");
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "first").ok());
  std::string rows = person_head;
  for (int i = 100; i < 60'000; ++i) rows += fmt::format("{},8507,{},0,0\n", i * 7'919LL, 1940 + i % 60);
  put(site.scratch.path() / "second/person.csv", rows);
  // Writing beyond this size fails as on a full disk.
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit full{20'000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  const auto stopped = site.take(Kind::omop, site.scratch.path() / "second");
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  REQUIRE_FALSE(stopped.ok());
  CHECK_FALSE(stopped.error().what.ko.empty());
  CHECK(site.number("SELECT count(*) FROM lake(person)") == 1);
  CHECK(receipts(site.root)->size() == 1);
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "second").ok());
  CHECK(site.number("SELECT count(*) FROM lake(person)") == 59'901);
}

TEST_CASE("unmapped codes are ranked by use, filled in, loaded back and applied") {
  Site site;
  put(site.scratch.path() / "athena/CONCEPT.csv",
      "concept_id\tconcept_name\tdomain_id\tvocabulary_id\tconcept_class_id\tstandard_concept\tconcept_code\n"
      "1\tdiabetes\tCondition\tSNOMED\tx\tS\t73211009\n2\told\tCondition\tSNOMED\tx\t\t1\n");
  REQUIRE(
      vocabulary::load({.sources = {site.scratch.path() / "athena"}, .folder = site.root / "vocabulary"}, site.progress)
          .ok());
  const auto folder = site.scratch.path() / "omop";
  put(folder / "person.csv", person_head + "1,8507,1980,0,0\n");
  put(folder / "condition_occurrence.csv",
      condition_head +
          "1,1,0,2020-01-05,32817,rare\n2,1,0,2020-01-06,32817,\"often, here\"\n"
          "3,1,0,2020-01-07,32817,\"often, here\"\n4,1,1,2020-01-07,32817,known\n");
  REQUIRE(site.take(Kind::omop, folder).ok());
  const auto before = mapping_coverage(site.root, 1);
  REQUIRE_MESSAGE(before.ok(), before.error().what.en);
  CHECK(before->tables.at("condition_occurrence").codes_mapped == 1);
  CHECK(before->tables.at("condition_occurrence").codes == 3);
  CHECK(before->tables.at("condition_occurrence").records_mapped == 1);
  CHECK(before->tables.at("condition_occurrence").records == 4);
  REQUIRE(before->unmapped.size() == 2);
  CHECK(before->unmapped.front().code == "often, here");
  CHECK(before->unmapped.front().records == 2);
  CHECK(mapping_coverage(site.root, 2)->unmapped.size() == 1);
  // Filled in as a steward would, with the rare code left open.
  auto filled = before->to_fill;
  const std::string line = "\"often, here\",";
  filled.insert(filled.find(line) + line.size(), "1");
  const auto file = site.scratch.path() / "filled.csv";
  put(file, filled);
  const auto mappings = vocabulary::load_mappings(file, site.root / "vocabulary");
  REQUIRE_MESSAGE(mappings.ok(), mappings.error().what.en, mappings.error().where);
  CHECK(mappings->added == 1);
  CHECK(mappings->not_filled == 1);
  const auto again = site.take(Kind::omop, folder);
  REQUIRE_MESSAGE(again.ok(), again.error().what.en);
  CHECK_FALSE(again->unchanged);
  CHECK(site.number("SELECT count(*) FROM lake(condition_occurrence) WHERE condition_concept_id = 1") == 3);
  CHECK(mapping_coverage(site.root, 1)->unmapped.size() == 1);
  put(file, "source_vocabulary_id,source_code,target_concept_id\nomop:condition_occurrence,rare,2\n");
  const auto refused = vocabulary::load_mappings(file, site.root / "vocabulary");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().where == "filled.csv:2");
}

TEST_CASE("repeated keys are counted in parts as they are at once") {
  auto database = engine::Database::open({});
  REQUIRE(database.ok());
  // 1,000 rows: 100 without a key, the others share 270 keys.
  REQUIRE(database
              ->run("CREATE TABLE t AS SELECT CASE WHEN i % 10 = 0 THEN NULL ELSE i % 300 END AS k, i % 7 AS o FROM "
                    "range(1000) r(i)")
              .ok());
  const auto at_once = repeated_keys(*database, "k", "t").value();
  CHECK(at_once == 1000 - 270);
  for (const std::int64_t rows_a_part : {1000, 7, 1})
    CHECK(repeated_keys(*database, "k", "t", rows_a_part).value() == at_once);
  CHECK(repeated_keys(*database, "concat(k, '/', o)", "(SELECT * FROM t WHERE k IS NOT NULL)", 100).value() ==
        repeated_keys(*database, "concat(k, '/', o)", "(SELECT * FROM t WHERE k IS NOT NULL)").value());
  CHECK_FALSE(repeated_keys(*database, "absent", "t").ok());
}
