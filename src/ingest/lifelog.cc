// Lifelog in: what a person's own devices measured, one row per person and time, one column per quantity (or one row
// per quantity: metric, value, unit). The persons must already stand at the site.
#include "ingest/batch.h"
#include "ingest/claims.h"
#include "ingest/codes.h"
#include "ingest/shared_steps.h"
#include "ingest_sql.h"

#include <algorithm>

namespace naru::ingest {
namespace {

struct Quantity {
  std::string_view name;
  std::string_view loinc;
  std::string_view unit;  ///< UCUM
};

const std::vector<Quantity>& quantities() {
  static const std::vector<Quantity> all = {
      {"steps", "41950-7", "{steps}/d"},
      {"heart_rate", "8867-4", "/min"},
      {"resting_heart_rate", "40443-4", "/min"},
      {"sleep_minutes", "93832-4", "min"},
      {"spo2", "59408-5", "%"},
      {"systolic", "8480-6", "mm[Hg]"},
      {"diastolic", "8462-4", "mm[Hg]"},
      {"glucose", "2339-0", "mg/dL"},
      {"weight", "29463-7", "kg"},
      {"body_fat", "41982-0", "%"},
      {"body_temperature", "8310-5", "Cel"},
      {"respiratory_rate", "9279-1", "/min"},
      {"calories", "41981-2", "kcal"},
      {"exercise_minutes", "55411-3", "min"},
  };
  return all;
}

bool is_table(const std::string& name) {
  const auto kind = fs::path(name).extension().string();
  return kind == ".csv" || kind == ".tsv" || kind == ".txt" || kind == ".parquet" || kind == ".CSV";
}

StageSpec spec() {
  StageSpec spec{.table = "lifelog"};
  spec.columns.push_back({.name = "person_id", .sql_type = "BIGINT"});
  spec.columns.push_back({.name = "person_source_value", .sql_type = "VARCHAR"});
  spec.columns.push_back({.name = "date", .sql_type = "DATE"});
  spec.columns.push_back({.name = "datetime", .sql_type = "TIMESTAMP"});
  spec.columns.push_back({.name = "metric", .sql_type = "VARCHAR"});
  spec.columns.push_back({.name = "value", .sql_type = "DOUBLE"});
  spec.columns.push_back({.name = "unit", .sql_type = "VARCHAR"});
  for (const auto& quantity : quantities()) {
    spec.columns.push_back({.name = std::string(quantity.name), .sql_type = "DOUBLE"});
    spec.columns.back().null_if_unreadable = true;
  }
  spec.note_unkept = true;
  return spec;
}

Done check_columns(const Staged& staged, const std::string& file) {
  const auto has = [&](std::string_view name) { return staged.columns.contains(std::string(name)); };
  const bool person = has("person_id") || has("person_source_value");
  const bool when = has("date") || has("datetime");
  const bool wide = std::ranges::any_of(quantities(), [&](const Quantity& one) { return has(one.name); });
  const bool narrow = has("metric") && has("value");
  if (person && when && (wide || narrow)) return {};
  std::string names;
  for (const auto& quantity : quantities()) names += (names.empty() ? "" : ", ") + std::string(quantity.name);
  return rejected(
      !person ? say("the file does not say whose rows they are", "누구의 기록인지 알 수 없습니다")
      : !when ? say("the file does not say when", "언제의 기록인지 알 수 없습니다")
              : say("the file has no quantity that is known", "알려진 측정 항목이 없습니다"),
      file,
      say("columns: person_id or person_source_value; date or datetime; any of {}, or metric, value and unit",
          "열: person_id 또는 person_source_value, date 또는 datetime, 그리고 {} 중 하나 이상, 또는 metric, "
          "value, unit",
          names));
}

/// Tables lifelog_item (item, unit, set_id, unit_set) of what is known and of every metric the rows name.
Done resolve_items(Work& work) {
  NARU_CHECK(
      work.database.run("CREATE TABLE lifelog_item (item VARCHAR, unit VARCHAR, set_id BIGINT, unit_set BIGINT)"));
  NARU_ASSIGN(const auto said, work.database.query("SELECT DISTINCT item, unit FROM lifelog_value ORDER BY ALL"));
  CodeSets items, units;
  Batch batch("lifelog_item", {{"item", engine::Kind::text},
                               {"unit", engine::Kind::text},
                               {"set_id", engine::Kind::integer},
                               {"unit_set", engine::Kind::integer}});
  for (std::size_t row = 0; row < said.count; ++row) {
    const auto& item = said.text(0, row);
    const auto unit = said.is_null(1, row) ? std::string() : said.text(1, row);
    const auto known = std::ranges::find(quantities(), item, &Quantity::name);
    std::vector<Coding> codes = {{"vocabulary:lifelog", item}};
    if (known != quantities().end()) codes.push_back({"vocabulary:LOINC", known->loinc});
    const auto ucum = !unit.empty()                 ? std::string_view(unit)
                      : known != quantities().end() ? known->unit
                                                    : std::string_view();
    const Coding measure{"vocabulary:UCUM", ucum};
    batch.put(std::string_view(item));
    batch.put(std::string_view(unit));
    batch.put(items.number_of(codes));
    batch.put(ucum.empty() ? std::int64_t{0} : units.number_of({&measure, 1}));
    batch.end_row();
  }
  NARU_CHECK(batch.flush(work.database));
  NARU_CHECK(items.resolve(work, "lifelog_item_code"));
  return units.resolve(work, "lifelog_unit_code");
}

/// One row per quantity that a record holds.
std::string long_form(const Staged& staged) {
  std::string cells = "{'item': metric, 'value': value, 'unit': unit}";
  for (const auto& quantity : quantities()) {
    if (!staged.columns.contains(std::string(quantity.name))) continue;
    cells += fmt::format(", {{'item': '{0}', 'value': {1}, 'unit': NULL::VARCHAR}}", quantity.name,
                         engine::quoted(quantity.name));
  }
  return fmt::format(
      "CREATE TABLE lifelog_value AS SELECT person_id, day, time, cell.item AS item, cell.value AS value, "
      "cell.unit "
      "AS unit FROM (SELECT person_id, day, time, unnest([{}]) AS cell FROM lifelog_row) WHERE cell.item IS NOT NULL "
      "AND "
      "cell.value IS NOT NULL",
      cells);
}

}  // namespace

Done ingest_lifelog(Work& work) {
  std::vector<std::size_t> files;
  for (std::size_t i = 0; i < work.members.size(); ++i) {
    if (is_table(work.members[i].name))
      files.push_back(i);
    else
      ++work.receipt.ignored["file " + work.members[i].name];
  }
  const auto persons = work.layout.lake() / "person.parquet";
  if (!fs::exists(persons)) {
    return not_found(say("the site has no persons yet that a lifelog could belong to",
                         "라이프로그가 속할 사람이 사이트에 아직 없습니다"),
                     "lake/person.parquet", say("load the clinical source first", "먼저 임상 원천을 적재하세요"));
  }
  NARU_ASSIGN(const auto staged, stage(work, spec(), files, "stage_lifelog"));
  NARU_CHECK(check_columns(staged, work.members.empty() ? "" : work.members.front().name));
  NARU_CHECK(work.database.run(fmt::format(
      "CREATE TEMP VIEW site_person AS SELECT person_id, person_source_value FROM {}", engine::parquet(persons))));
  NARU_CHECK(work.database.run(sql::text("lifelog_rows")));
  NARU_CHECK(refuse_rows(work, "lifelog_row", "day IS NULL", "missing_date", "'lifelog'"));
  NARU_CHECK(refuse_rows(work, "lifelog_row", "person_id IS NULL", "person_absent", "'lifelog'"));
  NARU_CHECK(work.database.run(long_form(staged)));
  NARU_CHECK(work.open_part(*model::table_named("measurement")));
  NARU_CHECK(work.open_codes());
  NARU_CHECK(resolve_items(work));
  NARU_CHECK(work.database.run(sql::text("lifelog_values")));
  settle_counts(work, {"lifelog"});
  work.has_own_periods = true;  // what a watch saw is no observation by the hospital
  return {};
}

}  // namespace naru::ingest
