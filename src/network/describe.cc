#include "network/describe.h"

#include "ingest/lake.h"
#include "model/omop.h"
#include "network/task_support.h"
#include "protect/output_table.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace naru::network {
namespace {

using protect::OutputRules;

OutputRules rules_of(const protect::Policy& policy) {
  OutputRules out{policy.outputs.min_cell, policy.outputs.round_to, policy.outputs.complementary};
  if (policy.disclosure) out.zeros = policy.disclosure->zeros;
  return out;
}

bool small(std::int64_t count, const protect::OutputPolicy& outputs) { return count < outputs.min_cell; }

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

/// A column of names in the order in which they first stand.
std::vector<std::string> names_in(const std::vector<ingest::PeopleCell>& cells, std::size_t at) {
  std::vector<std::string> out;
  for (const auto& cell : cells) {
    const auto& name = at < cell.names.size() ? cell.names[at] : out.empty() ? std::string() : out.front();
    if (std::ranges::find(out, name) == out.end()) out.push_back(name);
  }
  return out;
}

Json cell_json(const protect::ReleasedCount& count) {
  Json out{{"persons", count.value ? Json(*count.value) : Json(nullptr)}};
  if (!count.value) out["reason"] = protect::name_of(count.reason);
  return out;
}

/// The persons in a two-way table, and their number: one table of counts, so that nothing follows from its margins.
struct People {
  Json age_sex = Json::array();
  Json total;
};
Result<People> people_of(const ingest::DataProfile& profile, const OutputRules& rules) {
  protect::CountTable table{names_in(profile.age_sex, 1), names_in(profile.age_sex, 0), {}};
  table.cells.assign(table.rows.size() * table.columns.size(), 0);
  const auto index = [](const std::vector<std::string>& names, const std::string& name) {
    return static_cast<std::size_t>(std::ranges::find(names, name) - names.begin());
  };
  for (const auto& cell : profile.age_sex) {
    table.cells[index(table.rows, cell.names[1]) * table.columns.size() + index(table.columns, cell.names[0])] +=
        cell.persons;
  }
  People out;
  if (table.cells.empty()) return out;
  NARU_ASSIGN(const auto released, protect::release_table(table, rules));
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    for (std::size_t column = 0; column < table.columns.size(); ++column) {
      auto cell = cell_json(released.cells[row * table.columns.size() + column]);
      cell["age"] = table.rows[row].empty() ? Json(nullptr) : Json(table.rows[row]);
      cell["sex"] = table.columns[column];
      out.age_sex.push_back(std::move(cell));
    }
  }
  out.total = released.total.value ? Json(*released.total.value) : Json(nullptr);
  return out;
}

Result<Json> observation_of(const ingest::DataProfile& profile, const OutputRules& rules) {
  protect::CountTable table{names_in(profile.observation, 0), {"persons"}, {}};
  for (const auto& cell : profile.observation) table.cells.push_back(cell.persons);
  Json out = Json::array();
  if (table.cells.empty()) return out;
  NARU_ASSIGN(const auto released, protect::release_table(table, rules));
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    auto cell = cell_json(released.cells[row]);
    cell["years"] = table.rows[row].empty() ? Json(nullptr) : Json(table.rows[row]);
    out.push_back(std::move(cell));
  }
  return out;
}

/// What a column of an OMOP table says, so that people find it by their own words.
Text meaning_of(const std::string& table, const model::Column& column) {
  static const std::map<std::string, Text> subjects = {{"person", {"person", "사람"}},
                                                       {"observation_period", {"observation period", "관찰 기간"}},
                                                       {"visit_occurrence", {"visit", "방문(외래·입원)"}},
                                                       {"visit_detail", {"part of a visit", "방문 상세"}},
                                                       {"condition_occurrence", {"diagnosis", "진단(상병)"}},
                                                       {"drug_exposure", {"prescription", "처방(약물)"}},
                                                       {"procedure_occurrence", {"procedure", "시술·처치"}},
                                                       {"device_exposure", {"device", "의료기기"}},
                                                       {"measurement", {"laboratory result", "검사 결과"}},
                                                       {"observation", {"observation", "관찰 기록"}},
                                                       {"death", {"death", "사망"}},
                                                       {"condition_era", {"diagnosis era", "진단 기간"}},
                                                       {"drug_era", {"drug era", "약물 기간"}}};
  static const std::map<model::Role, Text> roles = {
      {model::Role::person_key, {"person", "사람 식별번호"}},
      {model::Role::record_key, {"number of the row", "행 번호"}},
      {model::Role::other_key, {"link to another row", "다른 행과의 연결"}},
      {model::Role::concept_id, {"standard concept", "표준 개념"}},
      {model::Role::source_concept, {"source concept", "원천 개념"}},
      {model::Role::source_value, {"code of the source", "원천 코드"}},
      {model::Role::date, {"date", "날짜"}},
      {model::Role::datetime, {"time", "일시"}},
      {model::Role::number, {"number", "수치"}},
      {model::Role::free_text, {"text", "글"}},
      {model::Role::place, {"place", "지역"}}};
  const auto subject = subjects.find(table);
  const auto& role = roles.at(column.role);
  if (subject == subjects.end()) return role;
  return {subject->second.en + ": " + role.en, subject->second.ko + ": " + role.ko};
}

/// The code system most of a column's records are in, and all that are not rare.
std::string main_system(const std::map<std::string, std::int64_t>& systems, const protect::OutputPolicy& outputs,
                        std::set<std::string>& all) {
  std::string main;
  std::int64_t most = 0;
  for (const auto& [system, records] : systems) {
    if (system.empty() || small(records, outputs)) continue;
    all.insert(system);
    if (records > most) {
      most = records;
      main = system;
    }
  }
  return main;
}

Json table_of(const ingest::TableProfile& table, const protect::OutputPolicy& outputs, std::set<std::string>& systems) {
  const auto* known = model::table_named(table.name);
  Json columns = Json::array();
  for (const auto& column : table.columns) {
    const auto* described = known == nullptr ? nullptr : known->column(column.name);
    Json one{{"name", column.name}, {"type", column.type}};
    if (described != nullptr) one["meaning"] = both(meaning_of(table.name, *described));
    // A concept's type, unit or route is a code too, but no system by which data is looked for.
    const bool about = known != nullptr && known->name != "person" &&
                       (column.name == known->concept_column || column.name == known->source_concept ||
                        column.name == known->source_value);
    std::set<std::string> aside;
    const auto system = main_system(column.systems, outputs, about ? systems : aside);
    if (!system.empty()) one["code_system"] = system;
    if (const auto filled = share_for_outside(column.filled, table.rows, outputs)) one["filled"] = *filled;
    if (known != nullptr && !known->concept_column.empty() && column.name == known->concept_column) {
      if (const auto mapped = share_for_outside(column.filled, table.rows, outputs)) one["mapped"] = *mapped;
      const auto& codes = table.coverage;
      if (const auto mapped = share_for_outside(codes.codes_mapped, codes.codes, outputs))
        one["mapped_codes"] = *mapped;
    }
    columns.push_back(std::move(one));
  }
  return Json{{"name", table.name}, {"records", count_for_outside(table.rows, outputs)}, {"columns", columns}};
}

Json coverage_json(const ingest::CodesProfile& one, const protect::OutputPolicy& outputs) {
  return Json{{"codes", count_for_outside(one.codes, outputs)},
              {"codes_mapped", or_null(share_for_outside(one.codes_mapped, one.codes, outputs))},
              {"records", count_for_outside(one.records, outputs)},
              {"records_mapped", or_null(share_for_outside(one.records_mapped, one.records, outputs))}};
}

}  // namespace

std::optional<double> share_for_outside(std::int64_t part, std::int64_t whole, const protect::OutputPolicy& outputs) {
  if (small(whole, outputs)) return std::nullopt;
  if (small(part, outputs)) return 0.0;
  if (small(whole - part, outputs)) return 1.0;
  return std::round(100.0 * static_cast<double>(part) / static_cast<double>(whole)) / 100.0;
}

Result<Json> profile_for_outside(const ingest::DataProfile& profile, const protect::Policy& policy,
                                 const Clock& clock) {
  const auto& outputs = policy.outputs;
  const auto rules = rules_of(policy);
  NARU_ASSIGN(const auto people, people_of(profile, rules));
  NARU_ASSIGN(const auto observation, observation_of(profile, rules));
  Json tables = Json::array();
  Json concepts = Json::object();
  Json covered = Json::object();
  std::set<std::string> systems;
  for (const auto& table : profile.tables) {
    tables.push_back(table_of(table, outputs, systems));
    if (table.coverage.codes > 0) covered[table.name] = coverage_json(table.coverage, outputs);
    Json list = Json::array();
    for (const auto& use : table.concepts) {
      const auto persons = protect::release_count(use.persons, rules);
      if (!persons.value) continue;
      list.push_back({{"concept_id", use.concept_id},
                      {"name", use.name.empty() ? Json(nullptr) : Json(use.name)},
                      {"persons", *persons.value}});
    }
    if (!list.empty()) concepts[table.name] = std::move(list);
  }
  Json vocabularies = Json::object();
  for (const auto& [system, one] : profile.vocabularies)
    if (!system.empty() && !small(one.records, outputs)) vocabularies[system] = coverage_json(one, outputs);
  return Json{{"persons", people.total},
              {"tables", tables},
              {"code_systems", systems},
              {"characterisation",
               {{"persons", people.total},
                {"age_sex", people.age_sex},
                {"observation_years", observation},
                {"concepts", concepts},
                {"coverage", {{"tables", covered}, {"vocabularies", vocabularies}}},
                {"min_cell", outputs.min_cell},
                {"round_to", outputs.round_to},
                {"at", format_instant(clock.now_ms())}}}};
}

Json quality_for_outside(const ingest::QualityReport& report, const protect::OutputPolicy& outputs) {
  Json checks = Json::array();
  std::map<ingest::CheckState, int> states;
  for (const auto& check : report.checks) {
    ++states[check.state];
    if (check.state == ingest::CheckState::not_applicable) continue;
    checks.push_back({{"id", check.id},
                      {"category", check.category},
                      {"title", both(check.title)},
                      {"checked", count_for_outside(check.rows, outputs)},
                      {"failed", check.violations == 0 ? Json(0) : count_for_outside(check.violations, outputs)},
                      {"share", or_null(share_for_outside(check.violations, check.rows, outputs))},
                      {"at_most", check.at_most},
                      {"ok", check.state == ingest::CheckState::passed}});
  }
  return Json{{"checks", checks},
              {"passed", states[ingest::CheckState::passed]},
              {"failed", states[ingest::CheckState::failed]},
              {"not_applicable", states[ingest::CheckState::not_applicable]},
              {"at", report.history.empty() ? Json(nullptr) : Json(report.history.back().at)}};
}

Result<Json> describe_holder(Site& site, const std::filesystem::path& share, const protect::Policy& policy) {
  const auto& layout = site.layout();
  ingest::ProfileRequest request{
      .tables = layout.protected_data(), .vocabulary = layout.vocabulary(), .least_persons = policy.outputs.min_cell};
  const auto written = [](const fs::path& file) {
    std::error_code code;
    const auto when = fs::last_write_time(file, code);
    return code ? fs::file_time_type::min() : when;
  };
  const bool screened = fs::exists(request.tables / "person.parquet") &&
                        written(request.tables / "person.parquet") >= written(layout.lake() / "person.parquet");
  if (!screened) {
    request.tables = layout.lake();
    request.concepts = 0;
    NARU_ASSIGN(const auto withdrawn, read_withdrawn(layout));
    request.without = withdrawn.persons;
  }
  NARU_ASSIGN(const auto sources, ingest::standing_sources(layout));
  for (const auto& source : sources) request.codes.push_back(layout.parts() / source.id / "_codes.parquet");
  NARU_ASSIGN(const auto profile, ingest::profile_data(request));
  NARU_ASSIGN(auto told, profile_for_outside(profile, policy, site.clock()));
  const auto checks = share / "policies" / "quality.yaml";
  NARU_ASSIGN(const auto quality, ingest::assess_quality(layout.root(), checks, site.clock()));
  told["quality"] = quality_for_outside(quality, policy.outputs);
  return told;
}

Done take_description(const Json& told, catalogue::Dataset& dataset) {
  if (told["persons"].is_number_integer()) dataset.persons = told["persons"].get<std::int64_t>();
  // Through the description's own reader, so that what a site says is checked as a file would be.
  NARU_ASSIGN(auto description, parse_json(catalogue::dataset_json(dataset), "dataset"));
  description["tables"] = told.value("tables", Json::array());
  description["code_systems"] = told.value("code_systems", Json::array());
  if (told.contains("characterisation")) description["characterisation"] = told["characterisation"];
  if (told.contains("quality")) description["quality"] = told["quality"];
  NARU_ASSIGN(dataset, catalogue::parse_dataset(fields(description), "description"));
  return {};
}

}  // namespace naru::network
