#pragma once
/// Which classes of a node may be published. Not for other rooms.
#include "protect/codes.h"
#include "protect/groups.h"

#include <cstdint>
#include <vector>

namespace naru::protect::detail {

/// A node's classes: groups over the quasi-identifiers, and per sensitive column groups over them and its values (the
/// field after the last quasi-identifier).
template <class Key>
struct ClassTables {
  Table<Key> plain;
  std::vector<Table<Key>> sensitive;
};

struct Verdict {
  std::int64_t suppressed = 0;    ///< records of classes that are not kept
  std::int64_t classes = 0;       ///< with records, kept or not
  std::int64_t kept_classes = 0;  ///<
  /// Records in classes that no refinement can save: below `least_class`, or below k_map in the population.
  std::int64_t lost_for_good = 0;
};

/// Decides class by class, then lets the models over the whole of the kept classes take the smallest ones away.
template <class Key>
class Judge {
 public:
  explicit Judge(const Problem& problem) : problem_(problem) {}
  /// `kept` gets one byte per group of `tables.plain`.
  Verdict operator()(ClassTables<Key>& tables, std::vector<std::uint8_t>& kept);
  /// Only `lost_for_good` of a table.
  [[nodiscard]] std::int64_t lost(const Table<Key>& plain) const;
  /// False when some class breaks a model in a way that some class of every refinement of the table breaks too.
  [[nodiscard]] bool all_hold(ClassTables<Key>& tables);

 private:
  void by_size(const Table<Key>& plain, bool least_presence, std::vector<std::uint8_t>& kept) const;
  void by_sensitive(ClassTables<Key>& tables, std::size_t column, std::vector<std::uint8_t>& kept);
  void by_whole(const Table<Key>& plain, std::vector<std::uint8_t>& kept) const;
  const Problem& problem_;
  Counter<Key> counter_;
  std::vector<std::uint32_t> first_;  ///< per class: where its values start
  std::vector<std::pair<std::uint32_t, std::uint32_t>> values_;
  std::vector<std::uint8_t> kept_;
};

}  // namespace naru::protect::detail
