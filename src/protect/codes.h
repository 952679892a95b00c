#pragma once
/// Hierarchies and sensitive columns as small integers. Not for other rooms.
#include "base/result.h"
#include "protect/privacy.h"

#include <cstdint>
#include <string>
#include <vector>

namespace naru::protect::detail {

/// One quasi-identifier. Codes of level 0 are the rows of its hierarchy.
struct CodedColumn {
  std::string name;
  std::size_t levels = 0;
  std::vector<std::vector<std::uint32_t>> up = {};   ///< up[l][code at l] = code at l+1
  std::vector<std::vector<std::uint32_t>> at = {};   ///< at[l][row] = code at l
  std::vector<std::vector<std::int64_t>> rows = {};  ///< rows[l][code] = hierarchy rows that map to it
  std::int64_t domain = 0;                           ///< hierarchy rows
  double weight = 1;
  std::vector<std::int64_t> records = {};  ///< per code of level 0: records of the table
  [[nodiscard]] std::size_t values(std::size_t level) const { return rows[level].size(); }
};
/// Errors (rejected) name column and hierarchy row: no rows, ragged, a value twice, a value generalised in two ways.
[[nodiscard]] Result<CodedColumn> encode_hierarchy(const std::string& name, const Hierarchy& hierarchy);

/// One sensitive column; the order of its codes is the order of the ordered distance.
struct CodedSensitive {
  std::string name;
  std::size_t values = 0;
  std::vector<std::int64_t> records = {};  ///< per code, in the whole table
  /// Hierarchical distance only: parent[l][node at l] = node at l+1, from the values up; the last level is one node.
  std::vector<std::vector<std::uint32_t>> parent = {};
};

/// What is searched: columns in the order of the keys' fields, then the sensitive columns.
struct Problem {
  std::vector<CodedColumn> columns = {};
  std::vector<CodedSensitive> sensitive = {};
  Models models = {};
  Utility utility = {};
  std::int64_t records = 0;
  std::int64_t suppressed_max = 0;
  /// A class below this size breaks a model whatever else it holds; 1 when no model says so.
  std::int64_t least_class = 1;
  [[nodiscard]] std::size_t size() const { return columns.size(); }
};
/// Fills `least_class` and `suppressed_max` from models, limit and records.
void settle(Problem& problem, double suppression_limit);

}  // namespace naru::protect::detail
