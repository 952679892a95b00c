#pragma once
/// What claims of HIRA and NHIS share: tables that may come in one file per year, headers that are visits, lines that
/// are diagnoses, procedures and drugs. Internal to the room.
#include "ingest/stage.h"

#include <string>
#include <vector>

namespace naru::ingest {

/// Places in members whose file name holds one of the words: "t20.csv" and "HIRA_2019_T20.txt" hold "t20",
/// "NHID_GY20_T1_2010.csv" holds "gy20".
[[nodiscard]] std::vector<std::size_t> members_named(const Work& work, const std::vector<std::string>& words);
/// The person master file (identity.csv or identity.parquet); -1: none.
[[nodiscard]] std::ptrdiff_t identity_member(const Work& work);
/// SQL: 63-bit id of a text expression, the same as in every earlier version.
[[nodiscard]] std::string sql_id(std::string_view text);
/// StageColumn with its label in capitals, as the agencies write their column names.
[[nodiscard]] StageColumn claim_column(std::string_view name, std::string_view sql_type = "VARCHAR");
[[nodiscard]] StageColumn needed_column(std::string_view name, std::string_view sql_type = "VARCHAR");

/// Lines of one kind. Table `relation` has record_id, visit_id BIGINT, code, general, route VARCHAR, days INTEGER,
/// quantity DOUBLE, status BIGINT, and _file, _line unless `from_header`.
struct ClaimLines {
  std::string table;  ///< as the receipt counts it
  std::string relation;
  std::string usual;                           ///< OMOP table of a line whose code decides nothing else
  std::vector<std::string> vocabularies = {};  ///< that `code` is looked up in, best first
  bool from_header = false;                    ///< made of a header's columns: not rows of their own
};

/// Table claim_visit, institutions and their departments. REQUIRES: views claim_head and claim_diagnosis.
[[nodiscard]] Done store_places(Work& work);
/// REQUIRES of both: table claim_visit (visit_id, person_id BIGINT, start DATE) and the lines' tables stand.
/// Refuses repeated lines and lines of absent claims.
[[nodiscard]] Done refuse_lines(Work& work, const std::vector<ClaimLines>& lines);
/// Table claim_header: the headers' diagnoses that the first of `lines` does not repeat. REQUIRES: view claim_head and
/// table claim_line_department (store_places).
[[nodiscard]] Done make_claim_header(Work& work, const std::vector<ClaimLines>& lines);
/// Looks the codes up, fills the part tables and the receipt's counts, gives diagnoses the departments of their own
/// lines; drops the lines' tables.
[[nodiscard]] Done store_lines(Work& work, const std::vector<ClaimLines>& lines);
/// stored = read - refused for each of the tables.
void settle_counts(Work& work, const std::vector<std::string>& tables);
/// Opens the part tables that claims fill.
[[nodiscard]] Done open_claim_parts(Work& work);

}  // namespace naru::ingest
