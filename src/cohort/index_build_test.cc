// An index is brought up to date unit by unit, interrupted and resumed, and never touches the one that serves.
#include "base/files.h"
#include "base/json.h"
#include "cohort/cohort.h"
#include "cohort/index_tables.h"
#include "cohort/native.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace naru;
using namespace naru::cohort;

namespace {

/// Asks to stop after so many reports of progress.
class Stopper final : public Progress {
 public:
  explicit Stopper(int after) : left_(after) {}
  void at(const Text& /*deed*/, std::uint64_t /*done*/, std::uint64_t /*total*/) override { --left_; }
  [[nodiscard]] bool stop_requested() const override { return left_ <= 0; }

 private:
  int left_;
};

class Lake {
 public:
  Lake() : database_(open(folder_.path())) {
    put("person", "SELECT i AS person_id, 8507 AS gender_concept_id, 1960 AS year_of_birth FROM range(1, 301) t(i)");
    put("observation_period",
        "SELECT i AS observation_period_id, i AS person_id, DATE '2010-01-01' AS observation_period_start_date, DATE "
        "'2024-12-31' AS observation_period_end_date FROM range(1, 301) t(i)");
    put("concept", "SELECT i AS concept_id, CAST(NULL AS VARCHAR) AS invalid_reason FROM range(1, 10) t(i)");
    conditions(100);
    put("drug_exposure",
        "SELECT i AS drug_exposure_id, i AS person_id, 2 AS drug_concept_id, DATE '2015-06-01' AS "
        "drug_exposure_start_date FROM range(1, 51) t(i)");
  }
  /// The first `count` persons have the condition.
  void conditions(int count) {
    put("condition_occurrence",
        "SELECT i AS condition_occurrence_id, i AS person_id, 1 AS condition_concept_id, DATE '2015-06-01' AS "
        "condition_start_date FROM range(1, " +
            std::to_string(count + 1) + ") t(i)");
  }
  [[nodiscard]] IndexOptions options() const { return {.folder = folder_.path(), .threads = 1}; }
  [[nodiscard]] fs::path index() const { return folder_.path() / index_folder_name; }
  [[nodiscard]] std::shared_ptr<const Index> find() const {
    auto state = IndexState::absent;
    return Index::find(index(), *table_files({.folder = folder_.path()}), state);
  }
  [[nodiscard]] static std::int64_t persons(const Index& index, const std::string& domain, int concept_id) {
    const auto text = R"({"ConceptSets":[{"id":0,"expression":{"items":[{"concept":{"CONCEPT_ID":)" +
                      std::to_string(concept_id) + R"(}}]}}],"PrimaryCriteria":{"CriteriaList":[{")" + domain +
                      R"(":{"CodesetId":0}}],"PrimaryCriteriaLimit":{"Type":"First"}}})";
    const auto answer = run_native(index, *parse(text, "d"), {.threads = 1});
    REQUIRE(answer.ok());
    return answer->count.persons;
  }

 private:
  static engine::Database open(const fs::path& folder) {
    engine::DatabaseOptions options;
    options.allowed_folders = {folder};
    auto opened = engine::Database::open(options);
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }
  void put(const std::string& table, const std::string& select) {
    const auto written = database_.copy_to_parquet(select, "1", folder_.path() / (table + ".parquet"));
    REQUIRE_MESSAGE(written.ok(), written.error().what.en);
  }
  ScratchFolder folder_{"lake"};
  engine::Database database_;
};

}  // namespace

TEST_CASE("after a load only the tables that changed are indexed again, and an index in use stays as it was") {
  Lake lake;
  Progress silent;
  const auto first = build_index(lake.options(), silent);
  REQUIRE_MESSAGE(first.ok(), first.error().what.en << " " << first.error().where);
  CHECK(first->kept == 0);
  const auto serving = lake.find();
  REQUIRE(serving != nullptr);
  CHECK(Lake::persons(*serving, "ConditionOccurrence", 1) == 100);

  lake.conditions(140);
  CHECK(lake.find() == nullptr);  // of other bytes: never used
  const auto second = build_index(lake.options(), silent);
  REQUIRE(second.ok());
  // Every unit but the conditions: persons, the other domains, three lookups, vocabulary.
  CHECK(second->kept == static_cast<int>(domains().size()) - 1 + 5);
  CHECK(second->lake != first->lake);
  const auto fresh = lake.find();
  REQUIRE(fresh != nullptr);
  CHECK(Lake::persons(*fresh, "ConditionOccurrence", 1) == 140);
  CHECK(Lake::persons(*fresh, "DrugExposure", 2) == 50);
  // Its columns are mapped and partly shared with the new one; they were not written over.
  CHECK(Lake::persons(*serving, "ConditionOccurrence", 1) == 100);
  CHECK(Lake::persons(*serving, "DrugExposure", 2) == 50);
  const auto again = build_index(lake.options(), silent);
  REQUIRE(again.ok());
  CHECK(again->fresh);
}

TEST_CASE("an interrupted build leaves the standing index, and goes on where it stopped") {
  Lake lake;
  Progress silent;
  for (const int after : {2, 5, 9}) {
    CAPTURE(after);
    Stopper stopper(after);
    const auto stopped = build_index(lake.options(), stopper);
    REQUIRE(!stopped.ok());
    CHECK(stopped.error().kind == ErrorKind::conflict);
    CHECK(!fs::exists(lake.index() / "manifest.json"));
  }
  const auto resumed = build_index(lake.options(), silent);
  REQUIRE(resumed.ok());
  CHECK(resumed->kept >= 6);
  const auto whole = lake.find();
  REQUIRE(whole != nullptr);
  CHECK(Lake::persons(*whole, "ConditionOccurrence", 1) == 100);

  // Interrupted, then the table changes again: what the interrupted build left of it is not taken over.
  lake.conditions(120);
  Stopper stopper(4);
  REQUIRE(!build_index(lake.options(), stopper).ok());
  CHECK(Lake::persons(*whole, "ConditionOccurrence", 1) == 100);
  lake.conditions(130);
  REQUIRE(build_index(lake.options(), silent).ok());
  CHECK(Lake::persons(*lake.find(), "ConditionOccurrence", 1) == 130);
  CHECK(Lake::persons(*whole, "ConditionOccurrence", 1) == 100);
  CHECK(!fs::exists(lake.index().string() + ".partial"));
}

TEST_CASE("units that a crash cut short are built again") {
  Lake lake;
  Stopper stopper(6);
  REQUIRE(!build_index(lake.options(), stopper).ok());
  const fs::path partial = lake.index().string() + ".partial";
  REQUIRE(fs::exists(partial / "persons.unit"));
  fs::resize_file(partial / "person.id.column", 10);
  { std::ofstream(partial / "condition_occurrence.unit") << "{\"key\":"; }
  { std::ofstream(partial / "stray.column") << "left by something else"; }
  Progress silent;
  REQUIRE(build_index(lake.options(), silent).ok());
  CHECK(!fs::exists(lake.index() / "stray.column"));
  CHECK(Lake::persons(*lake.find(), "ConditionOccurrence", 1) == 100);
}
