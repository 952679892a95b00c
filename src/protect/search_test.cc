#include "protect/search.h"

#include "base/files.h"
#include "base/json.h"

#include <doctest/doctest.h>

using namespace naru;
using namespace naru::protect;

namespace {

struct Folder {
  ScratchFolder scratch{"search"};
  Folder() {
    REQUIRE(write_file_atomic(
                scratch.path() / "t.csv",
                "sex;age;illness;name\r\nM;31;a;x\r\nM;32;b;y\r\nF;33;a;z\r\nF;\"34\";\"b;c\";w\r\nF;50;a;v\r\n")
                .ok());
    REQUIRE(write_file_atomic(scratch.path() / "sex.csv", "M;*\nF;*\n").ok());
    std::string ages;
    for (int age = 30; age < 40; ++age) ages += fmt::format("{};30-39;*\n", age);
    for (int age = 50; age < 60; ++age) ages += fmt::format("{};50-59;*\n", age);
    REQUIRE(write_file_atomic(scratch.path() / "age.csv", ages).ok());
  }
  fs::path config(const std::string& models = R"([{"k_anonymity":2}])", const std::string& more = "") const {
    const auto file = scratch.path() / "config.json";
    REQUIRE(write_file_atomic(
                file, R"({"data":"t.csv","delimiter":";","columns":[{"name":"sex","role":"quasi_identifier",)"
                      R"("hierarchy":"sex.csv"},{"name":"age","role":"quasi_identifier","hierarchy":"age.csv"},)"
                      R"({"name":"illness","role":"sensitive"},{"name":"name","role":"identifier"}],"models":)" +
                          models + R"(,"suppression_limit":0.2)" + more + "}")
                .ok());
    return file;
  }
};

}  // namespace

TEST_CASE("a table is generalised as little as k allows and written without identifiers and suppressed records") {
  const Folder folder;
  Progress silent;
  const auto config = read_search_config(folder.config());
  REQUIRE(config.ok());
  const auto report = apply(*config, folder.scratch.path() / "out.csv", 1, silent);
  REQUIRE_MESSAGE(report.ok(), (report.ok() ? "" : report.error().what.en));
  const auto json = Json::parse(search_json(*report));
  CHECK(json["levels"] == Json{{"sex", 0}, {"age", 1}});
  CHECK(json["suppressed"] == 1);
  CHECK(json["classes"] == 2);
  CHECK(json["lattice_nodes"] == 6);
  CHECK(*read_file(folder.scratch.path() / "out.csv") ==
        "sex;age;illness\nM;30-39;a\nM;30-39;b\nF;30-39;a\nF;30-39;\"b;c\"\n");
}

TEST_CASE("a value that its hierarchy does not hold is named by column and record") {
  const Folder folder;
  Progress silent;
  REQUIRE(write_file_atomic(folder.scratch.path() / "age.csv", "31;*\n32;*\n33;*\n34;*\n").ok());
  const auto report = search(*read_search_config(folder.config()), 1, silent);
  REQUIRE_FALSE(report.ok());
  CHECK(report.error().where == "age: record 5");
}
