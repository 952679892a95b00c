#include "release/rare_codes.h"

#include "base/files.h"

#include <algorithm>
#include <array>

namespace naru::release::detail {
namespace {

bool has_codes(const model::Table& table) {
  constexpr std::array<std::string_view, 9> without = {
      "person",           "location",           "care_site", "provider",         "visit_detail",
      "visit_occurrence", "observation_period", "specimen",  "payer_plan_period"};
  return table.has_person() && !table.concept_column.empty() && std::ranges::find(without, table.name) == without.end();
}

Result<bool> has_column(engine::Database& database, const std::string& relation, const std::string& column) {
  if (column.empty()) return false;
  NARU_ASSIGN(const auto columns, database.describe(relation));
  return std::ranges::any_of(columns, [&](const auto& each) { return each.first == column; });
}

// One step: what is still rare goes to its parent; without one it is not shown.
Result<bool> climb_once(engine::Database& database, std::int64_t persons_min, bool last) {
  NARU_CHECK(
      database.run(fmt::format("CREATE OR REPLACE TEMP TABLE rare AS SELECT c.shown FROM climb AS c JOIN climb_pair AS "
                               "p USING (concept_id) WHERE "
                               "c.shown > 0 GROUP BY c.shown HAVING count(DISTINCT p.person_id) < {}",
                               persons_min)));
  NARU_ASSIGN(const auto left, database.integer("SELECT count(*) FROM rare"));
  if (left == 0) return false;
  NARU_CHECK(database.run(
      last ? "UPDATE climb SET shown = 0 WHERE shown IN (SELECT shown FROM rare)"
           : "UPDATE climb SET shown = coalesce((SELECT min(parent) FROM parent_of AS p WHERE p.concept_id = "
             "climb.shown), 0) WHERE shown IN (SELECT shown FROM rare)"));
  return true;
}

Done drop_rare_source(engine::Database& database, const std::string& linked, const std::string& column,
                      std::string_view nothing, std::int64_t persons_min) {
  const auto name = engine::quoted(column);
  return database.run(
      fmt::format("UPDATE {0} SET {1} = {2} WHERE {1} IN (SELECT {1} FROM {0} GROUP BY {1} HAVING "
                  "count(DISTINCT person_id) < {3})",
                  linked, name, nothing, persons_min));
}

}  // namespace

Done open_hierarchy(engine::Database& database, const protect::Policy& policy,
                    const std::filesystem::path& vocabulary) {
  const auto file = vocabulary / "concept_ancestor.parquet";
  if (policy.rare_codes.persons_min <= 1 || policy.rare_codes.levels_max == 0) {
    return database.run("CREATE TEMP TABLE parent_of(concept_id BIGINT, parent BIGINT)");
  }
  if (vocabulary.empty() || !fs::exists(file)) {
    return not_found(
        say("rare codes cannot climb without the vocabulary", "용어집이 없으면 드문 코드를 일반화할 수 없습니다"),
        file.filename().string(),
        say("load the holders' vocabulary here: naru vocabulary load",
            "보유기관과 같은 용어집을 적재하세요: naru vocabulary load"));
  }
  return database.run(
      "CREATE TEMP TABLE parent_of AS SELECT CAST(descendant_concept_id AS BIGINT) AS concept_id, "
      "CAST(min(ancestor_concept_id) AS BIGINT) AS parent FROM " +
      engine::parquet(file) + " WHERE min_levels_of_separation = 1 GROUP BY descendant_concept_id");
}

Result<RareCodes> climb_rare(engine::Database& database, const model::Table& table, const std::string& linked,
                             const protect::Policy& policy) {
  RareCodes out;
  const auto& rule = policy.rare_codes;
  if (!has_codes(table) || rule.persons_min <= 1) return out;
  NARU_ASSIGN(const bool coded, has_column(database, linked, table.concept_column));
  NARU_ASSIGN(const bool source_concept, has_column(database, linked, table.source_concept));
  NARU_ASSIGN(const bool source_value, has_column(database, linked, table.source_value));
  if (coded) {
    const auto name = engine::quoted(table.concept_column);
    NARU_CHECK(database.run(fmt::format(
        "CREATE OR REPLACE TEMP TABLE climb_pair AS SELECT DISTINCT person_id, {0} AS concept_id FROM {1} WHERE {0} > "
        "0;"
        "CREATE OR REPLACE TEMP TABLE climb AS SELECT DISTINCT concept_id, concept_id AS shown FROM climb_pair",
        name, linked)));
    for (std::int64_t level = 0; level <= rule.levels_max; ++level) {
      NARU_ASSIGN(const bool moved, climb_once(database, rule.persons_min, level == rule.levels_max));
      if (!moved) break;
    }
    NARU_ASSIGN(out.concepts_climbed,
                database.integer("SELECT count(*) FROM climb WHERE shown <> concept_id AND shown > 0"));
    NARU_ASSIGN(out.concepts_hidden, database.integer("SELECT count(*) FROM climb WHERE shown = 0"));
    std::string set = name + " = c.shown";
    if (source_concept) set += ", " + engine::quoted(table.source_concept) + " = 0";
    if (source_value) set += ", " + engine::quoted(table.source_value) + " = NULL";
    NARU_CHECK(database.run(fmt::format(
        "UPDATE {} SET {} FROM climb AS c WHERE c.concept_id = {} AND c.shown <> c.concept_id", linked, set, name)));
  }
  if (source_concept) {
    NARU_CHECK(drop_rare_source(database, linked, table.source_concept, "0", rule.persons_min));
  }
  if (source_value) NARU_CHECK(drop_rare_source(database, linked, table.source_value, "NULL", rule.persons_min));
  return out;
}

}  // namespace naru::release::detail
