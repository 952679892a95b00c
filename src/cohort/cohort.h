#pragma once
/// Who is in a cohort: OMOP tables as files, a definition, and the entries it selects. One plan, run by the engine.
#include "base/progress.h"
#include "base/result.h"
#include "cohort/expression.h"
#include "cohort/index.h"
#include "engine/database.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace naru::cohort {

/// Version of the plan's semantics; part of an answer's identity.
inline constexpr std::string_view algorithm_version = "cohort-1";

struct NativeOptions {
  std::vector<std::int64_t> excluded_persons = {};
  bool rebuild_ancestors = false;
  unsigned threads = 0;  ///< 0: the machine's processors. Never changes an answer.
};

struct CdmOptions {
  /// One CSV (.gz, .zst …) or Parquet file per OMOP table, any case, 5.3 or 5.4, directly in it or one folder below.
  std::filesystem::path folder;
  std::filesystem::path vocabulary = {};            ///< empty: the vocabulary tables of `folder`
  std::vector<std::int64_t> excluded_persons = {};  ///< as if they were not there (withdrawn)
  bool rebuild_ancestors = false;                   ///< descendants from 'Is a' and 'Subsumes', not concept_ancestor
  std::string schema = "cdm";                       ///< tables become "cdm"."person" …: two data sets, two schemas
  bool use_index = true;                            ///< answer from the index of these tables when there is one
  std::filesystem::path index = {};                 ///< empty: FOLDER/.naru-index
  unsigned threads = 0;                             ///< of the index's executor
};

/// OMOP tables under one schema of a database. A table appears there when it is first needed, with all 5.4 columns in
/// 5.4 types (missing ones NULL) and `age_at_event` (NULL where the source has none).
class Cdm {
 public:
  /// Makes tables available (lower-case OMOP names). A table that has no file is empty; `observation_period`, when
  /// needed, must have one. Errors: rejected names table and column (missing, not a number, not a date).
  [[nodiscard]] Done require(engine::Database& database, const std::vector<std::string>& tables);
  /// The quoted relation, "cdm"."person". REQUIRES: `require` has been called for it.
  [[nodiscard]] std::string relation(std::string_view table) const;
  [[nodiscard]] bool has_file(std::string_view table) const;
  [[nodiscard]] bool rebuild_ancestors() const { return rebuild_ancestors_; }
  [[nodiscard]] const std::string& schema() const { return schema_; }
  /// The index of exactly these tables, or null; `index_state` says why.
  [[nodiscard]] const Index* index() const { return index_.get(); }
  [[nodiscard]] IndexState index_state() const { return index_state_; }
  [[nodiscard]] const NativeOptions& native_options() const { return native_; }
  /// Table → its file, vocabulary included.
  [[nodiscard]] const std::map<std::string, std::filesystem::path>& files() const { return files_; }

 private:
  friend Result<Cdm> open_cdm(engine::Database& database, const CdmOptions& options);
  [[nodiscard]] Done create(engine::Database& database, const std::string& table);
  std::map<std::string, std::filesystem::path> files_;
  std::set<std::string> ready_;
  std::string schema_;
  bool rebuild_ancestors_ = false;
  std::shared_ptr<const Index> index_;
  IndexState index_state_ = IndexState::absent;
  NativeOptions native_;
};

/// The table files that `open_cdm` would use: OMOP name → file.
[[nodiscard]] Result<std::map<std::string, std::filesystem::path>> table_files(const CdmOptions& options);
/// Looks at names only; tables are read by `require`. REQUIRES: the database may read both folders.
[[nodiscard]] Result<Cdm> open_cdm(engine::Database& database, const CdmOptions& options);

struct AttritionStep {
  std::string rule;  ///< "entry events", then the names of the inclusion rules
  std::int64_t persons = 0;
};
struct Count {
  std::int64_t persons = 0;
  std::int64_t entries = 0;
  std::vector<AttritionStep> attrition;
  double seconds = 0;
};

/// One stay in a cohort.
struct Entry {
  std::int64_t person_id = 0;
  std::int32_t start = 0;  ///< days since 1970-01-01
  std::int32_t end = 0;
  std::optional<std::int64_t> age = {};  ///< at start, as `run` says
  bool operator==(const Entry&) const = default;
};

/// Runs a definition, from the index when there is one, else by SQL: the rows are the same. The entries stay in the
/// temporary table `into`, replaced if it is there: person_id BIGINT, start_date DATE, end_date DATE, age INTEGER (at
/// start: age_at_event where there is one, else year minus year of birth, NULL when neither is known).
[[nodiscard]] Result<Count> run(engine::Database& database, Cdm& cdm, const Expression& expression,
                                std::string_view into);
/// Always by SQL.
[[nodiscard]] Result<Count> run_sql(engine::Database& database, Cdm& cdm, const Expression& expression,
                                    std::string_view into);

/// One cell: persons of one sex and age band at their first entry.
struct Stratum {
  std::string sex;       ///< "F", "M" or "other"
  std::string age_band;  ///< "0-9" … "80-89", "90+", "unknown"
  std::int64_t persons = 0;
};
/// All combinations of the sexes and bands that occur or could occur (zero cells included), in a fixed order.
struct StrataTable {
  std::vector<std::string> sexes;
  std::vector<std::string> age_bands;
  std::vector<Stratum> cells;  ///< sexes × bands, sex-major
};
/// Every cell zero.
[[nodiscard]] StrataTable empty_strata();
/// `entries` is a table that `run` left.
[[nodiscard]] Result<StrataTable> strata(engine::Database& database, Cdm& cdm, std::string_view entries);

/// Sorted person ids of every cell, in the order of `StrataTable::cells`.
[[nodiscard]] Result<std::vector<std::vector<std::int64_t>>> people_of_strata(engine::Database& database, Cdm& cdm,
                                                                              std::string_view entries);

/// Sorted person ids of an entries table.
[[nodiscard]] Result<std::vector<std::int64_t>> persons_of(engine::Database& database, std::string_view entries);
/// Keeps only entries of persons who are also in `others` (another entries table).
[[nodiscard]] Done keep_persons_of(engine::Database& database, std::string_view entries, std::string_view others);

/// Entries as CSV: subject_id,cohort_start_date,cohort_end_date, sorted.
[[nodiscard]] Result<std::string> entries_csv(engine::Database& database, std::string_view entries);
/// An entries table as values, by person, start, end.
[[nodiscard]] Result<std::vector<Entry>> entries_of(engine::Database& database, std::string_view entries);
/// One result as the contract's JSON object.
[[nodiscard]] std::string count_json(const Count& count);

}  // namespace naru::cohort
