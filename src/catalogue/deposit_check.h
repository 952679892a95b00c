#pragma once
/// What a deposit must pass before it is stored. Looks at names, sizes, columns and values; never repeats a value.
#include "catalogue/deposit.h"

namespace naru::catalogue {

/// One file as dictionary.yaml describes it.
struct DescribedColumn {
  std::string name;
  std::string type;
  Text meaning;
  bool identifying = false;
  std::string code_system = {};
};
struct DescribedFile {
  std::string name;
  std::vector<DescribedColumn> columns;
};
struct DepositDescription {
  Dataset dataset;
  std::string version;
  std::string programme;
  std::string grant_number;
  std::vector<std::string> files;  ///< declared data files, sorted
  std::vector<DescribedFile> dictionary;
  bool dictionary_confirmed = true;  ///< false while `confirmed: false` stands in an inferred dictionary
  [[nodiscard]] const DescribedFile* described(const std::string& file) const;
};
[[nodiscard]] Result<DepositDescription> read_description(const std::filesystem::path& source);

/// Findings on the folder's files; fills `files` (sorted, with rows and digests) as far as they can be read.
[[nodiscard]] Result<std::vector<DepositFinding>> check_deposit(const std::filesystem::path& source,
                                                                const DepositDescription& description,
                                                                const DepositLimits& limits,
                                                                std::vector<DepositFile>& files);

/// "resident-number", "phone", "e-mail" …, when the column's name says that it identifies people.
[[nodiscard]] std::optional<std::string> identifying_name(std::string_view column);

}  // namespace naru::catalogue
