#pragma once
/// A protection policy as a board reads it (policies/*.yaml). Every figure stands in the file: the code has no
/// defaults, an unknown field is an error, and a column the policy does not name fails closed. Every rule cites a
/// clause of a document with version and effective date, and whether somebody compared it with the original:
/// docs/methods/policy.md.
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
  year_only,   ///< DATE becomes the first of January of its year, not shifted
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

/// A document that rules rest on.
struct PolicySource {
  std::string id;
  Text title;
  std::string version;
  std::string effective;  ///< YYYY-MM-DD
  std::string reference;  ///< where the original stands
};

/// On what one rule rests.
struct Citation {
  std::string rule;    ///< place in the file: "date_shift", "sensitive.groups[0]"
  std::string source;  ///< id of a PolicySource; empty when the rule only says a sentence
  std::string clause;
  bool verified = false;
  std::string verified_on = {};  ///< YYYY-MM-DD; empty when not verified
  std::string against = {};      ///< the copy it was compared with
  std::string why = {};          ///< why it is not verified
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

/// Codes of one kind that reveal a group. Silence would screen nothing: an empty set stands with its reason.
struct CodeSet {
  std::vector<std::string> codes = {};  ///< without dot, upper case; prefixes, but departments are whole codes
  std::string none = {};                ///< why there are none; empty exactly when there are codes
};

struct SensitiveGroup {
  std::string id;
  Text title;
  CodeSet diagnoses;  ///< never empty
  CodeSet drugs;
  CodeSet tests;
  CodeSet departments;
  std::vector<std::int64_t> concepts;  ///< standard concepts of any kind, with their descendants
  std::string clause;
};

struct SensitiveScreen {
  /// Vocabulary ids whose codes the sets belong to.
  std::vector<std::string> diagnosis_systems;
  std::vector<std::string> drug_systems;
  std::vector<std::string> test_systems;
  std::vector<SensitiveGroup> groups;  ///< exactly the five groups the guideline names
  std::string clause = {};
};

/// Records of the dead that tell of the living: codes of family history are removed.
struct DeceasedRules {
  std::vector<std::string> family_codes;      ///< prefixes of diagnosis codes
  std::vector<std::int64_t> family_concepts;  ///< with descendants
  std::string clause = {};
};

/// Places in which few persons live are shown as the place around them.
struct RegionRules {
  std::int64_t persons_min = 0;             ///< persons of the combined data; fewer: the coarser place
  std::int64_t zip_digits = 0;              ///< leading characters of a postcode that stay; 0: none
  std::vector<std::string> zip_restricted;  ///< such beginnings shown as zeros
  std::string clause = {};
};

/// Concepts that few persons have climb the concept hierarchy until enough persons share what is shown.
struct RareCodeRules {
  std::int64_t persons_min = 0;
  std::int64_t levels_max = 0;  ///< steps up at most; then the concept is not shown (0)
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
  std::vector<std::string> levels;  ///< kinds place ("zip", "county", "state", "none") and code ("keep", "none")
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

/// What attackers are assumed to know: docs/methods/risk.md.
struct RiskPolicy {
  double high_risk_above = 0;           ///< a person above it counts as at high risk
  std::int64_t population_persons = 0;  ///< persons of the population the data is a sample of
  std::int64_t visits_known = 0;        ///< consecutive visits whose dates are known, 1..10
  std::int64_t codes_known = 0;         ///< consecutive diagnoses known, 2..10
  std::string clause = {};
};

struct ReviewPolicy {
  std::int64_t reviewers_min = 0;
  std::string clause;
};

/// How strictly a use is reviewed: recipient × environment give a tier, kinds of data raise it, circumstances lower it,
/// and the tier sets the quorum. See protect/review_tier.h.
struct ReviewTier {
  std::string id;
  std::int64_t reviewers_min = 0;
  std::int64_t external_min = 0;  ///< of these, from outside the provider
  bool in_person = false;
};
struct ReviewBase {
  std::string recipient;    ///< internal, third-party
  std::string environment;  ///< controlled (the provider's room), uncontrolled
  std::string tier;
};
struct ReviewTiers {
  std::vector<ReviewTier> tiers = {};        ///< from light to strict
  std::vector<ReviewBase> base = {};         ///< every recipient in every environment once
  std::vector<std::string> raised_by = {};   ///< kinds of data: free-text, image, signal, genome
  std::vector<std::string> lowered_by = {};  ///< circumstances: repeat-use, designated-body
  std::string clause = {};
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
  bool production = false;  ///< `use: production`; else a demonstration with made-up people
  std::vector<PolicySource> sources = {};
  std::vector<Citation> citations = {};  ///< one per rule, in the file's order
  std::string hash;  ///< sha256 hex over the canonical JSON of the whole file: comments and layout do not count
  DateShift date_shift;
  AgeLimits ages;
  SensitiveScreen sensitive;
  SourceCodes source_codes;
  DeceasedRules deceased;
  RegionRules regions;
  RareCodeRules rare_codes;
  RiskPolicy risk;
  AnonymityPolicy anonymity;
  LinkagePolicy linkage;
  OutputPolicy outputs;
  std::optional<OutputControl> disclosure = {};  ///< what protects across questions; without it no question is answered
  GenomePolicy genome;
  ReviewPolicy review;
  ReviewTiers review_tiers;
  ImpactThresholds impact;
  std::vector<TableRule> tables;  ///< every OMOP table
  /// Null when the policy does not name the table.
  [[nodiscard]] const TableRule* rule_of(std::string_view table) const;
  /// Null when no rule cites such a document.
  [[nodiscard]] const PolicySource* source(std::string_view source_id) const;
};

/// Whether the policy may protect real people's data. Error refused names the first rule that nobody compared with its
/// original; a demonstration policy is always ready for a demonstration.
[[nodiscard]] Done ready_for_use(const Policy& policy);
/// As above, and refused for a demonstration policy too.
[[nodiscard]] Done ready_for_production(const Policy& policy);
/// The whole policy for people: figures, treatments, and per rule the clause, version, effective date, verified or not.
[[nodiscard]] std::string policy_json(const Policy& policy);
[[nodiscard]] Text policy_text(const Policy& policy);

/// Errors (rejected) name `where` and the field: unknown or missing field, a number out of its range, an unknown table
/// or column, a treatment that does not fit the column's role, an empty sensitive group.
[[nodiscard]] Result<Policy> parse_policy(std::string_view yaml, std::string_view where);
[[nodiscard]] Result<Policy> load_policy(const std::filesystem::path& file);
/// policies/ID.yaml below the share folder. Error not_found names the policies there are.
[[nodiscard]] Result<Policy> find_policy(const std::filesystem::path& share, std::string_view id);

}  // namespace naru::protect
