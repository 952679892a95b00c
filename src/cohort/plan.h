#pragma once
/// A definition as a list of SQL steps, each filling one temporary table that later steps read. Sub-questions that are
/// asked twice are computed once. Only for this room's .cc files.
#include "cohort/cohort.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace naru::cohort {

class Planner {
 public:
  /// Temporary tables are named "PREFIX_1" …
  Planner(const Expression& expression, const Cdm& cdm, std::string prefix)
      : expression_(expression), cdm_(cdm), prefix_(std::move(prefix)) {}

  /// Steps in order. `included[i]` counts persons for the attrition after rule i.
  struct Plan {
    std::vector<std::string> steps;
    std::vector<std::string> tables;                             ///< to drop afterwards
    std::vector<std::pair<std::string, std::string>> attrition;  ///< rule, table
  };
  [[nodiscard]] Plan plan(std::string_view into);

 private:
  std::string add(const std::string& select);
  void concept_sets();
  std::string set_concepts(std::int64_t id) const;
  std::string criterion(const Criterion& criterion);
  std::string plain_criterion(const Criterion& criterion) const;
  std::string windowed(const std::string& index, const Windowed& windowed);
  std::string demographic(const std::string& index, const Demographic& demographic);
  std::string group(const std::string& index, const Group& group);
  std::string entry_events();
  std::string filtered(const std::string& events, const Group& group);
  std::string limited(const std::string& events, Limit limit);
  std::string exits(const std::string& included);
  std::string condition(const Predicate& predicate, std::string_view sql) const;

  const Expression& expression_;
  const Cdm& cdm_;
  std::string prefix_;
  Plan plan_ = {};
  std::map<std::string, std::string> known_ = {};  // SELECT text → table
};

}  // namespace naru::cohort
