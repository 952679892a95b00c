#pragma once
/// What one ingest run shares between its steps. Internal to the room.
#include "base/files.h"
#include "engine/archive.h"
#include "engine/database.h"
#include "ingest/ingest.h"
#include "model/omop.h"
#include "model/site_layout.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace naru::ingest {

/// Refused rows by place: never their content. At most limits::refusals_kept are listed; all are counted.
class Refusals {
 public:
  void add(std::string_view file, std::int64_t line, std::string_view table, std::string_view reason);
  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// "file,line,table,reason" and the rows in the order in which they were found.
  [[nodiscard]] std::string csv() const;

 private:
  std::vector<std::string> lines_;
  std::uint64_t unlisted_ = 0;
};

/// Rows of a run stand in temporary tables or views "part_TABLE" of `database`, typed as model::tables() says.
struct Work {
  const IngestRequest& request;
  const model::SiteLayout& layout;
  engine::Database& database;
  Progress& progress;
  std::vector<engine::ArchiveMember> members;
  Receipt receipt;
  Refusals refusals = {};
  std::set<std::string> staged = {};  ///< OMOP tables that have a part_TABLE
  bool has_identity = false;          ///< temporary table part_identity exists
  bool has_own_periods = false;       ///< the source brought observation periods
  bool has_codes = false;             ///< temporary table part_codes exists
  /// Part folders of the site's other FHIR and HIRA sources, whose ids follow the same rule as this one's; empty for
  /// OMOP, whose ids mean something only within their export.
  std::vector<fs::path> earlier = {};
  fs::path scratch = {};  ///< private folder that the database may write to
  std::size_t scratch_files = 0;
  std::size_t view_number = 0;
  std::set<std::string> views = {};   ///< staged tables whose part is a view over its source, not a table
  std::set<std::string> sorted = {};  ///< of these, the ones whose rows come in the order of their key

  /// Of these, the ones that a Parquet file already holds, row for row and in order.
  std::map<std::string, fs::path> files = {};

  /// Columns that the source's table does not have and nothing has filled since: all NULL.
  std::map<std::string, std::set<std::string>> blank = {};

  /// Creates the empty part_TABLE if it does not stand yet.
  [[nodiscard]] Done open_part(const model::Table& table);
  /// Makes part_TABLE a view of `select`, which gives every column of the table (and may give more).
  [[nodiscard]] Done show_part(const model::Table& table, std::string_view select);
  /// In rows of part_TABLE that meet `where`, each named column becomes its expression. Both may name the part itself.
  [[nodiscard]] Done change_part(const model::Table& table,
                                 const std::vector<std::pair<std::string, std::string>>& changes,
                                 std::string_view where);
  /// A new name below `scratch`.
  [[nodiscard]] fs::path scratch_file() { return scratch / fmt::format("stage-{}.parquet", scratch_files++); }
  [[nodiscard]] Done open_identity();
  /// part_codes (table_name, vocabulary_id, code, source_concept_id, concept_id, records): source codes as used.
  [[nodiscard]] Done open_codes();
  void refuse(std::string_view file, std::int64_t line, std::string_view table, std::string_view reason);
};

/// Name of a part's temporary table, quoted.
[[nodiscard]] std::string part_name(std::string_view table);
/// SQL: `text` (an expression) as a whole number, "4483.0" included; NULL when it is none.
[[nodiscard]] std::string sql_integer(std::string_view text, std::string_view type);
/// SQL: `text` as a date: 2020-01-31 (a time may follow) or 20200131; NULL when it is none or does not exist.
[[nodiscard]] std::string sql_date(std::string_view text);
/// SQL: `text` as a timestamp; NULL when it is none.
[[nodiscard]] std::string sql_timestamp(std::string_view text);

/// Each kind's own steps: fill the part tables, count, refuse.
[[nodiscard]] Done ingest_omop(Work& work);
[[nodiscard]] Done ingest_fhir(Work& work);
[[nodiscard]] Done ingest_hira(Work& work);
[[nodiscard]] Done ingest_nhis(Work& work);
[[nodiscard]] Done ingest_lifelog(Work& work);

/// identity.csv or identity.parquet into part_identity; the key is "person_id" or "person_source_value", whichever the
/// file carries. Rows of absent persons are refused. REQUIRES: part_person is filled.
[[nodiscard]] Done ingest_identity(Work& work, std::size_t member);

}  // namespace naru::ingest
