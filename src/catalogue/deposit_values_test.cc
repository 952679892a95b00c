#include "catalogue/deposit_values.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace naru;
using namespace naru::catalogue;

namespace {

/// Findings on a table made by a query.
std::vector<DepositFinding> findings(const std::string& query) {
  auto database = engine::Database::open({}).value();
  REQUIRE(database.run("CREATE TABLE data AS " + query).ok());
  std::vector<std::string> columns;
  const auto described = database.describe("data");
  REQUIRE(described.ok());
  for (const auto& [name, type] : *described) columns.push_back(name);
  const auto found = value_findings(database, "data", "t.csv", columns);
  REQUIRE_MESSAGE(found.ok(), found.error().what.en);
  return *found;
}
bool has(const std::vector<DepositFinding>& all, std::string_view kind, std::string_view where) {
  return std::ranges::any_of(all, [&](const auto& one) { return one.kind == kind && one.where == where; });
}

std::string digest(int i) { return fmt::format("{:064x}", i); }

}  // namespace

TEST_CASE("the check digit of a resident registration number is recomputed") {
  // 2·9+3·0+4·0+5·1+6·0+7·1+8·1+9·2+2·3+3·4+4·5+5·6 = 124, 124 mod 11 = 3, 11 - 3 = 8
  CHECK(resident_number_checks("9001011234568"));
  CHECK_FALSE(resident_number_checks("9001011234567"));
}

TEST_CASE("resident numbers are found with and without a hyphen, inside text, and with a wrong check digit") {
  const auto found = findings("SELECT * FROM (VALUES ('900101-1234568'), ('see 9001011234567.'), ('none')) t(memo)");
  REQUIRE(found.size() == 1);
  CHECK(found[0].where == "t.csv:memo");
  CHECK(found[0].what.en.find("2 rows, of which 1 ") != std::string::npos);
  CHECK(found[0].what.en.find("900101") == std::string::npos);
  CHECK(findings("SELECT * FROM (VALUES ('901301-1234568'), ('1700000000000'), ('20240102093000')) t(a)").empty());
}

TEST_CASE("phones, e-mail addresses and home addresses are found in values") {
  CHECK(has(findings("SELECT '010-1234-5678' AS a"), "identifier-value", "t.csv:a"));
  CHECK(has(findings("SELECT '02-312-4567' AS a"), "identifier-value", "t.csv:a"));
  CHECK(has(findings("SELECT 'kim@example.org' AS a"), "identifier-value", "t.csv:a"));
  CHECK(has(findings("SELECT '서울특별시 강남구 테헤란로 12' AS a"), "identifier-value", "t.csv:a"));
  CHECK(findings("SELECT '서울특별시 강남구' AS a").empty());
}

TEST_CASE("a column of people's names is found, a column of diagnoses or categories is not") {
  const std::string given = "['민준','서연','도윤','지우','하준','서윤','은우','지민','예준','수아','시우','하은']";
  CHECK(has(findings("SELECT ['김','이','박','최','정','남궁'][1 + i % 6] || " + given +
                     "[1 + i % 12] AS who, i FROM "
                     "range(24) r(i)"),
            "identifier-value", "t.csv:who"));
  CHECK(findings("SELECT ['남','여'][1 + i % 2] AS sex, ['이상','정상'][1 + i % 2] AS state FROM range(50) r(i)")
            .empty());
  CHECK(findings("SELECT unnest(['고혈압','당뇨병','이상지질혈증','천식','위염','간암','폐렴','협심증','뇌졸중','골절',"
                 "'갑상선암','빈혈','통풍','백내장','우울증','기관지염']) AS dx")
            .empty());
}

TEST_CASE("an index of images needs relative paths and digests, and no attribute that names a person") {
  const auto row = [](int i, const std::string& path) { return fmt::format("('{}','{}','CT')", path, digest(i)); };
  const auto table = [](const std::string& rows, const std::string& columns) {
    return "SELECT * FROM (VALUES " + rows + ") t(" + columns + ")";
  };
  const std::string columns = "path, sha256, modality";
  CHECK(findings(table(row(1, "a/1.dcm") + "," + row(2, "a/2.dcm"), columns)).empty());
  CHECK(has(findings(table(row(1, "../1.dcm"), columns)), "image-index", "t.csv:path"));
  CHECK(has(findings(table(row(1, "/data/1.dcm"), columns)), "image-index", "t.csv:path"));
  CHECK(has(findings(table(row(1, "a.dcm") + "," + row(2, "a.dcm"), columns)), "image-index", "t.csv:path"));
  CHECK(has(findings(table("('a.dcm','nonsense','CT')", columns)), "image-index", "t.csv:sha256"));
  CHECK(has(findings(table("('1.2.3','CT','x')", "\"SOPInstanceUID\", modality, note")), "image-index", "t.csv:path"));
  const auto named = table(fmt::format("('a.dcm','{}','17')", digest(1)), "path, sha256, \"PatientID\"");
  CHECK(has(findings(named), "identifier-column", "t.csv:PatientID"));
}
