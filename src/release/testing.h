#pragma once
/// For this room's tests: a combiner with two holders' protected tables, and what a build of it needs.
#include "base/files.h"
#include "engine/database.h"
#include "release/build.h"
#include "release/layout.h"
#include "release/seal.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#ifndef NARU_SOURCE_DIR
#define NARU_SOURCE_DIR "."
#endif

namespace naru::release::testing {

inline const protect::Policy& policy() {
  static const protect::Policy loaded = [] {
    auto read = protect::find_policy(NARU_SOURCE_DIR, "naru-demo");
    REQUIRE(read.ok());
    // How far attacks get is measured by protect's own tests; here every build would wait for them.
    constexpr std::int64_t few = 4;
    read->disclosure->attack.attempts = few;
    read->disclosure->attack.questions = few;
    return *read;
  }();
  return loaded;
}
inline SigningKey key_of(std::uint8_t seed) {
  auto key = SigningKey::from_seed(Bytes(32, seed));
  REQUIRE(key.ok());
  return std::move(*key);
}

// Two holders with protected tables: persons 1…600 at a, 301…900 at b; link id = 10 * person + 5 for all but 900.
struct Combiner {
  ScratchFolder scratch{"release"};
  fs::path releases = scratch.path() / "releases";
  engine::Database database;
  SigningKey key = key_of(3);

  Combiner() : database(opened(scratch.path())) {
    holder("a", 1, 601, 1'000'000);
    holder("b", 301, 901, 2'000'000);
    write(scratch.path() / "vocabulary" / "concept_ancestor.parquet",
          "SELECT * FROM (VALUES (110, 111, 1), (110, 112, 1), (114, 113, 1), (110, 110, 0), (109, 110, 1), (109, 111, "
          "2)) "
          "AS t(ancestor_concept_id, descendant_concept_id, min_levels_of_separation)");
    write(scratch.path() / "links.parquet",
          "SELECT 'a' AS holder, 1000000 + i AS row_id, i * 10 + 5 AS link_id FROM range(1, 601) AS r(i) UNION ALL "
          "SELECT "
          "'b', 2000000 + i, i * 10 + 5 FROM range(301, 900) AS r(i)");
  }
  static engine::Database opened(const fs::path& folder) {
    auto database = engine::Database::open({.allowed_folders = {folder}});
    REQUIRE(database.ok());
    return std::move(*database);
  }
  void write(const fs::path& file, const std::string& select) {
    REQUIRE(make_folder(file.parent_path()).ok());
    const auto done = database.run("COPY (" + select + ") TO " + engine::literal(file.string()) + " (FORMAT parquet)");
    REQUIRE_MESSAGE(done.ok(), (done.ok() ? "" : done.error().what.en));
  }
  void holder(const std::string& name, int from, int to, int base) {
    const auto folder = scratch.path() / "protected" / name;
    const auto range = fmt::format(" FROM range({}, {}) AS r(i)", from, to);
    // Holder b writes one birth year wrong and does not know one sex.
    write(folder / "person.parquet",
          fmt::format(
              "SELECT CAST({0} + i AS BIGINT) AS person_id, CAST(CASE WHEN {0} = 2000000 AND i = 310 THEN 0 WHEN i % "
              "2 = 0 THEN 8507 ELSE 8532 END AS BIGINT) AS gender_concept_id, CAST(1940 + i % 60 + CASE WHEN {0} = "
              "2000000 AND i = 311 THEN 7 ELSE 0 END AS INTEGER) AS year_of_birth, CAST(0 AS BIGINT) AS "
              "race_concept_id, CAST(0 AS BIGINT) AS ethnicity_concept_id, CAST(1 + i % 2 AS BIGINT) AS location_id",
              base) +
              range);
    write(folder / "location.parquet",
          "SELECT CAST(1 + i AS BIGINT) AS location_id, NULL::VARCHAR AS county, CASE WHEN i = 0 "
          "THEN 'Seoul' ELSE 'Busan' END AS state, CAST(0 AS BIGINT) AS country_concept_id FROM "
          "range(0, 2) AS r(i)");
    write(folder / "observation_period.parquet",
          fmt::format(
              "SELECT i AS observation_period_id, {0} + i AS person_id, DATE '2019-01-01' + CASE WHEN {0} = 2000000 "
              "THEN 100 ELSE 0 END AS observation_period_start_date, DATE '2020-12-31' + CASE WHEN {0} = 2000000 THEN "
              "100 ELSE 0 END AS observation_period_end_date, CAST(32817 AS BIGINT) AS period_type_concept_id, "
              "CAST(40 AS SMALLINT) AS age_at_event",
              base) +
              range);
    write(folder / "visit_occurrence.parquet",
          fmt::format(
              "SELECT i AS visit_occurrence_id, {} + i AS person_id, CAST(9202 AS BIGINT) AS visit_concept_id, DATE "
              "'2020-01-01' + CAST(i % 100 AS INTEGER) AS visit_start_date, DATE '2020-01-02' + CAST(i % 100 AS "
              "INTEGER) AS visit_end_date, CAST(32817 AS BIGINT) AS visit_type_concept_id, CAST(40 AS SMALLINT) AS "
              "age_at_event",
              base) +
              range);
    write(folder / "condition_occurrence.parquet",
          fmt::format(
              "SELECT i AS condition_occurrence_id, {} + i AS person_id, CAST(100 AS BIGINT) AS condition_concept_id, "
              "DATE '2020-01-01' + CAST(i % 100 AS INTEGER) AS condition_start_date, i AS visit_occurrence_id, "
              "CAST(40 AS SMALLINT) AS age_at_event",
              base) +
              range);
    write(folder / "death.parquet",
          fmt::format("SELECT {} + i AS person_id, DATE '2021-01-01' + {} AS death_date, CAST(40 AS "
                      "SMALLINT) AS age_at_event FROM range(400, 402) AS r(i)",
                      base, base == 2'000'000 ? 3 : 0));
  }
  BuildRequest request(const std::string& id = "r1") const {
    const auto folder = scratch.path() / "protected";
    return {.releases = releases,
            .id = id,
            .holders = {{"b", folder / "b"}, {"a", folder / "a"}},
            .link_map = scratch.path() / "links.parquet",
            .vocabulary = scratch.path() / "vocabulary",
            .release_key = Bytes(32, 5)};
  }
  BuildReport build_now(const BuildRequest& request) const {
    Progress silent;
    auto report = build(request, policy(), silent);
    REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.error().what.en + " " + report.error().where));
    return *report;
  }
  static ExportReview review() {
    return {.reviewers = {{"r1", "combiner", "approve"},
                          {"r2", "combiner", "approve"},
                          {"r3", "outside", "approve", "", true}},
            .decided_on = "2026-03-01"};
  }
  SealRequest seal_request(const std::string& id = "r1", const std::string& parent = {}) const {
    return {.releases = releases,
            .id = id,
            .phase = parent.empty() ? 1 : 2,
            .parent = parent,
            .created = "2026-03-02",
            .code_version = "naru test",
            .issuer = "combiner",
            .consent_epoch = parent.empty() ? 1 : 2,
            .vocabulary_hash = std::string(64, 'a')};
  }
  Manifest sealed(const std::string& id = "r1", std::set<std::int64_t> withdrawn = {},
                  const std::string& parent = {}) const {
    auto what = request(id);
    what.withdrawn = std::move(withdrawn);
    build_now(what);
    REQUIRE(record_review(releases, id, review(), policy()).ok());
    auto manifest = seal(seal_request(id, parent), policy(), key);
    REQUIRE_MESSAGE(manifest.ok(), (manifest.ok() ? "" : manifest.error().what.en + " " + manifest.error().where));
    return *manifest;
  }
  std::int64_t count(const std::string& sql) {
    auto answer = database.integer(sql);
    REQUIRE_MESSAGE(answer.ok(), (answer.ok() ? "" : answer.error().what.en));
    return *answer;
  }
  std::string built(std::string_view table) const {
    return engine::parquet(built_folder(releases, "r1").data() / (std::string(table) + ".parquet"));
  }
};

}  // namespace naru::release::testing
