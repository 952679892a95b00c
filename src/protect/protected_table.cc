#include "protect/protected_table.h"

#include "base/digest.h"
#include "protect/sensitive.h"

#include <algorithm>

namespace naru::protect::detail {
namespace {

using model::Role;

bool has(const LakeTable& table, std::string_view column) {
  return std::ranges::find(table.columns, column) != table.columns.end();
}
std::string taken(const LakeTable& table) { return engine::quoted("in_" + table.model->name); }
std::string mapping(std::string_view table) { return engine::quoted("map_" + std::string(table)); }
bool is_event(const LakeTable& table) {
  return table.model->has_person() && table.model->name != "person" && !table.model->start_date.empty();
}
bool stays(Treatment treatment) { return treatment != Treatment::drop; }

// A person's own key is the pseudonym; every other table with a key gets new numbers.
bool renumbered(const LakeTable& table) { return !table.model->primary_key.empty() && table.model->name != "person"; }

// The first characters of a postcode; a shorter one is no postcode, and a restricted one is not told.
std::string zip_expression(const Policy& policy) {
  const auto digits = policy.regions.zip_digits;
  const auto start = fmt::format("left(trim(CAST(t.zip AS VARCHAR)), {})", digits);
  std::string restricted;
  for (const auto& zip : policy.regions.zip_restricted) {
    restricted += (restricted.empty() ? "" : ", ") + engine::literal(zip);
  }
  const auto zeros = engine::literal(std::string(static_cast<std::size_t>(digits), '0'));
  const auto shown = restricted.empty()
                         ? start
                         : fmt::format("CASE WHEN {0} IN ({1}) THEN {2} ELSE {0} END", start, restricted, zeros);
  return fmt::format("CASE WHEN length(trim(CAST(t.zip AS VARCHAR))) >= {} THEN {} END", digits, shown);
}

std::string column_expression(const LakeTable& table, const model::Column& column, Treatment treatment,
                              const Policy& policy) {
  const auto name = engine::quoted(column.name);
  const auto typed = fmt::format("CAST(t.{} AS {})", name, column.sql_type);
  if (!has(table, column.name)) return fmt::format("CAST(NULL AS {}) AS {}", column.sql_type, name);
  switch (treatment) {
    case Treatment::pseudonym:
      return "p.row_id AS " + name;
    case Treatment::shift:
      return column.role == Role::date ? fmt::format("CAST({} - CAST(p.days AS INTEGER) AS DATE) AS {}", typed, name)
                                       : fmt::format("{} - to_days(CAST(p.days AS INTEGER)) AS {}", typed, name);
    case Treatment::year_only:
      return fmt::format("make_date(year({0}), 1, 1) AS {1}", typed, name);
    case Treatment::generalise:
      return column.name == "zip" ? zip_expression(policy) + " AS " + name : typed + " AS " + name;
    case Treatment::year:
      return fmt::format("CASE WHEN {0} IS NOT NULL THEN greatest({0}, {1}) END AS {2}", typed,
                         policy.ages.year_of_birth_min, name);
    case Treatment::code:
      return fmt::format("CASE WHEN {0} IN (SELECT code FROM known_code) THEN {0} END AS {1}", typed, name);
    default:
      return typed + " AS " + name;
  }
}

// Full years between birth and the event's true date; an event before birth is a mistake and has no age.
std::string age_expression(const LakeTable& table, const Policy& policy) {
  if (!has(table, table.model->start_date)) return "CAST(NULL AS SMALLINT)";
  const auto date = fmt::format("CAST(t.{} AS DATE)", engine::quoted(table.model->start_date));
  const auto years = fmt::format(
      "(year({0}) - b.birth_year - CASE WHEN month({0}) * 100 + day({0}) < b.birth_day_of_year THEN 1 ELSE 0 END)",
      date);
  return fmt::format("CAST(CASE WHEN {0} >= 0 THEN least({0}, {1}) END AS SMALLINT)", years, policy.ages.age_max);
}

std::string select_list(const LakeTable& table, const Policy& policy) {
  std::string list;
  for (const auto& column : table.model->columns) {
    const auto treatment = table.rule->rule_of(column.name)->treatment;
    if (!stays(treatment)) continue;
    list += (list.empty() ? "" : ", ") + column_expression(table, column, treatment, policy);
  }
  if (is_event(table)) list += ", " + age_expression(table, policy) + " AS age_at_event";
  return list;
}

// birth(person_id, birth_year, birth_day_of_year as month * 100 + day): a missing month or day counts as the first.
Done note_births(engine::Database& database, const LakeTable& person) {
  const auto cell = [&](std::string_view column) {
    return has(person, column) ? fmt::format("coalesce(CAST(t.{} AS BIGINT), 1)", engine::quoted(column))
                               : std::string("1");
  };
  return database.run(fmt::format(
      "CREATE TEMP TABLE birth AS SELECT CAST(t.person_id AS BIGINT) AS person_id, CAST(t.year_of_birth AS BIGINT) AS "
      "birth_year, {} * 100 + {} AS birth_day_of_year FROM {} AS t",
      cell("month_of_birth"), cell("day_of_birth"), engine::parquet(person.file)));
}

Result<bool> exists(engine::Database& database, std::string_view table) {
  NARU_ASSIGN(const auto count,
              database.integer("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", {std::string(table)}));
  return count > 0;
}

// Where a table without persons is read: places are kept only for the persons who stay.
Result<std::string> source_without_person(engine::Database& database, const LakeTable& table) {
  if (table.model->name != "location") return fmt::format("{} AS t", engine::parquet(table.file));
  NARU_ASSIGN(const bool referred, exists(database, "in_person"));
  return fmt::format("{} AS t WHERE {}", engine::parquet(table.file),
                     referred ? "t.location_id IN (SELECT location_id FROM in_person)" : "false");
}

std::string kept_columns(const LakeTable& table, std::string_view except) {
  std::string list;
  for (const auto& column : table.model->columns) {
    if (column.name == except || !stays(table.rule->rule_of(column.name)->treatment)) continue;
    list += (list.empty() ? "" : ", ") + engine::quoted(column.name) + " NULLS FIRST";
  }
  return list;
}

}  // namespace

std::string referred_table(std::string_view column) {
  if (column == "location_id") return "location";
  if (column == "care_site_id") return "care_site";
  if (column == "provider_id") return "provider";
  if (column.ends_with("visit_occurrence_id")) return "visit_occurrence";
  if (column.ends_with("visit_detail_id")) return "visit_detail";
  return {};
}

Done prepare_tie(engine::Database& database, const Bytes& order_key) {
  NARU_CHECK(
      database.run("CREATE TEMP TABLE tie(key VARCHAR);"
                   "CREATE TEMP TABLE sensitive_seen(grp BIGINT, person_id BIGINT, n BIGINT)"));
  return database.run("INSERT INTO tie VALUES (?)",
                      {to_hex(hkdf_sha256(order_key, "naru/record-order/v1", "tie", 16))});
}

Result<ProtectedTable> take_in(engine::Database& database, const LakeTable& table, const Policy& policy) {
  ProtectedTable out{.table = table.model->name, .sha256 = {}};
  const auto relation = engine::parquet(table.file);
  NARU_ASSIGN(out.read, database.integer("SELECT count(*) FROM " + relation));
  if (!table.model->has_person()) {
    NARU_ASSIGN(const auto source, source_without_person(database, table));
    NARU_CHECK(database.run(
        fmt::format("CREATE TEMP TABLE {} AS SELECT {} FROM {}", taken(table), select_list(table, policy), source)));
    NARU_ASSIGN(const auto kept, database.integer("SELECT count(*) FROM " + taken(table)));
    out.without_person = out.read - kept;
    return out;
  }
  if (table.model->name == "person") NARU_CHECK(note_births(database, table));
  const auto screened = screened_columns(*table.model, table.columns);
  NARU_CHECK(prepare_codes(database, *table.model, screened, relation));
  NARU_CHECK(database.run(fmt::format(
      "CREATE TEMP TABLE {} AS SELECT * EXCLUDE (first_group, is_dead, is_readable), {} AS sensitive_group FROM "
      "(SELECT "
      "{}, {} FROM {} AS t JOIN people AS p ON p.person_id = t.person_id LEFT JOIN birth AS b ON b.person_id = "
      "t.person_id)",
      taken(table), group_case(policy), select_list(table, policy), group_columns(*table.model, screened), relation)));
  NARU_ASSIGN(const auto joined, database.integer("SELECT count(*) FROM " + taken(table)));
  out.without_person = out.read - joined;
  NARU_CHECK(
      database.run(fmt::format("INSERT INTO sensitive_seen SELECT sensitive_group, person_id, count(*) FROM {} "
                               "WHERE sensitive_group IS NOT NULL GROUP BY ALL",
                               taken(table))));
  NARU_CHECK(database.run(fmt::format("DELETE FROM {} WHERE sensitive_group IS NOT NULL", taken(table))));
  NARU_ASSIGN(const auto kept, database.integer("SELECT count(*) FROM " + taken(table)));
  out.sensitive = joined - kept;
  return out;
}

Done number_anew(engine::Database& database, const LakeTable& table) {
  if (!renumbered(table)) return {};
  const auto key = engine::quoted(table.model->primary_key);
  NARU_ASSIGN(const auto doubled,
              database.integer(fmt::format("SELECT count(*) - count(DISTINCT {}) FROM {}", key, taken(table))));
  if (doubled != 0) {
    return rejected(say("a key is missing or stands twice", "키가 없거나 두 번 나옵니다"),
                    table.model->name + "." + table.model->primary_key);
  }
  std::string number;
  if (table.model->has_person()) {
    std::string order = "person_id";
    for (const auto& column : {table.model->start_date, table.model->concept_column}) {
      const auto* rule = column.empty() ? nullptr : table.rule->rule_of(column);
      if (rule != nullptr && stays(rule->treatment)) order += ", " + engine::quoted(column) + " NULLS FIRST";
    }
    // The old key decides nothing but through a keyed digest: its order is not to be read from the new one.
    number =
        fmt::format("row_number() OVER (ORDER BY {}, md5((SELECT key FROM tie) || CAST({} AS VARCHAR)))", order, key);
  } else {
    const auto order = kept_columns(table, table.model->primary_key);
    number = fmt::format("dense_rank() OVER (ORDER BY {})", order.empty() ? "1" : order);
  }
  return database.run(fmt::format("CREATE TEMP TABLE {} AS SELECT {} AS old, CAST({} AS BIGINT) AS new FROM {}",
                                  mapping(table.model->name), key, number, taken(table)));
}

Result<std::int64_t> write_out(engine::Database& database, const LakeTable& table, const std::filesystem::path& file) {
  std::string list;
  std::string joins = " FROM " + taken(table) + " AS i";
  std::string order;
  int join = 0;
  for (const auto& column : table.model->columns) {
    const auto treatment = table.rule->rule_of(column.name)->treatment;
    if (!stays(treatment)) continue;
    auto cell = "i." + engine::quoted(column.name);
    const auto target = treatment == Treatment::renumber ? table.model->name
                        : treatment == Treatment::refer  ? referred_table(column.name)
                                                         : std::string();
    if (treatment == Treatment::renumber || treatment == Treatment::refer) {
      NARU_ASSIGN(const bool there, exists(database, "map_" + target));
      if (there) {
        joins += fmt::format(" LEFT JOIN {0} AS m{1} ON m{1}.old = {2}", mapping(target), ++join, cell);
        cell = fmt::format("m{}.new", join);
      } else {
        cell = "CAST(NULL AS BIGINT)";
      }
    }
    list += (list.empty() ? "" : ", ") + cell + " AS " + engine::quoted(column.name);
    order += (order.empty() ? "" : ", ") + engine::quoted(column.name) + " NULLS FIRST";
  }
  if (is_event(table)) {
    list += ", i.age_at_event";
    order += ", age_at_event NULLS FIRST";
  }
  const auto select = (table.model->has_person() ? "SELECT " : "SELECT DISTINCT ") + list + joins;
  return database.copy_to_parquet(select, renumbered(table) ? engine::quoted(table.model->primary_key) : order, file);
}

}  // namespace naru::protect::detail
