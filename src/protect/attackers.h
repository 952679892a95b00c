#pragma once
/// The declared attackers on persons and their events in a database. Not for users of the room: see assessment.h.
#include "engine/database.h"
#include "protect/assessment.h"

#include <string>
#include <vector>

namespace naru::protect {

/// Relations (a table, a view, a subquery in brackets) with these columns.
struct PersonData {
  std::string persons;             ///< person_id and the quasi-identifiers
  std::vector<std::string> quasi;  ///< columns of `persons`
  std::string visits = {};         ///< person_id, site, day DATE; empty: no visits
  std::string codes = {};          ///< person_id, site, day DATE, concept_id: diagnoses; empty: none
  bool shifted = false;            ///< days are moved per person: only intervals tell
};
[[nodiscard]] Result<Assessment> assess_persons(engine::Database& database, const PersonData& data,
                                                const Assumptions& assumptions);
/// Distinct l, entropy l and t of `values` (a relation of person_id, value) within the classes.
[[nodiscard]] Result<ClassDiversity> diversity_of(engine::Database& database, const PersonData& data,
                                                  const std::string& values, std::string attribute);

}  // namespace naru::protect
