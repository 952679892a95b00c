#include "engine/table_source.h"

#include "base/files.h"
#include "engine/database.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::engine;

namespace {

struct Read {
  std::vector<std::string> columns = {};
  std::vector<std::string> cells = {};
  std::optional<Error> error = {};
};

// All cells of a file as text, row by row.
Read read(const fs::path& file, std::string_view encoding = {}) {
  const ScratchFolder scratch("table-source");
  const auto source = table_source(file, scratch.path(), encoding);
  if (!source.ok()) return {.error = source.error()};
  auto database = Database::open({.allowed_folders = {source->folder()}});
  REQUIRE(database.ok());
  const auto rows = database->query("SELECT * FROM " + source->relation);
  if (!rows.ok()) return {.error = in_file(rows.error(), source->name)};
  Read out;
  for (const auto& column : rows->columns) out.columns.push_back(column.name);
  for (std::size_t row = 0; row < rows->count; ++row) {
    for (std::size_t c = 0; c < rows->columns.size(); ++c) {
      out.cells.push_back(rows->is_null(c, row) ? "NULL" : rows->text(c, row));
    }
  }
  return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("delimiters, blanks in the header, a byte order mark and CR LF make no difference") {
  const ScratchFolder scratch("forms");
  const auto file = scratch.path() / "t.csv";
  for (const std::string content : {"a,b\n1,\"x, y\"\n2,\n",
                                    "\xEF\xBB\xBF"
                                    "a;b\r\n1;x, y\r\n2;\r\n",
                                    "a\tb\n1\tx, y\n2\t\n", " a | \"b\" \n1|x, y\n2|"}) {
    REQUIRE(write_file_atomic(file, content).ok());
    const auto found = read(file);
    INFO(content);
    REQUIRE_FALSE(found.error);
    CHECK(found.columns == Texts{"a", "b"});
    CHECK(found.cells == Texts{"1", "x, y", "2", "NULL"});
  }
}

TEST_CASE("a file in the older Korean code page is read when it is said to be one, and told apart when not") {
  const ScratchFolder scratch("cp949");
  const auto file = scratch.path() / "t.csv";
  // 이름 / 김, 서울
  REQUIRE(write_file_atomic(file, "\xC0\xCC\xB8\xA7,n\n\xB1\xE8,1\n\"\xBC\xAD\xBF\xEF\",2\n").ok());
  const auto found = read(file, "cp949");
  REQUIRE_FALSE(found.error);
  CHECK(found.columns == Texts{"이름", "n"});
  CHECK(found.cells == Texts{"김", "1", "서울", "2"});
  const auto plain = read(file);
  REQUIRE(plain.error);
  CHECK(plain.error->kind == ErrorKind::rejected);
  CHECK(plain.error->what.en == "the text is not UTF-8");
  CHECK(plain.error->where.find("t.csv") != std::string::npos);
  CHECK(plain.error->hint.en.find("cp949") != std::string::npos);
  REQUIRE(write_file_atomic(file, "이름,n\n김,1\n\xFF\xFF,2\n").ok());
  CHECK(read(file, "cp949").error->kind == ErrorKind::rejected);
  CHECK(read(file, "latin1").error->kind == ErrorKind::usage);
}

TEST_CASE("what is wrong with a table is said with the file and the line, never with a cell") {
  const ScratchFolder scratch("wrong");
  const auto file = scratch.path() / "t.csv";
  const auto refusal = [&](std::string_view content) {
    REQUIRE(write_file_atomic(file, content).ok());
    const auto found = read(file);
    REQUIRE(found.error);
    CHECK(found.error->kind == ErrorKind::rejected);
    CHECK(found.error->where.find("t.csv") != std::string::npos);
    CHECK(found.error->what.en.find("secret") == std::string::npos);
    CHECK(found.error->what.ko.find("secret") == std::string::npos);
    return *found.error;
  };
  const auto ragged = refusal("a,b\n1,2\nsecret,2,3\n");
  CHECK(ragged.what.en == "3 cells where the header has 2");
  CHECK(ragged.where.ends_with("line 3"));
  CHECK(refusal("").what.en.find("empty") != std::string::npos);
  CHECK(refusal("a,A\n1,2\n").what.en == "two columns have the name 'A'");
  CHECK(refusal("\"a,b\n1,2\n").what.en.find("quote") != std::string::npos);
  refusal("a,b\n\"secret,2\n3,4\n");
}

TEST_CASE("a file's name is no pattern, and its content says what it is") {
  const ScratchFolder scratch("names");
  REQUIRE(write_file_atomic(scratch.path() / "a[1]*.csv", "x\n1\n").ok());
  REQUIRE(write_file_atomic(scratch.path() / "a11.csv", "x\n2\n").ok());
  CHECK(read(scratch.path() / "a[1]*.csv").cells == Texts{"1"});
  const auto text = scratch.path() / "t.parquet";
  REQUIRE(write_file_atomic(text, "x\n1\n").ok());
  CHECK(read(text).error->what.en == "this is not a Parquet file");
  auto database = Database::open({.allowed_folders = {scratch.path()}});
  REQUIRE(database.ok());
  REQUIRE(database->copy_to_parquet("SELECT 7 AS x", "", scratch.path() / "real").ok());
  const ScratchFolder work("names-work");
  CHECK(table_source(scratch.path() / "real", work.path())->parquet);
  CHECK(read(scratch.path() / "none.csv").error->kind == ErrorKind::not_found);
}
