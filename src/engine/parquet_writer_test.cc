#include "engine/parquet_writer.h"

#include "base/files.h"
#include "base/random.h"
#include "engine/parquet_encode.h"

#include <doctest/doctest.h>

#include <cmath>

using namespace naru;
using namespace naru::engine;

namespace {

/// Every type, with NULLs, keys, few values, runs, long texts, extremes and non-Latin text.
const char* const rows_sql =
    "SELECT i AS key, CASE WHEN i % 7 <> 0 THEN (i * 7919) % 50 END AS few, (i // 1000)::INTEGER AS runs, CASE WHEN i "
    "% 3 = 0 THEN hash(i)::VARCHAR WHEN i % 3 = 1 THEN '가나다' || (i % 20) END AS words, CASE WHEN i % 11 = 0 THEN "
    "NULL WHEN i % 11 = 1 THEN '-0'::DOUBLE ELSE sqrt(i) - 100 END AS measured, (DATE '1899-12-31' + (i % "
    "70000)::INTEGER) AS "
    "day, CASE WHEN i % 5 = 0 THEN TIMESTAMP '1969-12-31 23:59:59.999999' + to_microseconds(i * 1000003) END AS "
    "moment, "
    "NULL::VARCHAR AS nothing, CASE WHEN i = 5 THEN -9223372036854775807 - 1 WHEN i = 6 THEN 9223372036854775807 ELSE "
    "0 "
    "END AS extreme, repeat('x', (i % 100)::INTEGER) AS lengths, 42::BIGINT AS same FROM range({}) t(i)";

const std::vector<ParquetColumn> columns = {{"key", "BIGINT"},       {"few", "BIGINT"},      {"runs", "INTEGER"},
                                            {"words", "VARCHAR"},    {"measured", "DOUBLE"}, {"day", "DATE"},
                                            {"moment", "TIMESTAMP"}, {"nothing", "VARCHAR"}, {"extreme", "BIGINT"},
                                            {"lengths", "VARCHAR"},  {"same", "BIGINT"}};

}  // namespace

TEST_CASE("what is written is what the engine reads back, whatever the number of rows") {
  const ScratchFolder folder("parquet");
  auto database = Database::open({.allowed_folders = {folder.path()}});
  REQUIRE(database.ok());
  for (const int rows : {0, 1, 7, 8, 9, 1'000, 122'879, 122'880, 122'881, 300'000}) {
    CAPTURE(rows);
    const auto file = folder.path() / fmt::format("{}.parquet", rows);
    const auto select = fmt::format(fmt::runtime(rows_sql), rows);
    const auto written = write_parquet(*database, select, "key", columns, file);
    REQUIRE_MESSAGE(written.ok(), written.error().what.en);
    CHECK(*written == rows);
    CHECK(*database->integer("SELECT count(*) FROM " + parquet(file)) == rows);
    const auto types = database->describe(parquet(file));
    REQUIRE(types.ok());
    REQUIRE(types->size() == columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
      CHECK((*types)[i].first == columns[i].name);
      CHECK((*types)[i].second == columns[i].sql_type);
    }
    const auto differ = fmt::format(
        "SELECT count(*) FROM (({0} EXCEPT ALL SELECT * FROM {1}) UNION ALL (SELECT * FROM {1} "
        "EXCEPT ALL {0}))",
        select, parquet(file));
    CHECK(*database->integer(differ) == 0);
    if (rows > 1)
      CHECK(std::signbit(database->query("SELECT measured FROM " + parquet(file) + " WHERE key = 1")->real(0, 0)));
  }
}

TEST_CASE("readers skip groups by the bounds that each column carries") {
  const ScratchFolder folder("parquet");
  auto database = Database::open({.allowed_folders = {folder.path()}});
  REQUIRE(database.ok());
  const auto file = folder.path() / "many.parquet";
  REQUIRE(write_parquet(*database, fmt::format(fmt::runtime(rows_sql), 300'000), "", columns, file).ok());
  const auto bounds = database->query(
      "SELECT path_in_schema, row_group_id, stats_min_value, stats_max_value, stats_null_count FROM parquet_metadata(" +
      literal(file.string()) + ") WHERE row_group_id = 1 ORDER BY column_id");
  REQUIRE(bounds.ok());
  REQUIRE(bounds->count == columns.size());
  CHECK(bounds->text(2, 0) == "122880");
  CHECK(bounds->text(3, 0) == "245759");
  CHECK(bounds->text(2, 1) == "0");
  CHECK(bounds->text(3, 1) == "49");
  CHECK(bounds->integer(4, 7) == 122'880);
  CHECK(bounds->is_null(2, 7));
  // A filter answers the same with and without the groups it skips.
  for (const auto* where : {"key = 200000", "words < '1'", "measured > 400",
                            "moment IS NOT NULL AND day < DATE '1950-01-01'", "extreme < 0", "measured = 0"}) {
    CAPTURE(where);
    const auto sums = [&](const std::string& from) {
      return *database->integer(fmt::format("SELECT coalesce(sum(key), 0)::BIGINT FROM {} WHERE {}", from, where));
    };
    CHECK(sums(parquet(file)) == sums("(" + fmt::format(fmt::runtime(rows_sql), 300'000) + ")"));
  }
}

TEST_CASE("equal rows are equal bytes for any number of threads") {
  const ScratchFolder folder("parquet");
  std::vector<std::string> bytes;
  for (const unsigned threads : {1U, 2U, 5U}) {
    auto database = Database::open({.allowed_folders = {folder.path()}, .threads = threads});
    REQUIRE(database.ok());
    const auto file = folder.path() / fmt::format("{}.parquet", threads);
    REQUIRE(write_parquet(*database, fmt::format(fmt::runtime(rows_sql), 250'000), "key", columns, file).ok());
    bytes.push_back(*read_file(file));
  }
  CHECK(bytes[0] == bytes[1]);
  CHECK(bytes[0] == bytes[2]);
}

TEST_CASE("long texts end a group in the middle of a batch") {
  const ScratchFolder folder("parquet");
  auto database = Database::open({.allowed_folders = {folder.path()}});
  REQUIRE(database.ok());
  const auto file = folder.path() / "long.parquet";
  const std::string select = "SELECT i AS key, repeat((i % 7)::VARCHAR, 60000) AS words FROM range(3000) t(i)";
  const auto written = write_parquet(*database, select, "key", {{"key", "BIGINT"}, {"words", "VARCHAR"}}, file);
  REQUIRE_MESSAGE(written.ok(), written.error().what.en);
  CHECK(*database->integer("SELECT count(*) FROM (SELECT * FROM " + parquet(file) + " INTERSECT " + select + ")") ==
        3'000);
  CHECK(*database->integer("SELECT count(DISTINCT row_group_id) FROM parquet_metadata(" + literal(file.string()) +
                           ")") == 3);
}

TEST_CASE("a column that the answer does not have is all NULL, as if it had been asked for") {
  const ScratchFolder folder("parquet");
  auto database = Database::open({.allowed_folders = {folder.path()}});
  REQUIRE(database.ok());
  const auto less = folder.path() / "less.parquet", more = folder.path() / "more.parquet";
  const std::string from = " FROM range(200000) t(i)";
  REQUIRE(write_parquet(*database, "SELECT i AS a, i % 3 AS c" + from, "",
                        {{"a", "BIGINT"}, {"b", "DATE", true}, {"c", "BIGINT"}}, less)
              .ok());
  REQUIRE(write_parquet(*database, "SELECT i AS a, NULL::DATE AS b, i % 3 AS c" + from, "",
                        {{"a", "BIGINT"}, {"b", "DATE"}, {"c", "BIGINT"}}, more)
              .ok());
  CHECK(*read_file(less) == *read_file(more));
}

TEST_CASE("levels and places survive packing in runs and groups of eight") {
  // The packed form is read back by rule: the engine reads whole files, this looks at single boundaries.
  const auto unpack = [](const std::string& in, std::size_t count, unsigned width) {
    std::vector<std::uint32_t> out;
    std::size_t at = 0;
    const auto byte = [&] { return static_cast<std::uint8_t>(in.at(at++)); };
    while (out.size() < count) {
      std::uint64_t head = 0;
      for (unsigned shift = 0;; shift += 7) {
        const auto one = byte();
        head |= static_cast<std::uint64_t>(one & 0x7FU) << shift;
        if ((one & 0x80U) == 0) break;
      }
      if ((head & 1U) == 0) {
        std::uint32_t value = 0;
        for (unsigned i = 0; i < (width + 7) / 8; ++i) value |= static_cast<std::uint32_t>(byte()) << (8 * i);
        out.insert(out.end(), head >> 1U, value);
        continue;
      }
      const auto base = at * 8;
      const auto values = (head >> 1U) * 8;
      for (std::uint64_t i = 0; i < values; ++i) {
        std::uint32_t value = 0;
        for (unsigned bit = 0; bit < width; ++bit) {
          const auto place = base + i * width + bit;
          value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(in.at(place / 8)) >> (place % 8) & 1U) << bit;
        }
        out.push_back(value);
      }
      at += values * width / 8;
    }
    REQUIRE(at == in.size());
    out.resize(count);
    return out;
  };
  SeededRandom random(7);
  for (int round = 0; round < 400; ++round) {
    const unsigned width = 1 + static_cast<unsigned>(round) % 15;
    std::vector<std::uint32_t> values;
    const auto runs = random.below(12);
    for (std::uint64_t run = 0; run < runs; ++run) {
      const auto length = random.below(2) == 0 ? 1 + random.below(3) : random.below(40);
      values.insert(values.end(), length, static_cast<std::uint32_t>(random.below(1ULL << width)));
    }
    std::string packed;
    parquet_format::pack_hybrid(values.data(), values.size(), width, packed);
    CHECK(unpack(packed, values.size(), width) == values);
  }
}

TEST_CASE("a file without its footer is refused by the reader, and a place that cannot be written is an error") {
  const ScratchFolder folder("parquet");
  const auto file = folder.path() / "half.parquet";
  {
    auto writer = ParquetWriter::create(file, columns);
    REQUIRE(writer.ok());
  }
  auto database = Database::open({.allowed_folders = {folder.path()}});
  REQUIRE(database.ok());
  CHECK_FALSE(database->describe(parquet(file)).ok());
  CHECK_FALSE(ParquetWriter::create(folder.path() / "no" / "such.parquet", columns).ok());
}
