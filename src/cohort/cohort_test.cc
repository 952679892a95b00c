#include "cohort/cohort.h"

#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "base/testing/support.h"
#include "engine/archive.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace naru;
using namespace naru::cohort;

namespace {

engine::Database open_in(const std::vector<fs::path>& folders, unsigned threads = 2) {
  engine::DatabaseOptions options;
  options.allowed_folders = folders;
  options.threads = threads;
  auto database = engine::Database::open(options);
  REQUIRE(database.ok());
  return std::move(database).value();
}

/// An OMOP archive of the shared data, unpacked, and its tables.
struct Unpacked {
  ScratchFolder folder{"cdm"};
  engine::Database database;
  Cdm cdm;
  explicit Unpacked(const fs::path& archive, unsigned threads = 2)
      : database(open_in({folder.path()}, threads)), cdm([&] {
          REQUIRE(engine::extract(archive, folder.path()).ok());
          auto opened = open_cdm(database, {folder.path()});
          REQUIRE(opened.ok());
          return std::move(opened).value();
        }()) {}
};

std::string simple_drug(std::int64_t concept_id, std::string_view domain = "DrugExposure") {
  Json criterion = Json::object();
  criterion[std::string(domain)] = Json{{"CodesetId", 0}, {"First", true}};
  const Json item{{"concept", {{"CONCEPT_ID", concept_id}}}, {"includeDescendants", true}};
  return canonical(Json{{"ConceptSets", {{{"id", 0}, {"name", "x"}, {"expression", {{"items", {item}}}}}}},
                        {"PrimaryCriteria",
                         {{"CriteriaList", {criterion}},
                          {"ObservationWindow", {{"PriorDays", 0}, {"PostDays", 0}}},
                          {"PrimaryCriteriaLimit", {{"Type", "First"}}}}}});
}

}  // namespace

TEST_CASE("GiBleed gives the answers everybody knows") {
  const auto data = test::shared_data("omop");
  if (!data) return;
  Unpacked cdm(*data / "GiBleed_5.3_csv.zip");
  const auto persons = [&](std::int64_t concept_id, std::string_view domain) {
    const auto expression = parse(simple_drug(concept_id, domain), "q.json");
    REQUIRE(expression.ok());
    const auto count = run(cdm.database, cdm.cdm, *expression, "answer");
    REQUIRE_MESSAGE(count.ok(), count.error().what.en);
    return count->persons;
  };
  CHECK(persons(1118084, "DrugExposure") == 1'844);
  CHECK(persons(1124300, "DrugExposure") == 850);
  CHECK(persons(192671, "ConditionOccurrence") == 479);
}

TEST_CASE("the library's cohorts have the expected rows on three data sets") {
  const auto circe = test::shared_data("circe");
  const auto omop = test::shared_data("omop");
  if (!circe || !omop) return;
  const std::map<std::string, fs::path> archives{{"fuzz", *circe / "fuzz_cdm.zip"},
                                                 {"gibleed", *omop / "GiBleed_5.3_csv.zip"},
                                                 {"synthea27nj", *omop / "Synthea27Nj_5.4.zip"}};
  std::istringstream expected(*read_file(*circe / "expected" / "expected_counts.csv"));
  std::map<std::string, std::map<std::string, std::vector<std::string>>> wanted;  // data set → cohort → fields
  std::string line;
  std::getline(expected, line);
  while (std::getline(expected, line)) {
    // The name may hold commas: the first field and the last five are the ones needed.
    std::vector<std::string> fields;
    for (int part = 0; part < 5; ++part) {
      const auto comma = line.rfind(',');
      fields.insert(fields.begin(), line.substr(comma + 1));
      line.resize(comma);
    }
    wanted[fields[0]][line.substr(0, line.find(','))] = fields;
  }
  for (const auto& [name, cohorts] : wanted) {
    Unpacked cdm(archives.at(name));
    int equal = 0;
    for (const auto& [id, fields] : cohorts) {
      const auto file = *circe / "cohorts" / (id + ".json");
      const auto expression = parse(*read_file(file), file.filename().string());
      REQUIRE_MESSAGE(expression.ok(), expression.error().what.en << " " << expression.error().where);
      const auto count = run(cdm.database, cdm.cdm, *expression, "answer");
      REQUIRE_MESSAGE(count.ok(), id << " " << count.error().what.en);
      const auto csv = *entries_csv(cdm.database, "answer");
      const auto rows = csv.substr(csv.find('\n') + 1);
      CHECK_MESSAGE(count->persons == std::stoll(fields[2]), name << " " << id << " persons");
      if (fields[4] != "yes") continue;
      CHECK_MESSAGE(count->entries == std::stoll(fields[1]), name << " " << id << " rows");
      CHECK_MESSAGE(hex(sha256(rows)) == fields[3], name << " " << id << " dates");
      if (hex(sha256(rows)) == fields[3]) ++equal;
    }
    MESSAGE(name << ": " << equal << " equal");
  }
}
