#include "base/digest.h"
#include "base/process.h"
#include "base/random.h"
#include "ingest/ingest.h"
#include "ingest/testing.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <thread>

using namespace naru;
using namespace naru::ingest;
using testing::put;
using testing::Site;

namespace {

const char* const victim_variable = "NARU_TEST_INGEST_VICTIM";
const char* const small_disk_variable = "NARU_TEST_INGEST_SMALL_DISK";

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

/// Every file of the lake, name and bytes.
std::string state_of(const fs::path& root) {
  std::string all;
  const auto files = list_files(root / "lake", true);
  REQUIRE(files.ok());
  for (const auto& file : *files)
    all += file.string() + " " + hex(sha256(read_file(root / "lake" / file).value())) + "\n";
  return all;
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

TEST_CASE("kill -9 at random moments leaves the lake that stood before or the new one, and the next run goes on") {
  const bool thorough = std::getenv("NARU_TEST_LONG") != nullptr;
  const int rounds = thorough ? 400 : 12;
  constexpr int before = 50, added = 20'000;
  Site site;
  put_source(site.scratch.path() / "first", 1, before);
  put_source(site.scratch.path() / "second", 1'000, added);
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "first").ok());
  const auto kept = site.scratch.path() / "kept";
  fs::copy(site.root, kept, fs::copy_options::recursive);
  const auto old_state = state_of(site.root);
  const double begun = steady_seconds();
  REQUIRE(site.take(Kind::omop, site.scratch.path() / "second").ok());
  const double whole = steady_seconds() - begun;
  const auto new_state = state_of(site.root);
  REQUIRE(old_state != new_state);
  ::setenv(victim_variable, site.scratch.path().c_str(), 1);
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  SeededRandom random(20'260'101);
  int old_seen = 0, new_seen = 0;
  for (int round = 0; round < rounds; ++round) {
    fs::remove_all(site.root);
    fs::copy(kept, site.root, fs::copy_options::recursive);
    const auto micros = static_cast<std::int64_t>(random.unit() * 1.3 * whole * 1e6);
    CAPTURE(round);
    CAPTURE(micros);
    auto victim = BackgroundProcess::start({self, "-tc=the process that is killed*"}, site.scratch.path() / "log");
    REQUIRE(victim.ok());
    std::this_thread::sleep_for(std::chrono::microseconds(micros));
    victim->kill_now();
    const auto documents = receipts(site.root);  // reading mends what the crash left
    REQUIRE_MESSAGE(documents.ok(), documents.error().what.en);
    const auto state = state_of(site.root);
    CHECK((documents->size() == 1 ? state == old_state : state == new_state));
    ++(documents->size() == 1 ? old_seen : new_seen);
    if (!thorough && round % 4 != 0) continue;
    const auto second = site.take(Kind::omop, site.scratch.path() / "second");
    REQUIRE_MESSAGE(second.ok(), second.error().what.en);
    CHECK(state_of(site.root) == new_state);
    CHECK(receipts(site.root)->size() == 2);
    CHECK_FALSE(fs::exists(site.root / "lake.fresh"));
    CHECK_FALSE(fs::exists(site.root / "private" / "scratch"));
    CHECK(std::distance(fs::directory_iterator(site.root / "parts"), fs::directory_iterator()) == 2);
  }
  ::unsetenv(victim_variable);
  MESSAGE("killed " << rounds << " times: " << old_seen << " old, " << new_seen << " new");
  CHECK(old_seen > 0);
}

// Not a test of its own: the process that the next test gives a small disk.
TEST_CASE("the process whose disk fills") {
  const char* folder = std::getenv(small_disk_variable);
  if (folder == nullptr) return;
  const auto disk = fs::path(folder) / "disk";
  const auto site = disk / "site";
  const auto kept = fs::path(folder) / "kept";
  const FixedClock clock{1'700'000'000'000};
  Progress progress;
  const auto take = [&](std::string_view source) {
    return ingest::ingest(
        {.kind = Kind::omop, .sources = {fs::path(folder) / source}, .site = site, .legal_basis = "synthetic"}, clock,
        progress);
  };
  fs::create_directories(site);
  REQUIRE(take("first").ok());
  fs::copy(site, kept, fs::copy_options::recursive);
  const auto old_state = state_of(site);
  const auto room = fs::space(disk).available;
  REQUIRE(take("second").ok());
  const auto needed = room - fs::space(disk).available;
  const auto new_state = state_of(site);
  SeededRandom random(7);
  int stopped = 0;
  for (int round = 0; round < 16; ++round) {
    fs::remove_all(site);
    fs::copy(kept, site, fs::copy_options::recursive);
    const auto left = random.below(needed + needed / 2);
    CAPTURE(left);
    // All but `left` bytes of the disk belong to somebody else.
    const int filler = ::open((disk / "filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    REQUIRE(filler >= 0);
    const auto taken = fs::space(disk).available > left ? fs::space(disk).available - left : 0;
    REQUIRE(::posix_fallocate(filler, 0, static_cast<off_t>(std::max<std::uintmax_t>(taken, 1))) == 0);
    ::close(filler);
    const auto outcome = take("second");
    CHECK(state_of(site) == (outcome.ok() ? new_state : old_state));
    if (!outcome.ok()) {
      ++stopped;
      CHECK_FALSE(outcome.error().what.ko.empty());
      CHECK(receipts(site)->size() == 1);
    }
    fs::remove(disk / "filler");
    REQUIRE(take("second").ok());
    CHECK(state_of(site) == new_state);
  }
  CHECK(stopped > 0);
  std::puts("the disk filled");
}

TEST_CASE("a disk that fills at any point stops the load, and with room again the load goes on") {
  const ScratchFolder scratch("small-disk");
  const auto folder = scratch.path().string();
  put_source(scratch.path() / "first", 1, 50);
  put_source(scratch.path() / "second", 1'000, 60'000);
  fs::create_directories(scratch.path() / "disk");
  const auto self = fs::read_symlink("/proc/self/exe").string();
  const auto outcome = run_process({"bwrap", "--dev-bind", "/", "/", "--size", "16777216", "--tmpfs", folder + "/disk",
                                    self, "-tc=the process whose disk fills"},
                                   {.environment = {{small_disk_variable, folder}}});
  if (!outcome.ok() || outcome->out.find("[doctest]") == std::string::npos) {
    std::puts("SKIPPED: no small file system can be mounted here (bwrap with user namespaces)");
    return;
  }
  CHECK_MESSAGE(outcome->status == 0, outcome->out);
  CHECK(outcome->out.find("the disk filled") != std::string::npos);
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
