#include "model/omop.h"

#include <algorithm>

namespace naru::model {
namespace {

// One line per column keeps the table readable against the CDM's own field list; `!` marks a required column.
Column made(std::string_view name, std::string_view type, Role role) {
  const bool required = name.starts_with('!');
  if (required) name.remove_prefix(1);
  return {std::string(name), std::string(type), required, role};
}
Column person() { return made("!person_id", "BIGINT", Role::person_key); }
Column key(std::string_view name) { return made(name, "BIGINT", Role::record_key); }
Column other(std::string_view name) { return made(name, "BIGINT", Role::other_key); }
Column code(std::string_view name) { return made(name, "BIGINT", Role::concept_id); }
Column source_code(std::string_view name) { return made(name, "BIGINT", Role::source_concept); }
Column source(std::string_view name) { return made(name, "VARCHAR", Role::source_value); }
Column date(std::string_view name) { return made(name, "DATE", Role::date); }
Column time(std::string_view name) { return made(name, "TIMESTAMP", Role::datetime); }
Column count(std::string_view name) { return made(name, "INTEGER", Role::number); }
Column real(std::string_view name) { return made(name, "DOUBLE", Role::number); }
Column text(std::string_view name) { return made(name, "VARCHAR", Role::free_text); }
Column place(std::string_view name) { return made(name, "VARCHAR", Role::place); }

Table person_table() {
  return {
      .name = "person",
      .columns = {person(), code("!gender_concept_id"), count("!year_of_birth"), count("month_of_birth"),
                  count("day_of_birth"), time("birth_datetime"), code("!race_concept_id"),
                  code("!ethnicity_concept_id"), other("location_id"), other("provider_id"), other("care_site_id"),
                  source("person_source_value"), source("gender_source_value"), source_code("gender_source_concept_id"),
                  source("race_source_value"), source_code("race_source_concept_id"), source("ethnicity_source_value"),
                  source_code("ethnicity_source_concept_id")},
      .primary_key = "person_id",
      .concept_column = "gender_concept_id"};
}

Table observation_period_table() {
  return {.name = "observation_period",
          .columns = {key("!observation_period_id"), person(), date("!observation_period_start_date"),
                      date("!observation_period_end_date"), code("!period_type_concept_id")},
          .primary_key = "observation_period_id",
          .start_date = "observation_period_start_date",
          .end_date = "observation_period_end_date"};
}

Table visit_occurrence_table() {
  return {.name = "visit_occurrence",
          .columns = {key("!visit_occurrence_id"), person(), code("!visit_concept_id"), date("!visit_start_date"),
                      time("visit_start_datetime"), date("!visit_end_date"), time("visit_end_datetime"),
                      code("!visit_type_concept_id"), other("provider_id"), other("care_site_id"),
                      source("visit_source_value"), source_code("visit_source_concept_id"),
                      code("admitted_from_concept_id"), source("admitted_from_source_value"),
                      code("discharged_to_concept_id"), source("discharged_to_source_value"),
                      other("preceding_visit_occurrence_id")},
          .primary_key = "visit_occurrence_id",
          .start_date = "visit_start_date",
          .end_date = "visit_end_date",
          .concept_column = "visit_concept_id",
          .source_concept = "visit_source_concept_id",
          .source_value = "visit_source_value"};
}

Table visit_detail_table() {
  return {
      .name = "visit_detail",
      .columns = {key("!visit_detail_id"), person(), code("!visit_detail_concept_id"), date("!visit_detail_start_date"),
                  time("visit_detail_start_datetime"), date("!visit_detail_end_date"),
                  time("visit_detail_end_datetime"), code("!visit_detail_type_concept_id"), other("provider_id"),
                  other("care_site_id"), source("visit_detail_source_value"),
                  source_code("visit_detail_source_concept_id"), code("admitted_from_concept_id"),
                  source("admitted_from_source_value"), source("discharged_to_source_value"),
                  code("discharged_to_concept_id"), other("preceding_visit_detail_id"), other("parent_visit_detail_id"),
                  other("!visit_occurrence_id")},
      .primary_key = "visit_detail_id",
      .start_date = "visit_detail_start_date",
      .end_date = "visit_detail_end_date",
      .concept_column = "visit_detail_concept_id",
      .source_concept = "visit_detail_source_concept_id",
      .source_value = "visit_detail_source_value"};
}

Table condition_occurrence_table() {
  return {.name = "condition_occurrence",
          .columns = {key("!condition_occurrence_id"), person(), code("!condition_concept_id"),
                      date("!condition_start_date"), time("condition_start_datetime"), date("condition_end_date"),
                      time("condition_end_datetime"), code("!condition_type_concept_id"),
                      code("condition_status_concept_id"), text("stop_reason"), other("provider_id"),
                      other("visit_occurrence_id"), other("visit_detail_id"), source("condition_source_value"),
                      source_code("condition_source_concept_id"), source("condition_status_source_value")},
          .primary_key = "condition_occurrence_id",
          .start_date = "condition_start_date",
          .end_date = "condition_end_date",
          .concept_column = "condition_concept_id",
          .source_concept = "condition_source_concept_id",
          .source_value = "condition_source_value"};
}

Table drug_exposure_table() {
  return {.name = "drug_exposure",
          .columns = {key("!drug_exposure_id"),
                      person(),
                      code("!drug_concept_id"),
                      date("!drug_exposure_start_date"),
                      time("drug_exposure_start_datetime"),
                      date("!drug_exposure_end_date"),
                      time("drug_exposure_end_datetime"),
                      date("verbatim_end_date"),
                      code("!drug_type_concept_id"),
                      text("stop_reason"),
                      count("refills"),
                      real("quantity"),
                      count("days_supply"),
                      text("sig"),
                      code("route_concept_id"),
                      text("lot_number"),
                      other("provider_id"),
                      other("visit_occurrence_id"),
                      other("visit_detail_id"),
                      source("drug_source_value"),
                      source_code("drug_source_concept_id"),
                      source("route_source_value"),
                      source("dose_unit_source_value")},
          .primary_key = "drug_exposure_id",
          .start_date = "drug_exposure_start_date",
          .end_date = "drug_exposure_end_date",
          .concept_column = "drug_concept_id",
          .source_concept = "drug_source_concept_id",
          .source_value = "drug_source_value"};
}

Table procedure_occurrence_table() {
  return {.name = "procedure_occurrence",
          .columns = {key("!procedure_occurrence_id"), person(), code("!procedure_concept_id"), date("!procedure_date"),
                      time("procedure_datetime"), date("procedure_end_date"), time("procedure_end_datetime"),
                      code("!procedure_type_concept_id"), code("modifier_concept_id"), count("quantity"),
                      other("provider_id"), other("visit_occurrence_id"), other("visit_detail_id"),
                      source("procedure_source_value"), source_code("procedure_source_concept_id"),
                      source("modifier_source_value")},
          .primary_key = "procedure_occurrence_id",
          .start_date = "procedure_date",
          .end_date = "procedure_end_date",
          .concept_column = "procedure_concept_id",
          .source_concept = "procedure_source_concept_id",
          .source_value = "procedure_source_value"};
}

Table device_exposure_table() {
  return {
      .name = "device_exposure",
      .columns = {key("!device_exposure_id"), person(), code("!device_concept_id"), date("!device_exposure_start_date"),
                  time("device_exposure_start_datetime"), date("device_exposure_end_date"),
                  time("device_exposure_end_datetime"), code("!device_type_concept_id"), text("unique_device_id"),
                  text("production_id"), count("quantity"), other("provider_id"), other("visit_occurrence_id"),
                  other("visit_detail_id"), source("device_source_value"), source_code("device_source_concept_id"),
                  code("unit_concept_id"), source("unit_source_value"), source_code("unit_source_concept_id")},
      .primary_key = "device_exposure_id",
      .start_date = "device_exposure_start_date",
      .end_date = "device_exposure_end_date",
      .concept_column = "device_concept_id",
      .source_concept = "device_source_concept_id",
      .source_value = "device_source_value"};
}

Table measurement_table() {
  return {.name = "measurement",
          .columns = {key("!measurement_id"),
                      person(),
                      code("!measurement_concept_id"),
                      date("!measurement_date"),
                      time("measurement_datetime"),
                      source("measurement_time"),
                      code("!measurement_type_concept_id"),
                      code("operator_concept_id"),
                      real("value_as_number"),
                      code("value_as_concept_id"),
                      code("unit_concept_id"),
                      real("range_low"),
                      real("range_high"),
                      other("provider_id"),
                      other("visit_occurrence_id"),
                      other("visit_detail_id"),
                      source("measurement_source_value"),
                      source_code("measurement_source_concept_id"),
                      source("unit_source_value"),
                      source_code("unit_source_concept_id"),
                      source("value_source_value"),
                      other("measurement_event_id"),
                      code("meas_event_field_concept_id")},
          .primary_key = "measurement_id",
          .start_date = "measurement_date",
          .concept_column = "measurement_concept_id",
          .source_concept = "measurement_source_concept_id",
          .source_value = "measurement_source_value"};
}

Table observation_table() {
  return {.name = "observation",
          .columns = {key("!observation_id"),
                      person(),
                      code("!observation_concept_id"),
                      date("!observation_date"),
                      time("observation_datetime"),
                      code("!observation_type_concept_id"),
                      real("value_as_number"),
                      text("value_as_string"),
                      code("value_as_concept_id"),
                      code("qualifier_concept_id"),
                      code("unit_concept_id"),
                      other("provider_id"),
                      other("visit_occurrence_id"),
                      other("visit_detail_id"),
                      source("observation_source_value"),
                      source_code("observation_source_concept_id"),
                      source("unit_source_value"),
                      source("qualifier_source_value"),
                      source("value_source_value"),
                      other("observation_event_id"),
                      code("obs_event_field_concept_id")},
          .primary_key = "observation_id",
          .start_date = "observation_date",
          .concept_column = "observation_concept_id",
          .source_concept = "observation_source_concept_id",
          .source_value = "observation_source_value"};
}

Table death_table() {
  return {.name = "death",
          .columns = {person(), date("!death_date"), time("death_datetime"), code("death_type_concept_id"),
                      code("cause_concept_id"), source("cause_source_value"), source_code("cause_source_concept_id")},
          .start_date = "death_date",
          .concept_column = "cause_concept_id",
          .source_concept = "cause_source_concept_id",
          .source_value = "cause_source_value"};
}

Table specimen_table() {
  return {.name = "specimen",
          .columns = {key("!specimen_id"), person(), code("!specimen_concept_id"), code("!specimen_type_concept_id"),
                      date("!specimen_date"), time("specimen_datetime"), real("quantity"), code("unit_concept_id"),
                      code("anatomic_site_concept_id"), code("disease_status_concept_id"), source("specimen_source_id"),
                      source("specimen_source_value"), source("unit_source_value"),
                      source("anatomic_site_source_value"), source("disease_status_source_value")},
          .primary_key = "specimen_id",
          .start_date = "specimen_date",
          .concept_column = "specimen_concept_id",
          .source_value = "specimen_source_value"};
}

Table location_table() {
  return {.name = "location",
          .columns = {key("!location_id"), place("address_1"), place("address_2"), place("city"), place("state"),
                      place("zip"), place("county"), source("location_source_value"), code("country_concept_id"),
                      source("country_source_value"), real("latitude"), real("longitude")},
          .primary_key = "location_id",
          .concept_column = "country_concept_id",
          .source_value = "location_source_value"};
}

Table care_site_table() {
  return {.name = "care_site",
          .columns = {key("!care_site_id"), text("care_site_name"), code("place_of_service_concept_id"),
                      other("location_id"), source("care_site_source_value"), source("place_of_service_source_value")},
          .primary_key = "care_site_id",
          .concept_column = "place_of_service_concept_id",
          .source_value = "care_site_source_value"};
}

Table provider_table() {
  return {.name = "provider",
          .columns = {key("!provider_id"), text("provider_name"), text("npi"), text("dea"),
                      code("specialty_concept_id"), other("care_site_id"), count("year_of_birth"),
                      code("gender_concept_id"), source("provider_source_value"), source("specialty_source_value"),
                      source_code("specialty_source_concept_id"), source("gender_source_value"),
                      source_code("gender_source_concept_id")},
          .primary_key = "provider_id",
          .concept_column = "specialty_concept_id",
          .source_concept = "specialty_source_concept_id",
          .source_value = "specialty_source_value"};
}

Table condition_era_table() {
  return {
      .name = "condition_era",
      .columns = {key("!condition_era_id"), person(), code("!condition_concept_id"), date("!condition_era_start_date"),
                  date("!condition_era_end_date"), count("condition_occurrence_count")},
      .primary_key = "condition_era_id",
      .start_date = "condition_era_start_date",
      .end_date = "condition_era_end_date",
      .concept_column = "condition_concept_id",
      .derived = true};
}

Table drug_era_table() {
  return {.name = "drug_era",
          .columns = {key("!drug_era_id"), person(), code("!drug_concept_id"), date("!drug_era_start_date"),
                      date("!drug_era_end_date"), count("drug_exposure_count"), count("gap_days")},
          .primary_key = "drug_era_id",
          .start_date = "drug_era_start_date",
          .end_date = "drug_era_end_date",
          .concept_column = "drug_concept_id",
          .derived = true};
}

Table dose_era_table() {
  return {.name = "dose_era",
          .columns = {key("!dose_era_id"), person(), code("!drug_concept_id"), code("!unit_concept_id"),
                      real("!dose_value"), date("!dose_era_start_date"), date("!dose_era_end_date")},
          .primary_key = "dose_era_id",
          .start_date = "dose_era_start_date",
          .end_date = "dose_era_end_date",
          .concept_column = "drug_concept_id",
          .derived = true};
}

Table payer_plan_period_table() {
  return {.name = "payer_plan_period",
          .columns = {key("!payer_plan_period_id"), person(), date("!payer_plan_period_start_date"),
                      date("!payer_plan_period_end_date"), code("payer_concept_id"), source("payer_source_value"),
                      source_code("payer_source_concept_id"), code("plan_concept_id"), source("plan_source_value"),
                      source_code("plan_source_concept_id"), code("sponsor_concept_id"), source("sponsor_source_value"),
                      source_code("sponsor_source_concept_id"), source("family_source_value"),
                      code("stop_reason_concept_id"), source("stop_reason_source_value"),
                      source_code("stop_reason_source_concept_id")},
          .primary_key = "payer_plan_period_id",
          .start_date = "payer_plan_period_start_date",
          .end_date = "payer_plan_period_end_date",
          .concept_column = "payer_concept_id",
          .source_concept = "payer_source_concept_id",
          .source_value = "payer_source_value"};
}

}  // namespace

std::string_view name_of(Role role) {
  switch (role) {
    case Role::person_key:
      return "person_key";
    case Role::record_key:
      return "record_key";
    case Role::other_key:
      return "other_key";
    case Role::concept_id:
      return "concept_id";
    case Role::source_concept:
      return "source_concept";
    case Role::source_value:
      return "source_value";
    case Role::date:
      return "date";
    case Role::datetime:
      return "datetime";
    case Role::number:
      return "number";
    case Role::free_text:
      return "free_text";
    case Role::place:
      return "place";
  }
  return "";
}

const Column* Table::column(std::string_view column_name) const {
  const auto found = std::ranges::find(columns, column_name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

const std::vector<Table>& tables() {
  static const std::vector<Table> all = {person_table(),
                                         location_table(),
                                         care_site_table(),
                                         provider_table(),
                                         observation_period_table(),
                                         visit_occurrence_table(),
                                         visit_detail_table(),
                                         condition_occurrence_table(),
                                         drug_exposure_table(),
                                         procedure_occurrence_table(),
                                         device_exposure_table(),
                                         measurement_table(),
                                         observation_table(),
                                         death_table(),
                                         specimen_table(),
                                         condition_era_table(),
                                         drug_era_table(),
                                         dose_era_table(),
                                         payer_plan_period_table()};
  return all;
}

const Table* table_named(std::string_view name) {
  const auto found = std::ranges::find(tables(), name, &Table::name);
  return found == tables().end() ? nullptr : &*found;
}

const std::vector<Rename>& renames_to_54() {
  static const std::vector<Rename> all = {
      {"visit_occurrence", "admitting_source_concept_id", "admitted_from_concept_id"},
      {"visit_occurrence", "admitting_source_value", "admitted_from_source_value"},
      {"visit_occurrence", "discharge_to_concept_id", "discharged_to_concept_id"},
      {"visit_occurrence", "discharge_to_source_value", "discharged_to_source_value"},
      {"visit_detail", "admitting_source_concept_id", "admitted_from_concept_id"},
      {"visit_detail", "admitting_source_value", "admitted_from_source_value"},
      {"visit_detail", "discharge_to_concept_id", "discharged_to_concept_id"},
      {"visit_detail", "discharge_to_source_value", "discharged_to_source_value"},
      {"visit_detail", "visit_detail_parent_id", "parent_visit_detail_id"},
      {"procedure_occurrence", "qualifier_source_value", "modifier_source_value"},
  };
  return all;
}

std::string_view name_in_54(std::string_view table, std::string_view column) {
  for (const auto& rename : renames_to_54()) {
    if (rename.table == table && rename.old_name == column) return rename.new_name;
  }
  return column;
}

}  // namespace naru::model
