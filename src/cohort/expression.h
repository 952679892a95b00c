#pragma once
/// A cohort definition as a value: what the Circe JSON says, checked and without its spelling variants.
/// Names follow Circe (OHDSI/circe-be); semantics: docs/methods/cohort-semantics.md.
#include "base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::cohort {

struct ConceptItem {
  std::int64_t concept_id = 0;
  bool excluded = false;
  bool descendants = false;
  bool mapped = false;
};
struct ConceptSet {
  std::int64_t id = 0;
  std::string name;
  std::vector<ConceptItem> items;
};

/// lt, lte, eq, unequal, gt, gte compare with `value`; between and not_between take both ends in.
enum class Compare { lt, lte, eq, unequal, gt, gte, between, not_between };
enum class TextMatch { contains, starts_with, ends_with };

/// What a Predicate compares with.
enum class Test { number, date, text, concepts, concept_set, abnormal };

/// One attribute of a criterion, for example "ValueAsNumber between 1 and 2".
struct Predicate {
  std::string attribute;  ///< Circe's key
  Test test = Test::number;
  Compare compare = Compare::eq;
  double value = 0;
  double extent = 0;
  std::int32_t date = 0;  ///< days since 1970-01-01
  std::int32_t date_extent = 0;
  TextMatch match = TextMatch::contains;
  std::string text = {};
  std::vector<std::int64_t> concepts = {};
  std::int64_t concept_set = 0;
  bool negated = false;  ///< of text, concepts and concept_set
};

/// Moves an event's dates: each new date is the event's start or end plus days.
struct DateAdjustment {
  bool start_from_end = false;
  std::int64_t start_offset_days = 0;
  bool end_from_end = true;
  std::int64_t end_offset_days = 0;
};

struct Group;

/// Events of one OMOP table.
struct Criterion {
  std::string domain;                            ///< Circe's key, "ConditionOccurrence"
  std::string where;                             ///< JSON path, for errors
  std::optional<std::int64_t> concept_set = {};  ///< nothing: any concept
  std::optional<std::int64_t> source_concept_set = {};
  bool first = false;
  std::vector<Predicate> predicates = {};
  std::optional<DateAdjustment> adjustment = {};
  std::optional<std::int32_t> user_start = {};  ///< of ObservationPeriod: a date inside the period, days
  std::optional<std::int32_t> user_end = {};
  // No initialiser here: it would need Group to be complete.
  std::vector<Group> correlated;  ///< none or one
};

struct WindowEnd {
  std::optional<std::int64_t> days = {};  ///< nothing: as far as the observation period reaches
  std::int64_t sign = 1;                  ///< -1 before, 1 after
};
struct Window {
  WindowEnd start;
  WindowEnd end;
  bool from_index_end = false;  ///< counted from the index event's end instead of its start
  bool on_event_end = false;    ///< holds for the event's end instead of its start
};

enum class Occurrence { exactly, at_most, at_least };
enum class CountOf { events, concepts, start_dates, visits };

/// "At least 2 of these events within this window of the index event."
struct Windowed {
  Criterion criterion;
  std::optional<Window> start_window = {};
  std::optional<Window> end_window = {};
  Occurrence occurrence = Occurrence::at_least;
  std::int64_t count = 1;
  CountOf count_of = CountOf::events;
  bool same_visit = false;
  bool ignore_observation_period = false;
};

struct Demographic {
  std::vector<Predicate> predicates;
};

enum class GroupKind { all, any, at_least, at_most };
struct Group {
  GroupKind kind = GroupKind::all;
  std::int64_t count = 0;  ///< of at_least and at_most
  std::vector<Windowed> criteria = {};
  std::vector<Demographic> demographics = {};
  std::vector<Group> groups = {};
  [[nodiscard]] bool empty() const { return criteria.empty() && demographics.empty() && groups.empty(); }
};

enum class Limit { all, first, last };

struct InclusionRule {
  std::string name;
  Group group;
};

enum class ExitKind { observation_end, date_offset, drug_era };
struct Exit {
  ExitKind kind = ExitKind::observation_end;
  bool from_end = false;  ///< date_offset: from the event's end instead of its start
  std::int64_t offset_days = 0;
  std::int64_t gap_days = 0;                     ///< drug_era
  std::int64_t drug_set = 0;                     ///< drug_era
  std::optional<std::int64_t> supply_days = {};  ///< drug_era: replaces every exposure's length
};

struct Expression {
  std::vector<ConceptSet> concept_sets;
  std::vector<Criterion> entry;
  std::int64_t prior_days = 0;  ///< of observation before and after the entry event
  std::int64_t post_days = 0;
  Limit entry_limit = Limit::all;
  std::optional<Group> additional = {};
  Limit qualified_limit = Limit::all;  ///< only with `additional`
  std::vector<InclusionRule> rules = {};
  Limit expression_limit = Limit::all;
  Exit exit = {};
  std::vector<Criterion> censoring = {};
  std::int64_t era_pad_days = 0;
  std::optional<std::int32_t> censor_start = {};
  std::optional<std::int32_t> censor_end = {};
  std::string canonical = {};  ///< the definition without names, captions and empty keys: what is hashed
};

/// A whole ATLAS export or its `expression` part. Errors (rejected) name the JSON path of a feature that is not
/// supported, a wrong type, a missing concept set. `where` is the file's name.
[[nodiscard]] Result<Expression> parse(std::string_view json, std::string_view where);
/// SHA-256 hex: equal for definitions that differ only in names, captions, order of keys.
[[nodiscard]] std::string definition_hash(const Expression& expression);
/// OMOP tables the definition reads, sorted, lower case: with `person` and `observation_period` as needed, without
/// the vocabulary.
[[nodiscard]] std::vector<std::string> tables_used(const Expression& expression);
/// Concepts named in concept sets and attributes, sorted (descendants not expanded).
[[nodiscard]] std::vector<std::int64_t> concepts_used(const Expression& expression);

}  // namespace naru::cohort
