#pragma once
/// Re-identification risk of a table with one row per person: class sizes over the quasi-identifiers.
/// Formulas: docs/methods/k-anonymity.md (El Emam's prosecutor, journalist and marketer risk for a table that is its
/// own population: prosecutor = journalist = 1 / smallest class, marketer = classes / persons).
#include "base/result.h"
#include "protect/policy.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace naru::protect {

struct Risk {
  std::vector<std::string> quasi_identifiers = {};
  std::int64_t persons = 0;
  std::int64_t k = 0;  ///< smallest class; 0 when there is nobody
  std::int64_t classes = 0;
  std::int64_t unique = 0;                                ///< persons alone in their class
  std::map<std::int64_t, std::int64_t> class_sizes = {};  ///< size → number of classes
  /// Absent when there is nobody.
  std::optional<double> unique_share = {};
  std::optional<double> prosecutor = {};
  std::optional<double> journalist = {};
  std::optional<double> marketer = {};
};

/// From the sizes of the classes alone.
[[nodiscard]] Risk risk_of(std::vector<std::string> quasi_identifiers, const std::vector<std::int64_t>& class_sizes);
/// From a Parquet or CSV file. NULL is a value of its own. Errors: not_found names the missing column.
[[nodiscard]] Result<Risk> assess(const std::filesystem::path& table,
                                  const std::vector<std::string>& quasi_identifiers);
/// Exact, for the eyes of whoever holds the table.
[[nodiscard]] std::string risk_json(const Risk& risk);
/// What may be shown outside: persons and unique rounded or absent by the output policy, shares to two decimals, k, no
/// class sizes. Keys: quasi_identifiers, persons, k, unique, unique_share, prosecutor, marketer.
[[nodiscard]] std::string risk_summary_json(const Risk& risk, const OutputPolicy& outputs);

/// Which counters of the Enforcement Decree are reached.
struct ImpactAssessment {
  std::int64_t sensitive_persons = 0;
  std::int64_t linked_persons = 0;
  std::int64_t persons = 0;
  bool sensitive_due = false;
  bool linked_due = false;
  bool persons_due = false;
  [[nodiscard]] bool due() const { return sensitive_due || linked_due || persons_due; }
};
[[nodiscard]] ImpactAssessment impact_of(const ImpactThresholds& thresholds, std::int64_t sensitive_persons,
                                         std::int64_t linked_persons, std::int64_t persons);

}  // namespace naru::protect
