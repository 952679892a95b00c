#pragma once
/// Rows gathered for Database::append, column by column. Internal to the room.
#include "engine/database.h"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace naru::ingest {

class Batch {
 public:
  static constexpr std::size_t rows_max = 16'384;

  Batch(std::string table, std::initializer_list<std::pair<const char*, engine::Kind>> columns)
      : table_(std::move(table)) {
    for (const auto& [name, kind] : columns) rows_.columns.push_back({.name = name, .kind = kind});
  }
  /// Cells of one row in column order; then `end_row`.
  void put(std::int64_t value) { next(true).integers.push_back(value); }
  void put(std::optional<std::int64_t> value) { next(value.has_value()).integers.push_back(value.value_or(0)); }
  void put(std::optional<double> value) { next(value.has_value()).reals.push_back(value.value_or(0)); }
  /// Empty text is NULL.
  void put(std::string_view text) { next(!text.empty()).texts.emplace_back(text); }
  void end_row() {
    at_ = 0;
    ++rows_.count;
  }
  [[nodiscard]] bool full() const { return rows_.count >= rows_max; }
  [[nodiscard]] Done flush(engine::Database& database) {
    if (rows_.count == 0) return {};
    NARU_CHECK(database.append(table_, rows_));
    for (auto& column : rows_.columns) {
      column.integers.clear();
      column.reals.clear();
      column.texts.clear();
      column.valid.clear();
    }
    rows_.count = 0;
    return {};
  }

 private:
  engine::Column& next(bool valid) {
    auto& column = rows_.columns[at_++];
    column.valid.push_back(valid ? 1 : 0);
    return column;
  }
  std::string table_;
  engine::Rows rows_;
  std::size_t at_ = 0;
};

}  // namespace naru::ingest
