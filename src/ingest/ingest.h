#pragma once
/// A source becomes stored tables: FHIR R4, OMOP 5.3/5.4, claims of HIRA or NHIS, or a lifelog in, OMOP 5.4 out, with
/// a receipt.
///
/// Each source becomes one part (parts/SOURCE-ID/TABLE.parquet); the lake is built whole from all parts and swapped
/// in one rename. A crash at any moment leaves the lake that stood before or the new one. The same source under the
/// same settings and vocabulary changes nothing and returns the earlier receipt.
/// Rows not accepted are counted by reason and listed, by place only, in refusals/SOURCE-ID.csv.
#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace naru::ingest {

enum class Kind { fhir, omop, hira, nhis, lifelog };
[[nodiscard]] std::string_view name_of(Kind kind);
[[nodiscard]] std::optional<Kind> kind_named(std::string_view name);

struct IngestRequest {
  Kind kind = Kind::omop;
  /// Files, folders or archives; together one source.
  std::vector<std::filesystem::path> sources = {};
  std::filesystem::path site = {};
  std::string legal_basis = {};  ///< a code of model/legal_basis.h
  bool strict = false;           ///< FHIR: the HL7 FHIR-to-OMOP guide to the letter
  std::string encoding = {};     ///< empty: UTF-8; "cp949" for text files of the older Korean code page
  std::string replaces = {};     ///< SOURCE-ID of an earlier source that this one supersedes; may be empty
  unsigned threads = 0;          ///< 0: the machine's processors; changes speed only
  /// Claims of HIRA and NHIS that meet their lines at a time; changes memory and speed only.
  std::int64_t claims_a_part = 4'000'000;
};

/// `read` = `stored` + `refused`, always. Codes and records count only those rows that carry a source code.
struct TableCount {
  std::int64_t read = 0;
  std::int64_t stored = 0;
  std::int64_t refused = 0;
  std::map<std::string, std::int64_t> reasons = {};  ///< refused rows by reason code
  std::int64_t codes_mapped = 0;                     ///< distinct source codes with a standard concept
  std::int64_t codes_total = 0;
  std::int64_t records_mapped = 0;  ///< stored rows with a standard concept
  std::int64_t records_total = 0;
};

struct Receipt {
  std::string id;  ///< SOURCE-ID: kind and the start of the content checksum
  Kind kind = Kind::omop;
  std::string checksum;  ///< SHA-256 hex of the source's content
  bool unchanged = false;
  std::map<std::string, TableCount> tables = {};     ///< by table or resource type as the source names it
  std::map<std::string, std::int64_t> ignored = {};  ///< read, but outside the scope: resource type or file
  std::map<std::string, std::int64_t> notes = {};    ///< what was changed in rows that were stored
  std::map<std::string, std::int64_t> lake = {};     ///< rows of this source per OMOP table
  std::string document = {};  ///< the whole receipt as canonical JSON, as in receipts/SOURCE-ID.json (plus "unchanged")

  [[nodiscard]] std::int64_t read() const;
  [[nodiscard]] std::int64_t stored() const;
  [[nodiscard]] std::int64_t refused() const;
};

/// Errors: rejected (file, line, column and what to do), conflict (another ingest is running; persons of this source
/// already stand at the site from another one), not_found.
[[nodiscard]] Result<Receipt> ingest(const IngestRequest& request, const Clock& clock, Progress& progress);

/// Receipts of all sources that stand in the site's lake, as JSON documents, in the order of their first ingest.
[[nodiscard]] Result<std::vector<std::string>> receipts(const std::filesystem::path& site);

/// Rebuilds lake and private/identity.parquet from the parts, for example after a restored backup.
[[nodiscard]] Done rebuild_lake(const std::filesystem::path& site, Progress& progress);

}  // namespace naru::ingest
