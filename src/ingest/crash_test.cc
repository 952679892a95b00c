#include "base/process.h"
#include "ingest/ingest.h"
#include "ingest/testing.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

const char* const victim_variable = "NARU_TEST_INGEST_VICTIM";

void put_source(const fs::path& folder, int first, int persons) {
  std::string person = "person_id,gender_concept_id,year_of_birth,race_concept_id,ethnicity_concept_id\n";
  std::string condition =
      "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_type_concept_id\n";
  for (int i = first; i < first + persons; ++i) {
    person += fmt::format("{},8507,1980,0,0\n", i);
    condition += fmt::format("{},{},201826,2020-01-05,32817\n", i, i);
  }
  put(folder / "person.csv", person);
  put(folder / "condition_occurrence.csv", condition);
}

}  // namespace

// Not a test of its own: the process that the next test kills.
TEST_CASE("the process that is killed in the middle of an ingest") {
  const char* folder = std::getenv(victim_variable);
  if (folder == nullptr) return;
  const SystemClock clock;
  Progress progress;
  (void)ingest::ingest({.kind = Kind::omop,
                        .sources = {fs::path(folder) / "second"},
                        .site = fs::path(folder) / "site",
                        .legal_basis = "synthetic"},
                       clock, progress);
}

TEST_CASE("kill -9 at any moment leaves the lake that stood before or the new one, and the next run goes on") {
  constexpr int before = 50, added = 20'000;
  Site site;
  put_source(site.scratch.path() / "first", 1, before);
  put_source(site.scratch.path() / "second", 1'000, added);
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "first").ok());
  ::setenv(victim_variable, site.scratch.path().c_str(), 1);
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  int old_seen = 0;
  for (const int wait_ms : {5, 40, 80, 120, 160, 200, 260, 330, 400, 500}) {
    auto victim = BackgroundProcess::start({self, "-tc=the process that is killed*"}, site.scratch.path() / "log");
    REQUIRE(victim.ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(wait_ms));
    victim->kill_now();
    const auto documents = receipts(site.root);  // reading mends what the crash left
    REQUIRE_MESSAGE(documents.ok(), documents.error().what.en);
    const auto persons = site.number("SELECT count(*) FROM lake(person)");
    const auto conditions = site.number("SELECT count(*) FROM lake(condition_occurrence)");
    CAPTURE(wait_ms);
    CHECK(persons == conditions);
    CHECK((documents->size() == 1 ? persons == before : persons == before + added));
    if (documents->size() == 1) ++old_seen;
    if (documents->size() == 2) break;
  }
  ::unsetenv(victim_variable);
  CHECK(old_seen > 0);
  const auto second = site.take(Kind::omop, site.scratch.path() / "second");
  REQUIRE_MESSAGE(second.ok(), second.error().what.en);
  CHECK(site.number("SELECT count(*) FROM lake(person)") == before + added);
  CHECK(receipts(site.root)->size() == 2);
  CHECK_FALSE(fs::exists(site.root / "lake.fresh"));
  CHECK_FALSE(fs::exists(site.root / "private" / "scratch"));
}

TEST_CASE("two ingests at one site do not run at once") {
  Site site;
  put_source(site.scratch.path() / "first", 1, 3);
  const auto lock = FileLock::acquire(site.root / "ingest.lock");
  REQUIRE(lock.ok());
  const auto refused = site.take(Kind::omop, site.scratch.path() / "first");
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::conflict);
}

TEST_CASE("a lake rebuilt from its parts is the same bytes") {
  Site site;
  put_source(site.scratch.path() / "first", 1, 30);
  put_source(site.scratch.path() / "second", 100, 30);
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "first").ok());
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "second").ok());
  const auto before = read_file(site.root / "lake" / "condition_occurrence.parquet");
  REQUIRE(rebuild_lake(site.root, site.progress).ok());
  CHECK(*read_file(site.root / "lake" / "condition_occurrence.parquet") == *before);
}

TEST_CASE("a source without a known legal basis is not taken") {
  Site site;
  put_source(site.scratch.path() / "first", 1, 3);
  const auto refused =
      site.take({.kind = Kind::omop, .sources = {site.scratch.path() / "first"}, .legal_basis = "because"});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().kind == ErrorKind::usage);
  CHECK(refused.error().what.en.find("pseudonymised-use") != std::string::npos);
}
