#pragma once
/// The OMOP CDM 5.4 tables a lake may hold, by name, with what each column means for protection. Names only; no I/O.
/// Source of names, types and required columns: OHDSI CommonDataModel 5.4, table and field definitions.
/// Notes are not kept: free clinical text has no column here and is refused by ingest.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::model {

/// What a column is, which decides how it may be protected.
enum class Role {
  person_key,      ///< person_id
  record_key,      ///< the table's own primary key
  other_key,       ///< key of another row: a visit, a provider, a care site, a location, an event
  concept_id,      ///< standard concept
  source_concept,  ///< concept of the source's own code
  source_value,    ///< the source's own code or id, as text
  date,            ///< DATE
  datetime,        ///< TIMESTAMP
  number,          ///< count, quantity, measured value, year, month, day, coordinate
  free_text,       ///< text that a person wrote
  place,           ///< part of an address
};
[[nodiscard]] std::string_view name_of(Role role);

struct Column {
  std::string name;      ///< lower case
  std::string sql_type;  ///< BIGINT (every key and concept), INTEGER, DOUBLE, VARCHAR, DATE or TIMESTAMP
  bool required = false;
  Role role = Role::free_text;
};

struct Table {
  std::string name;  ///< lower case
  std::vector<Column> columns;
  std::string primary_key = {};     ///< empty only for `death`, which has at most one row per person
  std::string start_date = {};      ///< DATE column events are ordered by; empty when rows are not dated
  std::string end_date = {};        ///< DATE column; empty when there is none
  std::string concept_column = {};  ///< the standard concept the row is about; empty when there is none
  std::string source_concept = {};  ///< the matching source concept column; empty when there is none
  std::string source_value = {};    ///< the matching source code column; empty when there is none
  bool derived = false;             ///< eras: computed from other tables

  /// Rows belong to a person.
  [[nodiscard]] bool has_person() const { return column("person_id") != nullptr; }
  /// Null when there is no such column.
  [[nodiscard]] const Column* column(std::string_view column_name) const;
};

/// Every table, `person` first, in the order in which foreign keys can be resolved.
[[nodiscard]] const std::vector<Table>& tables();
/// Null when the lake does not keep a table of that name (lower case).
[[nodiscard]] const Table* table_named(std::string_view name);

/// A column that CDM 5.3 (or 5.2) named differently.
struct Rename {
  std::string_view table;
  std::string_view old_name;
  std::string_view new_name;
};
[[nodiscard]] const std::vector<Rename>& renames_to_54();
/// The 5.4 name of a column of a 5.2–5.4 table; the same name when it did not change.
[[nodiscard]] std::string_view name_in_54(std::string_view table, std::string_view column);

/// Concepts the OMOP conventions fix for every site.
namespace concepts {
inline constexpr std::int64_t no_matching = 0;
inline constexpr std::int64_t male = 8507;
inline constexpr std::int64_t female = 8532;
inline constexpr std::int64_t inpatient_visit = 9201;
inline constexpr std::int64_t outpatient_visit = 9202;
inline constexpr std::int64_t emergency_visit = 9203;
inline constexpr std::int64_t emergency_and_inpatient_visit = 262;
inline constexpr std::int64_t home_visit = 581476;
inline constexpr std::int64_t telehealth_visit = 5083;
inline constexpr std::int64_t type_ehr = 32817;               ///< record comes from an EHR
inline constexpr std::int64_t type_ehr_prescription = 32838;  ///< EHR prescription
inline constexpr std::int64_t type_claim = 32810;             ///< record comes from a claim
inline constexpr std::int64_t type_ehr_encounter = 32827;     ///< EHR encounter record
}  // namespace concepts

}  // namespace naru::model
