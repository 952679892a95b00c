#include "linkage/match.h"
#include "base/files.h"
#include "base/testing/support.h"
#include "engine/database.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

using namespace naru;
using namespace naru::linkage;

namespace {

std::vector<std::vector<std::string>> cells(const fs::path& file) {
  std::vector<std::vector<std::string>> out;
  std::istringstream lines(read_file(file).value());
  for (std::string line; std::getline(lines, line);) {
    std::istringstream parts(line);
    auto& row = out.emplace_back();
    for (std::string cell; std::getline(parts, cell, ',');) row.push_back(cell);
  }
  out.erase(out.begin());
  return out;
}

struct Quality {
  double precision = 0;
  double recall = 0;
  [[nodiscard]] double f1() const { return 2 * precision * recall / (precision + recall); }
};
// `truth`: person of every id; with two files, ids of both.
Quality quality_of(const std::vector<std::vector<std::string>>& pairs, const std::map<std::string, std::string>& truth,
                   std::int64_t true_pairs) {
  const auto right =
      std::ranges::count_if(pairs, [&](const auto& pair) { return truth.at(pair[0]) == truth.at(pair[1]); });
  return {static_cast<double>(right) / static_cast<double>(pairs.size()),
          static_cast<double>(right) / static_cast<double>(true_pairs)};
}
std::int64_t pairs_within(const std::map<std::string, std::string>& truth) {
  std::map<std::string, std::int64_t> size;
  for (const auto& [id, person] : truth) ++size[person];
  std::int64_t out = 0;
  for (const auto& [person, records] : size) out += records * (records - 1) / 2;
  return out;
}

const std::vector<MatchField> febrl = {
    {"given_name", FieldKind::name}, {"surname", FieldKind::name},       {"street_number", FieldKind::id},
    {"address_1", FieldKind::text},  {"suburb", FieldKind::text},        {"postcode", FieldKind::postcode},
    {"state", FieldKind::category},  {"date_of_birth", FieldKind::date}, {"soc_sec_id", FieldKind::id}};
// rec-7-org and rec-7-dup-0 are person 7.
std::map<std::string, std::string> febrl_truth(const std::vector<fs::path>& files) {
  std::map<std::string, std::string> out;
  for (const auto& file : files) {
    for (const auto& row : cells(file)) out[row[0]] = row[0].substr(4, row[0].find('-', 4) - 4);
  }
  return out;
}

// Korean patients: every fifth stands twice, with slips a registrar makes.
std::string patients(std::uint64_t seed, bool shuffled) {
  const std::vector<std::string> family = {"김", "이", "박", "최", "정", "강", "조", "윤"};
  const std::vector<std::string> given = {"민수", "서연", "도윤", "지우", "하은",
                                          "준서", "예린", "시우", "유진", "현우"};
  std::mt19937_64 draw(seed);
  std::vector<std::string> rows;
  for (int person = 0; person < 400; ++person) {
    const auto name = family[draw() % family.size()] + given[draw() % given.size()];
    const auto day = 1 + draw() % 28;
    const auto year = 1930 + draw() % 80;
    const auto month = 1 + draw() % 12;
    const auto phone = fmt::format("010-{:04}-{:04}", draw() % 10000, draw() % 10000);
    rows.push_back(fmt::format("{}a,{},{}-{:02}-{:02},{}", person, name, year, month, day, phone));
    if (person % 5 != 0) continue;
    const bool slip = person % 10 == 0;
    rows.push_back(fmt::format("{}b,{},{}-{:02}-{:02},{}", person, slip ? name + "아" : name, year, month, day,
                               slip ? phone : ""));
  }
  if (shuffled) std::ranges::shuffle(rows, draw);
  std::string out = "번호,이름,생년월일,전화\n";
  for (const auto& row : rows) out += row + "\n";
  return out;
}

MatchConfig korean(const fs::path& file) {
  return {.left = file,
          .id = "번호",
          .columns = {{"이름", FieldKind::name}, {"생년월일", FieldKind::date}, {"전화", FieldKind::phone}},
          .threshold = 0.5};
}

}  // namespace

TEST_CASE("levels of agreement follow the kind of field") {
  const auto level = [](FieldKind kind, std::string_view a, std::string_view b) {
    return compare(kind, comparison_form(kind, a), comparison_form(kind, b));
  };
  CHECK(level(FieldKind::name, "O'Brien ", "OBRIEN") == Level::exact);
  CHECK(level(FieldKind::name, "김민수", "김민슈") == Level::close);
  CHECK(level(FieldKind::name, "smith", "jones") == Level::different);
  CHECK(level(FieldKind::date, "1971-06-24", "24/06/1971") == Level::exact);
  CHECK(level(FieldKind::date, "1971-06-24T00:00:00", "19710624") == Level::exact);
  CHECK(level(FieldKind::date, "1971-06-04", "1971-04-06") == Level::close);
  CHECK(level(FieldKind::date, "1971-06-24", "1971-06-25") == Level::close);
  CHECK(level(FieldKind::date, "1971-06-24", "1971-12-09") == Level::far);
  CHECK(level(FieldKind::phone, "+82 10-1234-5678", "01012345678") == Level::exact);
  CHECK(level(FieldKind::postcode, "TS19 0SH", "ts19 0hs") == Level::close);
  CHECK(level(FieldKind::id, "5304218", "5304298") == Level::close);
  CHECK(level(FieldKind::category, "nsw", "vic") == Level::different);
  CHECK(comparison_form(FieldKind::phone, "12").empty());
}

TEST_CASE("edit distance and Jaro-Winkler give the published examples") {
  CHECK(jaro_winkler("MARTHA", "MARHTA") == doctest::Approx(0.9611).epsilon(1e-4));  // Winkler 1990
  CHECK(jaro_winkler("DIXON", "DICKSONX") == doctest::Approx(0.8133).epsilon(1e-4));
  CHECK(jaro_winkler("", "A") == 0);
  CHECK(edit_distance("CA", "ABC", 9) == 3);  // a transposed part is not edited again
  CHECK(edit_distance("KITTEN", "SITTING", 9) == 3);
  CHECK(edit_distance("ABCD", "ABDC", 9) == 1);
  CHECK(edit_distance("ABCDEFGH", "", 3) == 4);
  CHECK(edit_distance("", "AB", 3) == 2);
}

TEST_CASE("bit-parallel edit distance equals the plain table on random words") {
  std::mt19937_64 draw(5);
  const auto plain = [](const std::string& a, const std::string& b) {
    std::vector<std::vector<int>> d(a.size() + 1, std::vector<int>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = static_cast<int>(i);
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
      for (std::size_t j = 1; j <= b.size(); ++j) {
        d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
          d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
    return d[a.size()][b.size()];
  };
  for (int k = 0; k < 3000; ++k) {
    std::string a;
    std::string b;
    for (auto n = draw() % 12; n > 0; --n) a += static_cast<char>('a' + draw() % 3);
    for (auto n = draw() % 12; n > 0; --n) b += static_cast<char>('a' + draw() % 3);
    CAPTURE(a);
    CAPTURE(b);
    REQUIRE(edit_distance(a, b, 99) == plain(a, b));
  }
}

TEST_CASE("Korean patients who stand twice are found, whatever the order of rows and the number of threads") {
  const ScratchFolder scratch("match");
  Progress progress;
  std::string first;
  for (const bool shuffled : {false, true}) {
    for (const unsigned threads : {1U, 3U}) {
      const auto file = scratch.path() / "patients.csv";
      REQUIRE(write_file_atomic(file, patients(3, shuffled)).ok());
      const auto report =
          match_records(korean(file), scratch.path() / "pairs.csv", scratch.path() / "groups.csv", threads, progress);
      REQUIRE(report.ok());
      CHECK(report->clusters == report->pairs);
      const auto pairs = cells(scratch.path() / "pairs.csv");
      const auto good = std::ranges::count_if(pairs, [](const auto& pair) {
        return pair[0].substr(0, pair[0].size() - 1) == pair[1].substr(0, pair[1].size() - 1);
      });
      CHECK(good >= 78);  // of 80
      CHECK(static_cast<std::size_t>(good) == pairs.size());
      CHECK(cells(scratch.path() / "groups.csv").size() == 480);
      const auto bytes =
          read_file(scratch.path() / "pairs.csv").value() + read_file(scratch.path() / "groups.csv").value();
      if (first.empty()) first = bytes;
      CHECK(bytes == first);
    }
  }
}

TEST_CASE("linking two files without labels finds every Febrl 4 pair") {
  if (test::sanitized) return;
  const auto data = test::shared_data("linkage");
  if (!data) return;
  const ScratchFolder scratch("match");
  Progress progress;
  const std::vector<fs::path> files = {*data / "febrl_dataset4a.csv", *data / "febrl_dataset4b.csv"};
  for (const bool one : {false, true}) {
    const MatchConfig config{
        .left = files[0], .right = files[1], .id = "rec_id", .columns = febrl, .threshold = 0.9, .one_to_one = one};
    REQUIRE(match_records(config, scratch.path() / "pairs.csv", {}, 0, progress).ok());
    const auto quality = quality_of(cells(scratch.path() / "pairs.csv"), febrl_truth(files), 5000);
    CHECK(quality.precision >= 0.9998);
    CHECK(quality.recall >= 0.9998);
  }
}

TEST_CASE("duplicates within one file reach or pass the best published figures") {
  if (test::sanitized) return;
  const auto data = test::shared_data("linkage");
  if (!data) return;
  const ScratchFolder scratch("match");
  Progress progress;
  const auto out = scratch.path() / "pairs.csv";
  {
    const MatchConfig config{.left = *data / "febrl_dataset3.csv", .id = "rec_id", .columns = febrl, .threshold = 0.5};
    REQUIRE(match_records(config, out, {}, 0, progress).ok());
    CHECK(quality_of(cells(out), febrl_truth({config.left}), 6538).f1() >= 0.997);
  }
  {
    const MatchConfig config{.left = *data / "splink_fake_1000.csv",
                             .id = "unique_id",
                             .columns = {{"first_name", FieldKind::name},
                                         {"surname", FieldKind::name},
                                         {"dob", FieldKind::date},
                                         {"city", FieldKind::text},
                                         {"email", FieldKind::id}},
                             .threshold = 0.5};
    REQUIRE(match_records(config, out, {}, 0, progress).ok());
    std::map<std::string, std::string> truth;
    for (const auto& row : cells(config.left)) truth[row[0]] = row.back();
    REQUIRE(pairs_within(truth) == 2031);
    CHECK(quality_of(cells(out), truth, 2031).f1() >= 0.93);  // Splink's notebook: 0.862
  }
}

TEST_CASE("fifty thousand historical persons: F1 above every published figure") {
  if (test::sanitized) return;
  const auto data = test::shared_data("linkage");
  if (!data) return;
  const ScratchFolder scratch("match");
  Progress progress;
  const MatchConfig config{.left = *data / "splink_historical_50k.parquet",
                           .id = "unique_id",
                           .columns = {{"first_name", FieldKind::name},
                                       {"surname", FieldKind::name},
                                       {"dob", FieldKind::date},
                                       {"birth_place", FieldKind::text},
                                       {"postcode_fake", FieldKind::postcode},
                                       {"gender", FieldKind::category},
                                       {"occupation", FieldKind::category}},
                           .threshold = 0.5};
  REQUIRE(match_records(config, scratch.path() / "pairs.csv", {}, 0, progress).ok());
  auto database = engine::Database::open({.allowed_folders = {*data}});
  REQUIRE(database.ok());
  const auto rows = database->query("SELECT unique_id, cluster FROM " + engine::parquet(config.left));
  REQUIRE(rows.ok());
  std::map<std::string, std::string> truth;
  for (std::size_t row = 0; row < rows->count; ++row) truth[rows->text(0, row)] = rows->text(1, row);
  REQUIRE(pairs_within(truth) == 303'961);
  const auto quality = quality_of(cells(scratch.path() / "pairs.csv"), truth, 303'961);
  CHECK(quality.f1() >= 0.92);  // GoldenMatch 0.827, Splink 0.757
  CHECK(quality.precision >= 0.97);
}

TEST_CASE("bad configurations and files say what, where and what to do") {
  const ScratchFolder scratch("match");
  Progress progress;
  const auto refusal = [&](const std::string& text) {
    const auto config = parse_match_config(text, scratch.path(), "f.json");
    return config.ok() ? std::string("accepted") : config.error().where;
  };
  const std::string head = R"({"left":"a.csv","id":"id",)";
  CHECK(refusal("{") != "accepted");
  CHECK(refusal(head + R"("columns":[],"threshold":0.9})") == "f.json.columns");
  CHECK(refusal(head + R"("columns":[{"name":"n","kind":"nmae"}],"threshold":0.9})") == "f.json.columns[0].kind");
  CHECK(refusal(head + R"("columns":[{"name":"id","kind":"id"}],"threshold":0.9})") == "f.json.columns[0].name");
  CHECK(refusal(head + R"("columns":[{"name":"n","kind":"name"}],"threshold":1})") == "f.json.threshold");
  CHECK(refusal(head + R"("columns":[{"name":"n","kind":"name"}],"threshold":0.9,"one_to_one":true})") ==
        "f.json.one_to_one");
  CHECK(refusal(head + R"("columns":[{"name":"n","kind":"name"}],"threshold":0.9,"treshold":1})") != "accepted");
  const auto file = scratch.path() / "a.csv";
  const MatchConfig config{.left = file, .id = "id", .columns = {{"name", FieldKind::name}}, .threshold = 0.9};
  const auto out = scratch.path() / "pairs.csv";
  const auto failure = [&](const std::string& content) {
    REQUIRE(write_file_atomic(file, content).ok());
    const auto report = match_records(config, out, {}, 1, progress);
    return report.ok() ? std::string("accepted") : report.error().where;
  };
  CHECK(match_records(config, out, {}, 1, progress).error().kind == ErrorKind::not_found);
  CHECK(failure("id,surname\n1,a\n") == "a.csv");
  CHECK(failure("id,name\n1,a\n,b\n") == "a.csv, record 2");
  CHECK(failure("id,name\n1,a\n2,c\n1,b\n") == "a.csv, records 1 and 3");
  CHECK_FALSE(fs::exists(out));
  CHECK(failure("id,name\n1,ann\n") == "accepted");
  CHECK(read_file(out).value() == "left_id,right_id,probability\n");
}
