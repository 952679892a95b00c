#pragma once
/// Data of a national R&D programme is handed in: checked, then kept under `deposits/ID/VERSION`, or held with reasons.
///
/// A deposit folder holds `deposit.yaml` (description: id, version, title{en,ko}, description{en,ko}, programme,
/// grant_number, depositor, tier, phase, legal_basis, keywords, duo, ai_terms, embargo_until, persons?, citation?,
/// files[…]), `dictionary.yaml` (confirmed; files → columns: name, type, meaning{en,ko}, identifying?, code_system?)
/// and CSV, TSV, Parquet or VCF data files; an index of images is a table of their paths and digests.
#include "catalogue/catalogue.h"

#include <filesystem>

namespace naru::catalogue {

struct DepositLimits {
  std::uint64_t file_bytes_max = 4ULL << 30;
  std::uint64_t total_bytes_max = 16ULL << 30;
  std::size_t files_max = 200;
};

struct DepositFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::int64_t rows = 0;
  std::string sha256;
};

/// Why a deposit is held. `where` is file or file:column; never a value.
struct DepositFinding {
  /// undescribed-column, missing-column, identifier-column, identifier-value, macro-file, active-content, too-large,
  /// unreadable, undeclared-file, missing-file, unconfirmed-dictionary, image-index
  std::string kind;
  std::string where;
  Text what;
};

struct DepositReceipt {
  std::string id;
  std::string version;
  bool accepted = false;
  bool already_there = false;  ///< the same files were accepted before: nothing changed
  std::vector<DepositFile> files = {};
  std::vector<DepositFinding> findings = {};  ///< reasons when held
  std::string manifest_json = {};             ///< {"id","version","programme","grant_number","depositor","files":[…]}
  std::string manifest_digest = {};           ///< sha256 hex of manifest_json
  std::string citation = {};                  ///< how to cite this version
  Dataset dataset = {};                       ///< the description entered in the catalogue when accepted
};

/// `source` is the folder described above. Accepted: files and `manifest.json` stand under deposits/ID/VERSION in one
/// rename and the dataset is in the catalogue. Held: nothing is stored but the receipt under deposits/held/.
/// Errors: rejected when deposit.yaml or dictionary.yaml cannot be read; conflict when the version exists with other
/// bytes.
[[nodiscard]] Result<DepositReceipt> deposit(const std::filesystem::path& source, const std::filesystem::path& deposits,
                                             Catalogue& catalogue, Journal& journal, std::string_view actor,
                                             const DepositLimits& limits = {});
[[nodiscard]] std::string receipt_json(const DepositReceipt& receipt);
/// Every accepted deposit: (id, version, manifest JSON), sorted.
struct StoredDeposit {
  std::string id;
  std::string version;
  std::string manifest_json;
};
[[nodiscard]] Result<std::vector<StoredDeposit>> stored_deposits(const std::filesystem::path& deposits);
/// Compares stored bytes with the manifest; rejected names the changed, missing or added file.
[[nodiscard]] Done verify_deposit(const std::filesystem::path& deposits, std::string_view id, std::string_view version);

}  // namespace naru::catalogue
