#pragma once
/// Rows of a lake on their way to Parquet: buffered, appended to a scratch database that spills, written in person
/// order.
#include "base/progress.h"
#include "engine/database.h"
#include "synth/history.h"
#include "synth/people.h"
#include "synth/vocabulary.h"

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace naru::synth {

class LakeTables {
 public:
  [[nodiscard]] Done open(const std::filesystem::path& folder, unsigned threads, std::uint64_t memory_mb);
  void person(std::int64_t id, const Person& person);
  /// Visits, period, conditions, drugs, tests, procedures and death of one person.
  void history(std::int64_t id, const History& history, const Vocabulary& vocabulary);
  /// REQUIRES: `history` of the same person came before.
  void measurement(std::int64_t id, const Visit& visit, const Coded& row, const Vocabulary& vocabulary);
  [[nodiscard]] Done flush_if_full();
  /// Writes TABLE.parquet for each table and removes the scratch database.
  [[nodiscard]] Done finish(const std::filesystem::path& folder, Progress& progress);
  [[nodiscard]] const std::map<std::string, std::int64_t>& rows() const { return counts_; }

 private:
  enum Table : std::size_t {
    person_t,
    period_t,
    visit_t,
    condition_t,
    drug_t,
    measurement_t,
    procedure_t,
    death_t,
    tables
  };
  /// Appends to the columns of one table's buffer, left to right.
  class Put {
   public:
    explicit Put(engine::Rows& rows) : rows_(rows) { ++rows_.count; }
    Put& whole(std::int64_t value);
    Put& real(double value);
    Put& text(std::string_view value);

   private:
    engine::Column& next() { return rows_.columns[column_++]; }
    engine::Rows& rows_;
    std::size_t column_ = 0;
  };
  [[nodiscard]] Put put(Table table) { return Put(buffers_[table]); }
  [[nodiscard]] Done flush(Table table);

  std::filesystem::path scratch_;
  std::optional<engine::Database> database_;
  std::array<engine::Rows, tables> buffers_;
  std::array<std::int64_t, tables> serials_{};
  std::vector<std::int64_t> visits_;  ///< ids of the person's visits
  std::map<std::string, std::int64_t> counts_;
};

}  // namespace naru::synth
