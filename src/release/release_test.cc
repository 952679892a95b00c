#include "base/clock.h"
#include "base/digest.h"
#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "release/build.h"
#include "release/layout.h"
#include "release/publish.h"
#include "release/seal.h"
#include "release/testing.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

using namespace naru;
using namespace naru::release;
using namespace naru::release::testing;

namespace {

void spoil(const fs::path& file, std::int64_t at) {
  ::chmod(file.c_str(), 0644);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const auto byte = static_cast<char>(stream.get() ^ 1);
  stream.seekp(at);
  stream.put(byte);
}

}  // namespace

TEST_CASE("rows of several holders become distinct persons and every row is accounted for") {
  Combiner combiner;
  const auto report = combiner.build_now(combiner.request());
  CHECK(report.rows_of_persons == 1200);
  CHECK(report.persons_linked == 899);
  CHECK(report.persons_of_several_sites == 300);
  CHECK(report.persons_without_link == 1);
  CHECK(report.persons == report.persons_linked - report.persons_suppressed);
  CHECK(report.after.persons == report.persons);
  CHECK(report.after.k >= policy().anonymity.k);
  CHECK(combiner.count("SELECT count(*) FROM " + combiner.built("person")) == report.persons);
  CHECK(combiner.count("SELECT count(DISTINCT person_id) FROM " + combiner.built("person")) == report.persons);
  // No id of the link map or of a holder's file is in the release.
  CHECK(combiner.count("SELECT count(*) FROM " + combiner.built("person") + " WHERE person_id < 10000000") == 0);
}

TEST_CASE("the released person table is k-anonymous over what it shows, counted from the files alone") {
  Combiner combiner;
  combiner.build_now(combiner.request());
  CHECK(combiner.count("SELECT min(n) FROM (SELECT count(*) AS n FROM " + combiner.built("person") +
                       " AS p LEFT JOIN " + combiner.built("location") +
                       " AS l USING (location_id) GROUP BY gender_concept_id, year_of_birth, race_concept_id, "
                       "ethnicity_concept_id, state, county)") >= policy().anonymity.k);
}

TEST_CASE("events keep their holder and their visit, observation periods merge and a person dies once") {
  Combiner combiner;
  const auto report = combiner.build_now(combiner.request());
  const auto join =
      combiner.built("condition_occurrence") + " AS c JOIN " + combiner.built("visit_occurrence") +
      " AS v USING (visit_occurrence_id) WHERE c.person_id = v.person_id AND c.source_site = v.source_site AND "
      "c.condition_start_date = v.visit_start_date";
  CHECK(combiner.count("SELECT count(*) FROM " + join) ==
        combiner.count("SELECT count(*) FROM " + combiner.built("condition_occurrence")));
  CHECK(combiner.count("SELECT count(*) FROM " + combiner.built("observation_period")) == report.persons);
  CHECK(combiner.count("SELECT count(*) FROM " + combiner.built("observation_period") +
                       " WHERE source_site = 'a,b' AND observation_period_end_date = DATE '2020-12-31' + 100") > 200);
  CHECK(combiner.count("SELECT count(*) FROM " + combiner.built("death")) <= 2);
  CHECK(combiner.count("SELECT count(*) FROM " + combiner.built("death") + " WHERE death_date <> DATE '2021-01-01'") ==
        0);
  if (report.levels.at("year_of_birth") != "year") {
    CHECK(combiner.count(
              "SELECT count(*) FROM " + combiner.built("visit_occurrence") + " AS v JOIN " + combiner.built("person") +
              " AS p USING (person_id) WHERE v.age_at_event <> year(visit_start_date) - year_of_birth") == 0);
  }
}

TEST_CASE("a build made twice has equal bytes, in whatever order the holders are given") {
  Combiner combiner;
  auto request = combiner.request();
  combiner.build_now(request);
  Progress silent;
  std::swap(request.holders[0], request.holders[1]);
  const auto same = rebuild_is_identical(request, policy(), silent);
  REQUIRE(same.ok());
  CHECK_MESSAGE(same->same, same->difference);
  CHECK(same->files == 8);  // six tables and the risk figures
  request.release_key = Bytes(32, 6);
  CHECK_FALSE(rebuild_is_identical(request, policy(), silent)->same);
}

TEST_CASE("a withdrawn person and all their events are in no table of the next build") {
  Combiner combiner;
  auto request = combiner.request();
  const auto before = combiner.build_now(request);
  request.withdrawn = {400 * 10 + 5};
  const auto report = combiner.build_now(request);
  CHECK(report.persons_withdrawn == 1);
  CHECK(report.persons_linked == before.persons_linked - 1);
  CHECK(combiner.count("SELECT count(*) FROM " + combiner.built("death")) <= 1);
}

TEST_CASE("a column or table that should have stayed at the holder stops the build and is named") {
  Combiner combiner;
  combiner.write(combiner.scratch.path() / "protected" / "b" / "death.parquet",
                 "SELECT 2000400 AS person_id, DATE '2021-01-01' AS death_date, 'x' AS cause_source_value");
  Progress silent;
  const auto report = build(combiner.request(), policy(), silent);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().where == "b: death.cause_source_value");
  CHECK_FALSE(fs::exists(built_folder(combiner.releases, "r1").root()));
}

TEST_CASE("nothing is sealed without three different approving reviewers of this very build") {
  Combiner combiner;
  combiner.build_now(combiner.request());
  CHECK(seal(combiner.seal_request(), policy(), combiner.key).error().kind == ErrorKind::refused);
  auto review = Combiner::review();
  review.reviewers.pop_back();
  CHECK(record_review(combiner.releases, "r1", review, policy()).error().kind == ErrorKind::refused);
  review = Combiner::review();
  review.reviewers[2].name = "r1";
  CHECK(record_review(combiner.releases, "r1", review, policy()).error().kind == ErrorKind::refused);
  review = Combiner::review();
  review.reviewers[1].decision = "refuse";
  const auto refused_one = record_review(combiner.releases, "r1", review, policy());
  CHECK(refused_one.error().where.find("Pseudonymisation Guidelines") != std::string::npos);
  REQUIRE(record_review(combiner.releases, "r1", Combiner::review(), policy()).ok());
  auto request = combiner.request();
  request.withdrawn = {1005};
  const auto old_review = read_file(built_folder(combiner.releases, "r1").review());
  combiner.build_now(request);
  REQUIRE(write_file_atomic(built_folder(combiner.releases, "r1").review(), *old_review).ok());
  const auto stale = seal(combiner.seal_request(), policy(), combiner.key);
  REQUIRE_FALSE(stale.ok());
  CHECK(stale.error().what.en == "the review is of another build");
}

TEST_CASE("a sealed release verifies, says what it is, and never changes again") {
  Combiner combiner;
  const auto manifest = combiner.sealed();
  const auto folder = sealed_folder(combiner.releases, "r1");
  const auto report = verify(folder.root(), combiner.key.public_key());
  REQUIRE(report.ok());
  CHECK(report->ok);
  CHECK(report->files == static_cast<std::int64_t>(manifest.files.size()));
  CHECK(manifest.sources == std::vector<SiteName>{"a", "b"});
  CHECK(manifest.policy_hash == policy().hash);
  struct stat status {};
  REQUIRE(::stat((folder.data() / "person.parquet").c_str(), &status) == 0);
  CHECK((status.st_mode & 0222U) == 0);
  Progress silent;
  CHECK(build(combiner.request(), policy(), silent).error().kind == ErrorKind::conflict);
  CHECK(seal(combiner.seal_request(), policy(), combiner.key).error().kind == ErrorKind::conflict);
  const auto again = read_manifest(folder.root());
  REQUIRE(again.ok());
  CHECK(manifest_json(*again) == manifest_json(manifest));
}

TEST_CASE("verification names every changed, added and missing file and where the change lies") {
  Combiner combiner;
  combiner.sealed();
  const auto folder = sealed_folder(combiner.releases, "r1");
  const auto trusted = combiner.key.public_key();
  const auto findings = [&] {
    auto report = verify(folder.root(), trusted);
    REQUIRE(report.ok());
    CHECK(report->ok == report->findings.empty());
    return report->findings;
  };
  SUBCASE("one changed bit of a table") {
    spoil(folder.data() / "visit_occurrence.parquet", 1234);
    const auto found = findings();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == "changed");
    CHECK(found[0].file == "data/visit_occurrence.parquet");
    CHECK(found[0].what.en.find("bytes within 0 to") == 0);
  }
  SUBCASE("one byte appended") {
    ::chmod((folder.data() / "death.parquet").c_str(), 0644);
    std::ofstream(folder.data() / "death.parquet", std::ios::app | std::ios::binary) << 'x';
    const auto found = findings();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == "changed");
  }
  SUBCASE("a file taken away and one put in") {
    fs::remove(folder.data() / "death.parquet");
    std::ofstream(folder.data() / "note.parquet") << "hello";
    fs::create_symlink("/etc/hostname", folder.root() / "link");
    const auto found = findings();
    REQUIRE(found.size() == 3);
    CHECK(found[0].kind == "missing");
    CHECK(found[1].file == "data/note.parquet");
    CHECK(found[2].kind == "added");
  }
  SUBCASE("a manifest made to fit") {
    auto manifest = read_manifest(folder.root());
    manifest->consent_epoch = 9;
    ::chmod(folder.manifest().c_str(), 0644);
    REQUIRE(write_file_atomic(folder.manifest(), manifest_json(*manifest)).ok());
    const auto found = findings();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == "signature");
  }
  SUBCASE("a release signed by somebody else") {
    const auto report = verify(folder.root(), key_of(4).public_key());
    REQUIRE(report.ok());
    CHECK(report->findings.front().kind == "signature");
  }
  SUBCASE("no signature, then no manifest") {
    fs::remove(folder.signature());
    CHECK(findings().front().file == "manifest.sig");
    fs::remove(folder.manifest());
    CHECK(findings().front().file == "manifest.json");
  }
}

TEST_CASE("persons have other ids in the next release, so that two copies cannot be joined") {
  Combiner combiner;
  combiner.sealed("r1");
  combiner.sealed("r2", {}, "r1");
  const auto person = [&](const char* id) {
    return engine::parquet(sealed_folder(combiner.releases, id).data() / "person.parquet");
  };
  CHECK(combiner.count("SELECT count(*) FROM " + person("r1") + " JOIN " + person("r2") + " USING (person_id)") == 0);
}

TEST_CASE("the difference report cannot tell one withdrawal from none and does tell a great change") {
  Combiner combiner;
  combiner.sealed("r1");
  combiner.sealed("r2", {4005}, "r1");
  combiner.sealed("r2b", {}, "r1");
  std::set<std::int64_t> many;
  for (std::int64_t i = 1; i <= 200; ++i) many.insert(i * 10 + 5);
  combiner.sealed("r3", many, "r1");
  const auto at = [&](const char* id) { return sealed_folder(combiner.releases, id).root(); };
  const auto one = diff(at("r1"), at("r2"), policy().outputs);
  const auto none = diff(at("r1"), at("r2b"), policy().outputs);
  REQUIRE(one.ok());
  CHECK_FALSE(one->persons.change.has_value());
  auto renamed = *none;
  renamed.new_id = "r2";
  CHECK(difference_json(*one) == difference_json(renamed));
  const auto great = diff(at("r1"), at("r3"), policy().outputs);
  REQUIRE(great.ok());
  REQUIRE(great->persons.change.has_value());
  CHECK(*great->persons.change <= -190);
}

TEST_CASE("one person with many records leaves no trace in the difference report nor in two summaries side by side") {
  Combiner combiner;
  const auto folder = combiner.scratch.path() / "protected" / "a" / "condition_occurrence.parquet";
  combiner.write(
      combiner.scratch.path() / "more.parquet",
      "SELECT * FROM " + engine::parquet(folder) +
          " UNION ALL SELECT 10000 + i, 1000400, 100, DATE '2020-06-01', NULL, 40 FROM range(0, 777) AS r(i)");
  fs::rename(combiner.scratch.path() / "more.parquet", folder);
  combiner.sealed("r1");
  combiner.sealed("r2", {4005}, "r1");
  const auto at = [&](const char* id) { return sealed_folder(combiner.releases, id).root(); };
  const auto difference = diff(at("r1"), at("r2"), policy().outputs);
  REQUIRE(difference.ok());
  for (const auto& table : difference->tables) {
    CAPTURE(table.table);
    CHECK_FALSE(table.change.has_value());
    CHECK(table.old_rows == table.new_rows);
  }
  const auto listed = list(combiner.releases);
  REQUIRE(listed->size() == 2);
  const auto first = Json::parse(public_summary_json(listed->at(0), policy().outputs));
  const auto second = Json::parse(public_summary_json(listed->at(1), policy().outputs));
  CHECK(first["persons"] == second["persons"]);
  CHECK(first["tables"] == second["tables"]);
}

TEST_CASE("the difference rule shows multiples only and the same for every change below the smallest cell") {
  const auto& outputs = policy().outputs;
  for (std::int64_t before = 0; before <= 60; ++before) {
    const auto unchanged = difference_of("t", before, before, outputs);
    for (std::int64_t after = 0; after <= 60; ++after) {
      const auto shown = difference_of("t", before, after, outputs);
      for (const auto& figure : {shown.old_rows, shown.new_rows, shown.change}) {
        if (figure) CHECK(*figure % outputs.round_to == 0);
      }
      const bool both_shown = before >= outputs.min_cell && after >= outputs.min_cell;
      if (both_shown && std::abs(after - before) < outputs.min_cell) {
        CHECK(shown.old_rows == unchanged.old_rows);
        CHECK(shown.new_rows == unchanged.new_rows);
        CHECK(shown.reason == unchanged.reason);
      }
      if ((before > 0 && before < outputs.min_cell) || (after > 0 && after < outputs.min_cell)) {
        CHECK_FALSE(shown.old_rows.has_value());
        CHECK_FALSE(shown.new_rows.has_value());
      }
    }
  }
}

TEST_CASE("a release opens tier by tier and is listed with what may be said of it") {
  Combiner combiner;
  combiner.sealed();
  const auto trusted = combiner.key.public_key();
  const auto folder = combiner.releases;
  CHECK(publish(folder, "r1", "open", "2026-03-03", "officer", trusted).error().kind == ErrorKind::rejected);
  REQUIRE(publish(folder, "r1", "registered", "2026-03-03", "officer", trusted).ok());
  const auto again = publish(folder, "r1", "registered", "2026-04-04", "other", trusted);
  CHECK(again->tiers.at("registered") == "2026-03-03");
  const auto both = publish(folder, "r1", "controlled", "2026-05-05", "officer", trusted);
  CHECK(both->tiers.size() == 2);
  const auto listed = list(folder);
  REQUIRE(listed.ok());
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().publication->tiers == both->tiers);
  const auto summary = Json::parse(public_summary_json(listed->front(), policy().outputs));
  CHECK(summary["persons"].get<std::int64_t>() % 5 == 0);
  CHECK(summary.dump().find("sha256") == std::string::npos);
  // Being published is told beside the release: its bytes still verify.
  CHECK(verify(sealed_folder(folder, "r1").root(), trusted)->ok);
  spoil(sealed_folder(folder, "r1").data() / "person.parquet", 100);
  CHECK(publish(folder, "r1", "registered", "2026-03-03", "officer", trusted).error().kind == ErrorKind::rejected);
}

TEST_CASE("genomes join a later phase as controlled files, and what was reviewed before does not count for them") {
  Combiner combiner;
  combiner.sealed("r1");
  combiner.build_now(combiner.request("r2"));
  REQUIRE(record_review(combiner.releases, "r2", Combiner::review(), policy()).ok());
  const auto store = combiner.scratch.path() / "genome";
  REQUIRE(make_folder(store / "parts").ok());
  REQUIRE(write_file_atomic(store / "store.json", "{}").ok());
  REQUIRE(write_file_atomic(store / "parts" / "1.bin", "genotypes").ok());
  const auto files = attach_genome(combiner.releases, "r2", store);
  REQUIRE(files.ok());
  CHECK(*files == 2);
  CHECK(seal(combiner.seal_request("r2", "r1"), policy(), combiner.key).error().kind == ErrorKind::refused);
  REQUIRE(record_review(combiner.releases, "r2", Combiner::review(), policy()).ok());
  const auto manifest = seal(combiner.seal_request("r2", "r1"), policy(), combiner.key);
  REQUIRE(manifest.ok());
  CHECK(manifest->parent_manifest == *manifest_digest(sealed_folder(combiner.releases, "r1").root()));
  int controlled = 0;
  for (const auto& file : manifest->files) controlled += file.path.starts_with("genome/") && file.tier == "controlled";
  CHECK(controlled == 2);
  CHECK(verify(sealed_folder(combiner.releases, "r2").root(), combiner.key.public_key())->ok);
}

TEST_CASE("killed at any moment of build and seal there is the whole release or none, and the next try succeeds") {
  Combiner combiner;
  const double begin = steady_seconds();
  combiner.sealed("r0");
  const double whole_us = (steady_seconds() - begin) * 1e6;
  int sealed_at_kill = 0;
  for (int round = 0; round < 12; ++round) {
    const auto id = fmt::format("k{}", round);
    const auto child = ::fork();
    if (child == 0) {
      Progress silent;
      const auto built = build(combiner.request(id), policy(), silent);
      if (!built.ok() || !record_review(combiner.releases, id, Combiner::review(), policy()).ok()) ::_exit(1);
      ::_exit(seal(combiner.seal_request(id), policy(), combiner.key).ok() ? 0 : 1);
    }
    ::usleep(static_cast<useconds_t>(whole_us * 1.2 * round / 11));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    const auto folder = sealed_folder(combiner.releases, id).root();
    if (fs::exists(folder)) {
      ++sealed_at_kill;
      CHECK(verify(folder, combiner.key.public_key())->ok);
    } else {
      combiner.sealed(id);
      CHECK(verify(folder, combiner.key.public_key())->ok);
    }
    CHECK(verify(sealed_folder(combiner.releases, "r0").root(), combiner.key.public_key())->ok);
  }
  MESSAGE("sealed before the kill: ", sealed_at_kill, " of 12");
}
