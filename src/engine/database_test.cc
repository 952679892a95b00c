#include "engine/database.h"

#include "base/digest.h"
#include "base/files.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using namespace naru;
using namespace naru::engine;

namespace {

Database open_in(const fs::path& folder, unsigned threads = 2) {
  DatabaseOptions options;
  options.allowed_folders = {folder};
  options.threads = threads;
  auto database = Database::open(options);
  REQUIRE(database.ok());
  return std::move(database).value();
}

Rows numbers(std::int64_t count, bool reversed) {
  Rows rows;
  rows.columns = {{"id", Kind::integer}, {"name", Kind::text}};
  for (std::int64_t index = 0; index < count; ++index) {
    const auto id = reversed ? count - 1 - index : index;
    rows.columns[0].integers.push_back(id);
    rows.columns[1].texts.push_back("n" + std::to_string(id % 97));
    for (auto& column : rows.columns) column.valid.push_back(1);
  }
  rows.count = static_cast<std::size_t>(count);
  return rows;
}

}  // namespace

TEST_CASE("the cage keeps files outside the allowed folders out of reach") {
  const ScratchFolder folder("cage");
  auto database = open_in(folder.path());
  for (const auto* sql :
       {"SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/hosts'",
        "COPY (SELECT 1) TO '/tmp/naru-escaped.csv'", "ATTACH '/tmp/naru-escaped.db'",
        "SELECT * FROM read_text('/tmp/../etc/passwd')", "SELECT * FROM glob('/etc/*')"}) {
    const auto done = database.run(sql);
    CHECK_MESSAGE(!done.ok(), sql);
  }
  const auto refusal = database.run("SELECT * FROM read_text('/etc/passwd')");
  REQUIRE(!refusal.ok());
  CHECK(refusal.error().kind == ErrorKind::refused);
  CHECK(!fs::exists("/tmp/naru-escaped.csv"));
}

TEST_CASE("extensions cannot be installed or loaded and settings cannot be changed") {
  const ScratchFolder folder("cage");
  auto database = open_in(folder.path());
  for (const auto* sql : {"INSTALL httpfs", "LOAD httpfs", "SET enable_external_access=true", "SET threads=1",
                          "SET lock_configuration=false", "RESET lock_configuration", "PRAGMA threads=4",
                          "SET allowed_directories=['/']", "SET memory_limit='100GB'"}) {
    CHECK_MESSAGE(!database.run(sql).ok(), sql);
  }
}

TEST_CASE("every kind goes in as a parameter and comes out again, and so does NULL") {
  const ScratchFolder folder("kinds");
  auto database = open_in(folder.path());
  const auto rows = database.query(
      "SELECT ?::BOOLEAN a, ?::BIGINT b, ?::DOUBLE c, ?::VARCHAR d, ?::DATE e, ?::TIMESTAMP f, ?::INTEGER g",
      {true, std::int64_t{-7}, 0.1, std::string("한글"), Date{-1}, Timestamp{1'500'000}, std::monostate{}});
  REQUIRE(rows.ok());
  CHECK(rows->integer(0, 0) == 1);
  CHECK(rows->integer(1, 0) == -7);
  CHECK(rows->real(2, 0) == 0.1);
  CHECK(rows->text(3, 0) == "한글");
  CHECK(rows->integer(4, 0) == -1);
  CHECK(rows->columns[4].kind == Kind::date);
  CHECK(rows->integer(5, 0) == 1'500'000);
  CHECK(rows->is_null(6, 0));
  CHECK(*rows->index_of("d") == 3);
  CHECK(!rows->index_of("absent").ok());
}

TEST_CASE("small integers, sums, decimals and enums are read as their kind") {
  const ScratchFolder folder("kinds");
  auto database = open_in(folder.path());
  const auto rows = database.query(
      "SELECT 200::UTINYINT, (-3)::SMALLINT, sum(i), 1.25::DECIMAL(10,2), 'b'::ENUM('a','b'), "
      "TIMESTAMP_NS '1969-12-31 23:59:59.999999500', 1.5::FLOAT, (-5)::HUGEINT FROM range(10) t(i)");
  REQUIRE(rows.ok());
  CHECK(rows->integer(0, 0) == 200);
  CHECK(rows->integer(1, 0) == -3);
  CHECK(rows->integer(2, 0) == 45);
  CHECK(rows->real(3, 0) == 1.25);
  CHECK(rows->text(4, 0) == "b");
  CHECK(rows->integer(5, 0) == -1);
  CHECK(rows->real(6, 0) == 1.5);
  CHECK(rows->integer(7, 0) == -5);
  CHECK(!database.query("SELECT 170141183460469231731687303715884105727::HUGEINT").ok());
  CHECK(!database.query("SELECT [1, 2]").ok());
}

TEST_CASE("appended columns keep values and NULLs over chunk borders, wrong kinds and broken UTF-8 are refused") {
  const ScratchFolder folder("append");
  auto database = open_in(folder.path());
  REQUIRE(database.run("CREATE TABLE t (id INTEGER, name VARCHAR)").ok());
  auto rows = numbers(5'000, false);
  rows.columns[1].valid[2'049] = 0;
  REQUIRE(database.append("t", rows).ok());
  CHECK(*database.integer("SELECT count(*) FROM t WHERE name IS NULL AND id = 2049") == 1);
  CHECK(*database.integer("SELECT sum(id) FROM t") == 5'000LL * 4'999 / 2);
  std::size_t seen = 0;
  std::size_t largest = 0;
  REQUIRE(database
              .each_batch("SELECT * FROM t", {},
                          [&](const Rows& batch) -> Done {
                            seen += batch.count;
                            largest = std::max(largest, batch.count);
                            return {};
                          })
              .ok());
  CHECK(seen == 5'000);
  CHECK(largest <= 2'048);
  auto wide = numbers(1, false);
  wide.columns[0].integers[0] = 1LL << 40;
  CHECK(!database.append("t", wide).ok());
  auto broken = numbers(1, false);
  broken.columns[1].texts[0] = "\xff";
  CHECK(!database.append("t", broken).ok());
  auto swapped = numbers(1, false);
  std::swap(swapped.columns[0], swapped.columns[1]);
  CHECK(!database.append("t", swapped).ok());
  CHECK(*database.integer("SELECT count(*) FROM t") == 5'000);
}

TEST_CASE("a Parquet file has the same bytes for 1, 2 and 7 threads and for shuffled input") {
  const ScratchFolder folder("bytes");
  std::vector<std::string> digests;
  for (const unsigned threads : {1U, 2U, 7U}) {
    for (const bool reversed : {false, true}) {
      auto database = open_in(folder.path(), threads);
      REQUIRE(database.run("CREATE TABLE t (id BIGINT, name VARCHAR)").ok());
      REQUIRE(database.append("t", numbers(300'000, reversed)).ok());
      const auto file = folder.path() / ("t" + std::to_string(digests.size()) + ".parquet");
      const auto written = database.copy_to_parquet("SELECT * FROM t", "id", file);
      REQUIRE(written.ok());
      CHECK(*written == 300'000);
      digests.push_back(hex(*sha256_file(file)));
      CHECK(*database.integer("SELECT count(*) FROM " + parquet(file)) == 300'000);
    }
  }
  for (const auto& digest : digests) CHECK(digest == digests.front());
}

TEST_CASE("a running statement stops when interrupted from another thread") {
  const ScratchFolder folder("interrupt");
  auto database = open_in(folder.path());
  std::atomic<bool> done = false;
  std::thread stopper([&] {
    while (!done) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      database.interrupt();
    }
  });
  const auto answer =
      database.integer("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3");
  done = true;
  stopper.join();
  REQUIRE(!answer.ok());
  CHECK(answer.error().kind == ErrorKind::conflict);
  CHECK(*database.integer("SELECT 42") == 42);
}

TEST_CASE("an error never quotes a cell") {
  const ScratchFolder folder("quiet");
  REQUIRE(write_file_atomic(folder.path() / "p.csv", "id,day\n1,2020-01-01\n2,Kim Minjun 900101-1234567\n").ok());
  auto database = open_in(folder.path());
  for (const auto& sql : {std::string("SELECT day::DATE FROM read_csv(") + literal((folder.path() / "p.csv").string()) +
                              ", all_varchar=true)",
                          std::string("SELECT * FROM read_csv(") + literal((folder.path() / "p.csv").string()) +
                              ", columns={'id':'BIGINT','day':'DATE'}, header=true)"}) {
    const auto answer = database.query(sql);
    REQUIRE(!answer.ok());
    CHECK(answer.error().what.en.find("Kim") == std::string::npos);
    CHECK(answer.error().where.find("Kim") == std::string::npos);
  }
}

TEST_CASE("a stream refuses other statements on the same database and reports errors in its middle") {
  const ScratchFolder folder("stream");
  auto database = open_in(folder.path());
  const auto nested = database.each_batch("SELECT 1", {}, [&](const Rows&) { return database.run("SELECT 2"); });
  CHECK(!nested.ok());
  const auto broken =
      database.each_batch("SELECT CASE WHEN i = 90000 THEN 'x' ELSE '1' END::INTEGER FROM range(100000) t(i)", {},
                          [](const Rows&) -> Done { return {}; });
  CHECK(!broken.ok());
  CHECK(*database.integer("SELECT 1") == 1);
}

TEST_CASE("names and texts are quoted so that they stay names and texts") {
  CHECK(quoted("a\"b") == "\"a\"\"b\"");
  CHECK(literal("it's") == "'it''s'");
  const ScratchFolder folder("star");
  auto database = open_in(folder.path());
  const auto file = folder.path() / "a[1]*.parquet";
  REQUIRE(database.copy_to_parquet("SELECT 1 AS one", "one", file).ok());
  CHECK(*database.integer("SELECT one FROM " + parquet(file)) == 1);
  CHECK(database.describe(parquet(file))->at(0).second == "INTEGER");
}
