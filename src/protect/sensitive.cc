#include "protect/sensitive.h"

#include "base/files.h"
#include "protect_sql.h"

#include <algorithm>

namespace naru::protect::detail {
namespace {

// Only these tables write diagnosis codes as text; elsewhere a code such as "D8045" is a laboratory test, not D80.
bool writes_diagnoses(std::string_view table) {
  return table == "condition_occurrence" || table == "observation" || table == "death";
}

std::string code_table(const model::Table& table) { return engine::quoted("code_group_" + table.name); }

engine::Column texts(std::string name, std::vector<std::string> values) {
  engine::Column column{.name = std::move(name), .kind = engine::Kind::text, .texts = std::move(values)};
  column.valid.assign(column.texts.size(), 1);
  return column;
}
engine::Column integers(std::string name, std::vector<std::int64_t> values) {
  engine::Column column{.name = std::move(name), .kind = engine::Kind::integer, .integers = std::move(values)};
  column.valid.assign(column.integers.size(), 1);
  return column;
}
Done fill(engine::Database& database, std::string_view table, std::vector<engine::Column> columns) {
  engine::Rows rows{.columns = std::move(columns), .count = 0};
  rows.count = rows.columns.front().size();
  return database.append(table, rows);
}

Done fill_groups(engine::Database& database, const Policy& policy) {
  std::vector<std::int64_t> prefix_group;
  std::vector<std::string> prefixes;
  std::vector<std::int64_t> concept_group;
  std::vector<std::int64_t> concepts;
  for (std::size_t g = 0; g < policy.sensitive.groups.size(); ++g) {
    for (const auto& code : policy.sensitive.groups[g].codes) {
      prefix_group.push_back(static_cast<std::int64_t>(g));
      prefixes.push_back(code);
    }
    for (const auto named : policy.sensitive.groups[g].concepts) {
      concept_group.push_back(static_cast<std::int64_t>(g));
      concepts.push_back(named);
    }
  }
  NARU_CHECK(
      database.run("CREATE TEMP TABLE sensitive_prefix(grp BIGINT, prefix VARCHAR);"
                   "CREATE TEMP TABLE sensitive_named(grp BIGINT, concept_id BIGINT);"
                   "CREATE TEMP TABLE sensitive_system(vocabulary_id VARCHAR);"
                   "CREATE TEMP TABLE code_system(vocabulary_id VARCHAR)"));
  NARU_CHECK(fill(database, "sensitive_prefix", {integers("grp", prefix_group), texts("prefix", prefixes)}));
  NARU_CHECK(fill(database, "sensitive_named", {integers("grp", concept_group), integers("concept_id", concepts)}));
  NARU_CHECK(fill(database, "sensitive_system", {texts("vocabulary_id", policy.sensitive.code_systems)}));
  return fill(database, "code_system", {texts("vocabulary_id", policy.source_codes.code_systems)});
}

// An absent vocabulary is an empty one, so that the statements stay the same.
Done vocabulary_view(engine::Database& database, const std::filesystem::path& folder, std::string_view file,
                     std::string_view view, std::string_view columns, std::string_view empty) {
  const auto path = folder / file;
  const bool there = !folder.empty() && fs::exists(path);
  return database.run(fmt::format("CREATE TEMP VIEW {} AS SELECT {} FROM {}", view, columns,
                                  there ? engine::parquet(path) : std::string(empty)));
}

}  // namespace

Done prepare_screen(engine::Database& database, const Policy& policy, const std::filesystem::path& vocabulary) {
  NARU_CHECK(fill_groups(database, policy));
  NARU_CHECK(vocabulary_view(database, vocabulary, "concept.parquet", "vocabulary_concept",
                             "CAST(concept_id AS BIGINT) AS concept_id, vocabulary_id, concept_code",
                             "(SELECT 0 AS concept_id, '' AS vocabulary_id, '' AS concept_code WHERE false)"));
  NARU_CHECK(vocabulary_view(
      database, vocabulary, "concept_ancestor.parquet", "vocabulary_ancestor",
      "CAST(ancestor_concept_id AS BIGINT) AS ancestor_concept_id, CAST(descendant_concept_id AS BIGINT) AS "
      "descendant_concept_id",
      "(SELECT 0 AS ancestor_concept_id, 0 AS descendant_concept_id WHERE false)"));
  NARU_CHECK(vocabulary_view(
      database, vocabulary, "concept_relationship.parquet", "vocabulary_relationship",
      "CAST(concept_id_1 AS BIGINT) AS concept_id_1, CAST(concept_id_2 AS BIGINT) AS concept_id_2, relationship_id",
      "(SELECT 0 AS concept_id_1, 0 AS concept_id_2, '' AS relationship_id WHERE false)"));
  NARU_CHECK(database.run(sql::text("sensitive_concepts")));
  return database.run(
      "CREATE TEMP TABLE known_code AS SELECT DISTINCT concept_code AS code FROM vocabulary_concept "
      "JOIN code_system USING (vocabulary_id) "
      "UNION SELECT DISTINCT replace(concept_code, '.', '') FROM vocabulary_concept JOIN code_system USING "
      "(vocabulary_id)");
}

ScreenedColumns screened_columns(const model::Table& table, const std::vector<std::string>& present) {
  ScreenedColumns out;
  if (!table.has_person() || table.name == "person") return out;
  const auto there = [&](const std::string& column) { return std::ranges::find(present, column) != present.end(); };
  for (const auto& column : {table.concept_column, table.source_concept, std::string("value_as_concept_id")}) {
    if (!column.empty() && there(column)) out.concepts.push_back(column);
  }
  if (writes_diagnoses(table.name) && there(table.source_value)) out.code = table.source_value;
  return out;
}

Done prepare_codes(engine::Database& database, const model::Table& table, const ScreenedColumns& columns,
                   const std::string& relation) {
  if (columns.code.empty()) return {};
  // "KCD8:F32.1" and "KCD8|F321" are read as F321; only what looks like a diagnosis code is compared.
  return database.run(fmt::format(
      "CREATE TEMP TABLE {0} AS WITH written AS (SELECT DISTINCT {1} AS code, "
      "upper(replace(regexp_extract(trim({1}), '[^:|]*$'), '.', '')) AS plain FROM {2} WHERE {1} IS NOT NULL) "
      "SELECT code, min(grp) AS grp FROM written JOIN sensitive_prefix AS p ON starts_with(plain, p.prefix) "
      "WHERE regexp_matches(plain, '^[A-Z][0-9][0-9]') GROUP BY code",
      code_table(table), engine::quoted(columns.code), relation));
}

std::string group_expression(const model::Table& table, const ScreenedColumns& columns) {
  std::vector<std::string> parts;
  for (const auto& column : columns.concepts) {
    parts.push_back(
        fmt::format("(SELECT s.grp FROM sensitive_concept AS s WHERE s.concept_id = t.{})", engine::quoted(column)));
  }
  if (!columns.code.empty()) {
    parts.push_back(fmt::format("(SELECT s.grp FROM {} AS s WHERE s.code = t.{})", code_table(table),
                                engine::quoted(columns.code)));
  }
  if (parts.empty()) return "NULL::BIGINT";
  std::string list;
  for (const auto& part : parts) list += (list.empty() ? "" : ", ") + ("coalesce(" + part + ", 1000)");
  return "nullif(least(" + list + "), 1000)";
}

}  // namespace naru::protect::detail
