#include "model/omop.h"

#include <doctest/doctest.h>

#include <set>

using namespace naru::model;

TEST_CASE("every OMOP table names existing columns for its key, dates and concept") {
  std::set<std::string> names;
  for (const auto& table : tables()) {
    CAPTURE(table.name);
    CHECK(names.insert(table.name).second);
    std::set<std::string> columns;
    for (const auto& column : table.columns) CHECK(columns.insert(column.name).second);
    for (const auto& named : {table.primary_key, table.start_date, table.end_date, table.concept_column,
                              table.source_concept, table.source_value}) {
      CAPTURE(named);
      CHECK((named.empty() || columns.count(named) == 1));
    }
    if (!table.start_date.empty()) CHECK(table.column(table.start_date)->sql_type == "DATE");
  }
  CHECK(tables().front().name == "person");
}

TEST_CASE("the column that names the person has its role in every table") {
  for (const auto& table : tables()) {
    const auto* column = table.column("person_id");
    if (column != nullptr) CHECK(column->role == Role::person_key);
  }
  CHECK(table_named("note") == nullptr);
}

TEST_CASE("a 5.3 column is found under its 5.4 name") {
  CHECK(name_in_54("visit_occurrence", "admitting_source_concept_id") == "admitted_from_concept_id");
  CHECK(name_in_54("visit_detail", "visit_detail_parent_id") == "parent_visit_detail_id");
  CHECK(name_in_54("person", "person_id") == "person_id");
  for (const auto& rename : renames_to_54()) {
    CHECK(table_named(rename.table)->column(rename.new_name) != nullptr);
    CHECK(table_named(rename.table)->column(rename.old_name) == nullptr);
  }
}
