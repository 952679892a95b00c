#pragma once
/// What attackers could find out from a table of persons, or from persons with their events: docs/methods/risk.md.
/// Every figure rests on classes: persons whom an attacker's knowledge does not tell apart. A person's own class is the
/// smallest one the attacker may get to know (the most telling visits, the rarest code).
#include "protect/risk.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

/// Chance that a person is found. Absent where there is nobody or no population is stated.
struct FoundChance {
  std::optional<double> most = {};     ///< of the person most at risk
  std::optional<double> average = {};  ///< over all persons
  std::optional<double> at_risk = {};  ///< share of persons above the policy's limit; absent without a limit
};

struct AttackerRisk {
  std::string id;  ///< demographics, visit-dates, any-visits, rare-code, code-trajectory, other-hospital
  Text knows;
  std::int64_t persons = 0;
  std::int64_t exposed = 0;                               ///< persons of whom there is such knowledge
  std::map<std::int64_t, std::int64_t> class_sizes = {};  ///< size of a person's class → persons
  std::int64_t unique = 0;
  std::optional<double> unique_share = {};
  FoundChance prosecutor = {};          ///< the attacker knows that the person is in the data: 1 / f
  FoundChance journalist = {};          ///< does not know: 1 / F in the population, F expected from f
  std::optional<double> marketer = {};  ///< share of persons found when all are tried, knowing the population only
};

/// How far persons are told apart by some columns alone.
struct ColumnSet {
  std::vector<std::string> columns;
  std::int64_t classes = 0;
  std::int64_t unique = 0;
};

/// Over the classes of the demographics: how much the class alone tells about the sensitive attribute.
struct ClassDiversity {
  std::string attribute;      ///< empty: none
  std::int64_t distinct = 0;  ///< l: fewest different values in a class
  double entropy = 0;         ///< exp of the smallest entropy of a class
  double closeness = 0;       ///< t: largest total variation distance of a class from the whole
};

struct Assessment {
  std::int64_t persons = 0;
  std::vector<std::string> quasi_identifiers = {};
  std::int64_t k = 0;  ///< smallest class of the demographics; 0 when there is nobody
  std::vector<AttackerRisk> attackers = {};
  std::vector<ColumnSet> column_sets = {};  ///< of one to three columns, most telling first
  std::vector<ColumnSet> without = {};      ///< all columns but one; `columns` names the one left out
  std::optional<ClassDiversity> diversity = {};
};

/// What is assumed of the population. Nothing here has a default: what is not given is not computed.
struct Assumptions {
  std::optional<double> high_risk_above = {};
  std::optional<std::int64_t> population_persons = {};
  std::int64_t visits_known = 0;  ///< 0: no attacker who knows visits
  std::int64_t codes_known = 0;   ///< 0: no attacker who knows codes
};
[[nodiscard]] Assumptions assumptions_of(const RiskPolicy& policy);

/// E[1/F | f]: the expected inverse of a class's size in the population when f of it are in a sample of share `pi`
/// (negative binomial, Franconi and Polettini 2004). 1/f when pi is 1. REQUIRES: f >= 1, 0 < pi <= 1.
[[nodiscard]] double expected_inverse(std::int64_t f, double pi);
/// Figures from the sizes of persons' classes. `persons` counts those of whom nothing is known too.
[[nodiscard]] AttackerRisk attacker_risk(std::string id, Text knows, std::map<std::int64_t, std::int64_t> class_sizes,
                                         std::int64_t persons, const Assumptions& assumptions);

/// A CSV or Parquet table with one row per person. `sensitive` may be empty; `population` is a table with the same
/// columns that holds the population, or empty (then journalist and marketer follow from population_persons).
/// Errors: not_found (file, column), usage (no quasi-identifier), rejected (a person class that the population misses).
[[nodiscard]] Result<Assessment> assess_table(const std::filesystem::path& table,
                                              const std::vector<std::string>& quasi_identifiers,
                                              const std::string& sensitive, const std::filesystem::path& population,
                                              const Assumptions& assumptions);
/// An OMOP folder: a lake (TABLE.parquet or TABLE.csv) or a release (data/TABLE.parquet). In a release dates are
/// shifted, so that attackers can use intervals alone. Errors: not_found (no person table).
[[nodiscard]] Result<Assessment> assess_omop(const std::filesystem::path& folder, const Assumptions& assumptions);

/// Exact figures; class sizes in bands. One JSON object.
[[nodiscard]] std::string assessment_json(const Assessment& assessment);

}  // namespace naru::protect
