#include "release/events.h"

#include "base/files.h"
#include "protect/protected_table.h"
#include "release/persons.h"
#include "release/rare_codes.h"
#include "release_sql.h"

#include <algorithm>
#include <map>

namespace naru::release::detail {
namespace {

using protect::Treatment;

std::string linked(const model::Table& table) { return engine::quoted("linked_" + table.name); }
std::string mapping(std::string_view table) { return engine::quoted("key_" + std::string(table)); }
bool is_event(const model::Table& table) { return table.has_person() && !table.start_date.empty(); }

std::vector<const model::Column*> kept_columns(const Incoming& in) {
  std::vector<const model::Column*> out;
  for (const auto& column : in.table->columns) {
    if (in.rule->rule_of(column.name)->treatment != Treatment::drop) out.push_back(&column);
  }
  return out;
}

// A generalised birth year would be worth nothing beside exact ages: they then follow from what is shown.
std::string age_expression(const model::Table& table, const protect::Policy& policy, std::int64_t band) {
  if (band == 1) return "t.age_at_event";
  const auto years = fmt::format("(year(t.{}) - s.year_of_birth)", engine::quoted(table.start_date));
  return fmt::format("CAST(CASE WHEN {0} IS NOT NULL THEN greatest(0, least({0}, {1})) END AS SMALLINT)", years,
                     policy.ages.age_max);
}

// linked_TABLE: rows of all holders for the persons shown, with their release id and source_site, keys still old.
Done link_rows(engine::Database& database, const Incoming& in, const protect::Policy& policy, std::int64_t band) {
  // The empty first part gives every column its type, whatever the holders' files leave out.
  std::string all = "SELECT ";
  for (const auto* column : kept_columns(in)) {
    all += fmt::format("CAST(NULL AS {}) AS {}, ", column->sql_type, engine::quoted(column->name));
  }
  if (is_event(*in.table)) all += "CAST(NULL AS SMALLINT) AS age_at_event, ";
  all += "CAST(NULL AS VARCHAR) AS source_site WHERE false";
  for (const auto& [holder, file] : in.files) {
    all += " UNION ALL BY NAME " +
           fmt::format("SELECT *, {} AS source_site FROM {}", engine::literal(holder), engine::parquet(file));
  }
  std::string list;
  for (const auto* column : kept_columns(in)) {
    const auto name = engine::quoted(column->name);
    list += (list.empty() ? "" : ", ") + (column->name == "person_id" ? "r.person_id" : "t." + name);
  }
  std::string from = fmt::format(" FROM ({}) AS t", all);
  if (in.table->has_person()) {
    from +=
        " JOIN released AS r ON r.holder = t.source_site AND r.row_id = t.person_id JOIN shown_person AS s ON "
        "s.person_id "
        "= r.person_id";
    if (is_event(*in.table)) list += ", " + age_expression(*in.table, policy, band) + " AS age_at_event";
  }
  return database.run("CREATE TEMP TABLE " + linked(*in.table) + " AS SELECT " + list + ", t.source_site" + from);
}

Done number_rows(engine::Database& database, const Incoming& in) {
  const auto& table = *in.table;
  if (table.primary_key.empty()) return {};
  std::string order;
  if (table.has_person()) order = "person_id, ";
  if (!table.start_date.empty()) order += engine::quoted(table.start_date) + " NULLS FIRST, ";
  const auto key = engine::quoted(table.primary_key);
  return database.run(
      fmt::format("CREATE TEMP TABLE {0} AS SELECT source_site, {1} AS old, CAST(row_number() OVER (ORDER "
                  "BY {2}source_site, {1}) AS BIGINT) AS new FROM {3}",
                  mapping(table.name), key, order, linked(table)));
}

Result<bool> exists(engine::Database& database, const std::string& table) {
  NARU_ASSIGN(const auto count, database.integer("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", {table}));
  return count > 0;
}

Result<std::int64_t> write_events(engine::Database& database, const Incoming& in, const fs::path& file) {
  const auto& table = *in.table;
  if (table.name == "observation_period") {
    NARU_CHECK(database.run(sql::text("merge_periods")));
    return database.copy_to_parquet("SELECT * FROM merged_observation_period", "observation_period_id", file);
  }
  std::string source = linked(table);
  if (table.name == "death") {
    NARU_CHECK(database.run(sql::text("first_death")));
    source = "merged_death";
  }
  std::string list;
  std::string joins = " FROM " + source + " AS i";
  int number = 0;
  for (const auto* column : kept_columns(in)) {
    auto cell = "i." + engine::quoted(column->name);
    const auto treatment = in.rule->rule_of(column->name)->treatment;
    if (treatment == Treatment::renumber || treatment == Treatment::refer) {
      const auto target = treatment == Treatment::renumber ? table.name : protect::detail::referred_table(column->name);
      NARU_ASSIGN(const bool there, exists(database, "key_" + target));
      if (there) {
        joins += fmt::format(" LEFT JOIN {0} AS k{1} ON k{1}.old = {2} AND k{1}.source_site = i.source_site",
                             mapping(target), ++number, cell);
        cell = fmt::format("k{}.new", number);
      } else {
        cell = "CAST(NULL AS BIGINT)";
      }
    }
    list += (list.empty() ? "" : ", ") + cell + " AS " + engine::quoted(column->name);
  }
  if (is_event(table)) list += ", i.age_at_event";
  list += ", i.source_site";
  return database.copy_to_parquet("SELECT " + list + joins,
                                  engine::quoted(table.primary_key.empty() ? "person_id" : table.primary_key), file);
}

Result<std::int64_t> write_persons(engine::Database& database, const protect::Policy& policy, const fs::path& file) {
  std::string list = "p.person_id";
  for (const auto& column : person_attributes(policy)) list += ", p." + engine::quoted(column);
  return database.copy_to_parquet("SELECT " + list +
                                      ", l.location_id FROM shown_person AS p LEFT JOIN shown_place AS l ON l.state IS "
                                      "NOT DISTINCT FROM p.state AND "
                                      "l.county IS NOT DISTINCT FROM p.county AND l.zip IS NOT DISTINCT FROM p.zip",
                                  "person_id", file);
}

// A postcode has a column only where the policy lets one stay.
std::string place_columns(const protect::Policy& policy) {
  const auto* zip = policy.rule_of("location")->rule_of("zip");
  const bool shown = zip != nullptr && zip->treatment == Treatment::generalise;
  return std::string("SELECT location_id, state, county") + (shown ? ", zip" : "") + " FROM shown_place";
}

}  // namespace

Result<std::vector<BuiltTable>> write_tables(engine::Database& database, const std::vector<Incoming>& tables,
                                             const protect::Policy& policy, std::int64_t band,
                                             const std::filesystem::path& folder, Progress& progress) {
  NARU_CHECK(database.run(
      "CREATE TEMP TABLE shown_place AS SELECT CAST(row_number() OVER (ORDER BY state, county NULLS FIRST, zip NULLS "
      "FIRST) AS BIGINT) AS location_id, state, county, zip FROM (SELECT DISTINCT state, county, zip FROM shown_person "
      "WHERE state IS NOT NULL)"));
  std::map<std::string, RareCodes> rare;
  const auto own = [](const Incoming& in) { return in.table->name == "person" || in.table->name == "location"; };
  for (const auto& in : tables) {
    if (own(in)) continue;
    NARU_CHECK(link_rows(database, in, policy, band));
    NARU_ASSIGN(rare[in.table->name], climb_rare(database, *in.table, linked(*in.table), policy));
    NARU_CHECK(number_rows(database, in));
  }
  std::vector<BuiltTable> out;
  std::uint64_t done = 0;
  for (const auto& in : tables) {
    progress.at(say("writing {}", "{} 기록", in.table->name), done++, tables.size());
    if (progress.stop_requested()) return interrupted();
    const auto file = folder / (in.table->name + ".parquet");
    BuiltTable made{.table = in.table->name, .tier = in.rule->tier, .rare = rare[in.table->name]};
    if (in.table->name == "person") {
      NARU_ASSIGN(made.rows, write_persons(database, policy, file));
    } else if (in.table->name == "location") {
      NARU_ASSIGN(made.rows, database.copy_to_parquet(place_columns(policy), "location_id", file));
    } else {
      NARU_ASSIGN(made.rows, write_events(database, in, file));
    }
    out.push_back(std::move(made));
  }
  return out;
}

}  // namespace naru::release::detail
