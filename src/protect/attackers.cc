// Each attacker is a way to put persons into classes. Patterns are compared by the engine's 64-bit hash: two different
// ones among ten million fall together with a chance below 1e-5, which would only make one class one person larger.
#include "protect/attackers.h"

#include <algorithm>
#include <cmath>

namespace naru::protect {
namespace {

using Sizes = std::map<std::int64_t, std::int64_t>;

Result<Sizes> sizes_from(engine::Database& database, const std::string& sql) {
  NARU_ASSIGN(const auto rows, database.query(sql));
  Sizes out;
  for (std::size_t i = 0; i < rows.count; ++i) out[rows.integer(0, i)] = rows.integer(1, i);
  return out;
}

// From patterns (person_id, pattern), each person's smallest class: size, persons.
std::string smallest_class(const std::string& patterns) {
  return "WITH pattern AS (" + patterns +
         "), class AS (SELECT pattern, count(*) AS size FROM pattern GROUP BY pattern), own AS (SELECT person_id, "
         "min(size) AS size FROM pattern JOIN class USING (pattern) GROUP BY person_id) SELECT size, count(*) AS "
         "persons FROM own GROUP BY size ORDER BY size";
}

// The attacker knows the demographics too.
std::string quasi_list(const PersonData& data, std::string_view alias) {
  std::string out;
  for (const auto& column : data.quasi) out += fmt::format(", {}.{}", alias, engine::quoted(column));
  return out;
}

std::string windows(const std::string& rows, const std::string& value, const std::string& order, std::int64_t length) {
  std::string list;
  for (std::int64_t i = 1; i < length; ++i) {
    list += fmt::format(", lead({}, {}) OVER own AS v{}", value, i, i);
  }
  return fmt::format("SELECT person_id, {} AS v0{} FROM ({}) WINDOW own AS (PARTITION BY person_id ORDER BY {})", value,
                     list, rows, order);
}

Result<Sizes> visit_classes(engine::Database& database, const PersonData& data, std::int64_t known) {
  const auto days = fmt::format("SELECT DISTINCT person_id, day FROM {} AS v WHERE day IS NOT NULL", data.visits);
  std::string pattern;
  for (std::int64_t i = 0; i < known; ++i) {
    // Of shifted dates only what lies between them tells anything.
    if (!data.shifted) pattern += fmt::format(", w.v{}", i);
    if (data.shifted && i > 0) pattern += fmt::format(", w.v{} - w.v{}", i, i - 1);
  }
  return sizes_from(database,
                    smallest_class(fmt::format(
                        "SELECT DISTINCT w.person_id, hash(0{}{}) AS pattern FROM ({}) AS w JOIN {} AS p ON "
                        "p.person_id = w.person_id WHERE w.v{} IS NOT NULL",
                        pattern, quasi_list(data, "p"), windows(days, "day", "day", known), data.persons, known - 1)));
}

/// Patterns that are looked at; above it persons are drawn by a hash of their number.
constexpr std::int64_t patterns_max = 4'000'000;

struct AnyVisits {
  Sizes sizes = {};
  std::int64_t persons = 0;  ///< looked at
};

// Any `known` of the visits, not only those in a row: every choice of that many days of a person is a pattern.
Result<AnyVisits> any_visit_classes(engine::Database& database, const PersonData& data, std::int64_t known,
                                    std::int64_t persons) {
  NARU_CHECK(database.run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE visit_day AS SELECT DISTINCT person_id, day FROM {} AS v WHERE day IS NOT NULL",
      data.visits)));
  std::string choices = "CAST(1 AS DOUBLE)";
  for (std::int64_t i = 0; i < known; ++i) choices += fmt::format(" * greatest(n - {}, 0) / {}", i, i + 1);
  NARU_ASSIGN(const auto patterns,
              database.integer(fmt::format("SELECT CAST(least(coalesce(sum({}), 0), 1e15) AS BIGINT) FROM (SELECT "
                                           "count(*) AS n FROM visit_day GROUP BY person_id)",
                                           choices)));
  constexpr std::int64_t parts = 1'000'000;
  auto drawn = patterns <= patterns_max
                   ? parts
                   : static_cast<std::int64_t>(static_cast<double>(parts) * static_cast<double>(patterns_max) /
                                               static_cast<double>(patterns));
  drawn = std::max<std::int64_t>(drawn, 1);
  AnyVisits out{.sizes = {}, .persons = persons};
  if (drawn < parts) {
    NARU_ASSIGN(out.persons,
                database.integer(fmt::format("SELECT count(*) FROM {} AS p WHERE hash(p.person_id) % {} < {}",
                                             data.persons, parts, drawn)));
    NARU_CHECK(database.run(fmt::format("DELETE FROM visit_day WHERE hash(person_id) % {} >= {}", parts, drawn)));
  }
  std::string joins;
  std::string pattern;
  for (std::int64_t i = 0; i < known; ++i) {
    if (i > 0)
      joins +=
          fmt::format(" JOIN visit_day AS d{0} ON d{0}.person_id = d0.person_id AND d{0}.day > d{1}.day", i, i - 1);
    if (!data.shifted) pattern += fmt::format(", d{}.day", i);
    if (data.shifted && i > 0) pattern += fmt::format(", d{}.day - d{}.day", i, i - 1);
  }
  NARU_ASSIGN(out.sizes, sizes_from(database, smallest_class(fmt::format(
                                                  "SELECT DISTINCT d0.person_id, hash(0{}{}) AS pattern FROM visit_day "
                                                  "AS d0{} JOIN {} AS p ON p.person_id = d0.person_id",
                                                  pattern, quasi_list(data, "p"), joins, data.persons))));
  return out;
}

Done add_any_visits(engine::Database& database, const PersonData& data, const Assumptions& assumptions,
                    Assessment& out) {
  NARU_ASSIGN(auto any, any_visit_classes(database, data, assumptions.visits_known, out.persons));
  const auto of = any.persons == out.persons
                      ? Text{}
                      : say(" (among {} persons drawn: an upper bound)", " (추출한 {}명 중에서: 상한)", any.persons);
  auto knows = data.shifted ? say("demographics and the days between any {} visits",
                                  "인구학적 정보와 임의의 방문 {}회 사이의 간격", assumptions.visits_known)
                            : say("demographics and the dates of any {} visits",
                                  "인구학적 정보와 임의의 방문 {}회의 날짜", assumptions.visits_known);
  out.attackers.push_back(attacker_risk("any-visits", {knows.en + of.en, knows.ko + of.ko}, std::move(any.sizes),
                                        any.persons, assumptions));
  return {};
}

Result<Sizes> code_classes(engine::Database& database, const PersonData& data) {
  return sizes_from(
      database,
      smallest_class(fmt::format("SELECT DISTINCT c.person_id, hash(c.concept_id{}) AS pattern FROM {} AS c JOIN {} AS "
                                 "p ON p.person_id = c.person_id WHERE c.concept_id > 0",
                                 quasi_list(data, "p"), data.codes, data.persons)));
}

Result<Sizes> trajectory_classes(engine::Database& database, const PersonData& data, std::int64_t known) {
  // A code that repeats tells nothing new: first occurrences in order.
  const auto firsts = fmt::format(
      "SELECT person_id, concept_id, min(day) AS day FROM {} AS c WHERE concept_id > 0 AND day IS NOT NULL GROUP BY "
      "person_id, concept_id",
      data.codes);
  std::string pattern;
  for (std::int64_t i = 0; i < known; ++i) pattern += fmt::format(", w.v{}", i);
  return sizes_from(database, smallest_class(fmt::format(
                                  "SELECT DISTINCT w.person_id, hash(0{}{}) AS pattern FROM ({}) AS w JOIN {} "
                                  "AS p ON p.person_id = w.person_id WHERE w.v{} IS NOT NULL",
                                  pattern, quasi_list(data, "p"),
                                  windows(firsts, "concept_id", "day, concept_id", known), data.persons, known - 1)));
}

// All that one site wrote about a person, as a sum over its records: independent of their order.
Result<Sizes> site_classes(engine::Database& database, const PersonData& data) {
  std::string records;
  if (!data.codes.empty()) {
    records =
        fmt::format("SELECT person_id, site, day, concept_id AS what FROM {} AS c WHERE day IS NOT NULL", data.codes);
  }
  if (!data.visits.empty()) {
    records += fmt::format("{}SELECT person_id, site, day, -1 AS what FROM {} AS v WHERE day IS NOT NULL",
                           records.empty() ? "" : " UNION ALL ", data.visits);
  }
  const auto* day = data.shifted ? "day - first" : "day";
  const auto signature = fmt::format(
      "SELECT person_id, site, sum(CAST(hash(what, {}) % 1000000000000007 AS HUGEINT)) AS total, count(*) AS n FROM "
      "(SELECT *, min(day) OVER (PARTITION BY person_id, site) AS first FROM ({})) GROUP BY person_id, site",
      day, records);
  return sizes_from(database,
                    smallest_class(fmt::format("SELECT DISTINCT s.person_id, hash(s.site, s.total, s.n{}) AS pattern "
                                               "FROM ({}) AS s JOIN {} AS p ON p.person_id = s.person_id",
                                               quasi_list(data, "p"), signature, data.persons)));
}

std::string group_list(const std::vector<std::string>& columns) {
  std::string out;
  for (const auto& column : columns) out += (out.empty() ? "" : ", ") + engine::quoted(column);
  return out;
}

Result<ColumnSet> set_of(engine::Database& database, const std::vector<std::string>& columns) {
  NARU_ASSIGN(const auto rows,
              database.query("SELECT count(*), count(*) FILTER (WHERE size = 1) FROM (SELECT CAST(sum(n) AS BIGINT) AS "
                             "size FROM person_tuple" +
                             (columns.empty() ? std::string() : " GROUP BY " + group_list(columns)) + ")"));
  return ColumnSet{columns, rows.integer(0, 0), rows.integer(1, 0)};
}

// Which columns make people unique: all sets of up to three, and all but one.
Done find_column_sets(engine::Database& database, const PersonData& data, Assessment& out) {
  NARU_CHECK(
      database.run(fmt::format("CREATE OR REPLACE TEMP TABLE person_tuple AS SELECT {0}, count(*) AS n FROM {1} "
                               "AS p GROUP BY {0}",
                               group_list(data.quasi), data.persons)));
  const auto q = data.quasi.size();
  for (std::size_t a = 0; a < q; ++a) {
    NARU_ASSIGN(auto one, set_of(database, {data.quasi[a]}));
    out.column_sets.push_back(std::move(one));
    for (std::size_t b = a + 1; b < q; ++b) {
      NARU_ASSIGN(auto two, set_of(database, {data.quasi[a], data.quasi[b]}));
      out.column_sets.push_back(std::move(two));
      for (std::size_t c = b + 1; c < q; ++c) {
        NARU_ASSIGN(auto three, set_of(database, {data.quasi[a], data.quasi[b], data.quasi[c]}));
        out.column_sets.push_back(std::move(three));
      }
    }
  }
  std::ranges::stable_sort(out.column_sets, [](const ColumnSet& left, const ColumnSet& right) {
    return left.unique != right.unique ? left.unique > right.unique : left.columns.size() < right.columns.size();
  });
  for (std::size_t a = 0; a < q && q > 1; ++a) {
    auto rest = data.quasi;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(a));
    NARU_ASSIGN(auto made, set_of(database, rest));
    made.columns = {data.quasi[a]};
    out.without.push_back(std::move(made));
  }
  return {};
}

Done add_event_attackers(engine::Database& database, const PersonData& data, const Assumptions& assumptions,
                         Assessment& out) {
  const auto add = [&](std::string id, Text knows, Sizes sizes) {
    out.attackers.push_back(attacker_risk(std::move(id), std::move(knows), std::move(sizes), out.persons, assumptions));
  };
  if (!data.visits.empty() && assumptions.visits_known > 0) {
    NARU_ASSIGN(auto sizes, visit_classes(database, data, assumptions.visits_known));
    add("visit-dates",
        data.shifted ? say("demographics and {} visits in a row; shifted dates leave the days between them",
                           "인구학적 정보와 연속 방문 {}회(날짜는 이동되어 방문 간격만 남음)", assumptions.visits_known)
                     : say("demographics and the dates of {} visits in a row", "인구학적 정보와 연속 방문 {}회의 날짜",
                           assumptions.visits_known),
        std::move(sizes));
    NARU_CHECK(add_any_visits(database, data, assumptions, out));
  }
  if (!data.codes.empty() && assumptions.codes_known > 0) {
    NARU_ASSIGN(auto one, code_classes(database, data));
    add("rare-code", say("demographics and the person's rarest diagnosis", "인구학적 정보와 가장 드문 진단 하나"),
        std::move(one));
    NARU_ASSIGN(auto several, trajectory_classes(database, data, assumptions.codes_known));
    add("code-trajectory",
        say("demographics and {} diagnoses in their order", "인구학적 정보와 순서를 아는 진단 {}개",
            assumptions.codes_known),
        std::move(several));
  }
  if (!data.codes.empty() || !data.visits.empty()) {
    NARU_ASSIGN(auto sizes, site_classes(database, data));
    add("other-hospital",
        say("all that one hospital holds about its own patients", "한 병원이 자기 환자에 대해 가진 모든 기록"),
        std::move(sizes));
  }
  return {};
}

}  // namespace

Result<Assessment> assess_persons(engine::Database& database, const PersonData& data, const Assumptions& assumptions) {
  Assessment out{.quasi_identifiers = data.quasi};
  NARU_ASSIGN(out.persons, database.integer("SELECT count(*) FROM " + data.persons + " AS p"));
  NARU_ASSIGN(
      auto sizes,
      sizes_from(database, fmt::format("SELECT size, CAST(sum(size) AS BIGINT) FROM (SELECT count(*) AS size FROM "
                                       "{} AS p{}) WHERE size > 0 GROUP BY size ORDER BY size",
                                       data.persons, data.quasi.empty() ? "" : " GROUP BY " + group_list(data.quasi))));
  if (!sizes.empty()) out.k = sizes.begin()->first;
  out.attackers.push_back(attacker_risk(
      "demographics",
      say("age, sex, place and the other demographics shown", "나이, 성별, 거주지 등 표시된 인구학적 정보"),
      std::move(sizes), out.persons, assumptions));
  NARU_CHECK(add_event_attackers(database, data, assumptions, out));
  if (!data.quasi.empty()) NARU_CHECK(find_column_sets(database, data, out));
  if (!data.codes.empty() && out.persons > 0) {
    NARU_ASSIGN(out.diversity, diversity_of(database, data,
                                            fmt::format("(SELECT DISTINCT person_id, concept_id AS value FROM {} AS c "
                                                        "WHERE concept_id > 0)",
                                                        data.codes),
                                            "condition_concept_id"));
  }
  return out;
}

Result<ClassDiversity> diversity_of(engine::Database& database, const PersonData& data, const std::string& values,
                                    std::string attribute) {
  // A person without a value counts with the value "none", so that "nobody here has anything" is seen too.
  NARU_CHECK(database.run(fmt::format(
      "CREATE OR REPLACE TEMP TABLE class_value AS SELECT class, value, count(*) AS n FROM (SELECT {} AS class, "
      "coalesce(CAST(v.value AS VARCHAR), '') AS value FROM {} AS p LEFT JOIN {} AS v ON v.person_id = p.person_id) "
      "GROUP BY class, value",
      data.quasi.empty() ? "0" : "hash(0" + quasi_list(data, "p") + ")", data.persons, values)));
  NARU_CHECK(
      database.run("CREATE OR REPLACE TEMP TABLE all_value AS SELECT value, CAST(sum(n) AS BIGINT) AS n FROM "
                   "class_value GROUP BY value"));
  NARU_ASSIGN(const auto total, database.integer("SELECT coalesce(CAST(sum(n) AS BIGINT), 0) FROM all_value"));
  ClassDiversity out{.attribute = std::move(attribute), .distinct = -1, .entropy = -1};
  if (total == 0) return ClassDiversity{.attribute = out.attribute};
  std::vector<std::pair<std::int64_t, std::int64_t>> rows;  // of one class: in it, in all
  std::string class_now;
  const auto finish = [&] {
    if (rows.empty()) return;
    double in_class = 0;
    for (const auto& [n, all] : rows) in_class += static_cast<double>(n);
    double entropy = 0;
    double distance = 0;
    double seen = 0;
    for (const auto& [n, all] : rows) {
      const double p = static_cast<double>(n) / in_class;
      const double whole = static_cast<double>(all) / static_cast<double>(total);
      entropy -= p * std::log(p);
      distance += std::abs(p - whole);
      seen += whole;
    }
    distance = (distance + std::max(0.0, 1 - seen)) / 2;
    const auto distinct = static_cast<std::int64_t>(rows.size());
    const double spread = std::exp(entropy);
    out.distinct = out.distinct < 0 ? distinct : std::min(out.distinct, distinct);
    out.entropy = out.entropy < 0 ? spread : std::min(out.entropy, spread);
    out.closeness = std::max(out.closeness, distance);
    rows.clear();
  };
  NARU_CHECK(database.each_batch(
      "SELECT CAST(c.class AS VARCHAR) AS class, c.n, a.n AS whole FROM class_value AS c JOIN all_value AS a USING "
      "(value) ORDER BY c.class, c.value",
      {}, [&](const engine::Rows& batch) -> Done {
        for (std::size_t i = 0; i < batch.count; ++i) {
          if (batch.text(0, i) != class_now) {
            finish();
            class_now = batch.text(0, i);
          }
          rows.emplace_back(batch.integer(1, i), batch.integer(2, i));
        }
        return {};
      }));
  finish();
  return out;
}

}  // namespace naru::protect
