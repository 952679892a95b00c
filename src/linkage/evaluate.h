#pragma once
/// Link quality against a truth, over pairs of records of different holders. For tests and demonstrations, where
/// somebody outside knows the truth.
#include "base/result.h"
#include "base/strong_id.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace naru::linkage {

struct LinkQuality {
  std::int64_t true_pairs = 0;
  std::int64_t found_pairs = 0;
  std::int64_t correct_pairs = 0;
  std::optional<double> precision = {};   ///< correct / found; absent when nothing was found
  std::optional<double> recall = {};      ///< correct / true; absent when there is no true pair
  std::optional<double> match_rate = {};  ///< records in some found pair / records in some true pair
};

/// Two CSV files with the columns left_site,left_source,right_site,right_source; the order within a pair and of pairs,
/// and repeated pairs, do not matter.
[[nodiscard]] Result<LinkQuality> evaluate_pairs(const std::filesystem::path& found,
                                                 const std::filesystem::path& truth);

struct HolderRows {
  SiteName holder;
  std::filesystem::path rows;    ///< private/rows.parquet
  std::filesystem::path person;  ///< lake/person.parquet, for person_source_value
};
/// The pairs behind a clusters file, as the CSV above; returns their number.
[[nodiscard]] Result<std::int64_t> write_pairs(const std::filesystem::path& clusters,
                                               const std::vector<HolderRows>& holders,
                                               const std::filesystem::path& out);
/// write_pairs and evaluate_pairs in one.
[[nodiscard]] Result<LinkQuality> evaluate_links(const std::filesystem::path& clusters,
                                                 const std::vector<HolderRows>& holders,
                                                 const std::filesystem::path& truth);

}  // namespace naru::linkage
