// The national lake: its marginals and effects are those planted, its bytes depend on what was asked for alone.
#include "synth/lake.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace naru;
using namespace naru::synth;

namespace {

LakeSummary make(const fs::path& out, std::int64_t persons, unsigned threads, int panel = 2) {
  Progress silent;
  const auto made = synthesise_lake(
      {.persons = persons, .hospitals = 3, .seed = 7, .panel = panel, .out = out, .threads = threads}, silent);
  REQUIRE_MESSAGE(made.ok(), made.error().what.en << " " << made.error().where);
  return *made;
}

std::int64_t count(const fs::path& lake, const std::string& sql) {
  engine::DatabaseOptions options;
  options.allowed_folders = {lake};
  auto database = engine::Database::open(options);
  REQUIRE(database.ok());
  auto text = sql;
  for (auto at = text.find('$'); at != std::string::npos; at = text.find('$', at + 1)) {
    const auto end = text.find_first_of(" )", at);
    const auto table = text.substr(at + 1, end - at - 1);
    const auto file = engine::parquet(lake / (table + ".parquet"));
    text.replace(at, end - at, file);
  }
  const auto value = database->integer(text);
  REQUIRE_MESSAGE(value.ok(), value.error().what.en << " " << text);
  return *value;
}

}  // namespace

TEST_CASE("a lake has the same bytes for any number of threads, and is in person order") {
  const ScratchFolder folder("lake");
  make(folder.path() / "one", 3'000, 1);
  make(folder.path() / "two", 3'000, 4);
  const auto files = list_files(folder.path() / "one", true);
  REQUIRE(files.ok());
  CHECK(files->size() > 12);
  for (const auto& file : *files) {
    CAPTURE(file.string());
    CHECK(*sha256_file(folder.path() / "one" / file) == *sha256_file(folder.path() / "two" / file));
  }
  for (const std::string table : {"visit_occurrence", "condition_occurrence", "drug_exposure", "measurement"}) {
    CHECK(
        count(folder.path() / "one", "SELECT count(*) FROM (SELECT person_id, lag(person_id) OVER () AS before FROM $" +
                                         table + " ) s WHERE person_id < before") == 0);
  }
}

TEST_CASE("estimates from a lake recover the planted marginals, and every row has its person and visit") {
  const ScratchFolder folder("lake");
  const auto lake = folder.path() / "lake";
  const auto summary = make(lake, 12'000, 2);
  const auto truth = *read_json(lake / "truth" / "lake.json");
  CHECK(count(lake, "SELECT count(*) FROM $person ") == 12'000);
  CHECK(count(lake, "SELECT count(*) FROM $person WHERE gender_concept_id = 8507") ==
        truth["male"].get<std::int64_t>());
  CHECK(std::abs(truth["male"].get<double>() / 12'000 - 0.498) < 0.02);
  for (std::size_t band = 0; band < 9; ++band) {
    const auto share = truth["age_bands"][band].get<double>() / 12'000 * 100;
    CHECK(std::abs(share - truth["age_band_shares_stated"][band].get<double>()) < 1.5);
  }
  // Type 2 diabetes by its codes: those who were seen somewhere with it.
  CHECK(count(lake,
              "SELECT count(DISTINCT person_id) FROM $condition_occurrence WHERE condition_source_value LIKE 'E11%'") ==
        truth["diabetic_seen"].get<std::int64_t>());
  // Events are drawn with the planted probabilities: within three standard deviations of their sum.
  const auto expected = truth["events_expected"].get<double>();
  CHECK(std::abs(truth["events"].get<double>() - expected) < 3 * std::sqrt(expected));
  for (const auto& [table, rows] : summary.rows) {
    CAPTURE(table);
    CHECK(count(lake, "SELECT count(*) FROM $" + table + " ") == rows);
    if (table == "person") continue;
    CHECK(count(lake, "SELECT count(*) FROM $" + table + " WHERE person_id NOT IN (SELECT person_id FROM $person )") ==
          0);
  }
  CHECK(
      count(
          lake,
          "SELECT count(*) FROM $measurement m ANTI JOIN $visit_occurrence v USING (visit_occurrence_id, person_id)") ==
      0);
}

TEST_CASE("a lake's numbers out of range and folders with other things are refused") {
  const ScratchFolder folder("lake");
  Progress silent;
  CHECK(!synthesise_lake({.persons = 0, .out = folder.path() / "x"}, silent).ok());
  CHECK(!synthesise_lake({.persons = 10, .hospitals = 10, .out = folder.path() / "x"}, silent).ok());
  CHECK(!synthesise_lake({.persons = 10, .panel = 41, .out = folder.path() / "x"}, silent).ok());
  REQUIRE(write_file_atomic(folder.path() / "mine.txt", "mine").ok());
  const auto refused = synthesise_lake({.persons = 10, .out = folder.path()}, silent);
  REQUIRE(!refused.ok());
  CHECK(refused.error().kind == ErrorKind::conflict);
}
