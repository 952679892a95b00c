#pragma once
/// A definition made ready for the index: concept sets resolved, every criterion bound to its columns and postings.
/// Only for this room's .cc files.
#include "cohort/cohort.h"
#include "cohort/index.h"
#include "cohort/index_tables.h"

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace naru::cohort {

using Day = std::int32_t;
inline constexpr Day no_day = std::numeric_limits<Day>::min();
[[nodiscard]] inline Day day_at(const Column& column, std::uint64_t row) {
  const auto value = column.at(row);
  return value == null_value ? no_day : static_cast<Day>(value);
}

/// An event of a person while a definition is answered.
struct Event {
  Day start = no_day;
  Day end = no_day;
  Day sort = no_day;      ///< the event's own start, before a user-defined period replaces it
  std::uint32_t row = 0;  ///< in its table
  std::int64_t id = null_value;
  std::int64_t visit = null_value;
  std::int64_t age = null_value;  ///< age_at_event
};

/// A predicate bound to columns.
struct Check {
  const Predicate* predicate = nullptr;
  Looked looked = {};
  bool needs_person = false;
  const Column* column = nullptr;  ///< the event's, or the key into a lookup
  const Column* low = nullptr;     ///< ranges, for ratios and Abnormal
  const Column* high = nullptr;
  const Column* value_concept = nullptr;
  const Lookup* lookup = nullptr;
  std::vector<std::int64_t> ids = {};  ///< ascending: the concepts asked for
  [[nodiscard]] bool holds(const IndexTables& tables, const Event& event, std::uint32_t person) const;
};

struct BoundCriterion {
  const Criterion* criterion = nullptr;
  const Domain* domain = nullptr;
  const EventTable* table = nullptr;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces = {};  ///< rows of the concepts asked for
  bool by_source = false;
  std::vector<std::int64_t> sources = {};  ///< ascending: source concepts asked for
  std::vector<Check> checks = {};
  std::string key = {};      ///< equal for criteria that select the same events
  int uses = 0;              ///< how often the definition asks for the same events
  bool needs_visit = false;  ///< somewhere in the definition visits are compared
};

class NativePlan {
 public:
  /// Errors as `run`: no concept table, although concepts are named.
  [[nodiscard]] static Result<NativePlan> make(const Index& index, const Expression& expression,
                                               bool rebuild_ancestors);
  [[nodiscard]] const BoundCriterion& bound(const Criterion& criterion) const { return bound_.at(&criterion); }
  [[nodiscard]] const std::vector<Check>& demographic(const Demographic& demographic) const {
    return demographics_.at(&demographic);
  }
  [[nodiscard]] const std::vector<std::int64_t>& concepts(std::int64_t set) const { return sets_.at(set); }
  [[nodiscard]] const IndexTables& tables() const { return *tables_; }
  [[nodiscard]] const Expression& expression() const { return *expression_; }
  /// Exposures of the drug era exit: by their concept, and further ones by their source concept.
  [[nodiscard]] const BoundCriterion& era_drugs() const { return era_drugs_; }
  [[nodiscard]] const BoundCriterion& era_sources() const { return era_sources_; }

 private:
  friend class PlanMaker;
  const IndexTables* tables_ = nullptr;
  const Expression* expression_ = nullptr;
  std::map<std::int64_t, std::vector<std::int64_t>> sets_;
  std::unordered_map<const Criterion*, BoundCriterion> bound_;
  std::unordered_map<const Demographic*, std::vector<Check>> demographics_;
  BoundCriterion era_drugs_;
  BoundCriterion era_sources_;
};

/// Concepts of every set, ascending; see concept_sets.sql, which says the same.
[[nodiscard]] std::map<std::int64_t, std::vector<std::int64_t>> resolve_sets(const VocabularyColumns& vocabulary,
                                                                             const std::vector<ConceptSet>& sets,
                                                                             bool rebuild_ancestors);
/// Rows of the concepts (ascending) that the table holds.
[[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> pieces_of(const EventTable& table,
                                                                             const std::vector<std::int64_t>& concepts);
[[nodiscard]] Error no_vocabulary();
/// Equal for criteria that select the same events.
[[nodiscard]] std::string key_of(const Criterion& criterion);

}  // namespace naru::cohort
