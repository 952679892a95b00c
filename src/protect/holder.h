#pragma once
/// At a holder: the lake becomes protected tables that may leave. docs/methods/pseudonyms.md, date-shift.md.
#include "base/bytes.h"
#include "base/progress.h"
#include "protect/policy.h"
#include "protect/risk.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace naru::protect {

struct ProtectRequest {
  std::filesystem::path lake;             ///< TABLE.parquet
  std::filesystem::path vocabulary;       ///< sensitive concepts are found through it
  std::filesystem::path rows;             ///< private/rows.parquet: person_id, row_id
  std::filesystem::path shifts;           ///< from the key manager: row_id, shift_id
  Bytes date_key;                         ///< derived from the holders' salt: the same at every holder
  Bytes order_key;                        ///< this holder's own; only breaks ties between equal records
  std::set<std::int64_t> withdrawn = {};  ///< person_ids of the lake
  std::filesystem::path out;              ///< replaced as a whole: TABLE.parquet
};

struct ProtectedTable {
  std::string table;
  std::int64_t read = 0;            ///< rows of the lake
  std::int64_t stored = 0;          ///< rows written
  std::int64_t sensitive = 0;       ///< rows removed by the screen
  std::int64_t without_person = 0;  ///< rows of persons left out, or of nobody
  std::string sha256;               ///< of the written file
};

struct ProtectReport {
  std::int64_t persons_read = 0;
  std::int64_t persons_stored = 0;
  std::int64_t persons_withdrawn = 0;
  std::int64_t persons_without_shift = 0;  ///< no row id or no shift id: left out
  std::vector<ProtectedTable> tables = {};
  /// By group; a row of two groups counts in the first; every group stands here.
  std::map<std::string, std::int64_t> sensitive_rows = {};
  /// Rows that stay behind for another reason: "family-history" (of the dead), "unreadable" (no code anybody can read).
  std::map<std::string, std::int64_t> withheld_rows = {};
  std::map<std::string, std::int64_t> sensitive_persons = {};   ///< persons with at least one removed row, by group
  std::map<std::string, std::int64_t> sensitive_concepts = {};  ///< concepts the vocabulary gave, by group
  std::vector<std::string> dropped_columns = {};                ///< "table.column"
  Risk risk;                                                    ///< of the protected person table, as it is
  double seconds = 0;
};

/// Every protected table has person_id := row id, and event tables have `age_at_event` SMALLINT (full years, counted
/// before the shift; NULL when the birth year is unknown). Nothing is written unless everything is.
/// Errors: refused (a production policy with an unverified rule), rejected (a lake table or column the policy does not
/// name, a key that stands twice, a shift or row file without its columns), not_found (no person table, rows, shifts or
/// vocabulary), conflict (interrupted).
[[nodiscard]] Result<ProtectReport> protect_holder(const ProtectRequest& request, const Policy& policy,
                                                   Progress& progress);
/// The report as one JSON object; figures are exact, for the holder's own eyes.
[[nodiscard]] std::string report_json(const ProtectReport& report);

}  // namespace naru::protect
