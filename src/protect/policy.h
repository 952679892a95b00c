#pragma once
/// A protection policy as a board reads it (policies/*.yaml). Every figure stands in the file: the code has no
/// defaults, an unknown field is an error, and a column the policy does not name fails closed.
#include "base/result.h"
#include "protect/output_control.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::protect {

enum class Treatment {
  keep,        ///< as it is
  code,        ///< kept where it is a code of one of `source_codes` in the vocabulary; else NULL
  drop,        ///< not in the protected table
  shift,       ///< DATE or TIMESTAMP moved back by the person's own constant number of days
  year,        ///< a year of birth, not before `ages.year_of_birth_min`
  pseudonym,   ///< person_id becomes the row id
  renumber,    ///< the table's own key becomes a new dense number
  refer,       ///< key of a renumbered table, following its new number; NULL when that row is not there
  generalise,  ///< a quasi-identifier: as it is at the holder, generalised at the combiner
};
[[nodiscard]] std::string_view name_of(Treatment treatment);

struct ColumnRule {
  std::string column;
  Treatment treatment = Treatment::drop;
};

struct TableRule {
  std::string table;  ///< OMOP name, lower case
  std::string tier;   ///< open, registered or controlled; empty when the table is left out
  bool left_out = false;
  std::vector<ColumnRule> columns;  ///< every column of the OMOP table; empty when left out
  /// Null when the policy does not name the column.
  [[nodiscard]] const ColumnRule* rule_of(std::string_view column) const;
};

struct DateShift {
  std::int64_t min_days = 0;  ///< >= 1
  std::int64_t max_days = 0;  ///< days moved back, inclusive
  std::string clause = {};
};

struct AgeLimits {
  std::int64_t age_max = 0;            ///< ages at events above it are written as it
  std::int64_t year_of_birth_min = 0;  ///< earlier years are written as it
  std::string clause = {};
};

struct SensitiveGroup {
  std::string id;
  Text title;
  std::vector<std::string> codes;      ///< prefixes of source codes without dot, upper case; never empty
  std::vector<std::int64_t> concepts;  ///< standard concepts, with their descendants
  std::string clause;
};

struct SensitiveScreen {
  std::vector<std::string> code_systems;  ///< vocabulary ids whose codes the prefixes belong to
  std::vector<SensitiveGroup> groups;     ///< exactly the five groups the guideline names
  std::string clause = {};
};

struct SourceCodes {
  std::vector<std::string> code_systems;  ///< vocabulary ids
  std::string clause = {};
};

enum class QuasiKind {
  year,   ///< bands of years; 0 means not shown
  place,  ///< columns from fine to coarse; "none" means not shown
  code,   ///< "keep", "none"
};

struct QuasiIdentifier {
  std::string name;
  QuasiKind kind = QuasiKind::code;
  std::string column;               ///< column of `person`; for a place, ignored
  std::vector<std::int64_t> bands;  ///< kind year
  std::vector<std::string> levels;  ///< kinds place ("county", "state", "none") and code ("keep", "none")
};

struct AnonymityPolicy {
  std::int64_t k = 0;            ///< >= 2
  double suppression_limit = 0;  ///< share of persons that may be left out, 0..1
  std::vector<QuasiIdentifier> quasi_identifiers;
  std::string clause;
};

struct LinkagePolicy {
  std::int64_t rows_per_token_max = 0;  ///< a token that more rows share is not used
  bool merge_within_holder = false;
  std::string clause = {};
};

struct OutputPolicy {
  std::int64_t min_cell = 0;  ///< counts of 1 … min_cell-1 are not shown
  std::int64_t round_to = 0;  ///< shown counts are multiples of it
  bool complementary = false;
  std::int64_t repeat_threshold = 0;  ///< a repeated answer that moves by less stays what it was
  std::int64_t digits = 0;            ///< decimals of rates and estimates outside
  std::string clause;
};

struct GenomePolicy {
  std::int64_t min_allele_count = 0;
  std::int64_t min_cohort = 0;
  std::string clause;
};

struct ReviewPolicy {
  std::int64_t reviewers_min = 0;
  std::string clause;
};

/// Numbers of persons from which an impact assessment is due (Enforcement Decree, Art. 35).
struct ImpactThresholds {
  std::int64_t sensitive_persons = 0;
  std::int64_t linked_persons = 0;
  std::int64_t persons = 0;
  std::string clause = {};
};

struct Policy {
  std::string id;
  std::int64_t version = 0;
  Text title;
  std::string hash;  ///< sha256 hex over the canonical JSON of the whole file: comments and layout do not count
  DateShift date_shift;
  AgeLimits ages;
  SensitiveScreen sensitive;
  SourceCodes source_codes;
  AnonymityPolicy anonymity;
  LinkagePolicy linkage;
  OutputPolicy outputs;
  std::optional<OutputControl> disclosure = {};  ///< what protects across questions; without it no question is answered
  GenomePolicy genome;
  ReviewPolicy review;
  ImpactThresholds impact;
  std::vector<TableRule> tables;  ///< every OMOP table
  /// Null when the policy does not name the table.
  [[nodiscard]] const TableRule* rule_of(std::string_view table) const;
};

/// Errors (rejected) name `where` and the field: unknown or missing field, a number out of its range, an unknown table
/// or column, a treatment that does not fit the column's role, an empty sensitive group.
[[nodiscard]] Result<Policy> parse_policy(std::string_view yaml, std::string_view where);
[[nodiscard]] Result<Policy> load_policy(const std::filesystem::path& file);
/// policies/ID.yaml below the share folder. Error not_found names the policies there are.
[[nodiscard]] Result<Policy> find_policy(const std::filesystem::path& share, std::string_view id);

}  // namespace naru::protect
