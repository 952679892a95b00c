#pragma once
/// What Circe's criteria mean on OMOP 5.4 tables, as data: one row per criterion, one per attribute.
/// In `sql`, `c` is the event (table columns plus event_start, event_end), `p` the person, `v` its visit, `pr` its
/// provider, `cs` the care site.
#include "cohort/expression.h"

#include <string_view>
#include <vector>

namespace naru::cohort {

/// A table that an attribute needs beside the event's own.
enum class Needs { nothing, person, visit, provider, care_site };

struct Attribute {
  std::string_view key;
  Test test;  ///< concept_set: the key's value is the number of a set
  std::string_view sql;
  Needs needs = Needs::nothing;
  std::string_view exclude_key = {};  ///< boolean beside a list of concepts: not these
};

struct Domain {
  std::string_view key;             ///< Circe's name
  std::string_view table;           ///< OMOP's
  std::string_view id;              ///< column
  std::string_view start;           ///< expression over `e`
  std::string_view end;             ///< expression over `e`
  std::string_view concept_column;  ///< empty: takes no concept set
  std::string_view source_key;      ///< Circe's key of the source concept set, or empty
  std::string_view source_column;
  bool has_visit = true;
  std::vector<Attribute> attributes = {};
  std::string_view kind_column = {};  ///< where `concept_column` is empty: what "distinct concepts" counts
  /// The concept of a row, whether or not a concept set may be asked of it.
  [[nodiscard]] std::string_view row_concept() const { return concept_column.empty() ? kind_column : concept_column; }
  [[nodiscard]] const Attribute* attribute(std::string_view attribute_key) const;
};

[[nodiscard]] const std::vector<Domain>& domains();
/// Null when Circe's criterion of that name is not supported.
[[nodiscard]] const Domain* domain_named(std::string_view key);
/// Attributes of a demographic criterion: `c` is the index event.
[[nodiscard]] const std::vector<Attribute>& demographic_attributes();
/// What an attribute looks at, for the executor that reads columns instead of SQL; said once, by its `sql`.
enum class Look {
  column,
  start,
  end,
  length,
  age,
  age_at_end,
  person,
  visit,
  provider,
  care_site,
  low_ratio,
  high_ratio,
  abnormal
};
struct Looked {
  Look look = Look::column;
  std::string_view column = {};  ///< OMOP column of the event, person, visit, provider or care site
};
[[nodiscard]] Looked look_of(const Attribute& attribute);
/// OMOP table of a need; empty for nothing.
[[nodiscard]] std::string_view table_of(Needs needs);

}  // namespace naru::cohort
