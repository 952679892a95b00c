#pragma once
/// What lies in an index: columns by table. Only for this room's .cc files.
#include "cohort/column_file.h"
#include "cohort/domains.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace naru::cohort {

inline constexpr std::string_view index_format = "naru-cohort-index/1";

/// Rows of one domain, sorted by (concept, person, start, id); NULL concepts first.
struct EventTable {
  std::uint64_t rows = 0;
  Column concepts;  ///< directory: distinct concepts, ascending
  Column offsets;   ///< directory: first row of each, and the row count
  Column person;    ///< dense number, see Persons
  Column start, end, id, visit, source, age;
  std::map<std::string, Column, std::less<>> attributes = {};  ///< by OMOP column
};

/// Persons under observation, by ascending person_id: their dense numbers are 0, 1, …
struct Persons {
  std::uint64_t count = 0;
  Column id, known, gender, year_of_birth, race, ethnicity;  ///< known: 1 when the person table has them
  Column period_offsets;                                     ///< count + 1
  Column period_start, period_end;                           ///< of a person by start, then end
};

/// Rows of a table by ascending id.
struct Lookup {
  Column id, value, person;
};

/// ancestor → descendants and the like: `keys` ascending, `values` from offsets[i] to offsets[i + 1].
struct Links {
  Column keys, offsets, values;
};

struct VocabularyColumns {
  Column concepts, valid;
  Links descendants;  ///< concept_ancestor
  Links children;     ///< valid 'Is a' and 'Subsumes'
  Links mapped_from;  ///< valid 'Maps to': standard concept → source concepts
  bool has_concepts = false;
};

struct IndexTables {
  std::map<std::string, EventTable, std::less<>> events;  ///< by OMOP table
  Persons persons;
  Lookup visits, providers, care_sites;
  VocabularyColumns vocabulary;
};

/// Columns of `domain` that an attribute may ask for, beside the fixed ones; texts are not kept.
[[nodiscard]] std::vector<std::string> attribute_columns(const Domain& domain);

/// First place in an ascending column at or after `from` whose number is not below `value`.
[[nodiscard]] std::uint64_t lower_place(const Column& column, std::int64_t value, std::uint64_t from, std::uint64_t to);

}  // namespace naru::cohort
