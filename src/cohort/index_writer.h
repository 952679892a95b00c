#pragma once
/// Building the columns of an index from the engine's tables. Only for this room's .cc files.
#include "cohort/cohort.h"
#include "cohort/column_file.h"
#include "cohort/domains.h"
#include "model/omop.h"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace naru::cohort {

/// Person ids → dense numbers.
class PersonNumbers {
 public:
  static constexpr std::uint32_t unknown = UINT32_MAX;
  explicit PersonNumbers(std::vector<std::int64_t> ids);
  [[nodiscard]] std::uint32_t of(std::int64_t id) const;
  [[nodiscard]] const std::vector<std::int64_t>& ids() const { return ids_; }

 private:
  std::vector<std::int64_t> ids_;      // ascending
  std::vector<std::uint32_t> direct_;  // by id - ids_[0], when ids lie close together
};

/// Files of one index under construction.
class IndexWriter {
 public:
  IndexWriter(engine::Database& database, Cdm& cdm, std::filesystem::path folder)
      : database_(database), cdm_(cdm), folder_(std::move(folder)) {}

  [[nodiscard]] Result<PersonNumbers> persons();
  /// Rows of the domain's table, also those of unknown persons (which are left out of the index).
  [[nodiscard]] Result<std::int64_t> events(const Domain& domain, const PersonNumbers& numbers);
  /// `table`.`key` → `value`, ascending; with_person: of the row's person. Error rejected for keys that are there
  /// twice.
  [[nodiscard]] Done lookup(const std::string& name, const std::string& table, const std::string& key,
                            const std::string& value, bool with_person);
  [[nodiscard]] Done vocabulary();
  /// Name → shape of every column written.
  [[nodiscard]] const std::map<std::string, ColumnShape>& columns() const { return columns_; }

 private:
  /// A column of whole numbers in order of the vector.
  [[nodiscard]] Done write(const std::string& name, const std::vector<std::int64_t>& values);
  [[nodiscard]] Result<ColumnMaker> maker(const std::string& name, const ColumnShape& shape);
  /// `select` gives (key, value) ascending.
  [[nodiscard]] Done links(const std::string& name, const std::string& select);

  engine::Database& database_;
  Cdm& cdm_;
  std::filesystem::path folder_;
  std::map<std::string, ColumnShape> columns_;
};

}  // namespace naru::cohort
