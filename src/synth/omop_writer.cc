#include "base/files.h"
#include "engine/database.h"
#include "synth/sites.h"

#include <array>

namespace naru::synth {
namespace {

enum Table : std::size_t {
  person_t,
  period_t,
  visit_t,
  condition_t,
  drug_t,
  measurement_t,
  procedure_t,
  death_t,
  source_t,
  identity_t,
  table_count
};

struct Layout {
  std::string_view name;
  std::string_view key;
  std::string_view columns_54;  ///< comma separated, in order
  std::string_view columns_53;  ///< the same cells under the names of 5.3
};

constexpr std::string_view person_columns =
    "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,birth_datetime,race_concept_id,"
    "ethnicity_concept_id,person_source_value,gender_source_value,gender_source_concept_id";
constexpr std::string_view period_columns =
    "observation_period_id,person_id,observation_period_start_date,observation_period_end_date,period_type_concept_id";
constexpr std::string_view condition_columns =
    "condition_occurrence_id,person_id,condition_concept_id,condition_start_date,condition_start_datetime,"
    "condition_end_date,condition_type_concept_id,visit_occurrence_id,condition_source_value,condition_source_concept_"
    "id";
constexpr std::string_view drug_columns =
    "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,drug_exposure_start_datetime,"
    "drug_exposure_end_date,drug_type_concept_id,quantity,days_supply,visit_occurrence_id,drug_source_value,"
    "drug_source_concept_id";
constexpr std::string_view measurement_columns =
    "measurement_id,person_id,measurement_concept_id,measurement_date,measurement_datetime,measurement_type_concept_id,"
    "value_as_number,unit_concept_id,visit_occurrence_id,measurement_source_value,measurement_source_concept_id,"
    "unit_source_value";
constexpr std::string_view procedure_columns =
    "procedure_occurrence_id,person_id,procedure_concept_id,procedure_date,procedure_datetime,procedure_type_concept_"
    "id,"
    "visit_occurrence_id,procedure_source_value,procedure_source_concept_id";
constexpr std::string_view death_columns = "person_id,death_date,death_type_concept_id";
constexpr std::string_view source_columns =
    "cdm_source_name,cdm_source_abbreviation,cdm_holder,source_release_date,cdm_release_date,cdm_version,"
    "vocabulary_version";
constexpr std::string_view identity_columns = "person_id,name,birth_date,sex,phone,address";

constexpr std::array<Layout, table_count> layouts{{
    {"person", "person_id", person_columns, person_columns},
    {"observation_period", "observation_period_id", period_columns, period_columns},
    {"visit_occurrence", "visit_occurrence_id",
     "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_start_datetime,visit_end_date,"
     "visit_end_datetime,visit_type_concept_id,visit_source_value,admitted_from_concept_id,discharged_to_concept_id",
     "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,visit_start_datetime,visit_end_date,"
     "visit_end_datetime,visit_type_concept_id,visit_source_value,admitting_source_concept_id,discharge_to_concept_id"},
    {"condition_occurrence", "condition_occurrence_id", condition_columns, condition_columns},
    {"drug_exposure", "drug_exposure_id", drug_columns, drug_columns},
    {"measurement", "measurement_id", measurement_columns, measurement_columns},
    {"procedure_occurrence", "procedure_occurrence_id", procedure_columns, procedure_columns},
    {"death", "person_id", death_columns, death_columns},
    {"cdm_source", "cdm_source_name", source_columns, source_columns},
    {"identity", "person_id", identity_columns, identity_columns},
}};

std::string_view type_of(std::string_view column) {
  if (column.ends_with("_datetime")) return "TIMESTAMP";
  if (column.ends_with("_date")) return "DATE";
  if (column == "value_as_number" || column == "quantity") return "DOUBLE";
  if (column == "days_supply" || column.ends_with("_of_birth")) return "INTEGER";
  if (column.ends_with("_id")) return "BIGINT";
  return "VARCHAR";
}

std::int64_t visit_concept(VisitKind kind) {
  constexpr std::array<std::int64_t, 3> ids{9202, 9201, 9203};
  return ids[static_cast<std::size_t>(kind)];
}

class OmopWriter final : public SiteWriter {
 public:
  OmopWriter(const Vocabulary& vocabulary, SiteKind site, int version)
      : vocabulary_(vocabulary), site_(std::move(site)), version_(version) {
    folder_ = site_.folder / "omop";
    staging_ = version_ == 53 ? site_.folder / ".staging" : folder_;
  }

  Done open() {
    NARU_CHECK(make_folder(folder_));
    NARU_CHECK(make_folder(staging_));
    for (std::size_t t = 0; t < table_count; ++t) {
      NARU_CHECK(files_[t].open(staging_ / (std::string(layouts[t].name) + ".csv")));
      files_[t].text() += columns(t);
      files_[t].text() += '\n';
    }
    std::string& text = start(source_t);
    text += site_.name + " synthetic records," + site_.name + ",synthetic,";
    text += version_ == 53 ? "2026-01-15,2026-01-20,v5.3.1," : "2026-01-15,2026-01-20,v5.4.0,";
    text += "naru-synth 1";
    end(source_t);
    return {};
  }

  void person(const Person& person, const Identity& identity, const std::string& source,
              const History& history) override {
    person_id_ = ++persons_;
    put_person(person, identity, source);
    Day first = 0;
    visits_.assign(history.visits.size(), 0);
    for (std::size_t i = 0; i < history.visits.size(); ++i) {
      const Visit& visit = history.visits[i];
      if (visit.site != site_.number) continue;
      first = first == 0 ? visit.start : std::min(first, visit.start);
      put_visit(visit, i);
    }
    if (first != 0) put_period(first, history.death != 0 ? history.death : study_end);
    const auto here = [&](const Coded& row) { return history.visits[row.visit].site == site_.number; };
    for (const Coded& row : history.conditions) {
      if (here(row)) put_condition(row, history.visits[row.visit]);
    }
    for (const Coded& row : history.drugs) {
      if (here(row)) put_drug(row, history.visits[row.visit]);
    }
    for (const Coded& row : history.tests) {
      if (here(row)) put_measurement(row, history.visits[row.visit]);
    }
    for (const Coded& row : history.procedures) {
      if (here(row)) put_procedure(row, history.visits[row.visit]);
    }
    if (history.death != 0) {
      std::string& out = start(death_t);
      put_number(out, person_id_);
      out += ',';
      put_date(out, history.death);
      out += ",32817";
      end(death_t);
    }
  }

  Done finish(Written& written) override {
    plant(written);
    for (std::size_t t = 0; t < table_count; ++t) {
      NARU_CHECK(files_[t].close());
      written.tables.push_back({site_.name, std::string(layouts[t].name), rows_[t]});
    }
    if (version_ == 53) {
      NARU_CHECK(convert());
      std::error_code ignored;
      std::filesystem::remove_all(staging_, ignored);
      return {};
    }
    // The identity file stands beside the data, not among the OMOP tables.
    std::error_code failure;
    std::filesystem::rename(staging_ / "identity.csv", site_.folder / "identity.csv", failure);
    if (failure) return internal_error(say("cannot move a file", "파일을 옮길 수 없습니다"), site_.folder.string());
    return {};
  }

 private:
  [[nodiscard]] std::string_view columns(std::size_t t) const {
    return version_ == 53 ? layouts[t].columns_53 : layouts[t].columns_54;
  }
  std::string& start(Table t) { return files_[t].text(); }
  void end(Table t) {
    files_[t].text() += '\n';
    ++rows_[t];
    files_[t].flush_if_full();
  }
  /// "id,person_id,concept,date,datetime"; the datetime is the visit's.
  void put_event_start(std::string& out, std::int64_t id, std::int64_t concept_id, Day day, std::int64_t visit_id) {
    put_number(out, id);
    out += ',';
    put_number(out, person_id_);
    out += ',';
    put_number(out, concept_id);
    out += ',';
    put_date(out, day);
    out += ',';
    put_moment(out, day, visit_id);
  }
  static void put_moment(std::string& out, Day day, std::int64_t id) {
    put_date(out, day);
    out += ' ';
    put_clock(out, id);
  }

  void put_person(const Person& person, const Identity& identity, const std::string& source) {
    std::string& out = start(person_t);
    const Civil born = civil(identity.birth.value_or(person.birth));
    put_number(out, person_id_);
    out += person.male ? ",8507," : ",8532,";
    put_number(out, born.year);
    out += ',';
    if (identity.birth) put_number(out, born.month);
    out += ',';
    if (identity.birth) put_number(out, born.day);
    out += ",,0,0," + source + (person.male ? ",M,0" : ",F,0");
    end(person_t);
    std::string& id = start(identity_t);
    put_number(id, person_id_);
    id += ',' + identity.name + ',';
    if (identity.birth) put_date(id, *identity.birth);
    id += person.male ? ",M," : ",F,";
    id += identity.phone + ",\"" + identity.address + '"';
    end(identity_t);
  }

  void put_visit(const Visit& visit, std::size_t index) {
    const std::int64_t id = ++visit_serial_;
    visits_[index] = id;
    std::string& out = start(visit_t);
    put_event_start(out, id, visit_concept(visit.kind), visit.start, id);
    out += ',';
    put_date(out, visit.end);
    out += ',';
    put_moment(out, visit.end, visit.end == visit.start ? id : id + 1);
    constexpr std::array<std::string_view, 3> names{"O", "I", "E"};
    out += ",32817,";
    out += names[static_cast<std::size_t>(visit.kind)];
    out += ",0,0";
    end(visit_t);
  }

  void put_period(Day from, Day to) {
    std::string& out = start(period_t);
    put_number(out, person_id_);
    out += ',';
    put_number(out, person_id_);
    out += ',';
    put_date(out, from);
    out += ',';
    put_date(out, std::max(from, to));
    out += ",32817";
    end(period_t);
  }

  void put_condition(const Coded& row, const Visit& visit) {
    const ConditionCode& code = vocabulary_.conditions()[row.code];
    const bool local = row.value == 1;
    std::string& out = start(condition_t);
    put_event_start(out, ++condition_serial_, local ? 0 : code.concept_id, visit.start, visits_[row.visit]);
    out += ',';
    put_date(out, visit.end);
    out += ",32817,";
    put_number(out, visits_[row.visit]);
    out += ',';
    out += local ? "LOCAL-HTN" : code.kcd;
    out += ',';
    put_number(out, local ? 0 : code.source_concept);
    end(condition_t);
  }

  void put_drug(const Coded& row, const Visit& visit) {
    const DrugProduct& drug = vocabulary_.drugs()[row.code];
    std::string& out = start(drug_t);
    put_event_start(out, ++drug_serial_, drug.concept_id, visit.start, visits_[row.visit]);
    out += ',';
    put_date(out, visit.start + row.value - 1);
    out += ",32817,";
    put_number(out, row.value);
    out += ',';
    put_number(out, row.value);
    out += ',';
    put_number(out, visits_[row.visit]);
    out += ',' + drug.kpis + ',';
    put_number(out, drug.source_concept);
    end(drug_t);
  }

  void put_measurement(const Coded& row, const Visit& visit) {
    const Test& test = vocabulary_.tests()[row.code];
    std::string& out = start(measurement_t);
    put_event_start(out, ++measurement_serial_, test.concept_id, visit.start, visits_[row.visit]);
    out += ",32817,";
    put_tenths(out, row.value);
    out += ',';
    put_number(out, test.unit_concept);
    out += ',';
    put_number(out, visits_[row.visit]);
    out += ',' + test.loinc + ',';
    put_number(out, test.source_concept);
    out += ',' + test.unit;
    end(measurement_t);
  }

  void put_procedure(const Coded& row, const Visit& visit) {
    const ProcedureCode& code = vocabulary_.procedures()[row.code];
    std::string& out = start(procedure_t);
    put_event_start(out, ++procedure_serial_, code.concept_id, visit.start, visits_[row.visit]);
    out += ",32817,";
    put_number(out, visits_[row.visit]);
    out += ',' + code.edi + ',';
    put_number(out, code.source_concept);
    end(procedure_t);
  }

  void bad_row(Written& written, Table t, std::string_view row, std::string_view reason) {
    start(t) += row;
    end(t);
    const std::int64_t line = rows_[t] + (version_ == 53 ? 0 : 1);  // the header is line 1 of a CSV file
    written.bad.push_back({site_.name, std::string(layouts[t].name), line, std::string(reason)});
  }

  void plant(Written& written) {
    if (persons_ == 0) return;
    const std::string head = ",1,0,2023-04-01,2023-04-01 09:00:00,2023-04-01,32817,,I10.9,0";
    bad_row(written, condition_t, "1" + head, "duplicate_id");
    std::string unknown;
    put_number(unknown, condition_serial_ + 1);
    bad_row(written, condition_t, unknown + ",999999999,0,2023-04-01,2023-04-01 09:00:00,2023-04-01,32817,,I10.9,0",
            "unknown_person");
    std::string impossible;
    put_number(impossible, measurement_serial_ + 1);
    // A Parquet DATE cannot hold 31 February: there the date is missing instead.
    const bool typed = version_ == 53;
    bad_row(written, measurement_t,
            impossible + (typed ? ",1,0,,,32817,7.0,0,,X,0,%" : ",1,0,2023-02-31,,32817,7.0,0,,X,0,%"),
            typed ? "missing_date" : "impossible_date");
  }

  /// CSV → Parquet with the declared types, ordered by every column, so that the bytes do not depend on threads.
  Done convert() {
    engine::DatabaseOptions options;
    options.allowed_folders = {site_.folder};
    NARU_ASSIGN(auto database, engine::Database::open(options));
    for (std::size_t t = 0; t < table_count; ++t) {
      std::string types;
      std::string_view rest = columns(t);
      while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        const std::string name(rest.substr(0, comma));
        types += (types.empty() ? "'" : ",'") + name + "':'" + std::string(type_of(name)) + "'";
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
      const std::string csv = (staging_ / (std::string(layouts[t].name) + ".csv")).string();
      const auto target = (t == identity_t ? site_.folder : folder_) / (std::string(layouts[t].name) + ".parquet");
      const std::string select = "SELECT * FROM read_csv(" + engine::literal(csv) +
                                 ", header = true, auto_detect = false, delim = ',', quote = '\"', columns = {" +
                                 types + "})";
      NARU_ASSIGN(const auto rows, database.copy_to_parquet(select, "ALL", target));
      if (rows != rows_[t]) {
        return internal_error(
            say("{} rows were written instead of {}", "{}행이 기록되었습니다(예상 {}행)", rows, rows_[t]),
            target.string());
      }
    }
    return {};
  }

  const Vocabulary& vocabulary_;
  SiteKind site_;
  int version_;
  std::filesystem::path folder_;
  std::filesystem::path staging_;
  std::array<TextFile, table_count> files_;
  std::array<std::int64_t, table_count> rows_{};
  std::vector<std::int64_t> visits_;  ///< by visit index, its visit_occurrence_id
  std::int64_t person_id_ = 0;
  std::int64_t persons_ = 0;
  std::int64_t visit_serial_ = 0;
  std::int64_t condition_serial_ = 0;
  std::int64_t drug_serial_ = 0;
  std::int64_t measurement_serial_ = 0;
  std::int64_t procedure_serial_ = 0;
};

}  // namespace

Result<std::unique_ptr<SiteWriter>> omop_writer(const Vocabulary& vocabulary, const SiteKind& site, int version) {
  auto writer = std::make_unique<OmopWriter>(vocabulary, site, version);
  NARU_CHECK(writer->open());
  return std::unique_ptr<SiteWriter>(std::move(writer));
}

}  // namespace naru::synth
