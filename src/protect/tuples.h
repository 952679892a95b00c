#pragma once
/// A table without its row order: equal rows once, with how often they stand in the table and in the population table.
/// Not for other rooms.
#include "base/result.h"
#include "protect/groups.h"

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

namespace naru::protect::detail {

template <class Key>
struct TupleStore {
  Table<Key> table = {};
  Counter<Key> counter = {};
};

class Tuples {
 public:
  /// `values`: codes per column. Error rejected: more than 256 bits of codes in a row, or the columns cannot be laid
  /// out.
  [[nodiscard]] static Result<Tuples> of(std::span<const std::size_t> values);

  /// REQUIRES: one code per column, each below its column's values; fewer than 2^32 rows of a kind in all.
  void add(std::span<const std::uint32_t> codes, bool of_population);
  [[nodiscard]] std::int64_t records() const { return records_; }
  [[nodiscard]] std::int64_t population() const { return population_; }
  [[nodiscard]] std::size_t distinct() const;
  /// Calls each(codes, count, population) once per distinct row.
  template <class Each>
  void each(const Each& each) const {
    std::visit([&](const auto& store) { visit(store.table, each); }, store_);
  }

 private:
  template <class Key, class Each>
  static void visit(const Table<Key>& table, const Each& each) {
    std::vector<std::uint32_t> codes(table.layout.size());
    for (const auto& group : table.groups) {
      for (std::size_t c = 0; c < codes.size(); ++c) codes[c] = code_of(group.key, table.layout[c]);
      each(codes, group.count, group.population);
    }
  }
  std::variant<TupleStore<Narrow>, TupleStore<Wide>> store_;
  std::int64_t records_ = 0;
  std::int64_t population_ = 0;
};

}  // namespace naru::protect::detail
