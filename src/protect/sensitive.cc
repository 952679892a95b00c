#include "protect/sensitive.h"

#include "base/files.h"
#include "protect_sql.h"

#include <algorithm>
#include <array>

namespace naru::protect::detail {
namespace {

constexpr std::int64_t nobody = 1000;  // above every group

std::string code_table(const model::Table& table) { return engine::quoted("code_group_" + table.name); }

// What a table's source codes are codes of. Only what diagnoses is compared with diagnosis codes: elsewhere a code such
// as "D8045" is a laboratory test, not D80.
std::string_view kind_of(std::string_view table) {
  if (table == "condition_occurrence" || table == "observation" || table == "death") return "diagnosis";
  if (table == "drug_exposure") return "drug";
  if (table == "measurement" || table == "procedure_occurrence") return "test";
  return "";
}

bool holds_codes(std::string_view table) {
  constexpr std::array<std::string_view, 9> tables = {"condition_occurrence", "drug_exposure", "procedure_occurrence",
                                                      "device_exposure",      "measurement",   "observation",
                                                      "condition_era",        "drug_era",      "dose_era"};
  return std::ranges::find(tables, table) != tables.end();
}

/// Two columns on their way into a table: a group or a kind, and a text or a number.
struct Pairs {
  engine::Column group{.name = "grp"};
  engine::Column kind{.name = "kind", .kind = engine::Kind::text};
  engine::Column text{.name = "text", .kind = engine::Kind::text};
  engine::Column number{.name = "number"};

  void add(std::int64_t grp, std::string_view what, const std::string& code) {
    group.integers.push_back(grp);
    kind.texts.emplace_back(what);
    text.texts.push_back(code);
  }
  void add(std::int64_t grp, std::int64_t concept_id) {
    group.integers.push_back(grp);
    number.integers.push_back(concept_id);
  }
};

Done fill(engine::Database& database, std::string_view table, std::vector<engine::Column> columns) {
  engine::Rows rows{.columns = std::move(columns), .count = 0};
  const auto& first = rows.columns.front();
  rows.count = first.kind == engine::Kind::text ? first.texts.size() : first.integers.size();
  for (auto& column : rows.columns) column.valid.assign(rows.count, 1);
  return database.append(table, rows);
}

engine::Column texts(std::string name, std::vector<std::string> values) {
  return {.name = std::move(name), .kind = engine::Kind::text, .texts = std::move(values)};
}

Done fill_groups(engine::Database& database, const Policy& policy) {
  Pairs prefixes;
  Pairs departments;
  Pairs named;
  for (std::size_t g = 0; g < policy.sensitive.groups.size(); ++g) {
    const auto& group = policy.sensitive.groups[g];
    const auto grp = static_cast<std::int64_t>(g);
    for (const auto& code : group.diagnoses.codes) prefixes.add(grp, "diagnosis", code);
    for (const auto& code : group.drugs.codes) prefixes.add(grp, "drug", code);
    for (const auto& code : group.tests.codes) prefixes.add(grp, "test", code);
    for (const auto& code : group.departments.codes) departments.add(grp, "department", code);
    for (const auto id : group.concepts) named.add(grp, id);
  }
  for (const auto& code : policy.deceased.family_codes) prefixes.add(family_group(policy), "diagnosis", code);
  for (const auto id : policy.deceased.family_concepts) named.add(family_group(policy), id);
  Pairs systems;
  for (const auto& id : policy.sensitive.diagnosis_systems) systems.add(0, "diagnosis", id);
  for (const auto& id : policy.sensitive.drug_systems) systems.add(0, "drug", id);
  for (const auto& id : policy.sensitive.test_systems) systems.add(0, "test", id);
  NARU_CHECK(
      database.run("CREATE TEMP TABLE sensitive_prefix(grp BIGINT, kind VARCHAR, prefix VARCHAR);"
                   "CREATE TEMP TABLE sensitive_department(grp BIGINT, code VARCHAR);"
                   "CREATE TEMP TABLE sensitive_named(grp BIGINT, concept_id BIGINT);"
                   "CREATE TEMP TABLE sensitive_system(kind VARCHAR, vocabulary_id VARCHAR);"
                   "CREATE TEMP TABLE code_system(vocabulary_id VARCHAR)"));
  NARU_CHECK(fill(database, "sensitive_prefix", {prefixes.group, prefixes.kind, prefixes.text}));
  NARU_CHECK(fill(database, "sensitive_department", {departments.group, departments.text}));
  NARU_CHECK(fill(database, "sensitive_named", {named.group, named.number}));
  NARU_CHECK(fill(database, "sensitive_system", {systems.kind, systems.text}));
  return fill(database, "code_system", {texts("vocabulary_id", policy.source_codes.code_systems)});
}

Done vocabulary_view(engine::Database& database, const std::filesystem::path& folder, std::string_view file,
                     std::string_view view, std::string_view columns) {
  const auto path = folder / file;
  if (folder.empty() || !fs::exists(path)) {
    return not_found(say("without a vocabulary no record can be screened for sensitive codes",
                         "용어집이 없으면 민감한 코드를 걸러낼 수 없습니다"),
                     std::string(file),
                     say("load one: naru vocabulary load", "용어집을 적재하세요: naru vocabulary load"));
  }
  return database.run(fmt::format("CREATE TEMP VIEW {} AS SELECT {} FROM {}", view, columns, engine::parquet(path)));
}

// A view of a lake's table with these columns; what the lake does not have is NULL, and a missing file is empty.
Done lake_view(engine::Database& database, const std::filesystem::path& lake, std::string_view table,
               std::string_view view, const std::vector<std::pair<std::string, std::string>>& columns) {
  const auto file = lake / (std::string(table) + ".parquet");
  std::vector<std::pair<std::string, std::string>> present;
  if (fs::exists(file)) {
    NARU_ASSIGN(present, database.describe(engine::parquet(file)));
  }
  std::string list;
  for (const auto& [name, type] : columns) {
    const bool there = std::ranges::find(present, name, &std::pair<std::string, std::string>::first) != present.end();
    list += fmt::format("{}CAST({} AS {}) AS {}", list.empty() ? "" : ", ", there ? engine::quoted(name) : "NULL", type,
                        engine::quoted(name));
  }
  const auto from = fs::exists(file) ? " FROM " + engine::parquet(file) : std::string(" WHERE false");
  return database.run(fmt::format("CREATE TEMP VIEW {} AS SELECT {}{}", view, list, from));
}

Done find_departments(engine::Database& database, const std::filesystem::path& lake) {
  NARU_CHECK(lake_view(
      database, lake, "provider", "lake_provider",
      {{"provider_id", "BIGINT"}, {"specialty_source_value", "VARCHAR"}, {"specialty_concept_id", "BIGINT"}}));
  NARU_CHECK(lake_view(database, lake, "care_site", "lake_care_site",
                       {{"care_site_id", "BIGINT"},
                        {"care_site_name", "VARCHAR"},
                        {"care_site_source_value", "VARCHAR"},
                        {"place_of_service_source_value", "VARCHAR"},
                        {"place_of_service_concept_id", "BIGINT"}}));
  NARU_CHECK(lake_view(database, lake, "visit_occurrence", "lake_visit",
                       {{"visit_occurrence_id", "BIGINT"}, {"provider_id", "BIGINT"}, {"care_site_id", "BIGINT"}}));
  return database.run(sql::text("departments"));
}

// Whether anybody can read what a record is about.
std::string readable(const model::Table& table, const ScreenedColumns& columns) {
  std::string out;
  for (const auto& column : columns.concepts) {
    if (column == "value_as_concept_id") continue;
    out += fmt::format("{}EXISTS (SELECT 1 FROM readable_concept AS r WHERE r.concept_id = t.{})",
                       out.empty() ? "" : " OR ", engine::quoted(column));
  }
  if (!columns.code.empty()) {
    out += fmt::format("{}EXISTS (SELECT 1 FROM {} AS r WHERE r.code = t.{})", out.empty() ? "" : " OR ",
                       code_table(table), engine::quoted(columns.code));
  }
  return out.empty() ? "false" : out;
}

}  // namespace

std::int64_t family_group(const Policy& policy) { return static_cast<std::int64_t>(policy.sensitive.groups.size()); }
std::int64_t unreadable_group(const Policy& policy) { return family_group(policy) + 1; }
std::string group_id(const Policy& policy, std::int64_t group) {
  if (group == family_group(policy)) return "family-history";
  if (group == unreadable_group(policy)) return "unreadable";
  return policy.sensitive.groups[static_cast<std::size_t>(group)].id;
}

Done prepare_screen(engine::Database& database, const Policy& policy, const std::filesystem::path& vocabulary,
                    const std::filesystem::path& lake) {
  NARU_CHECK(fill_groups(database, policy));
  NARU_CHECK(vocabulary_view(database, vocabulary, "concept.parquet", "vocabulary_concept",
                             "CAST(concept_id AS BIGINT) AS concept_id, vocabulary_id, concept_code"));
  NARU_CHECK(vocabulary_view(
      database, vocabulary, "concept_ancestor.parquet", "vocabulary_ancestor",
      "CAST(ancestor_concept_id AS BIGINT) AS ancestor_concept_id, CAST(descendant_concept_id AS BIGINT) AS "
      "descendant_concept_id"));
  NARU_CHECK(vocabulary_view(
      database, vocabulary, "concept_relationship.parquet", "vocabulary_relationship",
      "CAST(concept_id_1 AS BIGINT) AS concept_id_1, CAST(concept_id_2 AS BIGINT) AS concept_id_2, relationship_id"));
  NARU_CHECK(database.run(sql::text("sensitive_concepts")));
  NARU_CHECK(database.run(sql::text("known_codes")));
  NARU_CHECK(
      database.run("CREATE TEMP TABLE readable_concept AS SELECT concept_id FROM vocabulary_concept WHERE concept_id > "
                   "0 UNION SELECT concept_id FROM sensitive_named"));
  NARU_CHECK(find_departments(database, lake));
  NARU_CHECK(lake_view(database, lake, "death", "lake_death", {{"person_id", "BIGINT"}}));
  return database.run("CREATE TEMP TABLE dead AS SELECT DISTINCT person_id FROM lake_death");
}

ScreenedColumns screened_columns(const model::Table& table, const std::vector<std::string>& present) {
  ScreenedColumns out;
  if (!table.has_person() || table.name == "person") return out;
  const auto there = [&](const std::string& column) { return std::ranges::find(present, column) != present.end(); };
  for (const auto& column : {table.concept_column, table.source_concept, std::string("value_as_concept_id")}) {
    if (!column.empty() && there(column)) out.concepts.push_back(column);
  }
  if (!kind_of(table.name).empty() && there(table.source_value)) out.code = table.source_value;
  out.must_read = holds_codes(table.name);
  const std::array<std::pair<std::string, std::string>, 3> departments = {
      {{"provider_id", "department_provider"},
       {"care_site_id", "department_care_site"},
       {"visit_occurrence_id", "department_visit"}}};
  for (const auto& [column, source] : departments) {
    if (there(column)) out.departments.emplace_back(column, source);
  }
  return out;
}

Done prepare_codes(engine::Database& database, const model::Table& table, const ScreenedColumns& columns,
                   const std::string& relation) {
  if (columns.code.empty()) return {};
  // "KCD8:F32.1" and "KCD8|F321" are read as F321. What looks like a diagnosis in a table of diagnoses, or like an ATC
  // code in a table of drugs, is readable without the vocabulary.
  const auto kind = kind_of(table.name);
  const std::string_view shape = kind == "diagnosis" ? "^[A-Z][0-9][0-9]"
                                 : kind == "drug"    ? "^[A-Z][0-9][0-9][A-Z]"
                                                     : "^[0-9]+-[0-9]$";
  return database.run(fmt::format(
      "CREATE TEMP TABLE {0} AS WITH written AS (SELECT DISTINCT {1} AS code, "
      "upper(replace(regexp_extract(trim({1}), '[^:|]*$'), '.', '')) AS plain FROM {2} WHERE {1} IS NOT NULL), "
      "found AS (SELECT code, p.grp FROM written LEFT JOIN sensitive_prefix AS p ON p.kind = {3} AND "
      "starts_with(plain, p.prefix) WHERE regexp_matches(plain, {4}) UNION ALL SELECT w.code, r.grp FROM written AS w "
      "JOIN readable_code AS r ON r.code = w.plain) SELECT code, min(grp) AS grp FROM found GROUP BY code",
      code_table(table), engine::quoted(columns.code), relation, engine::literal(kind), engine::literal(shape)));
}

std::string group_columns(const model::Table& table, const ScreenedColumns& columns) {
  std::vector<std::string> parts;
  for (const auto& column : columns.concepts) {
    parts.push_back(
        fmt::format("(SELECT s.grp FROM sensitive_concept AS s WHERE s.concept_id = t.{})", engine::quoted(column)));
  }
  if (!columns.code.empty()) {
    parts.push_back(fmt::format("(SELECT s.grp FROM {} AS s WHERE s.code = t.{})", code_table(table),
                                engine::quoted(columns.code)));
  }
  for (const auto& [column, source] : columns.departments) {
    parts.push_back(fmt::format("(SELECT s.grp FROM {} AS s WHERE s.id = t.{})", source, engine::quoted(column)));
  }
  if (parts.empty()) return fmt::format("{} AS first_group, false AS is_dead, true AS is_readable", nobody);
  std::string list;
  for (const auto& part : parts) list += fmt::format("{}coalesce({}, {})", list.empty() ? "" : ", ", part, nobody);
  // A family's history is removed for the dead alone.
  return fmt::format(
      "least({}) AS first_group, EXISTS (SELECT 1 FROM dead AS d WHERE d.person_id = t.person_id) AS "
      "is_dead, ({}) AS is_readable",
      list, columns.must_read ? readable(table, columns) : "true");
}

std::string group_case(const Policy& policy) {
  return fmt::format(
      "CASE WHEN first_group < {0} OR (first_group = {0} AND is_dead) THEN first_group WHEN NOT "
      "is_readable THEN {1} END",
      family_group(policy), unreadable_group(policy));
}

}  // namespace naru::protect::detail
