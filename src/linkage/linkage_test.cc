#include "base/digest.h"
#include "base/files.h"
#include "base/random.h"
#include "engine/database.h"
#include "linkage/cluster.h"
#include "linkage/evaluate.h"
#include "linkage/tokens.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

using namespace naru;
using namespace naru::linkage;

namespace {

const Bytes salt(32, 9);
const Bytes manager_key(32, 4);

struct Person {
  std::string source;
  Identity identity;
};

// One holder's folder with a person table and an identity table.
struct Holder {
  std::string name;
  fs::path folder;
  fs::path person() const { return folder / "lake" / "person.parquet"; }
  fs::path identity() const { return folder / "private" / "identity.parquet"; }
  fs::path rows() const { return folder / "private" / "rows.parquet"; }
  fs::path tokens() const { return folder / "tokens.parquet"; }
};

struct Stage {
  ScratchFolder scratch{"linkage"};
  std::vector<Holder> holders;

  Holder& add(const std::string& name, const std::vector<Person>& persons) {
    Holder holder{name, scratch.path() / name};
    REQUIRE(make_folder(holder.folder / "lake").ok());
    REQUIRE(make_folder(holder.folder / "private").ok());
    auto database = engine::Database::open({.allowed_folders = {holder.folder}});
    REQUIRE(database.ok());
    REQUIRE(database
                ->run("CREATE TABLE p(person_id BIGINT, source VARCHAR, name VARCHAR, birth VARCHAR, sex VARCHAR, "
                      "phone VARCHAR)")
                .ok());
    engine::Rows rows{.columns = {{.name = "person_id"}}, .count = persons.size()};
    for (const auto* column : {"source", "name", "birth", "sex", "phone"}) {
      rows.columns.push_back({.name = column, .kind = engine::Kind::text});
    }
    for (std::size_t i = 0; i < persons.size(); ++i) {
      const auto& [source, identity] = persons[i];
      rows.columns[0].integers.push_back(static_cast<std::int64_t>(i + 1));
      const std::array<std::string, 5> cells = {source, identity.name, identity.birth_date, identity.sex,
                                                identity.phone};
      for (std::size_t c = 0; c < 5; ++c) rows.columns[c + 1].texts.push_back(cells[c]);
    }
    for (auto& column : rows.columns) column.valid.assign(persons.size(), 1);
    REQUIRE(database->append("p", rows).ok());
    REQUIRE(
        database
            ->copy_to_parquet("SELECT person_id, source AS person_source_value FROM p", "person_id", holder.person())
            .ok());
    REQUIRE(
        database
            ->copy_to_parquet("SELECT person_id, name, TRY_CAST(birth AS DATE) AS birth_date, nullif(sex, '') AS sex, "
                              "nullif(phone, '') AS phone, 'somewhere' AS address FROM p",
                              "person_id", holder.identity())
            .ok());
    REQUIRE(make_row_ids(holder.person(), sha256("key of " + name), holder.rows()).ok());
    REQUIRE(make_tokens(holder.identity(), holder.rows(), salt, holder.tokens()).ok());
    holders.push_back(holder);
    return holders.back();
  }
  fs::path clusters() const { return scratch.path() / "manager" / "clusters.parquet"; }
  ClusterRequest request() const {
    ClusterRequest out{
        .tokens = {}, .key = manager_key, .previous = {}, .rules = {.rows_per_token_max = 16}, .out = clusters()};
    for (const auto& holder : holders) out.tokens.push_back({holder.name, holder.tokens()});
    return out;
  }
  std::vector<HolderRows> rows() const {
    std::vector<HolderRows> out;
    for (const auto& holder : holders) out.push_back({holder.name, holder.rows(), holder.person()});
    return out;
  }
  std::int64_t integer(const std::string& sql) const {
    auto database = engine::Database::open({.allowed_folders = {scratch.path()}});
    REQUIRE(database.ok());
    auto answer = database->integer(sql);
    REQUIRE(answer.ok());
    return *answer;
  }
};

Person person(std::string source, std::string name, std::string birth, std::string sex, std::string phone) {
  return {std::move(source), {std::move(name), std::move(birth), std::move(sex), std::move(phone)}};
}

std::string pick(SeededRandom& random, std::initializer_list<const char*> from) {
  return *(from.begin() + random.below(from.size()));
}

// Persons of a small town, each known to some of three holders, written with slips.
struct Town {
  std::array<std::vector<Person>, 3> known;
  std::string truth = "left_site,left_source,right_site,right_source\n";
};
Town town(std::size_t persons) {
  SeededRandom random(5);
  Town out;
  for (std::size_t i = 0; i < persons; ++i) {
    const auto family = pick(random, {"김", "이", "박", "최", "정", "강", "조", "윤", "장", "임"});
    const auto first =
        pick(random, {"지", "민", "서", "하", "도", "예", "주", "시", "은", "현", "수", "영", "준", "유"});
    const auto second =
        pick(random, {"우", "준", "연", "윤", "호", "아", "진", "민", "서", "훈", "경", "빈", "희", "섭"});
    const auto birth =
        fmt::format("{}-{:02}-{:02}", 1940 + random.below(70), 1 + random.below(12), 1 + random.below(28));
    const auto sex = random.below(2) == 0 ? "M" : "F";
    const auto phone = fmt::format("010{:08}", random.below(100'000'000));
    std::vector<std::string> at;
    for (std::size_t h = 0; h < 3; ++h) {
      if (random.below(10) < 4) continue;
      auto written = person(fmt::format("{}{}", "ABC"[h], i), family + first + second, birth, sex, phone);
      auto& identity = written.identity;
      if (random.below(100) < 2) identity.name = family + "쥐" + second;
      if (random.below(100) < 1) identity.birth_date = birth.substr(0, 5) + birth.substr(8, 2) + birth.substr(4, 3);
      if (random.below(100) < 8) identity.phone = fmt::format("010{:08}", random.below(100'000'000));
      if (random.below(100) < 3) identity.phone.clear();
      if (random.below(100) < 1) identity.birth_date.clear();
      at.push_back(fmt::format("{},{}", "holder-" + std::string(1, "abc"[h]), written.source));
      out.known[h].push_back(std::move(written));
    }
    for (std::size_t a = 0; a < at.size(); ++a) {
      for (std::size_t b = a + 1; b < at.size(); ++b) out.truth += at[a] + "," + at[b] + "\n";
    }
  }
  return out;
}

}  // namespace

TEST_CASE("row ids repeat under a holder's key, differ under another, and tell nothing of the person's number") {
  Stage stage;
  const auto& holder =
      stage.add("a", {person("x", "김지섭", "1954-10-01", "M", ""), person("y", "이서연", "1980-01-02", "F", "")});
  const auto first = sha256_file(holder.rows());
  REQUIRE(make_row_ids(holder.person(), sha256("key of a"), holder.rows()).ok());
  CHECK(*sha256_file(holder.rows()) == *first);
  REQUIRE(make_row_ids(holder.person(), sha256("another"), holder.rows()).ok());
  CHECK(*sha256_file(holder.rows()) != *first);
  CHECK(stage.integer("SELECT count(*) FROM " + engine::parquet(holder.rows()) + " WHERE row_id > 1000000") == 2);
}

TEST_CASE("a tokens file holds no name, date, telephone number or source id, and other salts give other tokens") {
  Stage stage;
  const auto& holder = stage.add("a", {person("SOURCE-1", "김지섭", "1954-10-01", "M", "010-1234-5678")});
  auto database = engine::Database::open({.allowed_folders = {stage.scratch.path()}});
  const auto rows =
      database->query("SELECT row_id, kind, token FROM " + engine::parquet(holder.tokens()) + " ORDER BY ALL");
  REQUIRE(rows.ok());
  CHECK(rows->count == 8);
  for (std::size_t i = 0; i < rows->count; ++i) {
    const auto& token = rows->text(2, i);
    CHECK(token.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK(token.size() == (rows->text(1, i) == "row" ? 0U : 32U));
  }
  const auto first = Tokeniser(salt).tokens_of(1, {"김지섭", "1954-10-01", "M", "01012345678"});
  const auto other = Tokeniser(Bytes(32, 8)).tokens_of(1, {"김지섭", "1954-10-01", "M", "01012345678"});
  for (std::size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].token != other[i].token);
    for (std::size_t j = 0; j < i; ++j) CHECK(first[i].token != first[j].token);
  }
}

TEST_CASE("persons without identity keep a row of their own and link to nobody") {
  Stage stage;
  stage.add("a", {person("1", "", "", "", ""), person("2", "", "", "", "")});
  stage.add("b", {person("1", "", "", "", "")});
  fs::remove(stage.holders[1].identity());
  REQUIRE(make_tokens(stage.holders[1].identity(), stage.holders[1].rows(), salt, stage.holders[1].tokens()).ok());
  const auto report = cluster(stage.request());
  REQUIRE(report.ok());
  CHECK(report->rows == 3);
  CHECK(report->clusters == 3);
  CHECK(report->pairs == 0);
}

TEST_CASE("twins at one hospital are never merged and a shared telephone does not link them to each other") {
  Stage stage;
  stage.add("a", {person("1", "김지우", "2010-03-04", "F", "01011112222"),
                  person("2", "김지아", "2010-03-04", "F", "01011112222")});
  stage.add("b", {person("3", "김지우", "2010-03-04", "F", "01011112222"),
                  person("4", "김지아", "2010-03-04", "F", "01011112222")});
  const auto report = cluster(stage.request());
  REQUIRE(report.ok());
  CHECK(report->clusters == 2);
  REQUIRE(write_file_atomic(stage.scratch.path() / "truth.csv",
                            "left_site,left_source,right_site,right_source\na,1,b,3\nb,4,a,2\n")
              .ok());
  const auto quality = evaluate_links(stage.clusters(), stage.rows(), stage.scratch.path() / "truth.csv");
  REQUIRE(quality.ok());
  CHECK(quality->precision == 1.0);
  CHECK(quality->recall == 1.0);
}

TEST_CASE("a weak token cannot join two persons of one hospital through a third place") {
  Stage stage;
  // a1 and b1 agree in everything; c1 shares only birth, sex and telephone with both; a2 shares its name with c1.
  stage.add("a", {person("1", "김지우", "1990-03-04", "F", "01011112222"),
                  person("2", "박하늘", "1971-03-04", "F", "01099998888")});
  stage.add("b", {person("1", "김지우", "1990-03-04", "F", "01011112222")});
  stage.add("c", {person("1", "박하늘", "1971-03-04", "F", "01011112222")});
  const auto report = cluster(stage.request());
  REQUIRE(report.ok());
  const auto clusters = engine::parquet(stage.clusters());
  CHECK(stage.integer("SELECT count(*) FROM (SELECT cluster, holder FROM " + clusters +
                      " GROUP BY ALL HAVING count(*) > 1)") == 0);
  CHECK(report->clusters == 2);
}

TEST_CASE("a token that too many rows share is not used") {
  Stage stage;
  stage.add("a", {person("1", "김지우", "1990-01-01", "F", "")});
  stage.add("b", {person("1", "김지우", "1990-01-01", "F", "")});
  stage.add("c", {person("1", "김지우", "1990-01-01", "F", "")});
  auto request = stage.request();
  request.rules.rows_per_token_max = 2;
  const auto report = cluster(request);
  REQUIRE(report.ok());
  CHECK(report->clusters == 3);
  CHECK(report->tokens_ignored > 0);
}

TEST_CASE("precision stays above 0.99 and recall above 0.95 with slips, moves and missing fields") {
  Stage stage;
  const auto people = town(4000);
  for (std::size_t h = 0; h < 3; ++h) stage.add("holder-" + std::string(1, "abc"[h]), people.known[h]);
  REQUIRE(write_file_atomic(stage.scratch.path() / "truth.csv", people.truth).ok());
  const auto report = cluster(stage.request());
  REQUIRE(report.ok());
  const auto quality = evaluate_links(stage.clusters(), stage.rows(), stage.scratch.path() / "truth.csv");
  REQUIRE(quality.ok());
  CHECK(quality->found_pairs == report->pairs);
  CHECK(*quality->precision >= 0.99);
  CHECK(*quality->recall >= 0.95);
  MESSAGE("precision ", *quality->precision, " recall ", *quality->recall, " of ", quality->true_pairs);

  SUBCASE("the same tokens give the same bytes, in whatever order holders are given") {
    const auto first = *sha256_file(stage.clusters());
    auto request = stage.request();
    std::ranges::reverse(request.tokens);
    REQUIRE(cluster(request).ok());
    CHECK(*sha256_file(stage.clusters()) == first);
  }
  SUBCASE("one person has one shift id everywhere, the combiner's ids are others, and neither is the cluster") {
    std::string all;
    for (const auto& holder : stage.holders) {
      const auto out = holder.folder / "shifts.parquet";
      REQUIRE(write_shift_ids(stage.clusters(), holder.name, manager_key, out).ok());
      all += (all.empty() ? "" : " UNION ALL ") + std::string("SELECT '") + holder.name + "' AS holder, * FROM " +
             engine::parquet(out);
    }
    const auto links = stage.scratch.path() / "links.parquet";
    REQUIRE(write_link_map(stage.clusters(), manager_key, links).ok());
    const auto joined = " FROM " + engine::parquet(stage.clusters()) + " AS c JOIN (" + all +
                        ") AS s USING (holder, row_id) JOIN " + engine::parquet(links) + " AS l USING (holder, row_id)";
    CHECK(stage.integer("SELECT count(*)" + joined) == report->rows);
    CHECK(stage.integer("SELECT count(DISTINCT shift_id)" + joined) == report->clusters);
    CHECK(stage.integer("SELECT count(DISTINCT (cluster, shift_id, link_id))" + joined) == report->clusters);
    CHECK(stage.integer("SELECT count(*)" + joined +
                        " WHERE shift_id = link_id OR shift_id = cluster OR link_id = cluster") == 0);
  }
  SUBCASE("a withdrawal at one holder finds every row of the person, and an unknown row is an error") {
    auto database = engine::Database::open({.allowed_folders = {stage.scratch.path()}});
    const auto one = database->query("SELECT min(row_id), cluster FROM " + engine::parquet(stage.clusters()) +
                                     " GROUP BY cluster HAVING count(*) = 3 ORDER BY cluster LIMIT 1");
    const auto holder = database->query("SELECT holder FROM " + engine::parquet(stage.clusters()) + " WHERE row_id = ?",
                                        {one->integer(0, 0)});
    const auto rows = rows_of_same_person(stage.clusters(), holder->text(0, 0), one->integer(0, 0), manager_key);
    REQUIRE(rows.ok());
    CHECK(rows->size() == 3);
    CHECK(rows->front().link_id == rows->back().link_id);
    const auto nobody = rows_of_same_person(stage.clusters(), "holder-a", 12, manager_key);
    CHECK(nobody.error().kind == ErrorKind::not_found);
  }
  SUBCASE("known rows keep their cluster when a holder joins later") {
    fs::copy_file(stage.clusters(), stage.scratch.path() / "before.parquet");
    stage.add("aa-new", {person("n", "한처음", "1999-09-09", "F", "01000000000"), people.known[0][0]});
    auto request = stage.request();
    request.previous = stage.scratch.path() / "before.parquet";
    REQUIRE(cluster(request).ok());
    CHECK(stage.integer("SELECT count(*) FROM " + engine::parquet(stage.clusters()) + " AS a JOIN " +
                        engine::parquet(request.previous) + " AS b USING (holder, row_id, cluster)") == report->rows);
  }
}

TEST_CASE("pairs are compared without regard to their order, and nothing found has no precision") {
  const ScratchFolder scratch("pairs");
  const std::string head = "left_site,left_source,right_site,right_source\n";
  REQUIRE(write_file_atomic(scratch.path() / "truth.csv", head + "a,1,b,1\na,2,b,2\na,3,b,3\na,4,b,4\n").ok());
  REQUIRE(write_file_atomic(scratch.path() / "found.csv", head + "b,1,a,1\na,1,b,1\na,2,b,9\n").ok());
  REQUIRE(write_file_atomic(scratch.path() / "none.csv", head).ok());
  const auto quality = evaluate_pairs(scratch.path() / "found.csv", scratch.path() / "truth.csv");
  REQUIRE(quality.ok());
  CHECK(quality->true_pairs == 4);
  CHECK(quality->found_pairs == 2);
  CHECK(quality->precision == 0.5);
  CHECK(quality->recall == 0.25);
  const auto none = evaluate_pairs(scratch.path() / "none.csv", scratch.path() / "truth.csv");
  REQUIRE(none.ok());
  CHECK_FALSE(none->precision.has_value());
  CHECK(none->recall == 0.0);
}

TEST_CASE("the common salt does not depend on the order of holders and refuses a copied contribution") {
  const Bytes a(32, 1);
  const Bytes b(32, 2);
  CHECK(*salt_of({a, b}) == *salt_of({b, a}));
  CHECK(salt_of({a, a}).error().kind == ErrorKind::rejected);
  CHECK(salt_of({a}).error().kind == ErrorKind::rejected);
  CHECK(token_key_of(*salt_of({a, b})) != date_key_of(*salt_of({a, b})));
}
