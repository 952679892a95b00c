#include "ingest/characterise.h"

#include "base/files.h"
#include "base/json.h"
#include "engine/database.h"
#include "ingest_sql.h"
#include "model/omop.h"
#include "model/site_layout.h"

#include <algorithm>
#include <vector>

namespace naru::ingest {
namespace {

struct Cell {
  Json names;
  std::int64_t persons = 0;
  std::string withheld = {};
};

/// Cells below `least` are withheld; when only one is, its complement in the known total is the figure itself, so the
/// smallest other cell goes with it.
void withhold(std::vector<Cell>& cells, std::int64_t least) {
  std::size_t small = 0;
  for (auto& cell : cells) {
    if (cell.persons == 0 || cell.persons >= least) continue;
    cell.withheld = "fewer_than_least_persons";
    ++small;
  }
  if (small != 1) return;
  Cell* next = nullptr;
  for (auto& cell : cells)
    if (cell.withheld.empty() && cell.persons > 0 && (next == nullptr || cell.persons < next->persons)) next = &cell;
  if (next != nullptr) next->withheld = "withheld_with_another";
}

Json shown(const std::vector<Cell>& cells) {
  Json list = Json::array();
  for (const auto& cell : cells) {
    auto one = cell.names;
    one["persons"] = cell.withheld.empty() ? Json(cell.persons) : Json();
    if (!cell.withheld.empty()) one["reason"] = cell.withheld;
    list.push_back(std::move(one));
  }
  return list;
}

/// A partition of the persons: every person is in one cell, so the cells sum to the total.
Result<Json> partition(engine::Database& database, std::string_view query, const std::vector<std::string>& names,
                       std::int64_t least) {
  NARU_ASSIGN(const auto rows, database.query(sql::text(query)));
  std::vector<Cell> cells;
  for (std::size_t row = 0; row < rows.count; ++row) {
    Cell cell{.names = Json::object(), .persons = rows.integer(names.size(), row)};
    for (std::size_t i = 0; i < names.size(); ++i)
      cell.names[names[i]] = rows.is_null(i, row) ? Json() : Json(rows.text(i, row));
    cells.push_back(std::move(cell));
  }
  withhold(cells, least);
  return shown(cells);
}

/// Persons with a concept; these overlap, so no sum gives one away. Rare concepts are left out, not listed as withheld.
Result<Json> top_concepts(engine::Database& database, const model::SiteLayout& layout, const model::Table& table,
                          const CharacteriseRequest& request) {
  const auto names = layout.vocabulary() / "concept.parquet";
  const bool known = fs::exists(names);
  NARU_ASSIGN(
      const auto rows,
      database.query(
          fmt::format(
              "SELECT t.concept_id, {} AS name, t.persons FROM (SELECT {} AS concept_id, count(DISTINCT person_id) AS "
              "persons "
              "FROM {} WHERE {} <> 0 GROUP BY ALL HAVING count(DISTINCT person_id) >= ?) t {} ORDER BY t.persons DESC, "
              "t.concept_id LIMIT ?",
              known ? "c.concept_name" : "NULL::VARCHAR", table.concept_column,
              engine::parquet(layout.lake() / (table.name + ".parquet")), table.concept_column,
              known ? "LEFT JOIN " + engine::parquet(names) + " c ON c.concept_id = t.concept_id" : ""),
          {request.least_persons, static_cast<std::int64_t>(request.concepts)}));
  Json list = Json::array();
  for (std::size_t row = 0; row < rows.count; ++row) {
    list.push_back({{"concept_id", rows.integer(0, row)},
                    {"name", rows.is_null(1, row) ? Json() : Json(rows.text(1, row))},
                    {"persons", rows.integer(2, row)}});
  }
  return list;
}

}  // namespace

Result<std::string> characterise(const CharacteriseRequest& request, const Clock& clock) {
  if (request.least_persons < 2) {
    return usage_error(
        say("the least number of persons in a cell is at least 2", "칸의 최소 인원은 2 이상이어야 합니다"),
        "--least-persons");
  }
  const model::SiteLayout layout(request.site);
  if (!fs::exists(layout.lake() / "person.parquet")) {
    return not_found(say("the site has no lake yet", "사이트에 아직 레이크가 없습니다"), request.site.string(),
                     say("load a source first: naru ingest", "먼저 원천을 적재하세요: naru ingest"));
  }
  std::vector<fs::path> folders = {layout.lake()};
  if (fs::exists(layout.vocabulary())) folders.push_back(layout.vocabulary());
  NARU_ASSIGN(auto database, engine::Database::open({.allowed_folders = folders}));
  const auto periods = layout.lake() / "observation_period.parquet";
  NARU_CHECK(
      database.run(fmt::format("CREATE TEMP VIEW person AS SELECT * FROM {}; CREATE TEMP VIEW period AS {}",
                               engine::parquet(layout.lake() / "person.parquet"),
                               fs::exists(periods) ? "SELECT * FROM " + engine::parquet(periods)
                                                   : std::string("SELECT NULL::BIGINT AS person_id, NULL::DATE AS "
                                                                 "observation_period_start_date, NULL::DATE AS "
                                                                 "observation_period_end_date WHERE false"))));
  NARU_ASSIGN(const auto persons, database.integer("SELECT count(*) FROM person"));
  NARU_ASSIGN(const auto age_sex, partition(database, "character_age_sex", {"sex", "age"}, request.least_persons));
  NARU_ASSIGN(const auto years, partition(database, "character_observation", {"years"}, request.least_persons));
  Json concepts = Json::object();
  for (const auto* name :
       {"condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement", "observation"}) {
    if (!fs::exists(layout.lake() / (std::string(name) + ".parquet"))) continue;
    NARU_ASSIGN(concepts[name], top_concepts(database, layout, *model::table_named(name), request));
  }
  const bool few = persons < request.least_persons;
  return canonical(Json{{"persons", few ? Json() : Json(persons)},
                        {"reason", few ? Json("fewer_than_least_persons") : Json()},
                        {"age_sex", few ? Json::array() : age_sex},
                        {"observation_years", few ? Json::array() : years},
                        {"concepts", concepts},
                        {"least_persons", request.least_persons},
                        {"at", format_instant(clock.now_ms())}});
}

}  // namespace naru::ingest
