#include "synth/lake_tables.h"

#include "base/files.h"

#include <algorithm>

namespace naru::synth {
namespace {

constexpr std::size_t buffer_rows = 120'000;
constexpr std::int64_t type_ehr = 32817;

struct Field {
  std::string_view name;
  engine::Kind kind;
  std::string_view sql;
};
struct Shape {
  std::string_view name;
  std::string_view order;
  std::vector<Field> fields;
};

Field whole(std::string_view name) { return {name, engine::Kind::integer, "BIGINT"}; }
Field year(std::string_view name) { return {name, engine::Kind::integer, "INTEGER"}; }
Field date(std::string_view name) { return {name, engine::Kind::date, "DATE"}; }
Field real(std::string_view name) { return {name, engine::Kind::real, "DOUBLE"}; }
Field text(std::string_view name) { return {name, engine::Kind::text, "VARCHAR"}; }

const std::vector<Shape>& shapes() {
  static const std::vector<Shape> list{
      {"person",
       "person_id",
       {whole("person_id"), whole("gender_concept_id"), year("year_of_birth"), year("month_of_birth"),
        whole("race_concept_id"), whole("ethnicity_concept_id")}},
      {"observation_period",
       "person_id",
       {whole("observation_period_id"), whole("person_id"), date("observation_period_start_date"),
        date("observation_period_end_date"), whole("period_type_concept_id")}},
      {"visit_occurrence",
       "person_id, visit_start_date, visit_occurrence_id",
       {whole("visit_occurrence_id"), whole("person_id"), whole("visit_concept_id"), date("visit_start_date"),
        date("visit_end_date"), whole("visit_type_concept_id"), whole("care_site_id")}},
      {"condition_occurrence",
       "person_id, condition_start_date, condition_occurrence_id",
       {whole("condition_occurrence_id"), whole("person_id"), whole("condition_concept_id"),
        date("condition_start_date"), date("condition_end_date"), whole("condition_type_concept_id"),
        whole("visit_occurrence_id"), text("condition_source_value"), whole("condition_source_concept_id")}},
      {"drug_exposure",
       "person_id, drug_exposure_start_date, drug_exposure_id",
       {whole("drug_exposure_id"), whole("person_id"), whole("drug_concept_id"), date("drug_exposure_start_date"),
        date("drug_exposure_end_date"), whole("drug_type_concept_id"), year("days_supply"),
        whole("visit_occurrence_id"), text("drug_source_value"), whole("drug_source_concept_id")}},
      {"measurement",
       "person_id, measurement_date, measurement_id",
       {whole("measurement_id"), whole("person_id"), whole("measurement_concept_id"), date("measurement_date"),
        whole("measurement_type_concept_id"), real("value_as_number"), whole("unit_concept_id"),
        whole("visit_occurrence_id"), text("measurement_source_value"), whole("measurement_source_concept_id")}},
      {"procedure_occurrence",
       "person_id, procedure_date, procedure_occurrence_id",
       {whole("procedure_occurrence_id"), whole("person_id"), whole("procedure_concept_id"), date("procedure_date"),
        whole("procedure_type_concept_id"), whole("visit_occurrence_id"), text("procedure_source_value"),
        whole("procedure_source_concept_id")}},
      {"death", "person_id", {whole("person_id"), date("death_date"), whole("death_type_concept_id")}}};
  return list;
}

std::int64_t visit_concept(VisitKind kind) {
  constexpr std::array<std::int64_t, 3> ids{9202, 9201, 9203};
  return ids[static_cast<std::size_t>(kind)];
}

void clear(engine::Rows& rows) {
  rows.count = 0;
  for (auto& column : rows.columns) {
    column.integers.clear();
    column.reals.clear();
    column.texts.clear();
    column.valid.clear();
  }
}

}  // namespace

LakeTables::Put& LakeTables::Put::whole(std::int64_t value) {
  auto& column = next();
  column.integers.push_back(value);
  column.valid.push_back(1);
  return *this;
}
LakeTables::Put& LakeTables::Put::real(double value) {
  auto& column = next();
  column.reals.push_back(value);
  column.valid.push_back(1);
  return *this;
}
LakeTables::Put& LakeTables::Put::text(std::string_view value) {
  auto& column = next();
  column.texts.emplace_back(value);
  column.valid.push_back(1);
  return *this;
}

Done LakeTables::open(const std::filesystem::path& folder, unsigned threads, std::uint64_t memory_mb) {
  scratch_ = folder / ".scratch";
  NARU_CHECK(make_folder(scratch_));
  engine::DatabaseOptions options;
  options.file = scratch_ / "rows.db";
  options.spill_folder = scratch_;
  options.allowed_folders = {folder};
  options.threads = threads;
  options.memory_mb = memory_mb;
  NARU_ASSIGN(auto database, engine::Database::open(options));
  database_.emplace(std::move(database));
  for (std::size_t table = 0; table < tables; ++table) {
    const auto& shape = shapes()[table];
    std::string columns;
    for (const auto& field : shape.fields) {
      columns += (columns.empty() ? "" : ", ") + engine::quoted(field.name) + " " + std::string(field.sql);
      buffers_[table].columns.push_back({std::string(field.name), field.kind});
    }
    NARU_CHECK(database_->run("CREATE TABLE " + engine::quoted(shape.name) + " (" + columns + ")"));
    counts_[std::string(shape.name)] = 0;
  }
  return {};
}

void LakeTables::person(std::int64_t id, const Person& person) {
  const auto born = civil(person.birth);
  put(person_t).whole(id).whole(person.male ? 8507 : 8532).whole(born.year).whole(born.month).whole(0).whole(0);
}

void LakeTables::history(std::int64_t id, const History& history, const Vocabulary& vocabulary) {
  Day first = history.visits.front().start;
  Day last = study_end;
  visits_.clear();
  for (const auto& visit : history.visits) {
    first = std::min(first, visit.start);
    visits_.push_back(++serials_[visit_t]);
    put(visit_t)
        .whole(visits_.back())
        .whole(id)
        .whole(visit_concept(visit.kind))
        .whole(visit.start)
        .whole(visit.end)
        .whole(type_ehr)
        .whole(visit.site + 2);
  }
  if (history.death != 0) {
    last = std::max(first, history.death);
    put(death_t).whole(id).whole(history.death).whole(type_ehr);
  }
  put(period_t).whole(id).whole(id).whole(first).whole(last).whole(type_ehr);
  for (const auto& row : history.conditions) {
    const auto& visit = history.visits[row.visit];
    const auto& code = vocabulary.conditions()[row.code];
    put(condition_t)
        .whole(++serials_[condition_t])
        .whole(id)
        .whole(code.concept_id)
        .whole(visit.start)
        .whole(visit.end)
        .whole(type_ehr)
        .whole(visits_[row.visit])
        .text(code.kcd)
        .whole(code.source_concept);
  }
  for (const auto& row : history.drugs) {
    const auto& visit = history.visits[row.visit];
    const auto& drug = vocabulary.drugs()[row.code];
    put(drug_t)
        .whole(++serials_[drug_t])
        .whole(id)
        .whole(drug.concept_id)
        .whole(visit.start)
        .whole(visit.start + row.value - 1)
        .whole(type_ehr)
        .whole(row.value)
        .whole(visits_[row.visit])
        .text(drug.kpis)
        .whole(drug.source_concept);
  }
  for (const auto& row : history.tests) measurement(id, history.visits[row.visit], row, vocabulary);
  for (const auto& row : history.procedures) {
    const auto& code = vocabulary.procedures()[row.code];
    put(procedure_t)
        .whole(++serials_[procedure_t])
        .whole(id)
        .whole(code.concept_id)
        .whole(history.visits[row.visit].start)
        .whole(type_ehr)
        .whole(visits_[row.visit])
        .text(code.edi)
        .whole(code.source_concept);
  }
}

void LakeTables::measurement(std::int64_t id, const Visit& visit, const Coded& row, const Vocabulary& vocabulary) {
  const auto& test = vocabulary.tests()[row.code];
  put(measurement_t)
      .whole(++serials_[measurement_t])
      .whole(id)
      .whole(test.concept_id)
      .whole(visit.start)
      .whole(type_ehr)
      .real(row.value / 10.0)
      .whole(test.unit_concept)
      .whole(visits_[row.visit])
      .text(test.loinc)
      .whole(test.source_concept);
}

Done LakeTables::flush(Table table) {
  auto& rows = buffers_[table];
  if (rows.count == 0) return {};
  const auto& name = shapes()[table].name;
  counts_[std::string(name)] += static_cast<std::int64_t>(rows.count);
  NARU_CHECK(database_->append(name, rows));
  clear(rows);
  return {};
}

Done LakeTables::flush_if_full() {
  for (std::size_t table = 0; table < tables; ++table) {
    if (buffers_[table].count >= buffer_rows) NARU_CHECK(flush(static_cast<Table>(table)));
  }
  return {};
}

Done LakeTables::finish(const std::filesystem::path& folder, Progress& progress) {
  for (std::size_t table = 0; table < tables; ++table) {
    const auto& shape = shapes()[table];
    progress.at(say("writing {}", "{} 기록 중", shape.name), table, tables);
    if (progress.stop_requested()) return interrupted();
    NARU_CHECK(flush(static_cast<Table>(table)));
    NARU_ASSIGN(const auto written,
                database_->copy_to_parquet("SELECT * FROM " + engine::quoted(shape.name), shape.order,
                                           folder / (std::string(shape.name) + ".parquet")));
    if (written != counts_[std::string(shape.name)]) {
      return internal_error(say("{} rows were written instead of {}", "{}행이 기록되었습니다(예상 {}행)", written,
                                counts_[std::string(shape.name)]),
                            std::string(shape.name));
    }
    NARU_CHECK(database_->run("DROP TABLE " + engine::quoted(shape.name)));
  }
  database_.reset();
  std::error_code failure;
  fs::remove_all(scratch_, failure);
  return {};
}

}  // namespace naru::synth
