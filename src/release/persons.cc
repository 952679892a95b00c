#include "release/persons.h"

#include "release/people.h"

#include "model/omop.h"
#include "protect/pseudonym.h"

#include <algorithm>
#include <set>

namespace naru::release::detail {
namespace {

using protect::QuasiIdentifier;
using protect::QuasiKind;
using protect::Treatment;

// One vote per holder row: what most rows say; no answer and concept 0 come last; ties by the first holder's name.
std::string vote(std::string_view column) {
  const auto name = engine::quoted(column);
  const auto known = column.ends_with("_concept_id") ? fmt::format("({0} IS NULL OR {0} = 0)", name)
                                                     : fmt::format("({} IS NULL)", name);
  return fmt::format(
      "(SELECT person_id, {0} FROM (SELECT person_id, {0}, row_number() OVER (PARTITION BY person_id ORDER BY {1}, "
      "count(*) DESC, min(source_site), {0}) AS place FROM told GROUP BY person_id, {0}) WHERE place = 1)",
      name, known);
}

Done give_ids(engine::Database& database, const BuildRequest& request, BuildReport& report) {
  NARU_ASSIGN(const auto links, database.query("SELECT DISTINCT l.link_id FROM links AS l JOIN raw_person AS p ON "
                                               "l.holder = p.source_site AND l.row_id = p.row_id ORDER BY 1"));
  auto ids = release_person_ids(request.release_key, request.id);
  engine::Rows rows{.columns = {{.name = "link_id"}, {.name = "person_id"}}, .count = 0};
  std::set<std::int64_t> seen;
  for (std::size_t i = 0; i < links.count; ++i) {
    const auto link = links.integer(0, i);
    if (request.withdrawn.contains(link)) {
      ++report.persons_withdrawn;
      continue;
    }
    const auto id = ids.of(link);
    if (!seen.insert(id).second) {
      return internal_error(say("two persons got the same id", "두 사람이 같은 식별자를 얻었습니다"), request.id,
                            say("choose another release id", "다른 공개본 이름을 쓰세요"));
    }
    rows.columns[0].integers.push_back(link);
    rows.columns[1].integers.push_back(id);
    ++rows.count;
  }
  for (auto& column : rows.columns) column.valid.assign(rows.count, 1);
  NARU_CHECK(database.run("CREATE TEMP TABLE release_ids(link_id BIGINT, person_id BIGINT)"));
  NARU_CHECK(database.append("release_ids", rows));
  return database.run(
      "CREATE TEMP TABLE released AS SELECT l.holder, l.row_id, r.person_id FROM links AS l JOIN "
      "release_ids AS r USING (link_id)");
}

}  // namespace

std::vector<std::string> person_attributes(const protect::Policy& policy) {
  std::vector<std::string> out;
  for (const auto& column : model::table_named("person")->columns) {
    const auto treatment = policy.rule_of("person")->rule_of(column.name)->treatment;
    if (treatment == Treatment::keep || treatment == Treatment::year || treatment == Treatment::generalise) {
      out.push_back(column.name);
    }
  }
  return out;
}

Done merge_persons(engine::Database& database, const BuildRequest& request, const protect::Policy& policy,
                   BuildReport& report) {
  NARU_ASSIGN(report.rows_of_persons, database.integer("SELECT count(*) FROM raw_person"));
  NARU_ASSIGN(const auto linked, database.integer("SELECT count(*) FROM raw_person AS p JOIN links AS l ON l.holder = "
                                                  "p.source_site AND l.row_id = p.row_id"));
  report.persons_without_link = report.rows_of_persons - linked;
  NARU_CHECK(give_ids(database, request, report));
  NARU_CHECK(
      database.run("CREATE TEMP TABLE told AS SELECT r.person_id, p.* EXCLUDE (row_id) FROM raw_person AS p JOIN "
                   "released AS r ON r.holder = p.source_site AND r.row_id = p.row_id"));
  std::string list = "ids.person_id";
  std::string joins = " FROM (SELECT DISTINCT person_id FROM told) AS ids";
  for (const auto& column : person_attributes(policy)) {
    list += ", " + engine::quoted(column);
    joins += " JOIN " + vote(column) + " USING (person_id)";
  }
  // A place is voted on as a whole, so that a county never stands in another state.
  joins +=
      " JOIN (SELECT person_id, state, county, zip FROM (SELECT person_id, state, county, zip, row_number() OVER "
      "(PARTITION BY person_id ORDER BY (state IS NULL), (county IS NULL), (zip IS NULL), count(*) DESC, "
      "min(source_site), state, county, zip) AS place FROM told GROUP BY person_id, state, county, zip) WHERE place = "
      "1) "
      "USING (person_id)";
  NARU_CHECK(database.run("CREATE TEMP TABLE merged_person AS SELECT " + list + ", state, county, zip" + joins));
  NARU_ASSIGN(report.persons_linked, database.integer("SELECT count(*) FROM merged_person"));
  NARU_ASSIGN(report.persons_of_several_sites,
              database.integer("SELECT count(*) FROM (SELECT person_id FROM told GROUP BY person_id HAVING "
                               "count(DISTINCT source_site) > 1)"));
  return {};
}

namespace {

constexpr std::string_view nothing = "*";
constexpr std::string_view unknown = "?";

// One quasi-identifier of all persons, with its hierarchy and what is to be shown at each level.
struct Quasi {
  const QuasiIdentifier* rule = nullptr;
  protect::QuasiColumn column = {};
};

std::string band_text(const std::string& year, std::int64_t band) {
  if (band == 0) return std::string(nothing);
  if (year == unknown) return year;
  const auto first = std::stoll(year) / band * band;
  return band == 1 ? year : fmt::format("{}-{}", first, first + band - 1);
}

std::string cell_at(const QuasiIdentifier& rule, const std::string& value, std::size_t level) {
  if (rule.kind == QuasiKind::year) return band_text(value, rule.bands[level]);
  const auto& name = rule.levels[level];
  if (name == "none") return std::string(nothing);
  const auto after_state = value.find('\x1f');
  if (name == "state") return value.substr(0, after_state);
  if (name == "county") return value.substr(0, value.find('\x1f', after_state + 1));
  return value;
}

// The value at the finest level that the policy lets be shown, so that level 0 holds every value once.
std::string finest(const QuasiIdentifier& rule, const std::string& value) {
  if (rule.kind == QuasiKind::year) {
    const auto band = rule.bands.front();
    if (value == unknown || band == 0) return band == 0 ? std::string(nothing) : value;
    return std::to_string(std::stoll(value) / band * band);
  }
  return cell_at(rule, value, 0);
}

Quasi make_quasi(const QuasiIdentifier& rule, const std::vector<std::string>& values) {
  Quasi out{.rule = &rule};
  out.column.name = rule.name;
  std::set<std::string> domain;
  std::vector<std::string> mine;
  mine.reserve(values.size());
  for (const auto& value : values) domain.insert(mine.emplace_back(finest(rule, value)));
  if (rule.kind == QuasiKind::year && rule.bands.front() > 0) {
    // Every year between the first and the last belongs to the domain, observed or not.
    std::set<std::int64_t> years;
    for (const auto& value : domain) {
      if (value != unknown) years.insert(std::stoll(value));
    }
    for (auto year = years.empty() ? 1 : *years.begin(); !years.empty() && year <= *years.rbegin();
         year += rule.bands.front()) {
      domain.insert(std::to_string(year));
    }
  }
  const auto levels = rule.kind == QuasiKind::year ? rule.bands.size() : rule.levels.size();
  std::map<std::string, std::uint32_t> place;
  for (const auto& value : domain) {
    place.emplace(value, static_cast<std::uint32_t>(place.size()));
    auto& row = out.column.hierarchy.cells.emplace_back();
    row.push_back(value);
    for (std::size_t level = 1; level < levels; ++level) row.push_back(cell_at(rule, value, level));
  }
  out.column.rows.reserve(values.size());
  for (const auto& value : mine) out.column.rows.push_back(place.at(value));
  return out;
}

std::string quasi_expression(const QuasiIdentifier& rule) {
  if (rule.kind == QuasiKind::place) {
    return "CASE WHEN state IS NULL THEN '?' ELSE concat(state, chr(31), coalesce(county, '?'), chr(31), coalesce(zip, "
           "'?')) END";
  }
  return fmt::format("coalesce(CAST({} AS VARCHAR), '?')", engine::quoted(rule.column));
}

std::string level_name(const QuasiIdentifier& rule, std::size_t level) {
  if (rule.kind != QuasiKind::year) return rule.levels[level];
  if (rule.bands[level] == 0) return "none";
  return rule.bands[level] == 1 ? "year" : fmt::format("{} years", rule.bands[level]);
}

std::vector<std::int64_t> class_sizes(const std::vector<Quasi>& quasi, const std::vector<std::size_t>& levels,
                                      const std::vector<std::uint8_t>& kept) {
  std::map<std::string, std::int64_t> classes;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == 0) continue;
    std::string key;
    for (std::size_t c = 0; c < quasi.size(); ++c) {
      key += quasi[c].column.hierarchy.cells[quasi[c].column.rows[i]][levels[c]];
      key += '\x1e';
    }
    ++classes[key];
  }
  std::vector<std::int64_t> out;
  for (const auto& [key, size] : classes) out.push_back(size);
  return out;
}

// What is shown of a column, as SQL over merged_person: the middle of a band, 0 for a concept not shown.
std::string shown(const QuasiIdentifier& rule, std::size_t level) {
  const auto name = engine::quoted(rule.column);
  if (rule.kind == QuasiKind::year) {
    const auto band = rule.bands[level];
    if (band == 0) return "CAST(NULL AS INTEGER) AS " + name;
    return fmt::format("CAST({0} // {1} * {1} + {2} AS INTEGER) AS {0}", name, band, band / 2);
  }
  return rule.levels[level] == "none" ? fmt::format("CAST(0 AS BIGINT) AS {}", name) : name;
}

Done show_persons(engine::Database& database, const protect::Policy& policy, const engine::Column& ids,
                  const protect::AnonymityResult& found) {
  engine::Rows kept{.columns = {{.name = "person_id"}}, .count = 0};
  for (std::size_t i = 0; i < found.kept.size(); ++i) {
    if (found.kept[i] == 0) continue;
    kept.columns[0].integers.push_back(ids.integers[i]);
    ++kept.count;
  }
  kept.columns[0].valid.assign(kept.count, 1);
  NARU_CHECK(database.run("CREATE TEMP TABLE kept_person(person_id BIGINT)"));
  NARU_CHECK(database.append("kept_person", kept));
  std::string list = "person_id";
  std::string place = "none";
  for (const auto& column : person_attributes(policy)) {
    std::string cell = engine::quoted(column);
    for (std::size_t q = 0; q < policy.anonymity.quasi_identifiers.size(); ++q) {
      const auto& rule = policy.anonymity.quasi_identifiers[q];
      if (rule.kind != QuasiKind::place && rule.column == column) cell = shown(rule, found.levels[q]);
    }
    list += ", " + cell;
  }
  for (std::size_t q = 0; q < policy.anonymity.quasi_identifiers.size(); ++q) {
    const auto& rule = policy.anonymity.quasi_identifiers[q];
    if (rule.kind == QuasiKind::place) place = rule.levels[found.levels[q]];
  }
  list += place == "none" ? ", CAST(NULL AS VARCHAR) AS state" : ", state";
  list += place == "county" || place == "zip" ? ", county" : ", CAST(NULL AS VARCHAR) AS county";
  list += place == "zip" ? ", zip" : ", CAST(NULL AS VARCHAR) AS zip";
  return database.run("CREATE TEMP TABLE shown_person AS SELECT " + list +
                      " FROM merged_person JOIN kept_person USING (person_id)");
}

}  // namespace

Done merge_small_regions(engine::Database& database, const protect::Policy& policy, BuildReport& report) {
  const std::vector<std::string> levels = {"zip", "county", "state"};
  const std::vector<std::string> around = {"state, county, zip", "state, county", "state"};
  NARU_CHECK(database.run("CREATE TEMP TABLE small_region(person_id BIGINT)"));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto small = fmt::format(
        "person_id IN (SELECT person_id FROM (SELECT person_id, count(*) OVER (PARTITION BY {}) AS persons FROM "
        "merged_person WHERE {} IS NOT NULL) WHERE persons < {})",
        around[i], levels[i], policy.regions.persons_min);
    NARU_CHECK(database.run("INSERT INTO small_region SELECT person_id FROM merged_person WHERE " + small));
    NARU_CHECK(database.run(fmt::format("UPDATE merged_person SET {} = NULL WHERE {}", levels[i], small)));
  }
  NARU_ASSIGN(report.persons_in_small_regions, database.integer("SELECT count(DISTINCT person_id) FROM small_region"));
  return {};
}

Result<std::int64_t> generalise_persons(engine::Database& database, const protect::Policy& policy, BuildReport& report,
                                        Progress& progress) {
  std::string list = "person_id";
  std::vector<std::string> names;
  for (const auto& rule : policy.anonymity.quasi_identifiers) {
    list += ", " + quasi_expression(rule);
    names.push_back(rule.name);
  }
  NARU_ASSIGN(const auto persons, database.query("SELECT " + list + " FROM merged_person ORDER BY person_id"));
  std::vector<Quasi> quasi;
  protect::AnonymityRequest search{
      .columns = {}, .k = policy.anonymity.k, .suppression_limit = policy.anonymity.suppression_limit};
  for (std::size_t q = 0; q < names.size(); ++q) {
    quasi.push_back(make_quasi(policy.anonymity.quasi_identifiers[q], persons.columns[q + 1].texts));
    search.columns.push_back(quasi.back().column);
  }
  if (persons.count == 0) {
    return refused(say("nobody is left to release", "공개할 사람이 없습니다"), "person",
                   say("check the link map and withdrawals", "연계표와 철회 목록을 확인하세요"));
  }
  NARU_ASSIGN(const auto found, protect::anonymise(search, progress));
  report.before = protect::risk_of(names, class_sizes(quasi, std::vector<std::size_t>(quasi.size(), 0),
                                                      std::vector<std::uint8_t>(persons.count, 1)));
  report.after = protect::risk_of(names, class_sizes(quasi, found.levels, found.kept));
  report.loss = found.loss;
  report.persons_suppressed = found.suppressed;
  report.persons = report.persons_linked - found.suppressed;
  std::int64_t band = 1;
  for (std::size_t q = 0; q < names.size(); ++q) {
    const auto& rule = policy.anonymity.quasi_identifiers[q];
    report.levels[names[q]] = level_name(rule, found.levels[q]);
    if (rule.kind == QuasiKind::year) band = rule.bands[found.levels[q]];
  }
  NARU_CHECK(show_persons(database, policy, persons.columns[0], found));
  return band;
}

}  // namespace naru::release::detail
