#include "ingest/characterise.h"

#include "base/json.h"
#include "ingest/profile.h"
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
Json partition(const std::vector<PeopleCell>& people, const std::vector<std::string>& names, std::int64_t least) {
  std::vector<Cell> cells;
  for (const auto& one : people) {
    Cell cell{.names = Json::object(), .persons = one.persons};
    for (std::size_t i = 0; i < names.size(); ++i)
      cell.names[names[i]] = one.names[i].empty() ? Json() : Json(one.names[i]);
    cells.push_back(std::move(cell));
  }
  withhold(cells, least);
  return shown(cells);
}

/// Persons with a concept; these overlap, so no sum gives one away. Rare concepts are left out, not listed as withheld.
Json top_concepts(const TableProfile& table) {
  Json list = Json::array();
  for (const auto& use : table.concepts) {
    list.push_back({{"concept_id", use.concept_id},
                    {"name", use.name.empty() ? Json() : Json(use.name)},
                    {"persons", use.persons}});
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
  NARU_ASSIGN(const auto profile, profile_data({.tables = layout.lake(),
                                                .vocabulary = layout.vocabulary(),
                                                .concepts = request.concepts,
                                                .least_persons = request.least_persons}));
  Json concepts = Json::object();
  for (const auto& table : profile.tables)
    if (!table.concepts.empty()) concepts[table.name] = top_concepts(table);
  const auto persons = profile.persons;
  const auto age_sex = partition(profile.age_sex, {"sex", "age"}, request.least_persons);
  const auto years = partition(profile.observation, {"years"}, request.least_persons);
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
